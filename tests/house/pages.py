"""The code blocks of the README and of the pages under docs/, found and run by sybil.

`python` blocks of one page share their names. In a `console` block the lines `$ striate ...` run,
and output shown below such a line must match (`...` stands for anything). Other languages, and
other commands, are for the reader only. `<!--- skip: next -->` above a block leaves it out.
"""

from __future__ import annotations

import doctest
import os
import shlex
import subprocess
import sys
from pathlib import Path

from sybil import Example, Sybil
from sybil.document import Document
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser, SkipParser

from tests.house import tree

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def pages() -> tuple[Path, ...]:
    """The README and every page under docs/."""
    docs = tree.ROOT / "docs"
    return tuple(p for p in tree.files(".md") if docs in p.parents or p == tree.ROOT / "README.md")


def document(path: Path) -> Document:
    """A page with its code blocks, ready to run."""
    console = CodeBlockParser(language="console", evaluator=run_console)
    return Sybil(parsers=[PythonCodeBlockParser(), console, SkipParser()]).parse(path)


def run_console(example: Example) -> None:
    """Runs the `$ striate` lines of a block and compares the output shown below them."""
    for command, expected in commands(example.parsed):
        words = shlex.split(command, comments=True)
        if words[0] != "striate":
            continue
        done = subprocess.run(
            [sys.executable, "-m", "striate", *words[1:]],
            capture_output=True,
            text=True,
            env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1"},
        )
        shown = f"{example.path}:{example.line}: $ {command}\n{done.stdout}{done.stderr}"
        assert done.returncode == 0, shown
        matches = doctest.OutputChecker().check_output(expected, done.stdout, FLAGS)
        assert not expected or matches, f"{shown}\n--- the page shows\n{expected}"


def commands(text: str) -> list[tuple[str, str]]:
    """The commands of a console block, each with the output shown below it."""
    found: list[tuple[str, str]] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], ""))
        elif found and found[-1][0].endswith("\\"):
            found[-1] = (found[-1][0][:-1] + line.strip(), "")
        elif found:
            found[-1] = (found[-1][0], found[-1][1] + line + "\n")
    return found
