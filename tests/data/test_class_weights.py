"""A sample weighs what its label weighs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from striate.data.class_weights import class_sample_weights
from striate.errors import DataError


@pytest.mark.parametrize(
    "y",
    [
        np.array([0, 2, 1, 2]),
        np.array([[0], [2], [1], [2]], np.uint8),
        np.array([0.0, 2.0, 1.0, 2.0]),
        np.eye(3, dtype=np.float32)[[0, 2, 1, 2]],
    ],
)
def test_sparse_and_one_hot_labels_get_their_weight(y: Any) -> None:
    weights = class_sample_weights(y, {0: 1.0, 1: 10, 2: 0.5})
    assert weights.dtype == np.float32
    assert weights.tolist() == [1.0, 0.5, 10.0, 0.5]


def test_keys_may_be_numpy_numbers_and_classes_may_be_absent() -> None:
    keys = np.arange(5)
    weights = class_sample_weights(np.array([3, 3]), dict(zip(keys, [1, 2, 3, 4, 5], strict=True)))
    assert weights.tolist() == [4.0, 4.0]


@pytest.mark.torch
def test_tensors_are_taken() -> None:
    import torch

    assert class_sample_weights(torch.tensor([1, 0]), {0: 2.0, 1: 3.0}).tolist() == [3.0, 2.0]


@pytest.mark.keras
def test_weights_equal_those_of_keras() -> None:
    adapter = pytest.importorskip("keras.src.trainers.data_adapters.data_adapter_utils")
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 5, 50)
    table = {label: float(rng.random()) for label in range(5)}
    for y in (labels, labels[:, None], np.eye(5)[labels]):
        expected = adapter.class_weight_to_sample_weights(y, table)
        np.testing.assert_array_equal(class_sample_weights(y, table), expected)


@pytest.mark.parametrize(
    ("y", "class_weight", "text"),
    [
        (None, {0: 1.0}, "class_weight: it needs targets."),
        (
            (np.zeros(2), np.zeros(2)),
            {0: 1.0},
            "class_weight: it works with one output only. Give sample_weight with one array per "
            "output.",
        ),
        (
            np.array([0, 3, 2]),
            {0: 1.0},
            "class_weight: labels without a weight. Got labels=(2, 3), class_weight={0: 1.0}. "
            "Expected a weight for every label that occurs. Add class_weight[2] = 1.0 to leave "
            "that class as it is.",
        ),
        (
            np.eye(2),
            {0: 1.0, 1: 1.0, 2: 3.0},
            "class_weight: a weight for a class that the one-hot targets do not have. Got "
            "class=2, weight=3.0. Expected classes 0 to 1.",
        ),
        (
            np.zeros((2, 4, 4)),
            {0: 1.0},
            "class_weight: the targets have no single label per sample. Got y=(2, 4, 4). Expected "
            "y of shape (N,), (N, 1) or one-hot (N, classes). Give sample_weight instead.",
        ),
        (
            np.zeros(2),
            [1.0, 2.0],
            "class_weight: this is no dict. Got type='list'. Expected a dict from label to "
            "weight. From a list of weights: `dict(enumerate(weights))`.",
        ),
        (
            np.zeros(2),
            {"cat": 1.0},
            "class_weight: a label that is no class number. Got label='cat'. Expected whole "
            "numbers >= 0.",
        ),
        (
            np.zeros(2),
            {0: -1.0},
            "class_weight: a weight that cannot be used. Got label=0, weight=-1.0. Expected a "
            "finite number >= 0.",
        ),
    ],
)
def test_what_cannot_be_used_is_said(y: Any, class_weight: Any, text: str) -> None:
    with pytest.raises(DataError) as caught:
        class_sample_weights(y, class_weight)
    assert str(caught.value) == text
