"""Nadam's momentum product is counted once per update."""

from __future__ import annotations

import pytest
import torch

from striate.errors import ArgumentError
from striate.training.optimizers import Nadam

pytestmark = pytest.mark.torch


def test_the_product_is_that_of_all_momentums() -> None:
    optimizer = Nadam(beta_1=0.5, gradient_accumulation_steps=2)
    groups = [torch.nn.Parameter(torch.ones(1)) for _ in range(2)]
    optimizer.build([{"params": p} for p in groups])
    expected = 1.0
    for number in (1, 2, 3):
        expected *= 0.5 * (1 - 0.5 * 0.96**number)
        for _ in range(2):
            for p in groups:
                p.grad = torch.ones(1)
            optimizer.step()
        assert optimizer.scalars["momentum_product"] == expected


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
        Nadam(**{argument: value})
    assert str(caught.value) == (
        f"Nadam: {argument} is out of range. Got {argument}={value}. Expected {rule}."
    )
