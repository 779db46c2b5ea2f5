"""Compares every public name of the installed Keras with what striate serves under it.

python tools/keras_names.py        writes docs/guides/keras_names.md
"""

from __future__ import annotations

import importlib
import inspect
import os
import pkgutil
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "torch")
ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "guides" / "keras_names.md"
INSIDES = ("keras.src", "keras._tf_keras", "keras.legacy")
# The class all others of a module descend from takes what these do.
ANYWHERE = {"args", "kwargs", "self", "name", "dtype", "trainable", "data_format"}
HEAD = """# Names of Keras

Every public name of Keras {version}, and what `python -m striate.keras` serves under it. *Same*:
the name with all its arguments; *differs*: the name, and in what; *refused*: why, and what to use
instead. What the functions and layers compute is compared in the tests of their own rooms. Besides
these, the names and arguments of Keras 1 and 2 are there, which Keras 3 has no more: see
[Keras scripts](keras_scripts.md).

This page is written by `tools/keras_names.py`; a test compares it with the installed Keras.

| | names |
| --- | --- |
{counts}
"""


def modules() -> list[str]:
    """The public modules of the installed Keras, top first."""
    keras = importlib.import_module("keras")
    found = [
        m.name for m in pkgutil.walk_packages(keras.__path__, "keras.", onerror=lambda _: None)
    ]
    return ["keras", *(n for n in found if not n.startswith(INSIDES) and "._" not in n)]


def names_in(module: str) -> list[str]:
    """The public names of a module of the installed Keras, without its modules."""
    found = importlib.import_module(module)
    return [
        name
        for name, value in sorted(vars(found).items())
        if not name.startswith("_") and not isinstance(value, ModuleType)
    ]


def compared(module: str, name: str) -> tuple[str, str]:
    """(state, what to say) of a name: state is same, differs or refused."""
    from striate import errors
    from striate.keras import places, served

    theirs = getattr(importlib.import_module(module), name)
    full = f"{module}.{name}"
    try:
        ours = served.resolve(full)
    except errors.StriateError as error:
        why = places.INSTEAD.get(full) or served.otherwise(module)
        said = str(error).partition("it is refused: ")[2]
        return "refused", f"{why}." if why else said
    differs = places.DIFFERS.get(full, "")
    missing = missing_arguments(theirs, ours)
    if missing:
        without = "without " + ", ".join(f"`{m}`" for m in missing)
        differs = "; ".join(filter(None, [differs, without]))
    return ("differs", differs) if differs else ("same", "")


def missing_arguments(theirs: Any, ours: Any) -> list[str]:
    """The arguments that the installed Keras takes under a name and striate does not.

    The first one may have another name: it is passed by place.
    """
    wanted, have = parameters(theirs, inherited=False), parameters(ours)
    if not have:
        return []
    rest = wanted[1:] if wanted[:1] != have[:1] else wanted
    return [name for name in rest if name not in have and name not in ANYWHERE]


def parameters(value: Any, inherited: bool = True) -> list[str]:
    """The arguments of a function or class, and of the classes that one comes from."""
    from striate.training.optimizers.options import DEFAULTS

    kinds = value.__mro__ if isinstance(value, type) else (value,)
    found: list[str] = []
    for kind in kinds:
        made = vars(kind).get("__init__") if isinstance(value, type) else kind
        try:
            named = inspect.signature(made).parameters.values() if made else ()
        except (TypeError, ValueError):
            continue
        passed = (p for p in named if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL))
        found += [p.name for p in passed if p.name != "self"]
        if found and not inherited:
            break
        if any(p.name == "options" for p in named):  # of an optimizer: passed on by name
            found += DEFAULTS
    return list(dict.fromkeys(found))


def page() -> str:
    """The text of the page."""
    version = importlib.import_module("keras").__version__
    counts: Counter[str] = Counter()
    parts = []
    for module in modules():
        rows = {name: compared(module, name) for name in names_in(module)}
        if not rows:
            continue
        counts.update(state for state, _ in rows.values())
        parts.append(f"\n## {module}\n")
        same = [name for name, (state, _) in rows.items() if state == "same"]
        if same:
            parts.append("Same: " + ", ".join(f"`{name}`" for name in same) + ".\n")
        others = {name: row for name, row in rows.items() if row[0] != "same"}
        if others:
            parts.append("| name | | |\n| --- | --- | --- |")
            parts += [f"| `{name}` | {state} | {said} |" for name, (state, said) in others.items()]
            parts.append("")
    shown = "\n".join(f"| {state} | {counts[state]} |" for state in ("same", "differs", "refused"))
    return HEAD.format(version=version, counts=shown) + "\n".join(parts).rstrip() + "\n"


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "src"))
    PAGE.write_text(page(), encoding="utf-8")
