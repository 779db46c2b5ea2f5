"""The coefficient of determination against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import r2_score

from striate.errors import ArgumentError, ShapeError
from striate.training import metrics

pytestmark = pytest.mark.torch

NAMES = {
    None: "raw_values",
    "uniform_average": "uniform_average",
    "variance_weighted_average": "variance_weighted",
}


@pytest.mark.parametrize("aggregation", NAMES)
@pytest.mark.parametrize("weighted", [False, True])
def test_it_is_that_of_scikit_learn(aggregation: str | None, weighted: bool) -> None:
    random = np.random.default_rng(0)
    y = random.normal(1000, 3, (50, 3))
    p = y + random.normal(size=y.shape)
    w = random.uniform(size=50) if weighted else None
    if weighted and aggregation == "variance_weighted_average":
        w = np.ones(50)  # scikit-learn weighs by unweighted variances
    wanted = r2_score(y, p, sample_weight=w, multioutput=NAMES[aggregation])
    got = metrics.R2Score(aggregation)(y, p, w)
    np.testing.assert_allclose(got, wanted, rtol=1e-6)


def test_regressors_lower_the_score() -> None:
    y, p = torch.arange(10.0)[:, None], torch.arange(10.0)[:, None] + 0.5
    plain, adjusted = metrics.R2Score()(y, p), metrics.R2Score(num_regressors=2)(y, p)
    assert adjusted == pytest.approx(1 - (1 - plain.item()) * 9 / 7)
    with pytest.warns(UserWarning, match="as many regressors as samples"):
        assert metrics.R2Score(num_regressors=20)(y, p) == plain


def test_wrong_arguments_and_shapes_are_errors() -> None:
    with pytest.raises(ArgumentError) as caught:
        metrics.R2Score("sum")
    assert str(caught.value) == (
        "r2_score (R2Score): unknown class_aggregation. Got class_aggregation='sum'. "
        "Expected one of (None, 'uniform_average', 'variance_weighted_average')."
    )
    with pytest.raises(ArgumentError) as caught:
        metrics.R2Score(num_regressors=-1)
    assert str(caught.value) == (
        "r2_score (R2Score): num_regressors is out of range. Got num_regressors=-1. "
        "Expected num_regressors >= 0."
    )
    with pytest.raises(ShapeError) as shape_error:
        metrics.R2Score()(torch.zeros(3), torch.zeros(3))
    assert str(shape_error.value) == (
        "r2_score (R2Score): targets and predictions are not rows. "
        "Got y_true.shape=(3,), y_pred.shape=(3,). Expected (N, D) twice."
    )
