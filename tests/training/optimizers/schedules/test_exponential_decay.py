"""Exponential decay multiplies."""

from __future__ import annotations

import pytest

from striate.errors import ArgumentError
from striate.training.optimizers.schedules import ExponentialDecay

pytestmark = pytest.mark.torch


def test_rates_by_hand() -> None:
    schedule = ExponentialDecay(0.8, 10, 0.25)
    assert [schedule(step) for step in (0, 5, 10, 20)] == pytest.approx([0.8, 0.4, 0.2, 0.05])
    stairs = ExponentialDecay(0.8, 10, 0.25, staircase=True)
    assert [stairs(step) for step in (0, 9, 10, 19)] == pytest.approx([0.8, 0.8, 0.2, 0.2])


@pytest.mark.parametrize(
    ("argument", "value", "rule"),
    [
        ("initial_learning_rate", -1.0, "a number in [0, inf)"),
        ("decay_steps", 0, "a number in (0, inf)"),
        ("decay_rate", 0.0, "a number in (0, inf)"),
    ],
)
def test_a_value_out_of_range_is_an_error(argument: str, value: float, rule: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        ExponentialDecay(
            **{
                **{"initial_learning_rate": 0.8, "decay_steps": 10, "decay_rate": 0.5},
                argument: value,
            }
        )
    assert str(caught.value) == (
        f"ExponentialDecay: {argument} is out of range. Got {argument}={value}. Expected {rule}."
    )


def test_a_config_makes_an_equal_schedule() -> None:
    schedule = ExponentialDecay(
        **{"initial_learning_rate": 0.8, "decay_steps": 10, "decay_rate": 0.5}
    )
    again = ExponentialDecay.from_config(schedule.get_config())
    assert [again(step) for step in range(50)] == [schedule(step) for step in range(50)]
