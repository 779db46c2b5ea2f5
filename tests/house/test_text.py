"""What must and what must not stand in the repository's files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.house import tree

NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "misc"}

# Written in pieces, so that this file does not hold them.
FORBIDDEN_WORDS = {
    "a path of one machine": r"(?<![\w.])/(?:" + "|".join(("home", "root", "work")) + r")/\w",
    "a path of one machine (macOS, Windows)": r"/User" + r"s/\w|[A-Z]:\\\\?User" + "s",
    "an address of a package index": "ind" + "ex-url|find" + "-links|pypi" + r"\.org/simple",
}

LEFTOVERS = re.compile("NotImplement" + "edError|TO" + "DO|FIX" + "ME|XX" + "X")


def text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:  # a picture or another binary file
        return ""


@pytest.mark.parametrize("path", tree.files(), ids=tree.relative)
def test_file_names_say_what_is_in_them(path: Path) -> None:
    parts = {Path(part).stem.lower() for part in path.relative_to(tree.ROOT).parts}
    if "keras" in parts:  # its files are called what Keras calls its modules
        parts.discard("utils")
    assert not parts & NAMES_THAT_SAY_NOTHING


@pytest.mark.parametrize("path", tree.files(), ids=tree.relative)
def test_no_file_names_a_machine_or_an_index(path: Path) -> None:
    text = text_of(path)
    for what, pattern in FORBIDDEN_WORDS.items():
        found = re.search(pattern, text)
        assert found is None, f"{what}: {found and found[0]!r}"


@pytest.mark.parametrize("path", tree.sources(), ids=tree.relative)
def test_no_stub_and_nothing_left_for_later(path: Path) -> None:
    found = LEFTOVERS.search(text_of(path))
    assert found is None, f"{found and found[0]} in {tree.relative(path)}"


@pytest.mark.parametrize("path", tree.packages(), ids=tree.relative)
def test_every_package_has_a_readme_of_about_five_lines(path: Path) -> None:
    if path == tree.PACKAGE:  # the top is described by the README of the repository
        return
    lines = [line for line in text_of(path / "README.md").splitlines() if line.strip()]
    assert 3 <= len(lines) <= 12, "its job, what it may import, how to add one more"


@pytest.mark.parametrize("path", tree.packages(), ids=tree.relative)
def test_every_package_is_a_regular_one(path: Path) -> None:
    assert (path / "__init__.py").is_file(), "setuptools leaves a folder without it out"
