"""Counts at thresholds against the definition, N x T comparisons in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from striate.errors import ArgumentError, ShapeError
from striate.training import metrics
from striate.training.metrics import thresholds as module
from striate.training.metrics.thresholds import are_even, checked_thresholds, count_by_sums

pytestmark = pytest.mark.torch

KINDS = ("true_positives", "false_positives", "true_negatives", "false_negatives")


class Counts(module.ThresholdCounts):
    def result(self) -> torch.Tensor:
        return self.true_positives


def by_definition(y, p, w, thresholds) -> dict[str, np.ndarray]:
    above = p[None] > np.asarray(thresholds, "float32")[:, None]
    positive = (y != 0)[None]
    cells = (
        above & positive,
        above & ~positive,
        ~above & ~positive,
        ~above & positive,
    )
    return {name: (cell * w).sum(1) for name, cell in zip(KINDS, cells, strict=True)}


@settings(max_examples=60, deadline=None)
@given(
    st.one_of(
        st.lists(st.floats(0, 1, width=32), min_size=1, max_size=6),
        st.sampled_from([[0.0, 0.5, 1.0], [i / 10 for i in range(11)]]),
    ),
    st.integers(0, 2**31),
    st.booleans(),
)
def test_counts_are_their_definition(thresholds: list[float], seed: int, weighted: bool) -> None:
    random = np.random.default_rng(seed)
    y = random.integers(0, 2, 40)
    p = random.uniform(-0.1, 1.1, 40).astype("float32")
    if are_even(thresholds):
        p = p.clip(0, 1)  # as Keras: even thresholds take probabilities
    w = random.uniform(size=40) if weighted else np.ones(40)
    metric = Counts(thresholds, "counts", None)
    metric.update_state(y[:20], p[:20], w[:20] if weighted else None)
    metric.update_state(y[20:], p[20:], w[20:] if weighted else None)
    for name, wanted in by_definition(y, p, w, thresholds).items():
        np.testing.assert_allclose(getattr(metric, name), wanted, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("weighted", [False, True])
def test_large_batches_are_counted_by_sums_with_the_same_result(
    weighted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(0)
    y, p = random.integers(0, 2, (50, 3)), random.uniform(size=(50, 3))
    w = random.uniform(size=(50, 1)) if weighted else None
    plain, summed = metrics.Precision(), metrics.Precision()
    plain.update_state(y, p, w)
    monkeypatch.setattr(module, "MANY", 1)
    summed.update_state(y, p, w)
    torch.testing.assert_close(summed.counts.value, plain.counts.value)
    counts = count_by_sums(torch.tensor([True, False]), torch.tensor([True, True]), None)
    assert counts.tolist() == [[0, 1], [0, 1]]


@pytest.mark.parametrize("thresholds", [[0.5], [0.2, 0.7], [0.0, 0.5, 1.0]])
def test_what_is_not_a_number_is_above_no_threshold(thresholds: list[float]) -> None:
    metric = Counts(thresholds, "counts", None)
    metric.update_state([1, 0], [float("nan"), float("inf")])
    assert metric.true_positives.tolist() == [0] * len(thresholds)
    assert metric.false_negatives.tolist() == [1] * len(thresholds)
    assert metric.false_positives[0] == 1


@pytest.mark.parametrize(
    ("y_shape", "p_shape", "w_shape"),
    [
        ((4,), (4, 1), (4,)),
        ((4, 1), (4,), (4, 1)),
        ((4, 3), (4, 3), (4, 3)),
        ((4, 3), (4, 3), (1, 3)),
        ((4, 2, 3), (4, 2, 3), (4,)),
        ((4, 2, 3), (4, 2, 3), (4, 2)),
        ((4, 2, 3), (4, 2, 3), ()),
    ],
)
def test_weights_of_every_shape(y_shape, p_shape, w_shape) -> None:
    random = np.random.default_rng(0)
    y, p = random.integers(0, 2, y_shape), random.uniform(size=p_shape)
    w = random.uniform(size=w_shape)
    metric = metrics.TruePositives()
    metric.update_state(y, p, w)
    size = np.broadcast_shapes(y_shape, p_shape) if len(y_shape) == len(p_shape) else (4,)
    y, p = y.reshape(size), p.reshape(size)
    w = w.reshape(w_shape + (1,) * (len(size) - len(w_shape))) if w.size != y.size else w
    wanted = (w.reshape(size if w.size == y.size else w.shape) * ((p > 0.5) & (y == 1))).sum()
    assert metric.result().item() == pytest.approx(wanted)


def test_a_class_of_many_and_its_weights() -> None:
    random = np.random.default_rng(0)
    y, p, w = (
        random.integers(0, 2, (9, 4)),
        random.uniform(size=(9, 4)),
        random.uniform(size=(9, 4)),
    )
    metric = metrics.Recall(class_id=2)
    metric.update_state(y, p, w)
    found = ((p[:, 2] > 0.5) & (y[:, 2] == 1)) * w[:, 2]
    assert metric.result().item() == pytest.approx(found.sum() / (y[:, 2] * w[:, 2]).sum())


def test_even_thresholds_are_recognised() -> None:
    assert are_even([0.0, 0.5, 1.0])
    assert not are_even([0.0, 1.0])
    assert not are_even([0.0, 0.4, 1.0])
    assert not are_even([1.0, 0.5, 0.0])


def test_thresholds_out_of_range_are_errors() -> None:
    assert checked_thresholds(None, 0.5, "x") == [0.5]
    assert checked_thresholds(0.25, 0.5, "x") == [0.25]
    with pytest.raises(ArgumentError) as caught:
        metrics.Precision(thresholds=[0.5, 1.5])
    assert str(caught.value) == (
        "precision (Precision): thresholds are out of range. Got thresholds=(0.5, 1.5). "
        "Expected numbers in [0, 1]."
    )
    with pytest.raises(ArgumentError, match=r"^true_positives \(TruePositives\): thresholds are"):
        metrics.TruePositives(thresholds=-1.0)


def test_class_numbers_in_place_of_rows_are_an_error() -> None:
    with pytest.raises(ShapeError) as caught:
        metrics.Precision().update_state(torch.zeros(8), torch.rand(8, 3))
    assert str(caught.value) == (
        "precision (Precision): targets and predictions do not fit. "
        "Got y_true.shape=(8,), y_pred.shape=(8, 3). Expected equal shapes. "
        "For class numbers pass st.to_categorical(y, classes)."
    )
    with pytest.raises(ShapeError) as caught:
        metrics.Precision(class_id=1).update_state(torch.zeros(8), torch.rand(8))
    assert str(caught.value) == (
        "precision (Precision): targets and predictions do not fit. "
        "Got y_true.shape=(8,), y_pred.shape=(8,). Expected equal shapes (N, classes). "
        "For class numbers pass st.to_categorical(y, classes)."
    )
