"""Precision and recall against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import precision_score, recall_score

from striate.training import metrics

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("weighted", [False, True])
def test_they_equal_scikit_learns(threshold: float, weighted: bool) -> None:
    random = np.random.default_rng(0)
    y, p = random.integers(0, 2, 200), random.uniform(size=200)
    w = random.uniform(size=200) if weighted else None
    for cls, reference in ((metrics.Precision, precision_score), (metrics.Recall, recall_score)):
        wanted = reference(y, p > threshold, sample_weight=w)
        assert cls(thresholds=threshold)(y, p, w).item() == pytest.approx(wanted)


def test_without_positives_they_are_zero() -> None:
    assert metrics.Precision()([0, 0], [0.1, 0.2]) == 0
    assert metrics.Recall()([0, 0], [0.9, 0.9]) == 0


@pytest.mark.parametrize("k", [1, 2, 7])
def test_only_the_top_k_are_positive(k: int) -> None:
    random = np.random.default_rng(0)
    y, p = random.integers(0, 2, (30, 5)), random.uniform(size=(30, 5))
    chosen = np.zeros_like(y)
    np.put_along_axis(chosen, np.argsort(-p, -1)[:, :k], 1, -1)
    hits = (chosen * y).sum()
    assert metrics.Precision(top_k=k)(y, p).item() == pytest.approx(hits / chosen.sum())
    assert metrics.Recall(top_k=k)(y, p).item() == pytest.approx(hits / y.sum())
