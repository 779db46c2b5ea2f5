"""The repository as data: its files, its rooms, its modules and what they import."""

from __future__ import annotations

import ast
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = ROOT / "src" / "striate"


@cache
def files(suffix: str = "") -> tuple[Path, ...]:
    """Every file that is, or could be, committed: tracked or not ignored, and still there."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    text = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    found = (ROOT / line for line in text.splitlines())
    return tuple(sorted(p for p in found if p.name.endswith(suffix) and p.is_file()))


def sources() -> tuple[Path, ...]:
    """Every Python file of the library."""
    return tuple(path for path in files(".py") if PACKAGE in path.parents)


def packages() -> tuple[Path, ...]:
    """Every folder of the library that holds Python files, the top one included."""
    return tuple(sorted({path.parent for path in sources()}))


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def relative(path: Path) -> str:
    """The path as it is written in tables and messages."""
    return path.relative_to(ROOT).as_posix()


def module_name(path: Path) -> str:
    """`src/striate/graph/spec.py` -> `striate.graph.spec`."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """`striate.graph.spec` -> `graph`; `striate` itself -> `__init__`."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


@dataclass(frozen=True)
class Import:
    """One imported module, as seen in the text of a file."""

    module: str
    line: int
    at_load: bool  # runs when the file is loaded: neither in a function nor for type checkers only


def imports(path: Path) -> list[Import]:
    """All imports of a file: those in functions, for type checkers, and by name in a call too."""
    found: list[Import] = []
    _walk(parsed(path), path, True, found)
    return found


def _walk(node: ast.AST, path: Path, at_load: bool, found: list[Import]) -> None:
    for name in _imported(node, path):
        found.append(Import(name, getattr(node, "lineno", 0), at_load))
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        negated = isinstance(node.test, ast.UnaryOp)
        for statement in node.body:
            _walk(statement, path, at_load and negated, found)
        for statement in node.orelse:
            _walk(statement, path, at_load and not negated, found)
        return
    inside = at_load and not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
    for child in ast.iter_child_nodes(node):
        _walk(child, path, inside, found)


def _imported(node: ast.AST, path: Path) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        base = _absolute(node, path)
        return [f"{base}.{alias.name}" if base == "striate" else base for alias in node.names]
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
        function = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        called = node.func.id if isinstance(node.func, ast.Name) else function
        if called in ("import_module", "__import__") and isinstance(node.args[0].value, str):
            return [node.args[0].value]
    return []


def _absolute(node: ast.ImportFrom, path: Path) -> str:
    if not node.level:
        return node.module or ""
    package = module_name(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    base = package[: len(package) - node.level + 1]
    return ".".join([*base, *([node.module] if node.module else [])])
