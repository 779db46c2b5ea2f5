"""F-scores against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import fbeta_score

from striate.errors import ArgumentError, ShapeError
from striate.training import metrics

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("average", [None, "micro", "macro", "weighted"])
@pytest.mark.parametrize("beta", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("weighted", [False, True])
def test_scores_equal_scikit_learns(average: str | None, beta: float, weighted: bool) -> None:
    random = np.random.default_rng(0)
    y, p = random.integers(0, 2, (200, 4)), random.uniform(size=(200, 4))
    w = random.uniform(size=200) if weighted else None
    wanted = fbeta_score(y, p > 0.4, beta=beta, average=average, sample_weight=w)
    got = metrics.FBetaScore(average, beta, threshold=0.4)(y, p, w)
    np.testing.assert_allclose(got, wanted, rtol=1e-5)


def test_without_a_threshold_the_largest_of_each_row_is_positive() -> None:
    random = np.random.default_rng(0)
    numbers, p = random.integers(0, 4, 100), random.uniform(size=(100, 4))
    y = np.eye(4)[numbers]
    chosen = np.eye(4)[p.argmax(-1)]
    np.testing.assert_allclose(
        metrics.F1Score()(y, p), fbeta_score(y, chosen, beta=1, average=None), rtol=1e-5
    )


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            {"average": "mean"},
            "unknown average. Got average='mean'. "
            "Expected one of (None, 'micro', 'macro', 'weighted').",
        ),
        ({"beta": 0.0}, "beta is out of range. Got beta=0.0. Expected beta > 0."),
        (
            {"threshold": 1.5},
            "threshold is out of range. Got threshold=1.5. Expected 0 < threshold <= 1.",
        ),
    ],
)
def test_arguments_out_of_range_are_errors(arguments, text: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        metrics.FBetaScore(**arguments)
    assert str(caught.value) == f"fbeta_score (FBetaScore): {text}"


def test_class_numbers_in_place_of_rows_are_an_error() -> None:
    with pytest.raises(ShapeError) as caught:
        metrics.F1Score().update_state(torch.zeros(4), torch.zeros(4, 3))
    assert str(caught.value) == (
        "f1_score (F1Score): targets and predictions are not rows of classes. "
        "Got y_true.shape=(4,), y_pred.shape=(4, 3). Expected (N, classes) twice. "
        "For class numbers pass st.to_categorical(y, classes)."
    )
