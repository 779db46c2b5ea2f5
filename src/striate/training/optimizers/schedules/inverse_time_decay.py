"""Inverse-time decay."""

from __future__ import annotations

import math
from typing import Any

from striate.training.optimizers.checks import check_number
from striate.training.optimizers.schedules.schedule import LearningRateSchedule


class InverseTimeDecay(LearningRateSchedule):
    """Divides the rate by a number that grows linearly with the steps.

    The rate::

        rate(step) = initial_learning_rate / (1 + decay_rate * step / decay_steps)

    Args:
        initial_learning_rate: the rate of step 0.
        decay_steps: steps in which the divisor grows by `decay_rate`.
        decay_rate: growth of the divisor.
        staircase: True rounds `step / decay_steps` down, so that the rate falls in stairs.
        name: kept for Keras's sake.

    Raises:
        ArgumentError: an argument is out of range.

    Example:
        >>> InverseTimeDecay(0.1, decay_steps=100, decay_rate=1.0)(300)
        0.025
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str = "InverseTimeDecay",
    ) -> None:
        self.initial_learning_rate = check_number(
            "InverseTimeDecay", "initial_learning_rate", initial_learning_rate, "[0, inf)"
        )
        self.decay_steps = check_number("InverseTimeDecay", "decay_steps", decay_steps, "(0, inf)")
        self.decay_rate = check_number("InverseTimeDecay", "decay_rate", decay_rate, "[0, inf)")
        self.staircase = staircase
        self.name = name

    def __call__(self, step: float) -> float:
        periods = float(step) / self.decay_steps
        if self.staircase:
            periods = math.floor(periods)
        return self.initial_learning_rate / (1.0 + self.decay_rate * periods)

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "decay_rate": self.decay_rate,
            "staircase": self.staircase,
            "name": self.name,
        }
