"""The one-cycle policy; not in Keras."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from striate.errors import ArgumentError, message, unknown_name
from striate.training.optimizers.checks import check_integer, check_number
from striate.training.optimizers.schedules.schedule import LearningRateSchedule


class OneCycle(LearningRateSchedule):
    """Rises to a high rate and falls far below the start, once in the whole training.

    The high rate in the middle lets a network train in far fewer epochs than a constant rate does;
    `find_learning_rate` finds it. With T = total_steps and the peak at P = warmup_share * T - 1::

        start = max_learning_rate / start_divisor,   end = start / final_divisor
        step <= P:  from start to max_learning_rate, at share step / P
        step >  P:  from max_learning_rate to end,   at share (step - P) / (T - 1 - P)

    along half a cosine or a straight line. After the last step the rate stays at `end`. With
    `momentum_range=(low, high)` the optimizer's momentum (SGD, RMSprop, Muon) or beta_1 (Adam and
    its kin) moves against the rate: high, low at the peak, high again. These are the numbers of
    PyTorch's `OneCycleLR` with its two phases.

    Args:
        max_learning_rate: the rate at the peak.
        total_steps: optimizer steps of the whole training: epochs times batches.
        warmup_share: share of the steps before the peak.
        start_divisor: how many times the start lies below the peak.
        final_divisor: how many times the end lies below the start.
        anneal: "cosine" or "linear".
        momentum_range: lowest and highest momentum, for example (0.85, 0.95); None leaves it alone.
        name: of the schedule.

    Raises:
        ArgumentError: an argument is out of range.
        UnknownNameError: `anneal` is unknown.

    Example:
        >>> schedule = OneCycle(0.1, total_steps=101, warmup_share=0.5)
        >>> [round(schedule(step), 4) for step in (0, 49, 75, 100)]
        [0.004, 0.1, 0.0492, 0.0]

    References:
        Smith (2018), https://arxiv.org/abs/1803.09820
    """

    def __init__(
        self,
        max_learning_rate: float,
        total_steps: int,
        warmup_share: float = 0.3,
        start_divisor: float = 25.0,
        final_divisor: float = 1e4,
        anneal: str = "cosine",
        momentum_range: Sequence[float] | None = None,
        name: str = "OneCycle",
    ) -> None:
        where = "OneCycle"
        self.max_learning_rate = check_number(
            where, "max_learning_rate", max_learning_rate, "[0, inf)"
        )
        self.total_steps = check_integer(where, "total_steps", total_steps, 2)
        self.warmup_share = check_number(where, "warmup_share", warmup_share, "(0, 1)")
        self.start_divisor = check_number(where, "start_divisor", start_divisor, "[1, inf)")
        self.final_divisor = check_number(where, "final_divisor", final_divisor, "[1, inf)")
        if anneal not in ("cosine", "linear"):
            raise unknown_name(where, "anneal", anneal, ["cosine", "linear"])
        self.anneal = anneal
        self.momentum_range = None if momentum_range is None else _checked_range(momentum_range)
        self.name = name

    def __call__(self, step: float) -> float:
        start = self.max_learning_rate / self.start_divisor
        return self._between(float(step), start, self.max_learning_rate, start / self.final_divisor)

    def momentum(self, step: float) -> float | None:
        if self.momentum_range is None:
            return None
        low, high = self.momentum_range
        return self._between(float(step), high, low, high)

    def _between(self, step: float, start: float, peak: float, end: float) -> float:
        top, last = self.warmup_share * self.total_steps - 1.0, self.total_steps - 1.0
        if step < top:
            return self._mix(start, peak, step / top)
        return self._mix(peak, end, (min(step, last) - top) / (last - top))

    def _mix(self, a: float, b: float, share: float) -> float:
        if self.anneal == "linear":
            return a + (b - a) * share
        return b + (a - b) * 0.5 * (1.0 + math.cos(math.pi * share))

    def get_config(self) -> dict[str, Any]:
        return {
            "max_learning_rate": self.max_learning_rate,
            "total_steps": self.total_steps,
            "warmup_share": self.warmup_share,
            "start_divisor": self.start_divisor,
            "final_divisor": self.final_divisor,
            "anneal": self.anneal,
            "momentum_range": self.momentum_range,
            "name": self.name,
        }


def _checked_range(given: Sequence[float]) -> list[float]:
    pair = [check_number("OneCycle", "momentum_range", value, "[0, 1)") for value in given]
    if len(pair) != 2 or pair[0] > pair[1]:
        raise ArgumentError(
            message(
                "OneCycle",
                "momentum_range is not a range",
                got={"momentum_range": tuple(pair)},
                expected="the lowest and the highest momentum",
                fix="Use momentum_range=(0.85, 0.95)",
            )
        )
    return pair
