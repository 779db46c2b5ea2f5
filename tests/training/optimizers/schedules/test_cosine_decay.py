"""Cosine decay, with a straight warm-up."""

from __future__ import annotations

import pytest

from striate.errors import ArgumentError
from striate.training.optimizers.schedules import CosineDecay

pytestmark = pytest.mark.torch


def test_rates_by_hand() -> None:
    schedule = CosineDecay(1.0, 10, alpha=0.2)
    assert [schedule(step) for step in (0, 5, 10, 99)] == pytest.approx([1.0, 0.6, 0.2, 0.2])


def test_the_warm_up_comes_on_top_of_the_decay() -> None:
    schedule = CosineDecay(0.5, 10, warmup_target=1.0, warmup_steps=5)
    found = [schedule(step) for step in (0, 4, 5, 10, 15)]
    assert found == pytest.approx([0.5, 0.9, 1.0, 0.5, 0.0])


@pytest.mark.parametrize(
    ("argument", "value", "rule"),
    [
        ("initial_learning_rate", -1.0, "a number in [0, inf)"),
        ("decay_steps", 0, "a number in (0, inf)"),
        ("alpha", -1.0, "a number in [0, inf)"),
        ("warmup_target", -1.0, "a number in [0, inf)"),
        ("warmup_steps", -1, "a number in [0, inf)"),
    ],
)
def test_a_value_out_of_range_is_an_error(argument: str, value: float, rule: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        CosineDecay(**{**{"initial_learning_rate": 1.0, "decay_steps": 10}, argument: value})
    assert str(caught.value) == (
        f"CosineDecay: {argument} is out of range. Got {argument}={value}. Expected {rule}."
    )


def test_a_config_makes_an_equal_schedule() -> None:
    schedule = CosineDecay(**{"initial_learning_rate": 1.0, "decay_steps": 10})
    again = CosineDecay.from_config(schedule.get_config())
    assert [again(step) for step in range(50)] == [schedule(step) for step in range(50)]
