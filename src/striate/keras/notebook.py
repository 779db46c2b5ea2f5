"""Scripts and notebooks as Python: what only a notebook understands is left out, with a note."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from striate import errors

# Commands that a notebook takes without % or !: the shell's, and packages' installers.
_COMMANDS = ("cd", "conda", "cp", "git", "ls", "mkdir", "mv", "pip", "pwd", "rm", "unzip", "wget")
_BARE = re.compile(rf"^({'|'.join(_COMMANDS)})\s+[^\s=(.,\[]")
_ASSIGNED = re.compile(r"^\s*[\w, ]+\s*=\s*[!%]")
_CELL_IS_PYTHON = ("%%time", "%%timeit", "%%capture", "%%prun")


@dataclass(frozen=True)
class Part:
    """A script, or a cell of a notebook.

    Args:
        name: how messages call it: "script.py", or "notebook.ipynb, cell 3".
        source: Python, with the lines of the file.
        notes: what was left out.
    """

    name: str
    source: str
    notes: tuple[str, ...] = field(default=())


class NoShell:
    """What `get_ipython()` is where there is no notebook: magics and commands do nothing."""

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **kwargs: None


def parts_of(path: str) -> list[Part]:
    """The script, or the code cells of a notebook, that a file holds.

    Raises:
        FormatError: a file with the ending .ipynb that is not a notebook.
    """
    text = Path(path).read_text(encoding="utf-8")
    if Path(path).suffix != ".ipynb":
        return [_cleaned(path, text)]
    try:
        read = json.loads(text)
        cells = read["cells"] if "cells" in read else read["worksheets"][0]["cells"]
        sources = [
            "".join(cell.get("source", cell.get("input", "")))
            for cell in cells
            if cell["cell_type"] == "code"
        ]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise errors.FormatError(
            errors.message(path, "this is not a notebook", expected="JSON with a list of cells")
        ) from error
    return [_cleaned(f"{path}, cell {i}", source) for i, source in enumerate(sources, 1)]


def _cleaned(name: str, source: str) -> Part:
    """Python without magics and shell lines; line numbers stay.

    Example:
        >>> part = _cleaned("a.ipynb, cell 1", "%matplotlib inline\\nx = 1")
        >>> part.source, part.notes
        ('pass\\nx = 1', ('a.ipynb, cell 1, line 1: left out: %matplotlib inline',))
    """
    if _is_python(source):
        return Part(name, source)
    lines = source.split("\n")
    first = lines[0].strip()
    if first.startswith("%%") and not first.startswith(_CELL_IS_PYTHON):
        return Part(name, "", (f"{name}: left out: the cell of {first}",))
    notes: list[str] = []
    going_on = False
    for i, line in enumerate(lines):
        if going_on or _is_foreign(line):
            if not going_on:
                notes.append(f"{name}, line {i + 1}: left out: {line.strip()}")
            lines[i] = "" if going_on else _instead(line)
            going_on = line.rstrip().endswith("\\")
        elif line.rstrip().endswith("?") and _BARE_HELP.match(line):
            notes.append(f"{name}, line {i + 1}: left out: {line.strip()}")
            lines[i] = _instead(line)
    return Part(name, "\n".join(lines), tuple(notes))


_BARE_HELP = re.compile(r"^\s*\??[\w.]+\?{1,2}\s*$")


def _is_python(source: str) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


def _is_foreign(line: str) -> bool:
    """Whether only a notebook understands a line."""
    text = line.strip()
    if text.startswith(("!", "%")) or _ASSIGNED.match(line):
        return True
    return bool(_BARE.match(text)) and not _is_python(text)


def _instead(line: str) -> str:
    """A line of Python in its place, at its depth; a name that it would set is set."""
    depth = line[: len(line) - len(line.lstrip())]
    if _ASSIGNED.match(line):
        return f"{line.partition('=')[0]}= []"
    if line.strip().startswith(("%time ", "%timeit ")):
        rest = line.strip().partition(" ")[2]
        return depth + rest if _is_python(rest) else f"{depth}pass"
    return f"{depth}pass"
