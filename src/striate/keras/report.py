"""What a script uses of Keras and TensorFlow, and whether striate has it, without running it."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from striate import errors
from striate.keras import notebook, places, served


@dataclass(frozen=True)
class Use:
    """A name that a script uses.

    Args:
        name: written out: "keras.layers.Dense", "keras.models.Sequential.fit".
        where: file and line.
        why: what to say where striate does not have it; empty where it does.
        certain: whether the script gets there in any case: no `def`, `if` or `try` is around it.
    """

    name: str
    where: str
    why: str = ""
    certain: bool = False


@dataclass(frozen=True)
class Report:
    """The names of Keras and TensorFlow in a script, in the order of its lines.

    Args:
        uses: each name once a line.
    """

    uses: tuple[Use, ...] = field(default=())

    @property
    def missing(self) -> tuple[Use, ...]:
        """What striate does not have."""
        return tuple(use for use in self.uses if use.why)

    @property
    def fatal(self) -> tuple[Use, ...]:
        """What it does not have and the script uses in any case."""
        return tuple(use for use in self.missing if use.certain)

    @property
    def covered(self) -> bool:
        """Whether striate has all of them."""
        return not self.missing

    def __str__(self) -> str:
        places_of: dict[tuple[str, str], list[str]] = {}
        for use in self.uses:
            places_of.setdefault((use.name, use.why), []).append(use.where)
        rows = [
            f"{name}: {'NOT covered' if why else 'covered'} ({_together(found)})"
            for (name, why), found in places_of.items()
        ]
        rows += [f"{found[0]}: {why}" for (_, why), found in places_of.items() if why]
        count = sum(not why for _, why in places_of)
        return "\n".join([*rows, f"{count} of {len(places_of)} names are covered"])


def _together(found: list[str]) -> str:
    """The file once, and its lines: "a.py, line 3, 5"."""
    lines: dict[str, list[str]] = {}
    for where in found:
        file, _, line = where.rpartition(", line ")
        lines.setdefault(file, []).append(line)
    return "; ".join(f"{file}, line {', '.join(numbers)}" for file, numbers in lines.items())


def report_on(path: str) -> Report:
    """The report on a script or a notebook.

    Raises:
        FormatError: a file that is not Python, or not a notebook.
    """
    return report_on_parts(notebook.parts_of(path))


def report_on_parts(parts: Sequence[notebook.Part]) -> Report:
    """The report on a script, or on the cells of a notebook one after another.

    Raises:
        FormatError: one of them is not Python 3.

    Example:
        >>> print(report_on_parts([notebook.Part("a.py", "from keras.layers import Dense")]))
        keras.layers.Dense: covered (a.py, line 1)
        1 of 1 names are covered
    """
    reader = _Reader()
    for part in parts:
        reader.read(part)
    return Report(tuple(reader.uses))


class _Reader:
    """Follows what names of a script stand for, as far as its imports and assignments tell."""

    def __init__(self) -> None:
        self.name = ""
        self.uses: list[Use] = []
        self.known: dict[str, str] = {}  # variable -> the dotted name it stands for
        self.made: dict[str, str] = {}  # variable -> the class it is an object of

    def read(self, part: notebook.Part) -> None:
        """Goes through a script or cell, statement by statement."""
        self.name = Path(part.name).name
        try:
            tree = ast.parse(part.source)
        except SyntaxError as error:
            raise errors.FormatError(
                errors.message(
                    f"{self.name}, line {error.lineno}",
                    f"this is not Python 3 ({error.msg})",
                    fix="Python 2 scripts are turned into Python 3 by 2to3",
                )
            ) from None
        for node, certain in _statements(tree, True):
            for item in _own_expressions(node):
                self._visit(item, certain)

    def _visit(self, node: ast.AST, certain: bool) -> None:
        if isinstance(node, ast.Import):
            self._import(node, certain)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            self._import_from(node, certain)
        elif isinstance(node, ast.Assign):
            self._assigned(node)
        elif isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Store):
            self._attribute(node, certain)

    def _import(self, node: ast.Import, certain: bool) -> None:
        for alias in node.names:
            if alias.name.partition(".")[0] in (*places.ROOTS, *places.ADD_ONS):
                self._note(alias.name, node, certain)
                shown = alias.asname or alias.name.partition(".")[0]
                self.known[shown] = alias.name if alias.asname else shown

    def _import_from(self, node: ast.ImportFrom, certain: bool) -> None:
        module = node.module or ""
        if module.partition(".")[0] not in (*places.ROOTS, *places.ADD_ONS):
            return
        for alias in node.names:
            name = module if alias.name == "*" else f"{module}.{alias.name}"
            self._note(name, node, certain)
            if alias.name == "*" and served.homes(module):
                self.known.update({n: f"{module}.{n}" for n in served.names_of(module)})
            else:
                self.known[alias.asname or alias.name] = name

    def _assigned(self, node: ast.Assign) -> None:
        value = node.value
        called = self._dotted(value.func) if isinstance(value, ast.Call) else None
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.made.pop(target.id, None)
                self.known.pop(target.id, None)
                if called is not None and _is_class(called):
                    self.made[target.id] = called
                elif (same := self._dotted(value)) is not None:
                    self.known[target.id] = same

    def _attribute(self, node: ast.Attribute, certain: bool) -> None:
        name = self._dotted(node)
        if name is not None:
            self._note(name, node, certain)
        elif isinstance(node.value, ast.Name) and node.value.id in self.made:
            kind = self.made[node.value.id]
            why = "" if _is_set(kind, node.attr) else why_not(f"{kind}.{node.attr}")
            self._note(f"{kind}.{node.attr}", node, certain=False, why=why)

    def _dotted(self, node: ast.AST) -> str | None:
        if isinstance(node, ast.Name):
            return self.known.get(node.id)
        if isinstance(node, ast.Attribute):
            inner = self._dotted(node.value)
            return None if inner is None else f"{inner}.{node.attr}"
        return None

    def _note(self, name: str, node: Any, certain: bool, why: str | None = None) -> None:
        where = f"{self.name}, line {node.lineno}"
        use = Use(name, where, why_not(name) if why is None else why, certain)
        if not any(u.where == where and f"{u.name}.".startswith(f"{name}.") for u in self.uses):
            self.uses.append(use)


def _is_class(name: str) -> bool:
    try:
        return isinstance(served.resolve(name), type)
    except errors.StriateError:
        return False


def _is_set(kind: str, attribute: str) -> bool:
    """Whether objects of a class get an attribute when they are made or used."""
    found = served.resolve(kind)
    if attribute in inspect.signature(found.__init__).parameters:
        return True
    sources = [_source(base) for base in found.__mro__ if base.__module__.startswith("striate")]
    return any(f"self.{attribute} =" in s or f"self.{attribute}:" in s for s in sources)


def _source(kind: type) -> str:
    try:
        return inspect.getsource(kind)
    except (OSError, TypeError):  # a stand-in, made without a source
        return ""


def why_not(name: str) -> str:
    """What to say of a name that striate does not have; empty if it has it."""
    if name in places.ADD_ONS:
        return errors.message(name, "this package is no part of Keras", fix=places.ADD_ONS[name])
    if served.on_the_way(name):
        return ""
    try:
        served.resolve(name)
    except errors.StriateError as error:
        return str(error)
    return ""


def _statements(tree: ast.AST, certain: bool) -> Iterator[tuple[ast.AST, bool]]:
    """Every statement, and whether a run gets to it in any case."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.stmt):
            yield node, certain
            around = (ast.FunctionDef, ast.AsyncFunctionDef, ast.If, ast.Try, ast.While, ast.For)
            yield from _statements(node, certain and not isinstance(node, around))
        elif isinstance(node, (ast.excepthandler, ast.match_case)):
            yield from _statements(node, False)


def _own_expressions(node: ast.AST) -> Iterator[ast.AST]:
    """A statement and the expressions in it, without the statements inside it; longest first."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (ast.stmt, ast.excepthandler, ast.match_case)):
            yield from ast.walk(child)
