"""Intersection over union against scikit-learn's Jaccard score."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import jaccard_score

from striate.errors import ArgumentError
from striate.training import metrics

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("weighted", [False, True])
def test_it_is_the_jaccard_score(weighted: bool) -> None:
    random = np.random.default_rng(0)
    y, p = random.integers(0, 4, (2, 6, 5)), random.integers(0, 4, (2, 6, 5))
    w = random.uniform(size=(2, 6, 5)) if weighted else None
    flat = None if w is None else w.reshape(-1)
    scores = jaccard_score(y.reshape(-1), p.reshape(-1), average=None, sample_weight=flat)
    assert metrics.MeanIoU(4)(y, p, w).item() == pytest.approx(scores.mean(), rel=1e-5)
    some = metrics.IoU(4, [1, 3])(y, p, w).item()
    assert some == pytest.approx(scores[[1, 3]].mean(), rel=1e-5)
    rows = np.eye(4)
    assert metrics.OneHotMeanIoU(4)(rows[y], rows[p], w).item() == pytest.approx(
        scores.mean(), rel=1e-5
    )
    assert metrics.OneHotIoU(4, [2])(rows[y], rows[p], w).item() == pytest.approx(
        scores[2], rel=1e-5
    )


def test_classes_that_do_not_occur_do_not_count() -> None:
    assert metrics.MeanIoU(9)([0, 1], [0, 1]).item() == pytest.approx(1, abs=1e-6)


def test_ignored_and_outside_numbers_add_nothing() -> None:
    metric = metrics.MeanIoU(3, ignore_class=1)
    metric.update_state([0, 1, 255, -1, 2], [0, 0, 0, 0, 7])
    assert metric.total_cm.value.sum() == 1


def test_weights_per_image_count_for_its_pixels() -> None:
    y = torch.zeros(2, 3, 3)
    metric = metrics.MeanIoU(2)
    metric.update_state(y, y, [1.0, 0.25])
    assert metric.total_cm.value.tolist() == [[11.25, 0], [0, 0]]


def test_scores_on_the_threshold_are_foreground() -> None:
    y, p = np.array([[1, 0], [1, 1]]), np.array([[0.5, 0.5], [0.2, 0.9]])
    assert metrics.BinaryIoU([1])(y, p).item() == pytest.approx(0.5, rel=1e-5)


def test_the_class_axis_may_be_another() -> None:
    random = np.random.default_rng(0)
    y, p = random.integers(0, 3, (2, 4)), random.uniform(size=(2, 3, 4))
    metric = metrics.MeanIoU(3, sparse_y_pred=False, axis=1)
    wanted = metrics.MeanIoU(3)(y, p.argmax(1))
    assert metric(y, p) == wanted


def test_arguments_out_of_range_are_errors() -> None:
    with pytest.raises(ArgumentError) as caught:
        metrics.IoU(3, [0, 3])
    assert str(caught.value) == (
        "io_u (IoU): target classes are out of range. "
        "Got target_class_ids=(0, 3), num_classes=3. Expected class numbers in [0, 3)."
    )
    with pytest.raises(ArgumentError) as caught:
        metrics.MeanIoU("two")  # type: ignore[arg-type]
    assert str(caught.value) == (
        "mean_io_u (MeanIoU): there must be classes to count. Got num_classes='two'. "
        "Expected num_classes >= 1."
    )
