"""Crossentropies as metrics, against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import log_loss

from striate.training import metrics
from tests.training.losses.cases import CLASSES, draw

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("weighted", [False, True])
def test_they_are_the_log_loss(weighted: bool) -> None:
    y, p = draw("numbers", 0)
    w = np.random.default_rng(0).uniform(size=len(y)) if weighted else None
    wanted = log_loss(y, p.astype("float64"), labels=range(CLASSES), sample_weight=w)
    assert metrics.SparseCategoricalCrossentropy()(y, p, w).item() == pytest.approx(
        wanted, rel=1e-5
    )
    rows = np.eye(CLASSES)[y]
    assert metrics.CategoricalCrossentropy()(rows, p, w).item() == pytest.approx(wanted, rel=1e-5)
    half = p[:, :1] > 0.2
    wanted = log_loss(half[:, 0], p[:, 0].astype("float64"), labels=[0, 1], sample_weight=w)
    assert metrics.BinaryCrossentropy()(half, p[:, :1], w).item() == pytest.approx(wanted, rel=1e-5)


def test_ignored_labels_leave_the_count_only_with_weights() -> None:
    y, p = [0, 1], [[0.5, 0.5], [0.5, 0.5]]
    metric = metrics.SparseCategoricalCrossentropy(ignore_class=1)
    assert metric(y, p).item() == pytest.approx(np.log(2) / 2)
    metric.reset_state()
    assert metric(y, p, [1.0, 1.0]).item() == pytest.approx(np.log(2))
    images = metrics.SparseCategoricalCrossentropy(ignore_class=1)
    images.update_state([[0, 1], [1, 0]], np.full((2, 2, 2), 0.5), [1.0, 0.5])
    assert images.result().item() == pytest.approx(np.log(2))


def test_the_divergence_and_poisson_are_those_of_the_losses() -> None:
    y, p = draw("soft_rows", 0)
    assert metrics.KLDivergence()(y, p).item() == pytest.approx(
        metrics.kl_divergence(y, p).mean().item()
    )
    assert metrics.Poisson()(y, p).item() == pytest.approx(metrics.poisson(y, p).mean().item())
