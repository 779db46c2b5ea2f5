"""Ctrl-C and SIGTERM ask the loop to stop; a second one stops at once; handlers come back."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time

import pytest

from striate.errors import Interrupted
from striate.training.signals import StopRequest

pytestmark = pytest.mark.torch


def test_the_first_signal_is_a_request(capfd: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with StopRequest() as stop:
        assert not stop.requested
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.requested
        assert stop.cause == "SIGTERM"
        assert stop.error("text").exit_code == 143
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
    assert capfd.readouterr().err == (
        "\nSIGTERM: stopping after this step; once more stops at once.\n"
    )


def test_the_second_stops_at_once_and_handlers_come_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    with StopRequest() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.cause == "Ctrl-C"
        with pytest.raises(Interrupted) as caught:
            os.kill(os.getpid(), signal.SIGINT)
    assert str(caught.value) == "Stopped at once by a second Ctrl-C; nothing was saved."
    assert caught.value.exit_code == 130
    assert isinstance(caught.value, KeyboardInterrupt)
    assert signal.getsignal(signal.SIGINT) is before


def test_other_threads_set_no_handlers() -> None:
    before = signal.getsignal(signal.SIGINT)
    found: list[object] = []

    def work() -> None:
        with StopRequest() as stop:
            found.append((signal.getsignal(signal.SIGINT), stop.requested))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [(before, False)]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # threads of others, from Python 3.12
@pytest.mark.skipif(not hasattr(os, "fork"), reason="workers are forked on Unix only")
def test_forked_workers_die_when_they_are_told(capfd: pytest.CaptureFixture[str]) -> None:
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()

    def work() -> None:
        there.send("up")  # Python drops a signal that comes while it is still forking
        time.sleep(60)

    with StopRequest() as stop:
        worker = context.Process(target=work)
        worker.start()
        assert here.recv() == "up"
        worker.terminate()
        worker.join(timeout=30)
        assert worker.exitcode == -signal.SIGTERM
        assert not stop.requested
    assert capfd.readouterr().err == ""
