"""Adadelta needs no rate."""

from __future__ import annotations

import pytest
import torch

from striate.errors import ArgumentError
from striate.training.optimizers import Adadelta

pytestmark = pytest.mark.torch


def test_steps_do_not_depend_on_the_scale_of_the_gradients() -> None:
    p = torch.nn.Parameter(torch.zeros(2))
    optimizer = Adadelta(1.0)
    optimizer.build([p])
    for _ in range(10):
        p.grad = torch.tensor([1.0, 1000.0])
        optimizer.step()
    assert p[0].item() == pytest.approx(p[1].item(), rel=1e-3)
    assert p[0].item() < 0


@pytest.mark.parametrize(
    ("argument", "value", "rule"),
    [
        ("rho", 1.0, "a number in [0, 1)"),
        ("epsilon", -1.0, "a number in [0, inf)"),
    ],
)
def test_a_value_out_of_range_is_an_error(argument: str, value: float, rule: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        Adadelta(**{argument: value})
    assert str(caught.value) == (
        f"Adadelta: {argument} is out of range. Got {argument}={value}. Expected {rule}."
    )
