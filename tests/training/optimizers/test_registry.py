"""Optimizers are found by name, dict or themselves."""

from __future__ import annotations

import json

import pytest
import torch

from striate.errors import ArgumentError, UnknownNameError
from striate.training import optimizers
from striate.training.optimizers import SGD, Adam, AdamW, Optimizer, RMSprop, schedules
from striate.training.optimizers.registry import OPTIMIZERS
from tests.training.optimizers import cases

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_a_name_is_found_in_any_case(name: str) -> None:
    for text in (name, name.lower(), name.upper()):
        assert type(optimizers.get(text)) is OPTIMIZERS[name]


def test_every_class_is_exported() -> None:
    for name, kind in OPTIMIZERS.items():
        assert getattr(optimizers, name) is kind


def test_an_optimizer_is_returned_as_it_is() -> None:
    ours = Adam()
    theirs = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.1)
    assert optimizers.get(ours) is ours
    assert optimizers.get(theirs) is theirs


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_a_dict_makes_an_equal_optimizer(name: str) -> None:
    schedule = schedules.CosineDecay(0.1, 10, warmup_target=0.2, warmup_steps=3)
    optimizer = OPTIMIZERS[name](schedule, clipnorm=1.0, name="mine")  # type: ignore[call-arg]
    written = json.loads(json.dumps(optimizers.serialize(optimizer)))
    found = optimizers.get(written)
    assert type(found) is OPTIMIZERS[name]
    assert found.get_config() == optimizer.get_config()


@pytest.mark.parametrize(("name", "arguments"), cases.CASES, ids=cases.case_id)
def test_a_config_makes_an_equal_optimizer(name: str, arguments: dict[str, object]) -> None:
    optimizer = cases.make(name, arguments)
    config = json.loads(json.dumps(optimizer.get_config()))
    assert OPTIMIZERS[name].from_config(config).get_config() == optimizer.get_config()


def test_classes_of_ones_own_are_found_where_they_are_passed() -> None:
    class Mine(SGD):
        pass

    written = optimizers.serialize(Mine(0.5))
    with pytest.raises(UnknownNameError):
        optimizers.deserialize(written)
    assert type(optimizers.deserialize(written, {"Mine": Mine})) is Mine


def test_an_unknown_name_is_an_error_with_the_nearest_one() -> None:
    with pytest.raises(UnknownNameError) as caught:
        optimizers.get("adm")
    assert (
        str(caught.value)
        == "unknown optimizer. Got 'adm'. Did you mean 'Adam' or 'Nadam' or 'AdamW'?"
    )


@pytest.mark.parametrize("wrong", [Adam, None, 3])
def test_something_else_is_an_error(wrong: object) -> None:
    with pytest.raises(ArgumentError) as caught:
        optimizers.get(wrong)
    shown = repr(wrong)
    assert str(caught.value) == (
        f"optimizers.get: not an optimizer. Got identifier={shown}. "
        "Expected a name, a dict or an optimizer. "
        'Use "adam" or Adam(learning_rate=0.001).'
    )


def test_a_dict_without_a_class_is_an_error() -> None:
    with pytest.raises(ArgumentError) as caught:
        optimizers.get({"learning_rate": 0.1})
    assert str(caught.value) == (
        "optimizers.deserialize: the dict names no class. Got keys=('learning_rate',). "
        'Expected a dict with "class_name" and "config".'
    )


def test_an_unknown_argument_in_a_config_is_an_error() -> None:
    with pytest.raises(UnknownNameError) as caught:
        RMSprop.from_config({"rho_": 0.9})
    assert str(caught.value) == "RMSprop: unknown argument. Got 'rho_'. Did you mean 'rho'?"


def test_names_default_to_the_class() -> None:
    assert AdamW().name == "adamw"
    assert isinstance(AdamW(), Optimizer)
