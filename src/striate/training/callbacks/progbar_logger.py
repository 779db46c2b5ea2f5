"""Progress of `fit`, `evaluate` and `predict`; added by `verbose`, seldom by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from striate.training.callbacks.callback import Callback, Logs
from striate.training.progress import Display, Meter, choose_display, refresh_is_due


class ProgbarLogger(Callback):
    """Shows steps, time and metrics: a moving line in a terminal, else a line per epoch.

    It reads metrics, which makes the processor wait for the device, at most ten times a second.
    In a log file there are no intermediate lines at all.

    Example:
        >>> ProgbarLogger().verbose
        1
    """

    def __init__(self) -> None:
        self.verbose = 1
        self._epochs = 1
        self._target: int | None = None
        self._display = Display()
        self._meter = Meter(None)
        self._last_shown = 0.0
        self._in_fit = False

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params
        verbose = params.get("verbose", 1)
        self.verbose = 1 if verbose == "auto" else int(verbose)
        self._epochs = params.get("epochs") or 1
        self._target = params.get("steps")
        self._display = choose_display(self.verbose)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._in_fit = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._in_fit = False

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._begin(f"Epoch {epoch + 1}/{self._epochs}")

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._advance(batch, logs)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._finish(logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        if not self._in_fit:  # the validation inside fit is silent, as in Keras
            self._begin("")

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if not self._in_fit:
            self._advance(batch, logs)

    def on_test_end(self, logs: Logs | None = None) -> None:
        if not self._in_fit:
            self._finish(logs)

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._begin("")

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._advance(batch, None)

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self._finish(None)

    def continue_after(self, batches: int) -> None:
        """Tells that an epoch begins after so many batches, because a run is resumed."""
        self._meter.advance(batches)

    def close(self) -> None:
        """Ends the line of an epoch that was interrupted."""
        self._display.close()

    def _begin(self, title: str) -> None:
        self._meter = Meter(self._target)
        self._last_shown = 0.0
        self._display.begin(title)

    def _advance(self, batch: int, logs: Mapping[str, Any] | None) -> None:
        now = self._meter.advance(batch + 1)
        if self._display.live and refresh_is_due(self._last_shown, now):
            self._last_shown = now
            self._display.update(self._meter, logs or {})

    def _finish(self, logs: Mapping[str, Any] | None) -> None:
        if self._target is None and self._meter.done:
            self._target = self._meter.target = self._meter.done
        self._display.finish(self._meter, logs or {})
