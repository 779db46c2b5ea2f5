"""Losses of numbers against their definitions in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from striate.errors import ArgumentError
from striate.training import losses
from tests.training.losses.cases import draw

pytestmark = pytest.mark.torch

DEFINITIONS = {
    "mean_squared_error": lambda y, p: ((y - p) ** 2).mean(-1),
    "mean_absolute_error": lambda y, p: abs(y - p).mean(-1),
    "mean_absolute_percentage_error": lambda y, p: 100 * (abs(y - p) / abs(y)).mean(-1),
    "mean_squared_logarithmic_error": lambda y, p: ((np.log1p(y) - np.log1p(p)) ** 2).mean(-1),
    "huber": lambda y, p: np.where(abs(y - p) <= 1, (y - p) ** 2 / 2, abs(y - p) - 0.5).mean(-1),
    "log_cosh": lambda y, p: np.log(np.cosh(p - y)).mean(-1),
}


@pytest.mark.parametrize("name", DEFINITIONS)
@pytest.mark.parametrize("seed", range(3))
def test_the_function_is_its_definition(name: str, seed: int) -> None:
    y, p = draw("positive", seed)
    np.testing.assert_allclose(getattr(losses, name)(y, p), DEFINITIONS[name](y, p), rtol=1e-6)


def test_log_cosh_does_not_overflow() -> None:
    assert losses.log_cosh([[0.0, 0.0]], [[1000.0, -1000.0]]).item() == pytest.approx(
        1000 - np.log(2)
    )


def test_a_percentage_of_zero_is_finite() -> None:
    assert torch.isfinite(losses.mape([[0.0]], [[1.0]])).all()


@pytest.mark.parametrize("delta", [0.0, 0.5, 3.0])
def test_the_huber_class_takes_its_delta(delta: float) -> None:
    y, p = draw("real", 0)
    wanted = losses.huber(y, p, delta).mean()
    torch.testing.assert_close(losses.Huber(delta)(y, p), wanted, check_dtype=False)


def test_a_negative_delta_is_an_error() -> None:
    with pytest.raises(ArgumentError) as caught:
        losses.Huber(delta=-1.0)
    assert str(caught.value) == (
        "huber_loss (Huber): delta is out of range. Got delta=-1.0. Expected delta >= 0."
    )
