"""Errors of numbers as metrics, against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn.metrics as reference

from striate.training import metrics

pytestmark = pytest.mark.torch

REFERENCES = {
    metrics.MeanSquaredError: reference.mean_squared_error,
    metrics.RootMeanSquaredError: reference.root_mean_squared_error,
    metrics.MeanAbsoluteError: reference.mean_absolute_error,
    metrics.MeanSquaredLogarithmicError: reference.mean_squared_log_error,
}


@pytest.mark.parametrize("cls", REFERENCES)
@pytest.mark.parametrize("weighted", [False, True])
def test_they_equal_scikit_learns(cls: type[metrics.Metric], weighted: bool) -> None:
    random = np.random.default_rng(0)
    y, p = random.uniform(size=50), random.uniform(size=50)
    w = random.uniform(size=50) if weighted else None
    wanted = REFERENCES[cls](y, p, sample_weight=w)
    assert cls()(y, p[:, None], w).item() == pytest.approx(wanted, rel=1e-6)


def test_the_same_direction_has_similarity_one() -> None:
    assert metrics.CosineSimilarity()([[1.0, 2.0]], [[2.0, 4.0]]).item() == pytest.approx(1)
    assert metrics.cosine_similarity([[1.0, 0.0]], [[-1.0, 0.0]]).item() == -1
    metric = metrics.CosineSimilarity(axis=0)
    assert metric([[3.0], [4.0]], [[3.0], [4.0]]).item() == pytest.approx(1)
