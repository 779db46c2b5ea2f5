"""Adagrad divides by the root of the sum of squares."""

from __future__ import annotations

import pytest
import torch

from striate.errors import ArgumentError
from striate.training.optimizers import Adagrad

pytestmark = pytest.mark.torch


def test_steps_shrink_as_one_over_the_root() -> None:
    p = torch.nn.Parameter(torch.tensor([0.0]))
    optimizer = Adagrad(1.0, initial_accumulator_value=0.0, epsilon=0.0)
    optimizer.build([p])
    steps = []
    for _ in range(4):
        before = p.item()
        p.grad = torch.tensor([-3.0])
        optimizer.step()
        steps.append(p.item() - before)
    assert steps == pytest.approx([1.0, 2**-0.5, 3**-0.5, 0.5])


@pytest.mark.parametrize(
    ("argument", "value", "rule"),
    [
        ("initial_accumulator_value", -0.1, "a number in [0, inf)"),
        ("epsilon", -1.0, "a number in [0, inf)"),
    ],
)
def test_a_value_out_of_range_is_an_error(argument: str, value: float, rule: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        Adagrad(**{argument: value})
    assert str(caught.value) == (
        f"Adagrad: {argument} is out of range. Got {argument}={value}. Expected {rule}."
    )
