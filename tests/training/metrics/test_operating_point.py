"""Points on curves by their definition in NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from striate.errors import ArgumentError
from striate.training import metrics

pytestmark = pytest.mark.torch

CASES = [
    (metrics.SensitivityAtSpecificity, "specificity", "sensitivity"),
    (metrics.SpecificityAtSensitivity, "sensitivity", "specificity"),
    (metrics.PrecisionAtRecall, "sensitivity", "precision"),
    (metrics.RecallAtPrecision, "precision", "sensitivity"),
]


@pytest.mark.parametrize(("cls", "held", "sought"), CASES)
@pytest.mark.parametrize("value", [0.0, 0.3, 0.8, 1.0])
def test_the_best_rate_while_the_other_holds(cls, held: str, sought: str, value: float) -> None:
    random = np.random.default_rng(0)
    p = random.uniform(size=300).astype("float32")
    y = random.uniform(size=300) < p
    best = 0.0
    for threshold in np.arange(21, dtype="float32") / 20:
        above = p > threshold
        tp, fp = (above & y).sum(), (above & ~y).sum()
        tn, fn = (~above & ~y).sum(), (~above & y).sum()
        rates = {
            "sensitivity": tp / (tp + fn),
            "specificity": tn / (tn + fp),
            "precision": tp / max(tp + fp, 1),
        }
        if rates[held] >= value:
            best = max(best, rates[sought])
    assert cls(value, num_thresholds=21)(y, p).item() == pytest.approx(best)


def test_arguments_out_of_range_are_errors() -> None:
    with pytest.raises(ArgumentError) as caught:
        metrics.PrecisionAtRecall(1.5)
    assert str(caught.value) == (
        "precision_at_recall (PrecisionAtRecall): the rate is out of range. Got recall=1.5. "
        "Expected recall in [0, 1]."
    )
    with pytest.raises(ArgumentError) as caught:
        metrics.SensitivityAtSpecificity(0.5, num_thresholds=0)
    assert str(caught.value) == (
        "sensitivity_at_specificity (SensitivityAtSpecificity): too few thresholds. "
        "Got num_thresholds=0. Expected num_thresholds >= 1."
    )
