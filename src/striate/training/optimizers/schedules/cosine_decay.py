"""Cosine decay, with or without a warm-up."""

from __future__ import annotations

import math
from typing import Any

from striate.training.optimizers.checks import check_number
from striate.training.optimizers.schedules.schedule import LearningRateSchedule


class CosineDecay(LearningRateSchedule):
    """Falls along half a cosine; with `warmup_target`, rises to that in a straight line first.

    The rate::

        without warm-up:  rate(step) = initial * c(step)
        with warm-up:     rate(step) = initial + (target - initial) * step / warmup_steps
                                       while step < warmup_steps, then
                          rate(step) = target * c(step - warmup_steps)
        c(s) = alpha + (1 - alpha) / 2 * (1 + cos(pi * min(s, decay_steps) / decay_steps))

    Args:
        initial_learning_rate: the rate of step 0.
        decay_steps: steps from the top to the bottom, warm-up not included.
        alpha: the bottom as a share of the top.
        name: kept for Keras's sake.
        warmup_target: the rate at the end of the warm-up; None for no warm-up.
        warmup_steps: steps of the warm-up.

    Raises:
        ArgumentError: an argument is out of range.

    Example:
        >>> schedule = CosineDecay(0.0, 100, warmup_target=0.1, warmup_steps=10)
        >>> [round(schedule(step), 4) for step in (0, 5, 10, 60, 110)]
        [0.0, 0.05, 0.1, 0.05, 0.0]

    References:
        Loshchilov, Hutter (2017), https://arxiv.org/abs/1608.03983
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: float = 0,
    ) -> None:
        where = "CosineDecay"
        self.initial_learning_rate = check_number(
            where, "initial_learning_rate", initial_learning_rate, "[0, inf)"
        )
        self.decay_steps = check_number(where, "decay_steps", decay_steps, "(0, inf)")
        self.alpha = check_number(where, "alpha", alpha, "[0, inf)")
        self.name = name
        self.warmup_target = warmup_target
        if warmup_target is not None:
            self.warmup_target = check_number(where, "warmup_target", warmup_target, "[0, inf)")
        self.warmup_steps = check_number(where, "warmup_steps", warmup_steps, "[0, inf)")

    def __call__(self, step: float) -> float:
        step = float(step)
        if self.warmup_target is None:
            return self.initial_learning_rate * self._share(step)
        if step < self.warmup_steps:
            rise = self.warmup_target - self.initial_learning_rate
            return self.initial_learning_rate + rise * step / self.warmup_steps
        return self.warmup_target * self._share(step - self.warmup_steps)

    def _share(self, step: float) -> float:
        turn = math.pi * min(step, self.decay_steps) / self.decay_steps
        return self.alpha + (1.0 - self.alpha) * 0.5 * (1.0 + math.cos(turn))

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "alpha": self.alpha,
            "name": self.name,
            "warmup_target": self.warmup_target,
            "warmup_steps": self.warmup_steps,
        }
