"""SGD does what its rule says."""

from __future__ import annotations

import pytest
import torch

from striate.errors import ArgumentError
from striate.training.optimizers import SGD

pytestmark = pytest.mark.torch


def test_three_steps_by_hand() -> None:
    p = torch.nn.Parameter(torch.tensor([0.0]))
    optimizer = SGD(0.5, momentum=0.5)
    optimizer.build([p])
    seen = []
    for g in (2.0, 0.0, -2.0):
        p.grad = torch.tensor([g])
        optimizer.step()
        seen.append(p.item())
    assert seen == [-1.0, -1.5, -0.75]


def test_without_momentum_there_is_no_state() -> None:
    p = torch.nn.Parameter(torch.ones(3))
    optimizer = SGD()
    optimizer.build([p])
    assert optimizer.state[p] == {}


def test_the_momentum_can_be_changed_while_training() -> None:
    p = torch.nn.Parameter(torch.tensor([0.0]))
    optimizer = SGD(1.0, momentum=0.5)
    optimizer.build([p])
    p.grad = torch.tensor([-1.0])
    optimizer.step()
    optimizer.momentum = 1.0
    optimizer.step()
    assert p.item() == 3.0


@pytest.mark.parametrize(
    ("argument", "value", "rule"),
    [
        ("momentum", 1.1, "a number in [0, 1]"),
        ("momentum", -0.1, "a number in [0, 1]"),
    ],
)
def test_a_value_out_of_range_is_an_error(argument: str, value: float, rule: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        SGD(**{argument: value})
    assert str(caught.value) == (
        f"SGD: {argument} is out of range. Got {argument}={value}. Expected {rule}."
    )
