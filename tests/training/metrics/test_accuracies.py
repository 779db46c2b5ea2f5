"""Accuracies by their definitions in NumPy; forms of targets; speed."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.utils.benchmark import Timer

from striate.errors import ArgumentError
from striate.training import metrics
from tests.training.losses.cases import draw

pytestmark = pytest.mark.torch


def test_they_are_their_definitions() -> None:
    y, p = draw("numbers_image", 0)
    rows = np.eye(p.shape[-1])[y]
    wanted = (p.argmax(-1) == y).mean()
    assert metrics.SparseCategoricalAccuracy()(y, p).item() == pytest.approx(wanted)
    assert metrics.CategoricalAccuracy()(rows, p).item() == pytest.approx(wanted)
    for k in (1, 2, 4):
        best = np.argsort(-p, -1)[..., :k]
        wanted = (best == y[..., None]).any(-1).mean()
        assert metrics.SparseTopKCategoricalAccuracy(k)(y, p).item() == pytest.approx(wanted)
        assert metrics.TopKCategoricalAccuracy(k)(rows, p).item() == pytest.approx(wanted)
    y, p = draw("binary", 0)
    assert metrics.BinaryAccuracy(threshold=0.3)(y, p).item() == pytest.approx(
        ((p > 0.3) == y).mean()
    )


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int32", "int64", "float32", "float64"])
def test_targets_of_every_dtype(dtype: str) -> None:
    y, p = np.array([0, 1, 1]).astype(dtype), np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    third = pytest.approx(2 / 3)
    assert metrics.SparseCategoricalAccuracy()(y, p).item() == third
    assert metrics.SparseCategoricalAccuracy()(y[:, None], p).item() == third
    assert metrics.SparseTopKCategoricalAccuracy(1)(y, p).item() == third
    assert metrics.CategoricalAccuracy()(np.eye(2)[y.astype(int)].astype(dtype), p).item() == third
    assert metrics.BinaryAccuracy()(y, p[:, 1:]).item() == third
    assert metrics.Accuracy()(y, p.argmax(-1)).item() == third


def test_images_of_other_sizes_count_per_image() -> None:
    metric = metrics.SparseCategoricalAccuracy()
    metric.update_state(torch.zeros(1, 2, 2), torch.eye(2)[torch.zeros(1, 2, 2, dtype=int)])
    metric.update_state(torch.zeros(1, 8, 8), torch.eye(2)[torch.ones(1, 8, 8, dtype=int)])
    assert metric.result() == 0.5


def test_more_classes_than_there_are_and_not_a_number() -> None:
    p = torch.tensor([[0.1, 0.9], [float("nan"), 0.5]])
    assert metrics.SparseTopKCategoricalAccuracy(5)([0, 1], p) == 1
    assert metrics.sparse_top_k_categorical_accuracy([1, 0], p, k=1).tolist() == [1, 0]


def test_a_k_below_one_is_an_error() -> None:
    for cls in (metrics.TopKCategoricalAccuracy, metrics.SparseTopKCategoricalAccuracy):
        with pytest.raises(ArgumentError) as caught:
            cls(k=0, name="top")
        assert str(caught.value) == (
            f"top ({cls.__name__}): k is no number of classes. Got k=0. Expected k >= 1."
        )


def test_an_update_of_a_small_batch_takes_microseconds() -> None:
    torch.set_num_threads(1)
    metric = metrics.SparseCategoricalAccuracy()
    y, p = torch.randint(0, 10, (64,)), torch.rand(64, 10)
    names = {"metric": metric, "y": y, "p": p}
    timer = Timer("metric.update_state(y, p)", globals=names)
    best = min(timer.timeit(500).median for _ in range(5))
    # 13 us on the machine it was written on; the bound leaves room for slower ones.
    assert best < 100e-6
