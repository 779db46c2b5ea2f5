"""Numbers, times and the choice of a display."""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stdout
from types import ModuleType

import numpy as np
import pytest
from rich.console import Console

from striate.training import progress
from striate.training.progress import (
    Display,
    Meter,
    NotebookDisplay,
    PlainDisplay,
    TerminalDisplay,
    choose_display,
    format_metric,
    format_seconds,
    format_step_time,
)

pytestmark = pytest.mark.torch


def test_metrics() -> None:
    assert format_metric("loss", 0.17764) == "loss: 0.1776"
    assert format_metric("loss", 0.001) == "loss: 1.0000e-03"
    assert format_metric("loss", 0) == "loss: 0.0000"
    assert format_metric("loss", float("nan")) == "loss: nan"
    assert format_metric("confusion", np.eye(2)) == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "0s"), (59.4, "59s"), (59.6, "1:00"), (3599, "59:59"), (3600, "1:00:00")],
)
def test_seconds(seconds: float, text: str) -> None:
    assert format_seconds(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(2.4, "2s/step"), (0.0144, "14ms/step"), (0.00035, "350us/step")]
)
def test_step_times(seconds: float, text: str) -> None:
    assert format_step_time(seconds) == text


def test_the_first_step_is_not_counted_in_the_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock[0])
    meter = Meter(10)
    clock[0] = 5.0
    meter.advance(1)
    assert meter.times() == (5.0, 5.0)
    clock[0] = 6.0
    meter.advance(5)
    assert meter.times() == (6.0, 0.25)
    assert meter.count() == " 5/10"
    assert Meter(None).count() == "0/?"


class Stream(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_the_display_suits_where_the_text_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert type(choose_display(0)) is Display
    assert not choose_display(0).live
    with redirect_stdout(io.StringIO()):
        assert isinstance(choose_display(1), PlainDisplay)
    with redirect_stdout(Stream()):
        assert isinstance(choose_display(1), TerminalDisplay)
        assert isinstance(choose_display(2), PlainDisplay)
        monkeypatch.setenv("TERM", "dumb")
        assert isinstance(choose_display(1), PlainDisplay)
    monkeypatch.setitem(sys.modules, "ipykernel", ModuleType("ipykernel"))
    assert isinstance(choose_display(1), NotebookDisplay)


def drawn(width: int, encoding: str, target: int | None, logs: dict[str, float]) -> str:
    """What an update in the middle shows."""
    stream = Stream()
    stream.encoding = encoding  # type: ignore[misc]
    console = Console(file=stream, width=width, force_terminal=True, no_color=True)
    display = TerminalDisplay(console)
    display._colour = False
    meter = Meter(target)
    meter.advance(3)
    with redirect_stdout(stream):
        display.begin("")
        display.update(meter, logs)
        display.close()
    return stream.getvalue().removeprefix("\r").removesuffix("\x1b[K\n")


def test_a_line_never_wraps_while_it_is_drawn_over() -> None:
    logs = {f"metric_{i}": 0.5 for i in range(20)}
    assert len(drawn(60, "utf-8", 10, logs)) < 60
    assert len(drawn(60, "utf-8", None, logs)) < 60
    assert drawn(60, "utf-8", 10, logs).startswith(" 3/10 " + "━" * 20)
    assert len(drawn(20, "utf-8", 10, logs)) <= 30, "even where the bar alone does not fit"


def test_terminals_without_unicode() -> None:
    assert drawn(80, "ascii", 10, {}).startswith(" 3/10 " + "=" * 20)
