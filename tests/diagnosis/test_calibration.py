"""Calibration against its definition; temperatures are where the loss is lowest."""

from __future__ import annotations

import numpy as np
import pytest

from striate.diagnosis.calibration import best_temperature, calibration, softmax
from striate.errors import ArgumentError, DataError
from tests.diagnosis.predictions import predictions

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("bins", [1, 10, 15])
def test_the_error_equals_its_definition(bins: int) -> None:
    found = predictions(count=500)
    sure, right = found.confidence, found.correct
    wanted, largest = 0.0, 0.0
    for i in range(bins):
        inside = (sure > i / bins) & (sure <= (i + 1) / bins)
        if inside.any():
            gap = abs(right[inside].mean() - sure[inside].mean())
            wanted += gap * inside.mean()
            largest = max(largest, gap)
    got = found.calibration(bins)
    assert got.error == pytest.approx(wanted)
    assert got.largest_error == pytest.approx(largest)
    assert got.counts.sum() == 500


def test_scores_of_probabilities_equal_their_definitions() -> None:
    found = predictions()
    rows = np.arange(len(found))
    got = found.calibration()
    assert got.log_loss == pytest.approx(-np.log(found.probabilities[rows, found.labels]).mean())
    truth = np.eye(4)[found.labels]
    assert got.brier == pytest.approx(((found.probabilities - truth) ** 2).sum(axis=1).mean())


def test_certainty_that_is_wrong_costs_but_is_finite() -> None:
    got = calibration(np.array([1]), np.array([[1.0, 0.0]]))
    assert got.error == 1
    assert np.isfinite(got.log_loss)


def test_the_best_temperature_has_the_lowest_loss() -> None:
    found = predictions(count=400)
    best = best_temperature(found.labels, found.logits)

    def loss(temperature: float) -> float:
        rows = np.arange(len(found))
        return float(-np.log(softmax(found.logits / temperature)[rows, found.labels]).mean())

    assert all(loss(best) <= loss(best * factor) for factor in (0.5, 0.9, 0.99, 1.01, 1.1, 2))


def test_logits_times_three_need_three_times_the_temperature() -> None:
    found = predictions()
    once = best_temperature(found.labels, found.logits)
    assert best_temperature(found.labels, found.logits * 3) == pytest.approx(3 * once)


def test_scaling_lowers_the_error_and_keeps_the_answers() -> None:
    found = predictions(count=2000).with_temperature(0.25)  # four times too sure
    scaling = found.temperature_scaling()
    assert scaling.temperature > 3
    assert scaling.after.error < scaling.before.error / 2
    assert (found.with_temperature(scaling.temperature).predicted == found.predicted).all()


@pytest.mark.parametrize(("labels", "right"), [([0, 1], 2), ([1, 0], 0)])
def test_a_model_always_right_or_always_wrong_has_no_temperature(
    labels: list[int], right: int
) -> None:
    with pytest.raises(DataError) as caught:
        best_temperature(np.array(labels), np.array([[2.0, 0.0], [0.0, 2.0]]))
    assert str(caught.value) == (
        "temperature: no temperature from 0.01 to 100 is the best for these samples. "
        f"Got samples=2, right={right}. "
        "Expected data on which the model is sometimes wrong, but better than chance. "
        "Use more validation data."
    )


def test_no_bins() -> None:
    with pytest.raises(ArgumentError) as caught:
        calibration(np.array([0]), np.array([[1.0]]), bins=0)
    assert str(caught.value) == "calibration: there are no bins. Got bins=0. Expected 1 or more."


def test_the_reliability_diagram_shows_the_bins() -> None:
    found = predictions().calibration(10)
    above, below = found.plot().axes
    there = found.counts > 0
    heights = [bar.get_height() for bar in above.containers[0]]
    assert np.allclose(np.array(heights)[there], found.accuracy[there])
    assert [bar.get_height() for bar in below.containers[0]] == found.counts.tolist()
