"""Adamax divides by the largest recent gradient."""

from __future__ import annotations

import pytest
import torch

from striate.errors import ArgumentError
from striate.training.optimizers import Adamax

pytestmark = pytest.mark.torch


def test_a_large_gradient_is_remembered() -> None:
    p = torch.nn.Parameter(torch.tensor([0.0]))
    optimizer = Adamax(beta_2=0.5)
    optimizer.build([p])
    for g in (8.0, 0.0, -1.0):
        p.grad = torch.tensor([g])
        optimizer.step()
    assert optimizer.state[p]["norm"].item() == 2.0


@pytest.mark.parametrize(
    ("argument", "value", "rule"),
    [
        ("beta_1", 1.0, "a number in [0, 1)"),
        ("beta_2", -0.1, "a number in [0, 1)"),
        ("epsilon", -1e-07, "a number in [0, inf)"),
    ],
)
def test_a_value_out_of_range_is_an_error(argument: str, value: float, rule: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        Adamax(**{argument: value})
    assert str(caught.value) == (
        f"Adamax: {argument} is out of range. Got {argument}={value}. Expected {rule}."
    )
