"""Dice and Tversky against their definitions in NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from striate.errors import ArgumentError
from striate.training import losses
from tests.training.losses.cases import draw

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("axis", [None, (1, 2, 3), [1, 2]])
def test_dice_is_its_definition(axis) -> None:
    y, p = draw("binary_image", 0)
    over = tuple(axis) if axis else None
    wanted = 1 - 2 * (y * p).sum(over) / (y.sum(over) + p.sum(over) + 1e-7)
    np.testing.assert_allclose(losses.dice(y, p, axis), wanted, rtol=1e-5)


def test_alpha_weighs_what_was_missed_and_beta_the_excess() -> None:
    y, p = draw("binary_image", 1)
    hits, missed, excess = (y * p).sum(), (y * (1 - p)).sum(), ((1 - y) * p).sum()
    wanted = 1 - hits / (hits + 0.2 * missed + 0.9 * excess + 1e-7)
    assert losses.Tversky(0.2, 0.9)(y, p).item() == pytest.approx(wanted, rel=1e-5)


def test_tversky_of_equal_weights_is_dice() -> None:
    y, p = draw("binary_image", 2)
    assert losses.Tversky()(y, p).item() == pytest.approx(losses.Dice()(y, p).item(), rel=1e-5)


def test_a_negative_weight_is_an_error() -> None:
    with pytest.raises(ArgumentError) as caught:
        losses.Tversky(beta=-0.5)
    assert str(caught.value) == (
        "tversky (Tversky): beta is out of range. Got beta=-0.5. Expected beta >= 0."
    )
