"""Areas against scikit-learn, and the cost of a batch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score, roc_auc_score
from torch.utils._python_dispatch import TorchDispatchMode

from striate.errors import ArgumentError, ShapeError
from striate.training import metrics

pytestmark = pytest.mark.torch


def sample(size: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    p = random.uniform(size=size)
    return (random.uniform(size=size) < p).astype("uint8"), p


def test_areas_are_near_those_of_all_thresholds() -> None:
    y, p = sample()
    assert metrics.AUC()(y, p).item() == pytest.approx(roc_auc_score(y, p), abs=1e-3)
    assert metrics.AUC(curve="PR")(y, p).item() == pytest.approx(
        average_precision_score(y, p), abs=3e-3
    )


def test_columns_have_areas_of_their_own() -> None:
    y, p = sample(3000)
    y, p = y.reshape(-1, 3), p.reshape(-1, 3)
    areas = [metrics.AUC()(y[:, i], p[:, i]).item() for i in range(3)]
    assert metrics.AUC(multi_label=True)(y, p).item() == pytest.approx(np.mean(areas))
    weighted = metrics.AUC(multi_label=True, label_weights=[1, 0, 3])
    wanted = np.average(areas, weights=[1, 0, 3])
    assert weighted(y, p).item() == pytest.approx(wanted)


def test_lower_and_upper_sums_enclose_the_area() -> None:
    y, p = sample()
    for curve in ("ROC", "PR"):
        low, mid, high = (
            metrics.AUC(20, curve, method)(y, p)
            for method in ("minoring", "interpolation", "majoring")
        )
        assert low < mid < high


def test_logits_and_probabilities_agree() -> None:
    y, p = sample(500)
    logits = np.log(p / (1 - p))
    of_logits = metrics.AUC(from_logits=True)(y, logits).item()
    assert of_logits == pytest.approx(metrics.AUC()(y, p).item(), abs=1e-3)


def test_a_batch_makes_nothing_larger_than_a_few_copies_of_itself() -> None:
    """No N x T comparison: the largest tensor has about N entries whatever T is."""
    largest = 0

    class Look(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            nonlocal largest
            out = func(*args, **(kwargs or {}))
            if isinstance(out, torch.Tensor):
                largest = max(largest, out.numel())
            return out

    y, p = (torch.tensor(a) for a in sample())
    metric = metrics.AUC(num_thresholds=200)
    with Look():
        metric.update_state(y, p)
    assert largest == len(y)


def test_names_of_curves_in_any_case_and_the_thresholds() -> None:
    metric = metrics.AUC(4, curve="pr", summation_method="Majoring")
    assert (metric.curve, metric.summation_method) == ("PR", "majoring")
    assert metric.thresholds == pytest.approx([-1e-7, 1 / 3, 2 / 3, 1 + 1e-7])
    own = metrics.AUC(thresholds=[0.9, 0.1])
    assert own.thresholds == pytest.approx([-1e-7, 0.1, 0.9, 1 + 1e-7])
    assert own.get_config()["thresholds"] == [0.1, 0.9]
    assert own.num_thresholds == 4


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            {"curve": "LIFT"},
            "unknown curve. Got curve='LIFT'. Expected one of 'ROC', 'PR', 'PRGAIN'.",
        ),
        (
            {"summation_method": "simpson"},
            "unknown summation_method. Got summation_method='simpson'. "
            "Expected one of 'interpolation', 'majoring', 'minoring'.",
        ),
        (
            {"num_thresholds": 1},
            "too few thresholds. Got num_thresholds=1. Expected num_thresholds >= 2.",
        ),
        (
            {"thresholds": [2.0]},
            "thresholds are out of range. Got thresholds=(2.0,). Expected numbers in [0, 1].",
        ),
        (
            {"num_labels": 3},
            "num_labels is for curves per column. Got num_labels=3, multi_label=False. "
            "Pass multi_label=True.",
        ),
    ],
)
def test_arguments_out_of_range_are_errors(arguments, text: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        metrics.AUC(**arguments)
    assert str(caught.value) == f"auc (AUC): {text}"


def test_several_labels_want_rows() -> None:
    with pytest.raises(ShapeError) as caught:
        metrics.AUC(multi_label=True).update_state([0, 1], [0.1, 0.9])
    assert str(caught.value) == (
        "auc (AUC): multi_label wants a row of labels per sample. Got y_pred.shape=(2,). "
        "Expected (N, labels)."
    )
