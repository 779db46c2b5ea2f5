"""Configs hold every argument, with schedules as dicts."""

from __future__ import annotations

import inspect

import pytest

from striate.errors import ArgumentError
from striate.training.optimizers import SGD, Adam, schedules
from striate.training.optimizers.registry import OPTIMIZERS

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_a_config_has_every_argument(name: str) -> None:
    kind = OPTIMIZERS[name]
    assert set(kind().get_config()) == set(inspect.signature(kind).parameters)  # type: ignore[call-arg]


def test_a_schedule_is_written_as_a_dict() -> None:
    config = Adam(schedules.InverseTimeDecay(0.1, 10, 0.5)).get_config()
    assert config["learning_rate"]["class_name"] == "InverseTimeDecay"
    again = Adam.from_config(config)
    assert again.schedule is not None
    assert again.schedule.get_config() == config["learning_rate"]["config"]


def test_a_schedule_of_ones_own_is_read_where_its_class_is_passed() -> None:
    class Flat(schedules.LearningRateSchedule):
        def __init__(self, rate: float) -> None:
            self.rate = rate

        def __call__(self, step: float) -> float:
            return self.rate

        def get_config(self) -> dict[str, float]:
            return {"rate": self.rate}

    config = SGD(Flat(0.5)).get_config()
    assert SGD.from_config(config, {"Flat": Flat}).learning_rate == 0.5


def test_a_function_cannot_be_written() -> None:
    with pytest.raises(ArgumentError) as caught:
        SGD(lambda: 0.1).get_config()
    assert str(caught.value) == (
        "FunctionSchedule: this schedule cannot be written down, because it has no get_config(). "
        "Define get_config(self) to return the constructor's arguments as a dict."
    )
