"""Lower the learning rate when a metric no longer gets better."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from striate.errors import ArgumentError, message
from striate.training.callbacks.callback import Logs, optimizer_of
from striate.training.callbacks.learning_rate import get_learning_rate, set_learning_rate
from striate.training.callbacks.monitor import MonitorCallback
from striate.training.progress import say


class ReduceLROnPlateau(MonitorCallback):
    """Multiplies the learning rate by `factor` after `patience` epochs without improvement.

    Args:
        monitor: the name in the logs.
        factor: below 1.
        patience: epochs without improvement that are borne.
        verbose: 1 prints when it acts.
        mode: "auto", "min" or "max".
        min_delta: a change smaller than this is no improvement.
        cooldown: epochs after a reduction in which none is counted.
        min_lr: the rate never falls below this.

    Raises:
        ArgumentError: factor is 1 or more.

    Example:
        >>> ReduceLROnPlateau(factor=0.5, patience=2).factor
        0.5
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        super().__init__(monitor, mode, min_delta=min_delta)
        if factor >= 1.0:
            raise ArgumentError(
                message(
                    "ReduceLROnPlateau",
                    "the factor would not reduce the learning rate",
                    got={"factor": factor},
                    expected="factor < 1",
                    fix="Use factor=0.1",
                )
            )
        self.factor = factor
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self.min_lr = min_lr
        self._reset()

    def _reset(self) -> None:
        self.best: float | None = None
        self.cooldown_counter = 0
        self.wait = 0

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best, "cooldown_counter": self.cooldown_counter, "wait": self.wait}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        vars(self).update(state)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._reset()

    def in_cooldown(self) -> bool:
        """Whether a reduction is so recent that epochs are not counted."""
        return self.cooldown_counter > 0

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if logs is not None:
            logs["learning_rate"] = get_learning_rate(optimizer_of(self))
        current = self.monitored(logs)
        if current is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self.improves(current, self.best):
            self.best = current
            self.wait = 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience:
                self._reduce(epoch)

    def _reduce(self, epoch: int) -> None:
        old = get_learning_rate(optimizer_of(self))
        if old <= self.min_lr:
            return
        new = max(old * self.factor, self.min_lr)
        set_learning_rate(optimizer_of(self), new)
        if self.verbose > 0:
            say(f"Epoch {epoch + 1}: ReduceLROnPlateau reducing the learning rate to {new:.4g}.")
        self.cooldown_counter = self.cooldown
        self.wait = 0
