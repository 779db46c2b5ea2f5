"""The confusion matrix against scikit-learn, for every form of targets and predictions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import confusion_matrix

from striate.errors import ArgumentError
from striate.training import metrics

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("normalize", [None, "true", "pred", "all"])
@pytest.mark.parametrize("weighted", [False, True])
def test_it_is_that_of_scikit_learn(normalize: str | None, weighted: bool) -> None:
    random = np.random.default_rng(0)
    y, p = random.integers(0, 4, 100), random.uniform(size=(100, 4))
    w = random.uniform(size=100) if weighted else None
    metric = metrics.ConfusionMatrix(4, normalize)
    for part in (slice(0, 30), slice(30, 100)):
        metric.update_state(y[part], p[part], None if w is None else w[part])
    wanted = confusion_matrix(y, p.argmax(-1), normalize=normalize, sample_weight=w)
    np.testing.assert_allclose(metric.result(), wanted, rtol=1e-9)


@pytest.mark.parametrize("shape", [(7,), (2, 3, 5)])
@pytest.mark.parametrize("targets", ["numbers", "column", "rows"])
@pytest.mark.parametrize("predictions", ["scores", "numbers", "column"])
def test_every_form_gives_the_same(shape, targets: str, predictions: str) -> None:
    random = np.random.default_rng(0)
    y, scores = random.integers(0, 4, shape), random.uniform(size=(*shape, 4))
    numbers = scores.argmax(-1)
    of_targets = {"numbers": y, "column": y[..., None].astype("float32"), "rows": np.eye(4)[y]}
    of_predictions = {"scores": scores, "numbers": numbers, "column": numbers[..., None]}
    if predictions == "column" and targets == "rows":
        return  # a column beside rows is no form that networks have
    got = metrics.ConfusionMatrix(4)(of_targets[targets], of_predictions[predictions])
    wanted = confusion_matrix(y.reshape(-1), numbers.reshape(-1), labels=range(4))
    np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("column", [False, True])
def test_one_score_is_two_classes(column: bool) -> None:
    y, p = np.array([0, 1, 1, 0]), np.array([0.2, 0.8, 0.4, 0.6])
    p = p[:, None] if column else p
    assert metrics.ConfusionMatrix(2)(y, p).tolist() == [[1, 1], [1, 1]]
    assert metrics.ConfusionMatrix(2)(y[:, None], p).tolist() == [[1, 1], [1, 1]]


def test_rows_without_counts_stay_zero_and_outside_numbers_are_not_counted() -> None:
    metric = metrics.ConfusionMatrix(3, normalize="true")
    metric.update_state([0, 0, 9], [0, 1, 1])
    assert metric.result().tolist() == [[0.5, 0.5, 0], [0, 0, 0], [0, 0, 0]]


def test_the_result_does_not_change_later() -> None:
    metric = metrics.ConfusionMatrix(2)
    first = metric([0], [0])
    metric.update_state([1], [1])
    assert first.tolist() == [[1, 0], [0, 0]]
    assert torch.equal(metric.result(), torch.eye(2, dtype=torch.float64))


def test_arguments_out_of_range_are_errors() -> None:
    with pytest.raises(ArgumentError) as caught:
        metrics.ConfusionMatrix(3, normalize="rows")
    assert str(caught.value) == (
        "confusion_matrix (ConfusionMatrix): unknown normalize. Got normalize='rows'. "
        "Expected one of (None, 'true', 'pred', 'all')."
    )
    with pytest.raises(ArgumentError) as caught:
        metrics.ConfusionMatrix(0)
    assert str(caught.value) == (
        "confusion_matrix (ConfusionMatrix): there must be classes to count. "
        "Got num_classes=0. Expected num_classes >= 1."
    )
