"""Stop when a metric no longer gets better."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from striate.training.callbacks.callback import Logs
from striate.training.callbacks.monitor import MonitorCallback
from striate.training.callbacks.weights import copy_weights, put_weights
from striate.training.progress import say


class EarlyStopping(MonitorCallback):
    """Stops training after `patience` epochs in which a metric did not get better.

    Args:
        monitor: the name in the logs.
        min_delta: a change smaller than this is no improvement.
        patience: epochs without improvement that are borne; 0 stops at the first.
        verbose: 1 prints when it acts.
        mode: "auto", "min" or "max".
        baseline: the wait is reset only by values better than this one too.
        restore_best_weights: ends with the weights of the best epoch instead of the last.
        start_from_epoch: epochs (from 0) before this one are not looked at.

    Example:
        >>> EarlyStopping("val_accuracy", patience=3).patience
        3
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta=min_delta)
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self._reset()

    def _reset(self) -> None:
        self.wait = 0
        self.stopped_epoch = 0
        self.best: float | None = None
        self.best_epoch = 0
        self.best_weights: dict[str, Any] | None = None

    def state_dict(self) -> dict[str, Any]:
        names = ("wait", "stopped_epoch", "best", "best_epoch", "best_weights")
        return {name: getattr(self, name) for name in names}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        vars(self).update(state)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._reset()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        current = self.monitored(logs)
        if current is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            self._keep(epoch)
        self.wait += 1
        if self.improves(current, self.best):
            self.best = current
            self._keep(epoch)
            if self.baseline is None or self.improves(current, self.baseline):
                self.wait = 0
            return
        if self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.stopped_epoch > 0 and self.verbose > 0:
            say(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.best_weights is not None:
            if self.verbose > 0:
                say(f"Restoring the weights of the best epoch: {self.best_epoch + 1}.")
            put_weights(self.model, self.best_weights)

    def _keep(self, epoch: int) -> None:
        self.best_epoch = epoch
        if self.restore_best_weights:
            self.best_weights = copy_weights(self.model)
