"""LAMB's steps are in proportion to the weights."""

from __future__ import annotations

import pytest
import torch

from striate.errors import ArgumentError
from striate.training.optimizers import Lamb

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("form", ["foreach", "plain"])
def test_a_step_is_the_rate_times_the_norm(form: str) -> None:
    p = torch.nn.Parameter(torch.tensor([30.0, 40.0]))
    optimizer = Lamb(0.1)
    optimizer.form = form
    optimizer.build([p])
    before = p.detach().clone()
    p.grad = torch.tensor([1.0, -5.0])
    optimizer.step()
    assert (p - before).norm().item() == pytest.approx(0.1 * 50.0, rel=1e-5)


@pytest.mark.parametrize("form", ["foreach", "plain"])
def test_weights_or_gradients_of_zero_count_as_norm_one(form: str) -> None:
    zero, idle = (torch.nn.Parameter(torch.full((2,), x)) for x in (0.0, 1.0))
    optimizer = Lamb(0.1)
    optimizer.form = form
    optimizer.build([zero, idle])
    zero.grad, idle.grad = torch.ones(2), torch.zeros(2)
    optimizer.step()
    assert zero.tolist() == pytest.approx([-0.1, -0.1], rel=1e-4)
    assert idle.tolist() == [1.0, 1.0]


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
        Lamb(**{argument: value})
    assert str(caught.value) == (
        f"Lamb: {argument} is out of range. Got {argument}={value}. Expected {rule}."
    )
