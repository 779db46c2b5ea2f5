"""The `>>>` lines of the docstrings run, in a folder of their own, and print what they show."""

from __future__ import annotations

import ast
import doctest
import importlib
from pathlib import Path

import pytest

import striate
from tests.house import tree
from tests.house.test_imports import WITHOUT_TORCH

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def examples(path: Path) -> str:
    """The `>>>` lines of a file, read from its text so that nothing is imported yet."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [node for node in ast.walk(tree.parsed(path)) if isinstance(node, documented)]
    lines = "\n".join(ast.get_docstring(node) or "" for node in nodes).splitlines()
    return "\n".join(line for line in lines if line.lstrip().startswith((">>> ", "... ")))


def needs_torch(path: Path) -> bool:
    """Whether the room needs torch, or its examples use a layer or a model."""
    room = tree.room_of(tree.module_name(path))
    return room not in WITHOUT_TORCH or "st." in examples(path) or "layers" in examples(path)


def cases() -> list[object]:
    found: list[object] = []
    for path in filter(examples, tree.sources()):
        marks = (pytest.mark.torch,) if needs_torch(path) else ()
        found.append(pytest.param(path, marks=marks, id=tree.relative(path)))
    return found


@pytest.mark.parametrize("path", cases())
def test_the_examples_of_a_file_run(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    name = tree.module_name(path)
    known: dict[str, object] = {"st": striate}
    if needs_torch(path):
        known["layers"] = importlib.import_module("striate.layers")
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=FLAGS, verbose=False)
    for test in doctest.DocTestFinder().find(importlib.import_module(name), extraglobs=known):
        runner.run(test, out=report.append)
    assert runner.tries > 0, "has >>> lines that no public docstring shows"
    assert runner.failures == 0, "".join(report)
