"""Runs a script or the cells of a notebook, unchanged, with `keras` served by striate."""

from __future__ import annotations

import builtins
import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from striate import errors
from striate.keras import ages, hook, notebook, notes
from striate.keras.report import Report, report_on_parts

# what a cell or script without IPython gets in its place
_INSTEAD_OF_IPYTHON = {"display": print, "get_ipython": notebook.NoShell}


def run(path: str, arguments: Sequence[str] = ()) -> int:
    """Runs a file as `python path` would.

    Args:
        path: a script, or a notebook, whose magics and shell lines are left out with a note.
        arguments: what it finds in `sys.argv[1:]`.

    Returns:
        Its exit code.
    """
    parts = notebook.parts_of(path)
    whole = "\n".join(part.source for part in parts)
    ages.look_at(whole)
    hook.install()
    found = report_on_parts(parts)
    if found.fatal:
        sys.stderr.write(_refusal(found))
        return 1
    for use in found.missing:
        notes.say(f"{use.where}: {use.name} is not covered; the script fails if it gets there")
    _prepare(path, arguments)
    module = _main_module(path)
    for part in parts:
        for note in part.notes:
            notes.say(note)
        code = _run_part(part, module)
        if code is not None:
            return code
    return 0


def _refusal(found: Report) -> str:
    lines = dict.fromkeys(f"{use.where}: {use.why}" for use in found.fatal)
    return "\n".join(["striate.keras cannot run this script:", *lines]) + "\n"


def _prepare(path: str, arguments: Sequence[str]) -> None:
    """What `python script.py` does before, and pictures that nobody has to close."""
    sys.argv = [path, *arguments]
    sys.path.insert(0, str(Path(path).resolve().parent))
    os.environ.setdefault("MPLBACKEND", "Agg")
    warnings.filterwarnings("ignore", message=".*non-interactive, and thus cannot be shown")


def _main_module(path: str) -> ModuleType:
    module = ModuleType("__main__")
    module.__file__ = path
    module.__dict__.update(__builtins__=builtins, __name__="__main__")
    for name, value in _INSTEAD_OF_IPYTHON.items():
        if not hasattr(builtins, name):
            module.__dict__[name] = value
    sys.modules["__main__"] = module
    return module


def _run_part(part: notebook.Part, module: ModuleType) -> int | None:
    """Runs a script or cell; an exit code if it is to end here."""
    try:
        exec(compile(part.source, part.name, "exec", dont_inherit=True), module.__dict__)  # noqa: S102
    except SystemExit as left:
        return _code(left.code)
    except (errors.MissingModuleError, errors.MissingAttributeError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except BaseException as error:
        _show(error)
        return 1 if not isinstance(error, errors.Interrupted) else error.exit_code
    return None


def _code(value: Any) -> int:
    if value is None or isinstance(value, int):
        return value or 0
    sys.stderr.write(f"{value}\n")
    return 1


def _show(error: BaseException) -> None:
    """The traceback from the script's own first line on."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    traceback.print_exception(type(error), error, trace)
