"""Wilson's interval against its definition and published values."""

from __future__ import annotations

import math

import numpy as np
import pytest

from striate.diagnosis import Proportion
from striate.errors import ArgumentError

pytestmark = pytest.mark.torch

Z95 = 1.959963984540054


# Newcombe (1998), Two-sided confidence intervals for the single proportion, table I, method 3.
@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_published_intervals(count: int, total: int, low: float, high: float) -> None:
    found = Proportion(count, total)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@pytest.mark.parametrize(("count", "total"), [(1, 2), (7, 10), (950, 1000)])
def test_the_ends_are_where_the_score_test_just_rejects(count: int, total: int) -> None:
    found = Proportion(count, total)
    for end in (found.low, found.high):
        score = abs(found.value - end) / math.sqrt(end * (1 - end) / total)
        assert score == pytest.approx(Z95, rel=1e-9)


def test_all_and_none_stay_within_the_range() -> None:
    assert Proportion(5, 5).high == 1.0
    assert Proportion(0, 5).low == 0.0
    assert 0 < Proportion(5, 5).low < 1


def test_intervals_hold_their_level() -> None:
    rng = np.random.default_rng(0)
    counts = rng.binomial(40, 0.9, 2000)
    held = [Proportion(int(c), 40).low <= 0.9 <= Proportion(int(c), 40).high for c in counts]
    assert 0.93 < np.mean(held) < 0.97


@pytest.mark.parametrize(("count", "total", "level"), [(3, 2, 0.95), (0, 0, 0.95), (1, 2, 1.0)])
def test_what_is_no_share(count: int, total: int, level: float) -> None:
    with pytest.raises(ArgumentError) as caught:
        Proportion(count, total, level)
    assert str(caught.value) == (
        f"Proportion: this is not a share of samples. Got count={count}, total={total}, "
        f"level={level}. Expected 0 <= count <= total, total of at least 1, level between 0 and 1."
    )
