"""Losses by name, function and configuration."""

from __future__ import annotations

import json

import pytest
import torch

from striate.errors import ArgumentError, UnknownNameError
from striate.training import losses
from striate.training.losses.registry import ALIASES, CLASSES

pytestmark = pytest.mark.torch


def mine(y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
    return (y_true - y_pred).abs()


class Mine(losses.Loss):
    def call(self, y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
        return y_pred


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_a_class_is_found_by_every_spelling(cls: type[losses.Loss]) -> None:
    name = losses.registry.snake_case(cls.__name__)
    for spelling in (cls.__name__, name, name.upper(), cls.__name__.lower(), cls):
        assert type(losses.get(spelling)) is cls
    assert getattr(losses, cls.__name__) is cls


@pytest.mark.parametrize(("alias", "cls"), ALIASES.items())
def test_an_alias_is_found_in_any_case(alias: str, cls: type[losses.Loss]) -> None:
    assert type(losses.get(alias)) is cls
    assert type(losses.get(alias.upper())) is cls


@pytest.mark.parametrize("name", ["bce", "kld", "mae", "mape", "mse", "msle"])
def test_functions_have_their_short_names(name: str) -> None:
    function = getattr(losses, name)
    assert getattr(losses, name.upper()) is function
    assert type(losses.get(function)) is ALIASES[name]


def test_none_and_losses_pass_through() -> None:
    loss = losses.Huber()
    assert losses.get(None) is None
    assert losses.get(loss) is loss


def test_functions_and_classes_of_the_users_own() -> None:
    loss = losses.get(mine)
    assert isinstance(loss, losses.LossFunctionWrapper)
    assert loss.name == "mine"
    assert loss([1.0, 1.0], [2.0, 4.0]) == 2
    assert type(losses.get(Mine)) is Mine


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_a_serialized_loss_comes_back_through_json(cls: type[losses.Loss]) -> None:
    loss = cls(reduction="sum", name="mine")  # type: ignore[call-arg]
    config = json.loads(json.dumps(losses.serialize(loss)))
    again = losses.get(config)
    assert type(again) is cls
    assert again.get_config() == loss.get_config()


def test_losses_of_the_users_own_come_back_if_they_are_named() -> None:
    own = {"Mine": Mine, "mine": mine}
    wrapped = losses.serialize(losses.LossFunctionWrapper(mine, reduction="sum"))
    assert losses.deserialize(json.loads(json.dumps(wrapped)), own)([1.0], [3.0]) == 2
    assert type(losses.deserialize(losses.serialize(Mine()), own)) is Mine
    function = {"class_name": "function", "config": "mine"}
    assert losses.deserialize(function, own)([1.0], [3.0]) == 2
    with pytest.raises(UnknownNameError):
        losses.deserialize(wrapped)


def test_a_function_as_keras_writes_it_is_read() -> None:
    config = {"class_name": "function", "config": "mean_squared_error"}
    assert type(losses.deserialize(config)) is losses.MeanSquaredError
    wrapped = losses.serialize(losses.LossFunctionWrapper(losses.huber, delta=2.0))
    assert losses.deserialize(wrapped)([[0.0]], [[5.0]]) == 8


def test_an_unknown_name_is_an_error_with_the_nearest_names() -> None:
    with pytest.raises(UnknownNameError) as caught:
        losses.get("categorical_crossentropi")
    assert str(caught.value) == (
        "unknown loss. Got 'categorical_crossentropi'. Did you mean 'categorical_crossentropy' "
        "or 'categorical_focal_crossentropy' or 'sparse_categorical_crossentropy'?"
    )


def test_what_is_no_loss_is_an_error() -> None:
    with pytest.raises(ArgumentError) as caught:
        losses.get(3)
    assert str(caught.value) == (
        "losses.get: this is not a loss. Got identifier=3. "
        "Expected a name, a function f(y_true, y_pred), a Loss or its configuration."
    )
    with pytest.raises(ArgumentError) as caught:
        losses.get({"name": "mse"})
    assert str(caught.value) == (
        "losses.deserialize: a configuration without class_name. Got keys=('name',). "
        'Expected {"class_name": ..., "config": {...}}.'
    )
