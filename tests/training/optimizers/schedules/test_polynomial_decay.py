"""Polynomial decay ends where it should."""

from __future__ import annotations

import pytest

from striate.errors import ArgumentError
from striate.training.optimizers.schedules import PolynomialDecay

pytestmark = pytest.mark.torch


def test_rates_by_hand() -> None:
    schedule = PolynomialDecay(1.0, 10, end_learning_rate=0.2, power=2.0)
    assert [schedule(step) for step in (0, 5, 10, 99)] == pytest.approx([1.0, 0.4, 0.2, 0.2])


def test_a_cycle_starts_lower_each_time() -> None:
    schedule = PolynomialDecay(1.0, 10, end_learning_rate=0.0, cycle=True)
    assert [schedule(step) for step in (0, 10, 11, 20)] == pytest.approx([1.0, 0.0, 0.45, 0.0])


@pytest.mark.parametrize(
    ("argument", "value", "rule"),
    [
        ("initial_learning_rate", -1.0, "a number in [0, inf)"),
        ("decay_steps", 0, "a number in (0, inf)"),
        ("end_learning_rate", -1.0, "a number in [0, inf)"),
        ("power", -1.0, "a number in [0, inf)"),
    ],
)
def test_a_value_out_of_range_is_an_error(argument: str, value: float, rule: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        PolynomialDecay(**{**{"initial_learning_rate": 1.0, "decay_steps": 10}, argument: value})
    assert str(caught.value) == (
        f"PolynomialDecay: {argument} is out of range. Got {argument}={value}. Expected {rule}."
    )


def test_a_config_makes_an_equal_schedule() -> None:
    schedule = PolynomialDecay(**{"initial_learning_rate": 1.0, "decay_steps": 10})
    again = PolynomialDecay.from_config(schedule.get_config())
    assert [again(step) for step in range(50)] == [schedule(step) for step in range(50)]
