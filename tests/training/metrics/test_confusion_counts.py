"""The four counts against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from striate.training import metrics

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("weighted", [False, True])
def test_they_are_the_cells_of_the_confusion_matrix(weighted: bool) -> None:
    random = np.random.default_rng(0)
    y, p = random.integers(0, 2, 100), random.uniform(size=100)
    w = random.uniform(size=100) if weighted else None
    cells = confusion_matrix(y, p > 0.3, sample_weight=w)
    for name, wanted in (
        ("TrueNegatives", cells[0, 0]),
        ("FalsePositives", cells[0, 1]),
        ("FalseNegatives", cells[1, 0]),
        ("TruePositives", cells[1, 1]),
    ):
        metric = getattr(metrics, name)(thresholds=0.3)
        assert metric(y, p, w).item() == pytest.approx(wanted)
        assert getattr(metrics, name)(thresholds=[0.3, 0.9])(y, p).shape == (2,)
