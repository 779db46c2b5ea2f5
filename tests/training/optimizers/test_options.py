"""The arguments that all optimizers take are checked when they are passed."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from striate.errors import ArgumentError, UnknownNameError
from striate.training.optimizers import SGD, Adam, AdamW
from striate.training.optimizers.options import DEFAULTS

pytestmark = pytest.mark.torch

NUMBER = "Expected a number in "


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"weight_decay": -0.1}, "Got weight_decay=-0.1. Expected a number in [0, inf)."),
        ({"clipnorm": -1.0}, "Got clipnorm=-1.0. Expected a number in [0, inf)."),
        ({"clipvalue": "x"}, "Got clipvalue='x'. Expected a number in [0, inf)."),
        ({"global_clipnorm": True}, "Got global_clipnorm=True. Expected a number in [0, inf)."),
        ({"ema_momentum": 1.5}, "Got ema_momentum=1.5. Expected a number in [0, 1]."),
        (
            {"ema_overwrite_frequency": 0},
            "Got ema_overwrite_frequency=0. Expected a whole number >= 1.",
        ),
        ({"loss_scale_factor": 0.0}, "Got loss_scale_factor=0.0. Expected a number in (0, inf)."),
        (
            {"gradient_accumulation_steps": 1},
            "Got gradient_accumulation_steps=1. Expected a whole number >= 2.",
        ),
    ],
)
def test_values_out_of_range_are_errors(arguments: dict[str, Any], expected: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        SGD(**arguments)
    (name,) = arguments
    assert str(caught.value) == f"SGD: {name} is out of range. {expected}"


def test_clipping_in_two_ways_is_an_error() -> None:
    with pytest.raises(ArgumentError) as caught:
        Adam(clipnorm=1.0, global_clipnorm=2.0)
    assert str(caught.value) == (
        "Adam: gradients can be clipped in one way only. Got clipnorm=1.0, global_clipnorm=2.0. "
        "Expected at most one of clipnorm, clipvalue and global_clipnorm."
    )


def test_a_misspelt_argument_is_an_error_with_the_nearest_name() -> None:
    with pytest.raises(UnknownNameError) as caught:
        Adam(learning_rte=0.1)  # type: ignore[call-arg]
    assert str(caught.value) == (
        "Adam: unknown argument. Got 'learning_rte'. Did you mean 'learning_rate'?"
    )


def test_the_signature_names_every_argument_once() -> None:
    names = list(inspect.signature(AdamW).parameters)
    assert names[:3] == ["learning_rate", "weight_decay", "beta_1"]
    assert set(DEFAULTS) <= set(names)
    assert len(names) == len(set(names))


def test_zero_turns_clipping_off_as_in_keras() -> None:
    assert SGD(clipnorm=0.0).clipnorm == 0.0
