"""Progress in a log file, in a terminal and in a notebook."""

from __future__ import annotations

import io
import re
import sys
from contextlib import redirect_stdout
from types import ModuleType
from typing import Any

import pytest

from striate import training
from striate.training import progress
from striate.training.callbacks import ProgbarLogger
from tests.training.small_runs import Line, compiled_line, fit_line, line_data

pytestmark = pytest.mark.torch

TIME = r"\d+s \d+(?:us|ms|s)/step"


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    return Terminal()


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*[mK]", "", text)


@pytest.mark.parametrize("verbose", [1, 2, "auto"])
def test_a_log_file_gets_a_line_per_epoch(verbose: Any, capsys: pytest.CaptureFixture[str]) -> None:
    fit_line(line_data(40), epochs=2, validation=line_data(8), verbose=verbose)
    lines = capsys.readouterr().out.splitlines()
    number = r"\d+\.\d{4}(?:e-\d\d)?"
    for i, line in enumerate(lines):
        pattern = rf"Epoch {i + 1}/2 - 5/5 - {TIME} - loss: {number} - val_loss: {number}"
        assert re.fullmatch(pattern, line), line
    assert len(lines) == 2


def test_a_terminal_gets_one_line_that_is_drawn_over(terminal: Terminal) -> None:
    with redirect_stdout(terminal):
        _, history = fit_line(line_data(40), epochs=2, verbose=1)
    epochs = plain(terminal.getvalue()).split("\n")
    assert epochs[0] == "Epoch 1/2"
    drawn = epochs[1].split("\r")[1:]
    assert re.fullmatch(rf"1/5 ━{{20}} {TIME} - loss: \d\.\d{{4}}", drawn[0]), drawn
    last = history.history["loss"][0]
    assert re.fullmatch(rf"5/5 ━{{20}} {TIME} - loss: {last:.4f}", drawn[-1])
    assert epochs[2] == "Epoch 2/2"
    assert epochs[4] == ""
    assert len(epochs) == 5
    assert not progress._current


def test_reads_of_the_device_are_few(monkeypatch: pytest.MonkeyPatch, terminal: Terminal) -> None:
    times = iter(range(10**6))
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(times) * 0.004)
    with redirect_stdout(terminal):
        fit_line(line_data(400), epochs=1, verbose=1)
    drawn = terminal.getvalue().count("\r")
    assert 2 <= drawn <= 1 + 50 // 12, "50 steps of 8 ms are 0.4 s: a few updates"


def test_evaluation_and_prediction_are_shown(terminal: Terminal) -> None:
    module = Line()
    with redirect_stdout(terminal):
        training.evaluate(module, compiled_line(module), line_data(16), device="cpu")
        training.predict(module, line_data(16), device="cpu")
    one, two, rest = plain(terminal.getvalue()).split("\n")
    assert re.fullmatch(rf"2/2 ━{{20}} {TIME} - loss: \d\.\d{{4}}", one.split("\r")[-1])
    assert re.fullmatch(rf"2/2 ━{{20}} {TIME}", two.split("\r")[-1])
    assert rest == ""


def test_text_moves_the_line_out_of_its_way(terminal: Terminal) -> None:
    class Talks(training.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            progress.say("note")

    with redirect_stdout(terminal):
        fit_line(line_data(8), epochs=1, verbose=1, callbacks=[Talks()])
    assert "\r\x1b[2Knote\n" in terminal.getvalue()


def test_an_interrupted_epoch_ends_its_line(terminal: Terminal) -> None:
    class Fails(training.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            if batch == 1:
                raise RuntimeError

    with redirect_stdout(terminal), pytest.raises(RuntimeError):
        fit_line(line_data(40), epochs=1, verbose=1, callbacks=[ProgbarLogger(), Fails()])
    assert terminal.getvalue().endswith("\n")
    assert not progress._current


def test_an_unknown_number_of_steps_is_learnt(terminal: Terminal) -> None:
    with redirect_stdout(terminal):
        fit_line(line_data(40, known=False), epochs=2, verbose=1)
    text = plain(terminal.getvalue())
    assert re.search(rf"\r1/\? {TIME}", text)
    assert re.search(r"\r5/5 ━{20}", text)
    assert re.search(r"Epoch 2/2\n\r1/5 ━{20}", text)


def test_a_notebook_replaces_one_output_per_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[list[str]] = []

    class Handle:
        def update(self, content: dict[str, str], raw: bool) -> None:
            assert raw
            shown[-1].append(content["text/plain"])

    def display(content: dict[str, str], raw: bool, display_id: bool) -> Handle:
        assert raw
        assert display_id
        shown.append([content["text/plain"]])
        return Handle()

    ipython, module = ModuleType("IPython"), ModuleType("IPython.display")
    module.display = display  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    monkeypatch.setitem(sys.modules, "ipykernel", ModuleType("ipykernel"))
    fit_line(line_data(40), epochs=2, verbose=1)
    assert len(shown) == 2
    assert re.fullmatch(rf"Epoch 1/2\n1/5 ━{{4}}╌{{16}} {TIME} - loss: \d\.\d{{4}}", shown[0][0])
    assert re.fullmatch(rf"Epoch 2/2\n5/5 ━{{20}} {TIME} - loss: \d\.\d{{4}}", shown[1][-1])
