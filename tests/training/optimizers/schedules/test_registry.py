"""Schedules to and from dicts."""

from __future__ import annotations

import json

import pytest

from striate.errors import ArgumentError, UnknownNameError
from striate.training.optimizers import schedules
from striate.training.optimizers.schedules.registry import SCHEDULES

pytestmark = pytest.mark.torch


def test_every_schedule_is_exported() -> None:
    for name, kind in SCHEDULES.items():
        assert getattr(schedules, name) is kind


def test_a_schedule_survives_json() -> None:
    schedule = schedules.OneCycle(0.1, 10, momentum_range=(0.8, 0.9))
    written = json.loads(json.dumps(schedules.serialize(schedule)))
    again = schedules.deserialize(written)
    assert type(again) is schedules.OneCycle
    assert again.get_config() == schedule.get_config()


def test_an_unknown_class_is_an_error_with_the_nearest_name() -> None:
    with pytest.raises(UnknownNameError) as caught:
        schedules.deserialize({"class_name": "CosineDecy", "config": {}})
    assert str(caught.value) == (
        "unknown learning-rate schedule. Got 'CosineDecy'. "
        "Did you mean 'CosineDecay' or 'CosineDecayRestarts' or 'OneCycle'?"
    )


def test_a_dict_without_a_class_is_an_error() -> None:
    with pytest.raises(ArgumentError) as caught:
        schedules.deserialize({"decay_steps": 3})
    assert str(caught.value) == (
        "schedules.deserialize: the dict names no class. Got keys=('decay_steps',). "
        'Expected a dict with "class_name" and "config".'
    )
