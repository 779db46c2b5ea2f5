"""The line that shows how far training is: in a terminal, in a notebook, in a log file."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from typing import Any

from rich.console import Console

_REFRESH_S = 0.1
"""A display is updated at most this often; each update waits for the device once."""

_WIDTH = 20
_BOLD, _GREEN, _GREY, _RESET = "\x1b[1m", "\x1b[32m", "\x1b[37m", "\x1b[0m"

_current: list[Display] = []


def say(text: str) -> None:
    """Prints a line; a progress line that is being shown is moved out of its way."""
    if _current:
        _current[-1].clear()
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def format_metric(name: str, value: Any) -> str:
    """`loss: 0.1776`; small numbers get an exponent; what is not one number is left out.

    Example:
        >>> format_metric("loss", 0.17764), format_metric("loss", 0.00012)
        ('loss: 0.1776', 'loss: 1.2000e-04')
    """
    if not isinstance(value, (int, float)):
        return ""
    small = value != 0 and abs(value) <= 1e-3
    return f"{name}: {value:.4e}" if small else f"{name}: {value:.4f}"


def format_seconds(seconds: float) -> str:
    """`59s`, `3:04` or `2:00:09`.

    Example:
        >>> format_seconds(12.4), format_seconds(184), format_seconds(7209)
        ('12s', '3:04', '2:00:09')
    """
    whole = int(seconds + 0.5)
    if whole < 60:
        return f"{whole}s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}:{rest:02d}"
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def format_step_time(seconds: float) -> str:
    """`2s/step`, `14ms/step` or `350us/step`."""
    if seconds >= 1:
        return f"{seconds:.0f}s/step"
    if seconds >= 1e-3:
        return f"{seconds * 1e3:.0f}ms/step"
    return f"{seconds * 1e6:.0f}us/step"


class Meter:
    """Steps done, of how many, and how long they take; the first step is not counted in the mean.

    Args:
        target: the number of steps, None if unknown.
    """

    def __init__(self, target: int | None) -> None:
        self.target = target
        self.done = 0
        self._first_done = 0
        self._start = time.monotonic()
        self._after_first: float | None = None

    def advance(self, done: int) -> float:
        """Tells the number of finished steps; returns the time."""
        now = time.monotonic()
        if self._after_first is None:
            self._after_first, self._first_done = now, done
        self.done = done
        return now

    def times(self) -> tuple[float, float]:
        """(seconds since the start, seconds per step)."""
        now = time.monotonic()
        elapsed = now - self._start
        steps = self.done - self._first_done
        if self._after_first is not None and steps > 0:
            return elapsed, (now - self._after_first) / steps
        return elapsed, elapsed / max(self.done, 1)

    def count(self) -> str:
        """`  7/844`, or `7/?` where the number of steps is not known."""
        if self.target is None:
            return f"{self.done}/?"
        return f"{self.done:{len(str(self.target))}d}/{self.target}"


class Display:
    """How progress is shown; this one shows nothing. Subclasses draw."""

    live = False
    """Whether it wants updates while an epoch runs."""

    def begin(self, title: str) -> None:
        """A new epoch, evaluation or prediction begins; the title may be empty."""

    def update(self, meter: Meter, logs: Mapping[str, Any]) -> None:
        """Shows an intermediate state."""

    def finish(self, meter: Meter, logs: Mapping[str, Any]) -> None:
        """Shows the final state, which stays."""

    def clear(self) -> None:
        """Takes away an intermediate state, because a line of text follows."""

    def close(self) -> None:
        """Ends an epoch that was interrupted."""


class PlainDisplay(Display):
    """One line per epoch, when it is over: for log files, pipes and `verbose=2`."""

    def __init__(self) -> None:
        self._title = ""

    def begin(self, title: str) -> None:
        self._title = title

    def finish(self, meter: Meter, logs: Mapping[str, Any]) -> None:
        parts = [self._title] if self._title else []
        elapsed, per_step = meter.times()
        timing = f"{format_seconds(elapsed)} {format_step_time(per_step)}"
        sys.stdout.write(" - ".join([*parts, meter.count(), timing, *_metrics(logs)]) + "\n")
        sys.stdout.flush()


class TerminalDisplay(Display):
    """One line that is drawn over itself, cut to the width of the terminal."""

    live = True

    def __init__(self, console: Console) -> None:
        self._console = console
        self._colour = console.color_system is not None
        self._bar = "━" if (console.encoding or "").lower().startswith("utf") else "="
        self._shown = False

    def begin(self, title: str) -> None:
        if title:
            sys.stdout.write(title + "\n")
        self._shown = False
        _show(self)

    def update(self, meter: Meter, logs: Mapping[str, Any]) -> None:
        self._draw(self._line(meter, logs, final=False))

    def finish(self, meter: Meter, logs: Mapping[str, Any]) -> None:
        self._draw(self._line(meter, logs, final=True))
        self.close()

    def clear(self) -> None:
        if self._shown:
            sys.stdout.write("\r\x1b[2K")
            self._shown = False

    def close(self) -> None:
        if self._shown:
            sys.stdout.write("\n")
            sys.stdout.flush()
            self._shown = False
        _hide(self)

    def _draw(self, line: str) -> None:
        sys.stdout.write("\r" + line + "\x1b[K")
        sys.stdout.flush()
        self._shown = True

    def _line(self, meter: Meter, logs: Mapping[str, Any], final: bool) -> str:
        elapsed, per_step = meter.times()
        left = (meter.target or meter.done) - meter.done
        clock = format_seconds(elapsed if final or meter.target is None else per_step * left)
        head, tail = meter.count(), f"{clock} {format_step_time(per_step)}"
        tail = " - ".join([tail, *_metrics(logs)])
        if meter.target is None:
            return self._cut(f"{head} {tail}")
        room = self._console.width - len(head) - _WIDTH - 3
        if not final and len(tail) > room:  # the line over itself may not wrap; the last one may
            tail = tail[: max(room, 0)]
        filled = _WIDTH * meter.done // max(meter.target, 1)
        bar = self._painted(self._bar * filled, _GREEN)
        bar += self._painted(self._bar * (_WIDTH - filled), _GREY)
        return f"{self._painted(head, _BOLD)} {bar} {tail}"

    def _cut(self, text: str) -> str:
        return text[: self._console.width - 1]

    def _painted(self, text: str, colour: str) -> str:
        if not text or not self._colour:
            return text
        return f"{colour}{text}{_RESET}"


class NotebookDisplay(Display):
    """One output that is replaced in place, so that a long run leaves one line per epoch."""

    live = True

    def __init__(self) -> None:
        self._title = ""
        self._handle: Any = None

    def begin(self, title: str) -> None:
        self._title = title
        self._handle = None

    def update(self, meter: Meter, logs: Mapping[str, Any]) -> None:
        self._put(self._line(meter, logs))

    def finish(self, meter: Meter, logs: Mapping[str, Any]) -> None:
        self._put(self._line(meter, logs))
        self._handle = None

    def _line(self, meter: Meter, logs: Mapping[str, Any]) -> str:
        elapsed, per_step = meter.times()
        filled = _WIDTH * meter.done // max(meter.target or meter.done, 1)
        bar = "━" * filled + "╌" * (_WIDTH - filled)
        timing = f"{format_seconds(elapsed)} {format_step_time(per_step)}"
        line = " - ".join([f"{meter.count()} {bar} {timing}", *_metrics(logs)])
        return f"{self._title}\n{line}" if self._title else line

    def _put(self, text: str) -> None:
        from IPython.display import display  # type: ignore[import-not-found]

        content = {"text/plain": text}
        if self._handle is None:
            self._handle = display(content, raw=True, display_id=True)
        else:
            self._handle.update(content, raw=True)


def choose_display(verbose: int) -> Display:
    """The display for `verbose` and for where standard output goes."""
    if verbose == 0:
        return Display()
    if verbose == 2:
        return PlainDisplay()
    if "ipykernel" in sys.modules:
        return NotebookDisplay()
    # isatty, not the console's word: FORCE_COLOR makes it claim a terminal in a log file.
    if not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        return PlainDisplay()
    console = Console(file=sys.stdout)
    return PlainDisplay() if console.legacy_windows else TerminalDisplay(console)


def refresh_is_due(last: float, now: float) -> bool:
    """Whether a display that was last updated at `last` may be updated again."""
    return now - last >= _REFRESH_S


def _metrics(logs: Mapping[str, Any]) -> list[str]:
    shown = (format_metric(name, value) for name, value in logs.items())
    return [text for text in shown if text]


def _show(display: Display) -> None:
    _hide(display)
    _current.append(display)


def _hide(display: Display) -> None:
    if display in _current:
        _current.remove(display)
