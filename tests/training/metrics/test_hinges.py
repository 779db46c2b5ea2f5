"""Hinge losses as metrics, against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import hinge_loss

from striate.training import metrics
from tests.training.losses.cases import draw

pytestmark = pytest.mark.torch


def test_the_hinge_is_scikit_learns() -> None:
    random = np.random.default_rng(0)
    y, p = random.integers(0, 2, 50) * 2 - 1, random.normal(size=50)
    assert metrics.Hinge()(y, p[:, None]).item() == pytest.approx(hinge_loss(y, p), rel=1e-6)


def test_the_others_are_the_means_of_their_losses() -> None:
    y, p = draw("rows_logits", 0)
    for cls, function in (
        (metrics.SquaredHinge, metrics.squared_hinge),
        (metrics.CategoricalHinge, metrics.categorical_hinge),
    ):
        assert cls()(y, p).item() == pytest.approx(function(y, p).mean().item(), rel=1e-6)
