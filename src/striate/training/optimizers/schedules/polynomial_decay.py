"""Polynomial decay."""

from __future__ import annotations

import math
from typing import Any

from striate.training.optimizers.checks import check_number
from striate.training.optimizers.schedules.schedule import LearningRateSchedule


class PolynomialDecay(LearningRateSchedule):
    """Goes from one rate to another along a polynomial; with `power=1` along a straight line.

    The rate::

        s = min(step, decay_steps)
        rate(step) = end + (initial - end) * (1 - s / decay_steps) ^ power

    With `cycle`, the rate jumps up again after each fall: `s = step`, and `decay_steps` is replaced
    by its first multiple that is not below the step.

    Args:
        initial_learning_rate: the rate of step 0.
        decay_steps: steps until the end is reached.
        end_learning_rate: the rate at the end.
        power: of the polynomial; 0.5 falls late, 2 falls early.
        cycle: whether to start anew after the end.
        name: kept for Keras's sake.

    Raises:
        ArgumentError: an argument is out of range.

    Example:
        >>> PolynomialDecay(1.0, decay_steps=100, end_learning_rate=0.0)(75)
        0.25
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ) -> None:
        where = "PolynomialDecay"
        self.initial_learning_rate = check_number(
            where, "initial_learning_rate", initial_learning_rate, "[0, inf)"
        )
        self.decay_steps = check_number(where, "decay_steps", decay_steps, "(0, inf)")
        self.end_learning_rate = check_number(
            where, "end_learning_rate", end_learning_rate, "[0, inf)"
        )
        self.power = check_number(where, "power", power, "[0, inf)")
        self.cycle = cycle
        self.name = name

    def __call__(self, step: float) -> float:
        step = float(step)
        span = self.decay_steps
        if self.cycle:
            span *= max(1, math.ceil(step / self.decay_steps))
        left = 1.0 - min(step, span) / span
        height = self.initial_learning_rate - self.end_learning_rate
        return self.end_learning_rate + height * math.pow(left, self.power)

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "end_learning_rate": self.end_learning_rate,
            "power": self.power,
            "cycle": self.cycle,
            "name": self.name,
        }
