"""Hinge losses against their definitions in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from striate.training import losses
from tests.training.losses.cases import draw

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("power", [1, 2])
def test_hinges_are_their_definition_for_both_ways_to_write_targets(power: int) -> None:
    y, p = draw("signs", 0)
    function = losses.hinge if power == 1 else losses.squared_hinge
    wanted = (np.maximum(1 - y * p, 0) ** power).mean(-1)
    np.testing.assert_allclose(function(y, p), wanted, rtol=1e-6)
    np.testing.assert_allclose(function((y + 1) // 2, p), wanted, rtol=1e-6)


def test_targets_of_another_kind_are_left_alone() -> None:
    assert losses.hinge([[0.5, 1.0]], [[1.0, 1.0]]).tolist() == [0.25]


def test_the_categorical_hinge_is_its_definition() -> None:
    y, p = draw("rows_logits", 1)
    right = (y * p).sum(-1)
    wrong = ((1 - y) * p).max(-1)
    wanted = np.maximum(wrong - right + 1, 0)
    np.testing.assert_allclose(losses.categorical_hinge(y, p), wanted, rtol=1e-5)


def test_a_wide_margin_costs_nothing() -> None:
    assert losses.SquaredHinge()([[1.0, -1.0]], [[2.0, -2.0]]) == 0
    assert torch.equal(losses.Hinge(reduction=None)([[1.0]], [[-1.0]]), torch.tensor([2.0]))
