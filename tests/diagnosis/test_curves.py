"""ROC and precision-recall curves against their definitions."""

from __future__ import annotations

import json

import numpy as np
import pytest

from striate.diagnosis import ClassifierEvaluation
from striate.diagnosis.curves import Curve, plot_curves
from tests.diagnosis.predictions import predictions

pytestmark = pytest.mark.torch


def test_the_area_under_roc_is_the_chance_to_rank_a_pair_right() -> None:
    found = predictions()
    for index, curve in enumerate(found.roc_curves()):
        own = found.probabilities[found.labels == index, index]
        others = found.probabilities[found.labels != index, index]
        pairs = own[:, None] - others
        assert curve.area == pytest.approx(((pairs > 0) + 0.5 * (pairs == 0)).mean())
        assert curve.share == (found.labels == index).mean()


def test_points_are_rates_at_thresholds() -> None:
    found = predictions()
    curve = found.roc_curves()[2]
    scores, truth = found.probabilities[:, 2], found.labels == 2
    for x, y, threshold in list(zip(curve.x, curve.y, curve.thresholds, strict=True))[1::9]:
        taken = scores >= threshold
        assert x == pytest.approx(taken[~truth].mean())
        assert y == pytest.approx(taken[truth].mean())


def test_average_precision_is_the_mean_of_precision_over_steps_of_recall() -> None:
    found = predictions()
    curve = found.precision_recall_curves()[1]
    order = np.argsort(-found.probabilities[:, 1])
    truth = (found.labels == 1)[order]
    precision = np.cumsum(truth) / np.arange(1, len(truth) + 1)
    assert curve.area == pytest.approx(precision[truth].mean())


def test_two_classes_have_the_curve_of_the_second() -> None:
    found = ClassifierEvaluation.of_outputs([0, 1, 1, 0], [0.1, 0.8, 0.4, 0.6], ["no", "yes"])
    (curve,) = found.roc_curves()
    assert (curve.name, curve.area) == ("yes", 0.75)
    assert [c.name for c in found.precision_recall_curves()] == ["yes"]


def test_a_class_without_samples_has_no_curve() -> None:
    found = ClassifierEvaluation([0, 1, 0], np.eye(3)[[0, 1, 1]], ["a", "b", "c"])
    assert [curve.name for curve in found.roc_curves()] == ["a", "b"]


def test_json_has_no_infinite_threshold() -> None:
    record = predictions().roc_curves()[0].to_dict()
    assert record["thresholds"][0] is None
    json.dumps(record, allow_nan=False)


def test_a_figure_names_each_curve_with_its_area() -> None:
    found = predictions()
    (axes,) = found.plot_roc().axes
    areas = [f"{c.name}: {c.area:.3f}" for c in found.roc_curves()]
    assert [t.get_text() for t in axes.get_legend().get_texts()] == ["chance", *areas]
    assert found.plot_precision_recall().axes[0].get_xlabel() == "recall"


def test_of_many_classes_the_lowest_ten_are_named() -> None:
    line = np.array([0.0, 1.0])
    curves = [Curve("ROC", f"{i}", line, line, line, i / 20, 0.1) for i in range(20)]
    texts = [t.get_text() for t in plot_curves(curves).axes[0].get_legend().get_texts()]
    assert texts == ["chance", *(f"{i}: {i / 20:.3f}" for i in range(10))]
