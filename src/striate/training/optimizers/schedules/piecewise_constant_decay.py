"""One rate per stretch of steps."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Sequence
from typing import Any

from striate.errors import ArgumentError, message
from striate.training.optimizers.checks import check_number
from striate.training.optimizers.schedules.schedule import LearningRateSchedule


class PiecewiseConstantDecay(LearningRateSchedule):
    """Keeps one rate up to each boundary, and the last one after the last boundary.

    The rate::

        rate(step) = values[i] for boundaries[i - 1] < step <= boundaries[i]

    Args:
        boundaries: steps in ascending order; each one still has the rate before it.
        values: the rates, one more than there are boundaries.
        name: kept for Keras's sake.

    Raises:
        ArgumentError: the lengths do not fit, or the boundaries do not ascend.

    Example:
        >>> schedule = PiecewiseConstantDecay([100, 200], [0.1, 0.01, 0.001])
        >>> schedule(100), schedule(101), schedule(999)
        (0.1, 0.01, 0.001)
    """

    def __init__(
        self,
        boundaries: Sequence[float],
        values: Sequence[float],
        name: str = "PiecewiseConstant",
    ) -> None:
        where = "PiecewiseConstantDecay"
        if len(boundaries) != len(values) - 1 or not boundaries:
            raise ArgumentError(
                message(
                    where,
                    "boundaries and values do not fit together",
                    got={"boundaries": tuple(boundaries), "values": tuple(values)},
                    expected="one value more than boundaries, of which there is at least one",
                )
            )
        if any(a >= b for a, b in itertools.pairwise(boundaries)):
            raise ArgumentError(
                message(
                    where,
                    "the boundaries do not ascend",
                    got={"boundaries": tuple(boundaries)},
                    expected="each boundary above the one before it",
                )
            )
        self.boundaries = [check_number(where, "boundaries", b, "[0, inf)") for b in boundaries]
        self.values = [check_number(where, "values", v, "[0, inf)") for v in values]
        self.name = name

    def __call__(self, step: float) -> float:
        return self.values[bisect.bisect_left(self.boundaries, float(step))]

    def get_config(self) -> dict[str, Any]:
        return {"boundaries": self.boundaries, "values": self.values, "name": self.name}
