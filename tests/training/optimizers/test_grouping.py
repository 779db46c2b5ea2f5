"""What `build` takes, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from striate.errors import ArgumentError, UnknownNameError
from striate.training.optimizers import SGD, Adam

pytestmark = pytest.mark.torch


def parameter() -> torch.nn.Parameter:
    return torch.nn.Parameter(torch.ones(2))


@pytest.mark.parametrize(
    "form",
    [
        lambda p: [p],
        lambda p: iter([p]),
        lambda p: {"w": p}.items(),
        lambda p: [{"params": p}],
        lambda p: [{"params": [p], "learning_rate_multiplier": 1}],
        lambda p: [{"params": [("w", p)]}],
    ],
)
def test_parameters_are_taken_in_every_usual_form(form: Any) -> None:
    p = parameter()
    optimizer = SGD(0.5)
    optimizer.build(form(p))
    p.grad = torch.ones(2)
    optimizer.step()
    assert p.tolist() == [0.5, 0.5]


def test_parameters_are_sorted_by_group_and_dtype() -> None:
    half = torch.nn.Parameter(torch.ones(2, dtype=torch.bfloat16))
    optimizer = Adam()
    optimizer.build([{"params": [parameter(), half, parameter()]}, {"params": [parameter()]}])
    assert [len(bucket.params) for bucket in optimizer._buckets] == [2, 1, 1]


@pytest.mark.parametrize("none", [[], [{"params": []}], torch.nn.ReLU().named_parameters()])
def test_no_parameters_are_an_error(none: Any) -> None:
    with pytest.raises(ArgumentError) as caught:
        SGD().build(none)
    assert str(caught.value) == (
        "SGD: there are no parameters to train. Expected at least one tensor. "
        "Build the model first, then optimizer.build(model.named_parameters())."
    )


def test_a_parameter_twice_is_an_error() -> None:
    p = parameter()
    with pytest.raises(ArgumentError) as caught:
        SGD().build([p, p])
    assert str(caught.value) == "SGD: a parameter appears more than once."


def test_other_parameters_than_before_are_an_error() -> None:
    optimizer = SGD()
    optimizer.build([parameter()])
    with pytest.raises(ArgumentError) as caught:
        optimizer.build([parameter(), parameter()])
    assert str(caught.value) == (
        "SGD: the optimizer is bound to other parameters. Got bound=1, new=2. "
        "Expected one optimizer per model. "
        "Make a new one: SGD.from_config(optimizer.get_config())."
    )


def test_something_else_than_a_tensor_is_an_error() -> None:
    with pytest.raises(ArgumentError) as caught:
        SGD().build(["weight"])
    assert str(caught.value) == (
        "SGD: not a parameter. Got parameter='weight'. "
        "Expected tensors, (name, tensor) pairs, or dicts with params. "
        "Use optimizer.build(model.named_parameters())."
    )


@pytest.mark.parametrize(
    ("tensor", "shown"),
    [
        (torch.ones(2, dtype=torch.int32), "dtype='torch.int32', is_leaf=True"),
        (torch.ones(2, requires_grad=True) * 2, "dtype='torch.float32', is_leaf=False"),
    ],
)
def test_a_tensor_that_cannot_be_trained_is_an_error(tensor: torch.Tensor, shown: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        SGD().build([("w", tensor)])
    assert str(caught.value) == (
        f"SGD: the parameter w cannot be trained. Got {shown}. "
        "Expected a floating-point tensor that is not the result of an operation."
    )


def test_an_unknown_setting_of_a_group_is_an_error() -> None:
    with pytest.raises(UnknownNameError) as caught:
        SGD().build([{"params": [parameter()], "learning_rate": 0.1}])
    assert str(caught.value) == (
        "SGD: unknown setting of a parameter group. Got 'learning_rate'. "
        "Did you mean 'learning_rate_multiplier'?"
    )


@pytest.mark.parametrize("name", ["learning_rate_multiplier", "weight_decay"])
def test_a_negative_setting_of_a_group_is_an_error(name: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        SGD().build([{"params": [parameter()], name: -1.0}])
    assert str(caught.value) == (
        f"SGD: {name} is out of range. Got {name}=-1.0. Expected a number in [0, inf)."
    )
