"""Schedules of one's own, and functions in place of schedules."""

from __future__ import annotations

import functools

import pytest

from striate.errors import ArgumentError
from striate.training.optimizers.schedules import LearningRateSchedule
from striate.training.optimizers.schedules.schedule import FunctionSchedule

pytestmark = pytest.mark.torch


class Flat(LearningRateSchedule):
    def __call__(self, step: float) -> float:
        return 0.5


def test_a_schedule_must_be_callable() -> None:
    with pytest.raises(TypeError, match="abstract"):
        LearningRateSchedule()  # type: ignore[abstract]


def test_a_schedule_leaves_the_momentum_alone() -> None:
    assert Flat().momentum(3) is None
    assert repr(Flat()) == "Flat()"


def test_a_schedule_without_config_cannot_be_written() -> None:
    with pytest.raises(ArgumentError) as caught:
        Flat().get_config()
    assert str(caught.value) == (
        "Flat: this schedule cannot be written down, because it has no get_config(). "
        "Define get_config(self) to return the constructor's arguments as a dict."
    )


def power(base: float, step: float) -> float:
    return base**step


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda: 0.25, 0.25),
        (lambda step: step / 8, 0.25),
        (lambda step=5: step, 5.0),
        (functools.partial(power, 0.5), 0.25),
        (Flat(), 0.5),
        (float, 0.0),
    ],
)
def test_functions_get_the_step_if_they_need_it(function: object, expected: float) -> None:
    assert FunctionSchedule(function)(2) == expected  # type: ignore[arg-type]
