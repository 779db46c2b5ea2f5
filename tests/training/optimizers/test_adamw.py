"""AdamW always decays weights."""

from __future__ import annotations

import pytest
import torch

from striate.errors import ArgumentError
from striate.training.optimizers import AdamW

pytestmark = pytest.mark.torch


def test_weight_decay_does_not_pass_through_the_root() -> None:
    p = torch.nn.Parameter(torch.tensor([1.0, 1.0]))
    optimizer = AdamW(0.1, weight_decay=1.0)
    optimizer.build([p])
    p.grad = torch.tensor([0.0, 1e6])
    optimizer.step()
    assert p.tolist() == pytest.approx([0.9, 0.8])


@pytest.mark.parametrize(
    ("argument", "value", "rule"),
    [
        ("weight_decay", None, "a number in [0, inf)"),
        ("weight_decay", -1.0, "a number in [0, inf)"),
        ("beta_1", 1.0, "a number in [0, 1)"),
        ("beta_2", -0.1, "a number in [0, 1)"),
        ("epsilon", -1e-07, "a number in [0, inf)"),
    ],
)
def test_a_value_out_of_range_is_an_error(argument: str, value: float, rule: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        AdamW(**{argument: value})
    assert str(caught.value) == (
        f"AdamW: {argument} is out of range. Got {argument}={value}. Expected {rule}."
    )
