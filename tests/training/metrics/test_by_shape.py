"""Accuracy and crossentropy that follow the shapes of the batch."""

from __future__ import annotations

import numpy as np
import pytest

from striate.training import metrics

pytestmark = pytest.mark.torch


def test_accuracy_is_binary_sparse_or_categorical() -> None:
    p = np.array([[0.1, 0.9], [0.2, 0.8]])
    assert metrics.AccuracyByShape()([1, 0], p) == 0.5
    assert metrics.AccuracyByShape()([[1], [1]], p) == 1
    assert metrics.AccuracyByShape()([[1, 0], [1, 0]], p) == 0
    assert metrics.AccuracyByShape()([1, 0], p[:, 1:]) == 0.5
    assert metrics.AccuracyByShape()([1, 0], p[:, 1]) == 0.5


def test_crossentropy_is_binary_sparse_or_categorical() -> None:
    p = np.array([[0.25, 0.75]])
    wanted = pytest.approx(-np.log(0.75), rel=1e-6)
    assert metrics.CrossentropyByShape()([1], p).item() == wanted
    assert metrics.CrossentropyByShape()([[0, 1]], p).item() == wanted
    assert metrics.CrossentropyByShape()([[1]], p[:, 1:]).item() == wanted
