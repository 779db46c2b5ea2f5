"""One rate per stretch, boundaries included."""

from __future__ import annotations

import pytest

from striate.errors import ArgumentError
from striate.training.optimizers.schedules import PiecewiseConstantDecay

pytestmark = pytest.mark.torch


def test_a_boundary_has_the_rate_before_it() -> None:
    schedule = PiecewiseConstantDecay([3, 5], [0.3, 0.2, 0.1])
    assert [schedule(step) for step in range(8)] == [0.3] * 4 + [0.2] * 2 + [0.1] * 2


def test_lengths_that_do_not_fit_are_an_error() -> None:
    with pytest.raises(ArgumentError) as caught:
        PiecewiseConstantDecay([1, 2], [0.1, 0.2])
    assert str(caught.value) == (
        "PiecewiseConstantDecay: boundaries and values do not fit together. "
        "Got boundaries=(1, 2), values=(0.1, 0.2). "
        "Expected one value more than boundaries, of which there is at least one."
    )


def test_boundaries_that_do_not_ascend_are_an_error() -> None:
    with pytest.raises(ArgumentError) as caught:
        PiecewiseConstantDecay([2, 2], [0.1, 0.2, 0.3])
    assert str(caught.value) == (
        "PiecewiseConstantDecay: the boundaries do not ascend. Got boundaries=(2, 2). "
        "Expected each boundary above the one before it."
    )


@pytest.mark.parametrize(
    ("boundaries", "values", "name", "shown"),
    [([-1], [0.1, 0.2], "boundaries", -1), ([1], [0.1, -0.2], "values", -0.2)],
)
def test_negative_numbers_are_an_error(
    boundaries: list[float], values: list[float], name: str, shown: float
) -> None:
    with pytest.raises(ArgumentError) as caught:
        PiecewiseConstantDecay(boundaries, values)
    assert str(caught.value) == (
        f"PiecewiseConstantDecay: {name} is out of range. Got {name}={shown}. "
        "Expected a number in [0, inf)."
    )
