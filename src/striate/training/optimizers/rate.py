"""The learning rate of an optimizer: a number or a schedule, and each group's part of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from striate.errors import ArgumentError, message
from striate.training.optimizers.checks import check_number
from striate.training.optimizers.schedules.registry import as_schedule
from striate.training.optimizers.schedules.schedule import LearningRateSchedule

if TYPE_CHECKING:
    from striate.training.optimizers.optimizer import Optimizer

LearningRate = float | LearningRateSchedule | Callable[..., Any]


class Rate:
    """What `optimizer.learning_rate` stands for.

    Each group holds its own rate, the multiplier included, under `lr`, where PyTorch's schedulers
    look for it and may change it.

    Args:
        optimizer: whose groups follow the rate.
    """

    def __init__(self, optimizer: Optimizer) -> None:
        self._optimizer = optimizer
        self.number = 0.0
        self.schedule: LearningRateSchedule | None = None

    @property
    def _where(self) -> str:
        return type(self._optimizer).__name__

    def at(self, step: int) -> float:
        """The rate of a step, without the groups' multipliers."""
        return self.constant if self.schedule is None else self.schedule(step)

    @property
    def start(self) -> float | None:
        """The first rate of a schedule under which a rate can be set; else None."""
        schedule = self.schedule
        if schedule is None or not schedule.settable:
            return None
        return float(schedule.initial_learning_rate)  # type: ignore[attr-defined]

    @property
    def constant(self) -> float:
        """The rate outside any schedule."""
        for group in self._optimizer.param_groups:
            multiplier = group["learning_rate_multiplier"]
            if multiplier and group["lr"] != self.number * multiplier:
                return float(group["lr"] / multiplier)  # a scheduler of PyTorch's has set it
        return self.number

    def set(self, value: LearningRate) -> None:
        """Sets a number, a schedule or a function."""
        if callable(value):
            self.follow(as_schedule(value))
            return
        if self.schedule is not None and self.schedule.settable:
            number = check_number(self._where, "learning_rate", value, "[0, inf)")
            self.schedule.initial_learning_rate = number  # type: ignore[attr-defined]
            return
        if self.schedule is not None:
            raise ArgumentError(
                message(
                    self._where,
                    "the learning rate follows a schedule, so it cannot be set to a number",
                    got={"learning_rate": value},
                    fix="Set optimizer.schedule = None first, or assign another schedule",
                )
            )
        self.free(check_number(self._where, "learning_rate", value, "[0, inf)"))

    def follow(self, schedule: LearningRateSchedule) -> None:
        """Follows a schedule from now on."""
        if schedule.momentum(0) is not None and not self._has_momentum():
            raise ArgumentError(
                message(
                    self._where,
                    "the schedule moves the momentum, but this optimizer has none to move",
                    got={"learning_rate": schedule},
                    fix="Use momentum_range=None, or an optimizer like SGD(momentum=0.9)",
                )
            )
        self.schedule = schedule

    def _has_momentum(self) -> bool:
        name = self._optimizer.momentum_argument
        return name is not None and getattr(self._optimizer, name) > 0.0

    def free(self, number: float) -> None:
        """Follows no schedule from now on."""
        self.number, self.schedule = number, None
        for group in self._optimizer.param_groups:
            group["lr"] = number * group["learning_rate_multiplier"]
