"""Cosine decay with warm restarts."""

from __future__ import annotations

import math
from typing import Any

from striate.training.optimizers.checks import check_number
from striate.training.optimizers.schedules.schedule import LearningRateSchedule


class CosineDecayRestarts(LearningRateSchedule):
    """Falls along half a cosine again and again, each time longer and from another height.

    Period i lasts `first_decay_steps * t_mul^i` steps. With f the finished share of the period::

        rate = initial * (alpha + (1 - alpha) / 2 * m_mul^i * (1 + cos(pi * f)))

    Keras finds i from a float32 logarithm, which on the very step of a restart may still give the
    period before. Here a restart happens exactly on its step.

    Args:
        initial_learning_rate: the rate of step 0.
        first_decay_steps: steps of the first period.
        t_mul: each period is this many times as long as the one before; not below 1.
        m_mul: each period starts this many times as high as the one before.
        alpha: the bottom as a share of `initial_learning_rate`.
        name: kept for Keras's sake.

    Raises:
        ArgumentError: an argument is out of range.

    Example:
        >>> schedule = CosineDecayRestarts(0.1, first_decay_steps=10)
        >>> [round(schedule(step), 3) for step in (0, 5, 10, 20, 30)]
        [0.1, 0.05, 0.1, 0.05, 0.1]

    References:
        Loshchilov, Hutter (2017), https://arxiv.org/abs/1608.03983
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: float,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ) -> None:
        where = "CosineDecayRestarts"
        self.initial_learning_rate = check_number(
            where, "initial_learning_rate", initial_learning_rate, "[0, inf)"
        )
        self.first_decay_steps = check_number(
            where, "first_decay_steps", first_decay_steps, "(0, inf)"
        )
        self.t_mul = check_number(where, "t_mul", t_mul, "[1, inf)")
        self.m_mul = check_number(where, "m_mul", m_mul, "[0, inf)")
        self.alpha = check_number(where, "alpha", alpha, "[0, inf)")
        self.name = name

    def __call__(self, step: float) -> float:
        period, share = self._place(float(step) / self.first_decay_steps)
        wave = 0.5 * self.m_mul**period * (1.0 + math.cos(math.pi * share))
        return self.initial_learning_rate * (self.alpha + (1.0 - self.alpha) * wave)

    def _place(self, time: float) -> tuple[int, float]:
        """The number of the period, and its finished share; time in lengths of the first one."""
        if self.t_mul == 1.0:
            return math.floor(time), time - math.floor(time)
        guess = math.log(1.0 + time * (self.t_mul - 1.0)) / math.log(self.t_mul)
        period = max(0, math.floor(guess) - 1)  # the logarithm may be off by a rounding
        while self._start(period + 1) <= time * (1.0 + 1e-12):
            period += 1
        return period, max(0.0, time - self._start(period)) / self.t_mul**period

    def _start(self, period: int) -> float:
        return (self.t_mul**period - 1.0) / (self.t_mul - 1.0)

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "first_decay_steps": self.first_decay_steps,
            "t_mul": self.t_mul,
            "m_mul": self.m_mul,
            "alpha": self.alpha,
            "name": self.name,
        }
