"""FTRL keeps small weights at 0."""

from __future__ import annotations

import pytest
import torch

from striate.errors import ArgumentError
from striate.training.optimizers import Ftrl

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("form", ["foreach", "plain"])
def test_l1_keeps_weights_at_exactly_zero(form: str) -> None:
    p = torch.nn.Parameter(torch.zeros(2))
    optimizer = Ftrl(0.1, l1_regularization_strength=1.0)
    optimizer.form = form
    optimizer.build([p])
    for _ in range(3):
        p.grad = torch.tensor([0.3, 3.0])
        optimizer.step()
    assert p[0].item() == 0.0
    assert p[1].item() < 0.0


@pytest.mark.parametrize("form", ["foreach", "plain"])
def test_a_rate_of_zero_changes_nothing(form: str) -> None:
    p = torch.nn.Parameter(torch.ones(2))
    optimizer = Ftrl(0.0)
    optimizer.form = form
    optimizer.build([p])
    p.grad = torch.ones(2)
    optimizer.step()
    assert p.tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("argument", "value", "rule"),
    [
        ("learning_rate_power", 0.5, "a number in (-inf, 0]"),
        ("initial_accumulator_value", -1.0, "a number in [0, inf)"),
        ("l1_regularization_strength", -1.0, "a number in [0, inf)"),
        ("l2_regularization_strength", -1.0, "a number in [0, inf)"),
        ("l2_shrinkage_regularization_strength", -1.0, "a number in [0, inf)"),
        ("beta", -1.0, "a number in [0, inf)"),
    ],
)
def test_a_value_out_of_range_is_an_error(argument: str, value: float, rule: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        Ftrl(**{argument: value})
    assert str(caught.value) == (
        f"Ftrl: {argument} is out of range. Got {argument}={value}. Expected {rule}."
    )
