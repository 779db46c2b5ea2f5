"""Lion's steps are as long as the rate."""

from __future__ import annotations

import pytest
import torch

from striate.errors import ArgumentError
from striate.training.optimizers import Lion

pytestmark = pytest.mark.torch


def test_every_step_has_the_same_length() -> None:
    p = torch.nn.Parameter(torch.zeros(3))
    optimizer = Lion(0.25)
    optimizer.build([p])
    p.grad = torch.tensor([1e-6, -1e6, 0.0])
    optimizer.step()
    assert p.tolist() == [-0.25, 0.25, 0.0]


@pytest.mark.parametrize(
    ("argument", "value", "rule"),
    [
        ("beta_1", 0.0, "a number in (0, 1]"),
        ("beta_2", 1.1, "a number in [0, 1]"),
    ],
)
def test_a_value_out_of_range_is_an_error(argument: str, value: float, rule: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        Lion(**{argument: value})
    assert str(caught.value) == (
        f"Lion: {argument} is out of range. Got {argument}={value}. Expected {rule}."
    )
