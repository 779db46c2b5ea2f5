"""Schedules give the rates of real Keras's at many steps."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

from striate.training.optimizers import schedules
from striate.training.optimizers.schedules.registry import SCHEDULES
from tests.keras_oracle import keras

pytestmark = [pytest.mark.torch, pytest.mark.keras]

CASES: list[tuple[str, dict[str, Any]]] = [
    ("ExponentialDecay", {"decay_steps": 40, "decay_rate": 0.5}),
    ("ExponentialDecay", {"decay_steps": 40, "decay_rate": 0.5, "staircase": True}),
    ("PolynomialDecay", {"decay_steps": 100}),
    ("PolynomialDecay", {"decay_steps": 100, "end_learning_rate": 0.01, "power": 0.5}),
    ("PolynomialDecay", {"decay_steps": 60, "power": 2.0, "cycle": True}),
    ("InverseTimeDecay", {"decay_steps": 40, "decay_rate": 0.5}),
    ("InverseTimeDecay", {"decay_steps": 40, "decay_rate": 0.5, "staircase": True}),
    ("CosineDecay", {"decay_steps": 150}),
    ("CosineDecay", {"decay_steps": 100, "alpha": 0.1, "warmup_target": 0.5, "warmup_steps": 30}),
    ("CosineDecay", {"decay_steps": 100, "warmup_target": 0.5, "warmup_steps": 0}),
    ("CosineDecayRestarts", {"first_decay_steps": 30}),
    ("CosineDecayRestarts", {"first_decay_steps": 20, "t_mul": 1.0, "m_mul": 0.8, "alpha": 0.1}),
    ("CosineDecayRestarts", {"first_decay_steps": 15, "t_mul": 1.5, "m_mul": 0.5}),
]


@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_rates_are_those_of_keras(name: str, arguments: dict[str, Any]) -> None:
    ours = getattr(schedules, name)(0.2, **arguments)
    theirs = getattr(keras.optimizers.schedules, name)(0.2, **arguments)
    # Steps with a quarter added keep clear of the restarts, where Keras's float32 may fall on
    # either side; polynomials and stairs are compared on whole steps as well.
    steps = np.arange(0, 250) + (0.25 if "Restarts" in name else 0.0)
    expected = [float(theirs(step)) for step in steps]
    found = [ours(step) for step in steps]
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-7)


def test_piecewise_rates_are_those_of_keras() -> None:
    arguments = {"boundaries": [10, 20, 35], "values": [0.4, 0.3, 0.2, 0.1]}
    ours = schedules.PiecewiseConstantDecay(**arguments)
    theirs = keras.optimizers.schedules.PiecewiseConstantDecay(**arguments)
    expected = [float(theirs(step)) for step in range(50)]
    np.testing.assert_allclose([ours(step) for step in range(50)], expected, rtol=1e-6)


@pytest.mark.parametrize("name", sorted(set(SCHEDULES) - {"OneCycle"}))
def test_arguments_are_those_of_keras(name: str) -> None:
    found, expected = (
        {k: p.default for k, p in inspect.signature(kind).parameters.items()}
        for kind in (SCHEDULES[name], getattr(keras.optimizers.schedules, name))
    )
    assert found == expected
    assert list(found) == list(expected)


@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_what_keras_serializes_is_understood(name: str, arguments: dict[str, Any]) -> None:
    theirs = getattr(keras.optimizers.schedules, name)(0.2, **arguments)
    ours = schedules.deserialize(keras.optimizers.schedules.serialize(theirs))
    assert ours.get_config() == theirs.get_config()
