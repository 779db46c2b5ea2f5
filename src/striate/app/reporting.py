"""What every command shares: where results and errors go, and the exit code.

Results go to standard output, progress, warnings and errors to standard error. With `--json` one
JSON document is all that standard output gets, also when the command fails.
"""

from __future__ import annotations

import contextlib
import functools
import json
import math
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Any, ParamSpec

import typer

from striate.errors import Interrupted, StriateError

if TYPE_CHECKING:
    from rich.console import Console

P = ParamSpec("P")

_WIDE = 10_000
_INTERRUPTED, _TERMINATED = 130, 143


@dataclass(frozen=True)
class Report:
    """What a command found out.

    Args:
        record: JSON values, printed with `--json`.
        show: prints the same for people.
        exit_code: 0, or 1 if a part of the work failed.
    """

    record: dict[str, Any]
    show: Callable[[Console], None]
    exit_code: int = 0


def standard_output() -> Console:
    """The console for results; where no one looks at it, lines are not cut to a width."""
    from rich.console import Console

    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_WIDE)


def standard_error() -> Console:
    """The console for progress, warnings and errors."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def note(text: str, kind: str = "note", style: str = "cyan") -> None:
    """One line on standard error, such as `warning: ...`; it is not wrapped."""
    from rich.text import Text

    line = Text.assemble((f"{kind}: ", f"bold {style}"), text)
    standard_error().print(line, soft_wrap=True)


@contextlib.contextmanager
def waiting(text: str) -> Iterator[None]:
    """Shows on a terminal what is being waited for, and takes it away when it is over."""
    console = standard_error()
    if not console.is_terminal:
        yield
        return
    with console.status(f"{text} ..."):
        yield


def reported(command: Callable[P, Report]) -> Callable[P, None]:
    """Makes a command of a function that returns a `Report`: prints it, or what went wrong.

    The function's options `as_json` and `debug` are read here.
    """

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        as_json, debug = bool(kwargs.get("as_json")), bool(kwargs.get("debug"))
        code = 1
        try:
            with _shown_warnings(), _quiet_output(as_json):
                report = command(*args, **kwargs)
            if as_json:
                _print_json(report.record)
            else:
                report.show(standard_output())
            code = report.exit_code
        except typer.Exit:
            raise
        except (KeyboardInterrupt, Exception) as error:
            if isinstance(error, (typer.BadParameter, BrokenPipeError)):
                raise
            code = _fail(error, as_json, debug)
        if code:
            raise typer.Exit(code)

    return run


def exit_on_sigterm() -> None:
    """Makes SIGTERM an exception, so that files being written are cleaned up; exit code 143."""

    def stop(number: int, frame: FrameType | None) -> None:
        interrupted = Interrupted("Stopped by SIGTERM.")
        interrupted.exit_code = _TERMINATED
        raise interrupted

    with contextlib.suppress(ValueError, AttributeError):  # not the main thread; no such signal
        signal.signal(signal.SIGTERM, stop)


def _fail(error: BaseException, as_json: bool, debug: bool) -> int:
    """Says what went wrong; returns the exit code."""
    text, code = _described(error)
    if debug:
        traceback.print_exception(error, file=sys.stderr)
    if as_json:
        _print_json({"error": {"kind": type(error).__name__, "message": text}})
    stopped = isinstance(error, KeyboardInterrupt)
    note(text, "stopped" if stopped else "error", "yellow" if stopped else "red")
    return code


def _described(error: BaseException) -> tuple[str, int]:
    if isinstance(error, KeyboardInterrupt):
        code = getattr(error, "exit_code", _INTERRUPTED)
        return str(error) or "Stopped by Ctrl-C.", code
    if isinstance(error, StriateError):
        return str(error), 1
    what = f"{type(error).__name__}: {error}".rstrip(": ")
    return f"this should not happen, please report it ({what}). --debug shows where.", 1


def _print_json(record: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(plain(record), indent=2, allow_nan=False) + "\n")


def plain(value: Any) -> Any:
    """Values as JSON knows them; NaN and infinity, which it does not know, become text.

    Example:
        >>> plain({"loss": float("nan"), "shape": (1, 2)})
        {'loss': 'nan', 'shape': [1, 2]}
    """
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):  # numpy, without importing it
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    return value


@contextlib.contextmanager
def _quiet_output(quiet: bool) -> Iterator[None]:
    """Sends what would be printed to standard error while standard output is kept for JSON."""
    if not quiet:
        yield
        return
    with contextlib.redirect_stdout(sys.stderr):
        yield


@contextlib.contextmanager
def _shown_warnings() -> Iterator[None]:
    """Prints warnings as one line each, without the place in the code that gave them."""

    def show(message: Warning | str, *args: Any, **kwargs: Any) -> None:
        note(str(message), "warning", "yellow")

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield
