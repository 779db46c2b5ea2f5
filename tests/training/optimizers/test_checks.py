"""Numbers are checked against intervals written as in mathematics."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from striate.errors import ArgumentError
from striate.training.optimizers.checks import check_integer, check_number

pytestmark = pytest.mark.torch


@pytest.mark.parametrize(
    ("value", "interval"),
    [(0, "[0, 1)"), (1, "(0, 1]"), (0.5, "(0, 1)"), (1e300, "[0, inf)"), (-3, "(-inf, 0]")],
)
def test_values_inside_pass_as_floats(value: float, interval: str) -> None:
    found = check_number("SGD", "rate", value, interval)
    assert found == value
    assert type(found) is float


@pytest.mark.parametrize(
    "value", [np.float32(0.5), np.array(0.5), torch.tensor(0.5), np.float64(0.5)]
)
def test_numbers_of_numpy_and_torch_pass(value: object) -> None:
    assert check_number("SGD", "rate", value, "[0, 1)") == 0.5


@pytest.mark.parametrize(
    ("value", "interval", "shown"),
    [
        (1.0, "[0, 1)", "1.0"),
        (0, "(0, 1)", "0"),
        (-0.1, "[0, inf)", "-0.1"),
        (float("nan"), "[0, inf)", "nan"),
        (float("inf"), "[0, inf)", "inf"),
        (True, "[0, 1]", "True"),
        ("0.1", "[0, 1]", "'0.1'"),
        (None, "[0, 1]", "None"),
        (torch.ones(2), "[0, 1]", "Tensor of shape (2,)"),
    ],
)
def test_other_values_are_errors(value: object, interval: str, shown: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        check_number("SGD", "rate", value, interval)
    assert str(caught.value) == (
        f"SGD: rate is out of range. Got rate={shown}. Expected a number in {interval}."
    )


def test_whole_numbers_pass_as_ints() -> None:
    found = check_integer("Muon", "ns_steps", 5.0, 0)
    assert found == 5
    assert type(found) is int


@pytest.mark.parametrize("value", [1, 2.5, "3", True, None])
def test_other_counts_are_errors(value: object) -> None:
    with pytest.raises(ArgumentError) as caught:
        check_integer("Muon", "ns_steps", value, 2)
    assert str(caught.value) == (
        f"Muon: ns_steps is out of range. Got ns_steps={value!r}. Expected a whole number >= 2."
    )
