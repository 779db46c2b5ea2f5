"""Adafactor keeps rows and columns instead of squares."""

from __future__ import annotations

import pytest
import torch

from striate.errors import ArgumentError
from striate.training.optimizers import Adafactor

pytestmark = pytest.mark.torch


def test_kernels_keep_one_number_per_row_and_column() -> None:
    kernel, bias = (torch.nn.Parameter(torch.ones(s)) for s in ((3, 3, 4, 8), (8,)))
    optimizer = Adafactor()
    optimizer.build([kernel, bias])
    assert {k: tuple(v.shape) for k, v in optimizer.state[kernel].items()} == {
        "row": (3, 3, 4),
        "column": (3, 3, 8),
    }
    assert list(optimizer.state[bias]) == ["velocity"]


def test_relative_step_changes_nothing_as_in_keras() -> None:
    results = []
    for relative in (True, False):
        p = torch.nn.Parameter(torch.ones(4, 3))
        optimizer = Adafactor(0.9, relative_step=relative)
        optimizer.build([p])
        for step in range(5):
            p.grad = torch.linspace(-1, step, 12).reshape(4, 3)
            optimizer.step()
        results.append(p.detach())
    assert torch.equal(*results)


@pytest.mark.parametrize(
    ("argument", "value", "rule"),
    [
        ("beta_2_decay", 0.1, "a number in (-inf, 0]"),
        ("epsilon_1", -1.0, "a number in [0, inf)"),
        ("epsilon_2", -1.0, "a number in [0, inf)"),
        ("clip_threshold", 0.0, "a number in (0, inf)"),
    ],
)
def test_a_value_out_of_range_is_an_error(argument: str, value: float, rule: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        Adafactor(**{argument: value})
    assert str(caught.value) == (
        f"Adafactor: {argument} is out of range. Got {argument}={value}. Expected {rule}."
    )
