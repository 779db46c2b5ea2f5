"""The learning rate of any optimizer: read, set, and set by a function of the epoch."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from striate.errors import ArgumentError, message
from striate.training.callbacks.callback import Callback, Logs, optimizer_of
from striate.training.progress import say


def get_learning_rate(optimizer: Any) -> float:
    """The rate of the next step: of a striate optimizer, or of a plain one's first group."""
    if hasattr(optimizer, "learning_rate"):
        return float(optimizer.learning_rate)
    return float(optimizer.param_groups[0]["lr"])


def set_learning_rate(optimizer: Any, value: float) -> None:
    """Sets the rate of the next steps; of a plain torch optimizer, in all its groups."""
    if hasattr(optimizer, "learning_rate"):
        optimizer.learning_rate = value
        return
    for group in optimizer.param_groups:
        if isinstance(group["lr"], torch.Tensor):
            group["lr"].fill_(value)
        else:
            group["lr"] = value


class LearningRateScheduler(Callback):
    """Sets the learning rate before every epoch to what a function returns.

    Args:
        schedule: `schedule(epoch, learning_rate)` or `schedule(epoch)`; epochs count from 0;
            returns a float.
        verbose: 1 prints each rate.

    Raises:
        ArgumentError: the function returns something that is not a number.

    Example:
        >>> LearningRateScheduler(lambda epoch, rate: rate * 0.9).verbose
        0
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        self.schedule = schedule
        self.verbose = verbose
        self._takes_rate = _takes_two(schedule)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        optimizer = optimizer_of(self)
        now = get_learning_rate(optimizer)
        rate = self.schedule(epoch, now) if self._takes_rate else self.schedule(epoch)
        if isinstance(rate, torch.Tensor) and rate.numel() == 1:
            rate = rate.item()
        if isinstance(rate, bool) or not isinstance(rate, (int, float, np.number)):
            raise ArgumentError(
                message(
                    "LearningRateScheduler",
                    "the schedule returned something that is not a number",
                    got={"returned": type(rate).__name__},
                    expected="a float",
                    fix="Return the learning rate of the epoch from the function",
                )
            )
        set_learning_rate(optimizer, float(rate))
        if self.verbose > 0:
            say(f"Epoch {epoch + 1}: learning rate {float(rate):.4g}.")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if logs is not None:
            logs["learning_rate"] = get_learning_rate(optimizer_of(self))


def _takes_two(schedule: Callable[..., float]) -> bool:
    try:
        parameters = inspect.signature(schedule).parameters.values()
    except (TypeError, ValueError):  # built-in functions have no signature
        return True
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    takes = sum(p.kind in kinds for p in parameters)
    return takes >= 2 or any(p.kind is p.VAR_POSITIONAL for p in parameters)
