"""Proportion: a share of samples, with the interval that so few or so many samples allow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

from striate.errors import ArgumentError, message


@dataclass(frozen=True)
class Proportion:
    """`count` of `total`, with Wilson's confidence interval.

    The interval of Wilson (1927) holds its level for few samples and for shares near 0 and 1, where
    the textbook's mean +- z standard errors does not, and it never leaves [0, 1]:
    (p + z^2 / 2n +- z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n).

    Args:
        count: how many.
        total: of how many.
        level: probability with which such an interval holds the true share.

    Raises:
        ArgumentError: `count` is not in 0 to `total`, or `level` not between 0 and 1.

    Example:
        >>> print(Proportion(95, 100))
        0.950 (95 of 100; 95 % interval 0.888 to 0.978)

    References:
        Wilson (1927), Probable inference, the law of succession, and statistical inference.
    """

    count: int
    total: int
    level: float = 0.95

    def __post_init__(self) -> None:
        if self.total < 1 or not 0 <= self.count <= self.total or not 0 < self.level < 1:
            raise ArgumentError(
                message(
                    "Proportion",
                    "this is not a share of samples",
                    got={"count": self.count, "total": self.total, "level": self.level},
                    expected="0 <= count <= total, total of at least 1, level between 0 and 1",
                )
            )

    @property
    def value(self) -> float:
        """The share itself."""
        return self.count / self.total

    @property
    def low(self) -> float:
        """The lower end of the interval."""
        return max(0.0, self._centre() - self._half()) if self.count else 0.0

    @property
    def high(self) -> float:
        """The upper end of the interval."""
        return min(1.0, self._centre() + self._half()) if self.count < self.total else 1.0

    def _z(self) -> float:
        return NormalDist().inv_cdf(0.5 + self.level / 2)

    def _centre(self) -> float:
        z2 = self._z() ** 2
        return (self.value + z2 / (2 * self.total)) / (1 + z2 / self.total)

    def _half(self) -> float:
        z, n, p = self._z(), self.total, self.value
        return z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)

    def __float__(self) -> float:
        return self.value

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON values."""
        ends = {"low": self.low, "high": self.high, "level": self.level}
        return {"value": self.value, "count": self.count, "total": self.total, **ends}

    def __str__(self) -> str:
        return (
            f"{self.value:.3f} ({self.count:,} of {self.total:,}; {100 * self.level:g} % interval "
            f"{self.low:.3f} to {self.high:.3f})"
        )
