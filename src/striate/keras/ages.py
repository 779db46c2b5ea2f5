"""Which Keras a script was written for, as far as its own text and imports tell."""

from __future__ import annotations

import ast

from striate.keras import notes

_found = {"standalone": False, "before_3": False}


def look_at(source: str) -> None:
    """Notes what the text of a script tells: which Keras it imports, and whether it is old.

    Args:
        source: the script.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return
    modules = [m for node in ast.walk(tree) for m in _modules(node)]
    of_keras = [m for m in modules if m.partition(".")[0] == "keras"]
    of_tensorflow = [m for m in modules if "keras" in m.split(".")[1:]]
    _found["standalone"] = bool(of_keras) and not of_tensorflow
    _found["before_3"] = "__future__" in modules or any(_is_old(m) for m in of_keras)


def _modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        module = node.module or ""
        return [module, *(f"{module}.{alias.name}" for alias in node.names)]
    return []


def _is_old(module: str) -> bool:
    from striate.keras import places

    path = module.removeprefix("keras.")
    return path in places.MOVED or path.startswith(("engine", "legacy", "utils.np_"))


def is_standalone() -> bool:
    """Whether a script imports Keras by itself and shows that it is older than Keras 3."""
    return _found["standalone"] and (_found["before_3"] or bool(notes.said()))


def forget() -> None:
    """Forgets the last script."""
    _found.update(standalone=False, before_3=False)
