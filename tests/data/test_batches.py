"""A batch somebody else made is checked and becomes tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from striate.data.batches import BatchSource, made_batch, with_class_weight
from striate.data.sources import source
from striate.errors import DataError

pytestmark = pytest.mark.torch
X, Y, W = np.zeros((3, 2)), np.array([0, 1, 1], np.uint8), np.ones(3)


@pytest.mark.parametrize("item", [X, (X,), [X]])
def test_x_alone(item: Any) -> None:
    x, y, w = made_batch(item, "batch 0")
    assert (tuple(x.shape), str(x.dtype), y, w) == ((3, 2), "torch.float32", None, None)


def test_x_y_and_weights() -> None:
    x, y, w = made_batch([X, Y, W], "batch 0")
    assert (str(x.dtype), str(y.dtype), str(w.dtype)) == (
        "torch.float32",
        "torch.int64",
        "torch.float32",
    )
    x, y, w = made_batch((X, None), "batch 0")
    assert y is None


def test_several_inputs_and_a_dict() -> None:
    x, y, _ = made_batch(((X, X), {"a": Y, "b": X}), "batch 0")
    assert isinstance(x, tuple)
    assert str(y["a"].dtype) == "torch.int64"
    x, y, _ = made_batch({"left": X}, "batch 0")
    assert tuple(x["left"].shape) == (3, 2)
    assert y is None


def test_class_weights_are_multiplied_into_sample_weights() -> None:
    _, _, w = made_batch((X, Y), "batch 0", {0: 2.0, 1: 3.0})
    assert w.tolist() == [2, 3, 3]
    _, _, w = made_batch((X, Y, np.array([1, 2, 0.5])), "batch 0", {0: 2.0, 1: 3.0})
    assert w.tolist() == [2, 6, 1.5]
    assert with_class_weight(Y, np.full((3, 2), 2.0), {0: 2.0, 1: 3.0}).tolist() == [
        [4, 4],
        [6, 6],
        [6, 6],
    ]


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (
            (X, Y, W, W),
            "batch 7: this is no batch. Got length=4. Expected x, (x,), (x, y) or "
            "(x, y, sample_weight). For several inputs write ((x1, x2), y).",
        ),
        (
            (),
            "batch 7: this is no batch. Got length=0. Expected x, (x,), (x, y) or "
            "(x, y, sample_weight). For several inputs write ((x1, x2), y).",
        ),
        (
            "text",
            "batch 7: this is no batch. Got type='str'. Expected x, (x,), (x, y) or "
            "(x, y, sample_weight). For several inputs write ((x1, x2), y).",
        ),
        (
            (X, np.zeros(2)),
            "batch 7: its parts have different numbers of samples. Got x=3, y=2. Expected the "
            "same number in each.",
        ),
        (
            np.zeros((0, 2)),
            "batch 7: it has no samples. Got x=0. Expected at least one sample.",
        ),
        (
            (X, np.array(["a", "b", "c"])),
            "batch 7, y: this array does not hold real numbers. Got dtype='<U1'. Expected "
            "integers, floats or booleans. Convert it first, for example with "
            "`.astype('float32')`.",
        ),
    ],
)
def test_what_is_no_batch_is_refused(item: Any, text: str) -> None:
    with pytest.raises(DataError) as caught:
        made_batch(item, "batch 7")
    assert str(caught.value) == text


def test_sources_follow_the_protocol() -> None:
    assert isinstance(source(X), BatchSource)
    assert not isinstance(X, BatchSource)
