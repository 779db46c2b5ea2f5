"""McNemar's test: whether two models that were measured on the same samples differ."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from striate.diagnosis.records import Record
from striate.errors import DataError, message

Array = np.ndarray[Any, Any]

_FEW = 25
"""With fewer disagreements the chi-square form is not accurate (as McNemar's textbooks say)."""


@dataclass(frozen=True)
class Comparison(Record):
    """Where two models disagree, and how surprising that would be if they were equally good.

    Args:
        both_right: samples that both get right.
        only_first: samples that only the first gets right.
        only_second: samples that only the second gets right.
        both_wrong: samples that neither gets right.
        exact_p: two-sided p of the exact (binomial) form; use this one.
        chi_square: `(abs(b - c) - 1)^2 / (b + c)`, with Edwards's continuity correction.
        chi_square_p: its p, with one degree of freedom; only good from 25 disagreements on.
    """

    both_right: int
    only_first: int
    only_second: int
    both_wrong: int
    exact_p: float
    chi_square: float
    chi_square_p: float

    @property
    def title(self) -> str:
        total = self.both_right + self.only_first + self.only_second + self.both_wrong
        first = (self.both_right + self.only_first) / total
        second = (self.both_right + self.only_second) / total
        return f"accuracy {first:.3f} and {second:.3f} on the same {total:,} samples"

    def header(self) -> list[str]:
        return ["", "second right", "second wrong"]

    def cells(self) -> list[list[str]]:
        return [
            ["first right", f"{self.both_right:,}", f"{self.only_first:,}"],
            ["first wrong", f"{self.only_second:,}", f"{self.both_wrong:,}"],
        ]

    def notes(self) -> list[str]:
        few = self.only_first + self.only_second < _FEW
        caution = ", too few disagreements to rely on it" if few else ""
        return [
            f"McNemar, exact: p = {self.exact_p:.4f}",
            f"McNemar, chi-square {self.chi_square:.3f}: p = {self.chi_square_p:.4f}{caution}",
        ]

    def to_dict(self) -> dict[str, Any]:
        return dict(vars(self))


def mcnemar(first: Any, second: Any) -> Comparison:
    """McNemar's test on two evaluations of the same samples, or on two arrays "was it right".

    Under the hypothesis that both models err equally often, a sample that only one of them gets
    right is as likely the first's as the second's.

    Raises:
        DataError: other numbers of samples, or evaluations of other samples.

    Example:
        >>> first = np.array([True] * 9 + [False])
        >>> print(f"{mcnemar(first, np.array([True] * 3 + [False] * 7)).exact_p:.5f}")
        0.03125

    References:
        McNemar (1947), Note on the sampling error of the difference between correlated
        proportions; Edwards (1948) for the correction.
    """
    right = [np.asarray(getattr(given, "correct", given)) for given in (first, second)]
    labels = [getattr(given, "labels", None) for given in (first, second)]
    bad = [r for r in right if r.ndim != 1 or r.dtype != bool]
    known = [found for found in labels if found is not None]
    other = len(known) == 2 and not np.array_equal(known[0], known[1])
    if bad or right[0].shape != right[1].shape or not right[0].size or other:
        raise DataError(
            message(
                "mcnemar",
                "the two are not measured on the same samples",
                got={"first": right[0].shape, "second": right[1].shape},
                expected="two evaluations of the same data in the same order, "
                "or two arrays of True and False",
            )
        )
    a, b = right
    b_only, c_only = int((a & ~b).sum()), int((~a & b).sum())
    total = b_only + c_only
    square = max(abs(b_only - c_only) - 1, 0) ** 2 / total if total else 0.0
    return Comparison(
        both_right=int((a & b).sum()),
        only_first=b_only,
        only_second=c_only,
        both_wrong=int((~a & ~b).sum()),
        exact_p=_two_sided(min(b_only, c_only), total),
        chi_square=square,
        chi_square_p=math.erfc(math.sqrt(square / 2)),
    )


def _two_sided(few: int, total: int) -> float:
    """P of at most `few`, or at least `total - few`, heads in `total` throws of a fair coin."""
    every = math.lgamma(total + 1) - total * math.log(2)
    logs = (every - math.lgamma(i + 1) - math.lgamma(total - i + 1) for i in range(few + 1))
    return min(1.0, 2 * math.fsum(math.exp(log) for log in logs))
