"""Restarts come exactly on their steps."""

from __future__ import annotations

import pytest

from striate.errors import ArgumentError
from striate.training.optimizers.schedules import CosineDecayRestarts

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("t_mul", [1.0, 1.1, 1.5, 2.0, 3.0])
@pytest.mark.parametrize("first", [1, 3, 7, 10])
def test_every_period_starts_at_the_top(t_mul: float, first: int) -> None:
    schedule = CosineDecayRestarts(1.0, first, t_mul=t_mul, m_mul=0.5)
    start, length = 0.0, float(first)
    for period in range(8):
        assert schedule(start) == pytest.approx(0.5**period, rel=1e-9)
        assert schedule(start + 0.999 * length) < 0.01 * 0.5**period
        start, length = start + length, length * t_mul


@pytest.mark.parametrize(
    ("argument", "value", "rule"),
    [
        ("initial_learning_rate", -1.0, "a number in [0, inf)"),
        ("first_decay_steps", 0, "a number in (0, inf)"),
        ("t_mul", 0.5, "a number in [1, inf)"),
        ("m_mul", -1.0, "a number in [0, inf)"),
        ("alpha", -1.0, "a number in [0, inf)"),
    ],
)
def test_a_value_out_of_range_is_an_error(argument: str, value: float, rule: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        CosineDecayRestarts(
            **{**{"initial_learning_rate": 1.0, "first_decay_steps": 10}, argument: value}
        )
    assert str(caught.value) == (
        f"CosineDecayRestarts: {argument} is out of range. Got {argument}={value}. Expected {rule}."
    )


def test_a_config_makes_an_equal_schedule() -> None:
    schedule = CosineDecayRestarts(**{"initial_learning_rate": 1.0, "first_decay_steps": 10})
    again = CosineDecayRestarts.from_config(schedule.get_config())
    assert [again(step) for step in range(50)] == [schedule(step) for step in range(50)]
