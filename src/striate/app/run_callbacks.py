"""What happens in a run folder while `fit` trains."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from striate.app.run_folder import HEALTH, Log, RunFolder
from striate.errors import StorageError
from striate.training.callbacks import Callback, ProgbarLogger, TrainingHealth
from striate.training.callbacks.callback import Logs
from striate.training.history import History
from striate.training.progress import format_metric, format_seconds, say


class RunProgress(ProgbarLogger):
    """The progress line of the command line: `fit` itself is told to be silent.

    The sentences that `fit` prints are about Python; the command line has its own.

    Args:
        verbose: 1 a moving line where there is a terminal, 2 a line per epoch.
    """

    def __init__(self, verbose: int) -> None:
        super().__init__()
        self._wanted = verbose

    def set_params(self, params: dict[str, Any]) -> None:
        super().set_params({**params, "verbose": self._wanted})


class RunRecorder(Callback):
    """After every epoch: history.json and history.csv anew, a line in log.txt.

    Args:
        folder: the run folder.
        log: its log.
        epochs: the number of the last epoch.
        verbose: whether to say where a resumed run goes on.
        watch: what is measured inside the layers, for health.json; it comes before this callback.
    """

    def __init__(
        self,
        folder: RunFolder,
        log: Log,
        epochs: int,
        verbose: bool,
        watch: TrainingHealth | None = None,
    ) -> None:
        self._folder, self._log, self._watch = folder, log, watch
        self._epochs, self._verbose = epochs, verbose
        self._history = History()
        self._start = time.monotonic()

    def state_dict(self) -> dict[str, Any]:
        return self._history.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._history.load_state_dict(state)
        text = f"{len(self._history.epoch)} of {self._epochs} epochs are done."
        self._log.write(text)
        if self._verbose:
            say(text)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._start = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._history.on_epoch_end(epoch, logs)
        parts = [format_metric(name, value) for name, value in (logs or {}).items()]
        seconds = format_seconds(time.monotonic() - self._start)
        self._log.write(" - ".join([f"epoch {epoch + 1}/{self._epochs}", seconds, *parts]))
        self._write()

    def _write(self) -> None:
        """A full disk does not end training: the history is written again after the next epoch."""
        try:
            self._folder.write_history(self._history.to_json(), self._history.to_records())
            if self._watch is not None:
                self._folder.write_json(HEALTH, self._watch.report.to_dict())
        except StorageError as error:
            self._log.write(f"warning: {error}")
