"""Precision, recall and F1 against their definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest

from striate.diagnosis.classification import classification_report
from tests.diagnosis.predictions import predictions

pytestmark = pytest.mark.torch


def test_scores_equal_their_definitions() -> None:
    found = predictions()
    labels, predicted = found.labels, found.predicted
    report = found.report()
    for index, row in enumerate(report.classes):
        hits = int(((labels == index) & (predicted == index)).sum())
        precision = hits / (predicted == index).sum()
        recall = hits / (labels == index).sum()
        assert row.precision == pytest.approx(precision)
        assert row.recall == pytest.approx(recall)
        assert row.f1 == pytest.approx(2 * precision * recall / (precision + recall))
        assert row.support == (labels == index).sum()
    assert report.macro.f1 == pytest.approx(np.mean([row.f1 for row in report.classes]))
    assert report.weighted.recall == pytest.approx(report.accuracy.value)
    assert report.accuracy.count == (labels == predicted).sum()


def test_a_class_never_predicted_and_a_class_without_samples() -> None:
    labels, predicted = np.array([0, 0, 1]), np.array([0, 0, 0])
    report = classification_report(labels, predicted, ["a", "b", "c"])
    a, b, c = report.classes
    assert (b.precision, b.recall, b.f1) == (0, 0, 0)
    assert math.isnan(c.precision)
    assert math.isnan(c.recall)
    assert report.macro.recall == 0.5
    assert a.recall == 1
    assert report.cells()[2] == ["c", "-", "-", "-", "0"]
    assert report.to_dict()["classes"][2]["f1"] is None
