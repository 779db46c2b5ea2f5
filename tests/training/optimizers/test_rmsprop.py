"""RMSprop keeps epsilon inside the root, and in its state."""

from __future__ import annotations

import pytest
import torch

from striate.errors import ArgumentError
from striate.training.optimizers import RMSprop

pytestmark = pytest.mark.torch


def test_epsilon_is_inside_the_root() -> None:
    p = torch.nn.Parameter(torch.tensor([0.0]))
    optimizer = RMSprop(1.0, rho=0.0, epsilon=9.0)
    optimizer.build([p])
    p.grad = torch.tensor([4.0])
    optimizer.step()
    assert p.item() == pytest.approx(-4.0 / 5.0)


def test_the_state_holds_epsilon_from_the_start() -> None:
    p = torch.nn.Parameter(torch.tensor([0.0]))
    optimizer = RMSprop(rho=0.75, epsilon=0.5)
    optimizer.build([p])
    assert optimizer.state[p]["velocity"].item() == 0.5
    for _ in range(3):
        p.grad = torch.tensor([0.0])
        optimizer.step()
    assert optimizer.state[p]["velocity"].item() == 0.5
    p.grad = torch.tensor([2.0])
    optimizer.step()
    assert optimizer.state[p]["velocity"].item() == 1.5


@pytest.mark.parametrize("form", ["foreach", "plain"])
def test_equal_gradients_do_not_break_the_centered_root(form: str) -> None:
    # The variance of equal gradients is 0; rounding must not make it negative.
    p = torch.nn.Parameter(torch.linspace(0.1, 1000.0, 999))
    optimizer = RMSprop(centered=True)
    optimizer.form = form
    optimizer.build([p])
    p.grad = p.detach().clone()
    for _ in range(300):
        optimizer.step()
    assert p.isfinite().all()


@pytest.mark.parametrize(
    ("argument", "value", "rule"),
    [
        ("rho", 1.0, "a number in [0, 1)"),
        ("momentum", 2.0, "a number in [0, 1]"),
        ("epsilon", -1.0, "a number in [0, inf)"),
    ],
)
def test_a_value_out_of_range_is_an_error(argument: str, value: float, rule: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        RMSprop(**{argument: value})
    assert str(caught.value) == (
        f"RMSprop: {argument} is out of range. Got {argument}={value}. Expected {rule}."
    )
