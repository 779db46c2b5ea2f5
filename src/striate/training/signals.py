"""Ctrl-C and SIGTERM during training: finish the step, then stop in good order."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType, TracebackType
from typing import Any

from striate.errors import Interrupted

_EXIT_BASE = 128
_NAMES = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}


class StopRequest:
    """Turns the first Ctrl-C or SIGTERM into a request that the loop reads after each step.

    A second one stops at once, as it would without striate. Handlers are set only in the main
    thread (Python allows no other) and what was there before is put back, whatever happens.

    Attributes:
        requested: whether to stop; read it as often as you like, it costs nothing.

    Example:
        >>> with StopRequest() as stop:
        ...     stop.requested
        False
    """

    def __init__(self) -> None:
        self.requested = False
        self.signal: signal.Signals | None = None
        self._previous: dict[signal.Signals, Any] = {}
        self._process = os.getpid()

    @property
    def cause(self) -> str:
        """What asked to stop: "Ctrl-C" or "SIGTERM"."""
        return _NAMES.get(self.signal or signal.SIGINT, "a signal")

    def error(self, text: str) -> Interrupted:
        """The exception to raise, with the exit code of the signal."""
        interrupted = Interrupted(text)
        interrupted.exit_code = _EXIT_BASE + int(self.signal or signal.SIGINT)
        return interrupted

    def __enter__(self) -> StopRequest:
        if threading.current_thread() is threading.main_thread():
            for number in _NAMES:
                self._previous[number] = signal.signal(number, self._receive)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number in list(self._previous):
            self._put_back(number)

    def _put_back(self, number: signal.Signals) -> None:
        handler = self._previous.pop(number)
        # None: a handler that was not set from Python cannot be put back from Python.
        signal.signal(number, signal.SIG_DFL if handler is None else handler)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() != self._process:
            # A forked worker that loads data inherited this handler: it must die when it is told.
            self._put_back(signal.Signals(number))
            os.kill(os.getpid(), number)
            return
        self.signal = signal.Signals(number)
        if self.requested:
            raise self.error(f"Stopped at once by a second {self.cause}; nothing was saved.")
        self.requested = True
        # os.write: a handler may run in the middle of a print, which Python forbids to re-enter.
        text = f"\n{self.cause}: stopping after this step; once more stops at once.\n"
        os.write(2, text.encode())
