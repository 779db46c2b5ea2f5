from __future__ import annotations

import json
import os
import signal
import warnings
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from striate.app.reporting import Report, exit_on_sigterm, reported
from striate.errors import DataError, Interrupted


def outcome(function: Any, *words: str) -> Any:
    app = typer.Typer()

    @app.command()
    @reported
    def command(as_json: bool = False, debug: bool = False) -> Report:
        return function()

    return CliRunner().invoke(app, list(words))


def failing(error: BaseException) -> Any:
    def function() -> Report:
        raise error

    return function


def test_a_report_is_shown_to_people() -> None:
    result = outcome(lambda: Report({"a": 1}, lambda console: console.print("one")))
    assert (result.exit_code, result.stdout, result.stderr) == (0, "one\n", "")


def test_with_json_the_record_is_all_of_standard_output() -> None:
    def function() -> Report:
        print("progress")
        return Report({"loss": float("inf"), "shape": (1, None)}, lambda console: None, 1)

    result = outcome(function, "--as-json")
    assert json.loads(result.stdout) == {"loss": "inf", "shape": [1, None]}
    assert result.stderr == "progress\n"
    assert result.exit_code == 1


def test_an_error_is_one_line_without_a_traceback() -> None:
    text = "x: a [bold] fault with a rather long text, " + "much longer than a terminal, " * 5
    result = outcome(failing(DataError(text)))
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"error: {text}\n")


def test_with_json_an_error_is_a_document_too() -> None:
    result = outcome(failing(DataError("x: a fault.")), "--as-json")
    assert json.loads(result.stdout) == {"error": {"kind": "DataError", "message": "x: a fault."}}
    assert result.stderr == "error: x: a fault.\n"


def test_debug_shows_the_traceback() -> None:
    result = outcome(failing(DataError("x: a fault.")), "--debug")
    assert "Traceback" in result.stderr
    assert result.stderr.endswith("error: x: a fault.\n")


def test_a_fault_of_our_own_asks_for_a_report() -> None:
    result = outcome(failing(KeyError("x")))
    assert result.exit_code == 1
    assert result.stderr == (
        "error: this should not happen, please report it (KeyError: 'x'). --debug shows where.\n"
    )


def test_ctrl_c_exits_with_130() -> None:
    result = outcome(failing(KeyboardInterrupt()))
    assert (result.exit_code, result.stderr) == (130, "stopped: Stopped by Ctrl-C.\n")


def test_an_interruption_brings_its_exit_code() -> None:
    error = Interrupted("SIGTERM stopped it. Go on with: x")
    error.exit_code = 143
    result = outcome(failing(error))
    assert (result.exit_code, result.stderr) == (
        143,
        "stopped: SIGTERM stopped it. Go on with: x\n",
    )


def test_sigterm_becomes_an_exception() -> None:
    before = signal.getsignal(signal.SIGTERM)
    try:
        exit_on_sigterm()
        with pytest.raises(Interrupted, match=r"^Stopped by SIGTERM\.$") as caught:
            os.kill(os.getpid(), signal.SIGTERM)
        assert caught.value.exit_code == 143
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_warning_is_one_line() -> None:
    def function() -> Report:
        warnings.simplefilter("always")
        warnings.warn("something odd", stacklevel=1)
        return Report({}, lambda console: None)

    assert outcome(function).stderr == "warning: something odd\n"
