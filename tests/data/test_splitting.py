"""The last fraction is for validation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from striate.data import split
from striate.errors import DataError


def _text(*args: Any, **kwargs: Any) -> str:
    with pytest.raises(DataError) as caught:
        split(*args, **kwargs)
    return str(caught.value)


def test_the_last_part_is_cut_off_without_a_copy() -> None:
    x, y = np.arange(20).reshape(10, 2), np.arange(10)
    (xt, yt, wt), (xv, yv, wv) = split(x, y, fraction=0.3)
    assert yt.tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert yv.tolist() == [7, 8, 9]
    assert (len(xt), len(xv), wt, wv) == (7, 3, None, None)
    assert xt.base is not None
    assert np.shares_memory(x, xv)


def test_structures_and_lists_are_split() -> None:
    (x, y, w), (xv, _, _) = split(
        {"a": [1, 2, 3, 4]}, (np.arange(4), np.arange(4)), [1, 1, 1, 1], 0.5
    )
    assert x["a"].tolist() == [1, 2]
    assert xv["a"].tolist() == [3, 4]
    assert isinstance(y, tuple)
    assert len(w) == 2


@pytest.mark.torch
def test_tensors_are_split() -> None:
    import torch

    (x, _, _), (xv, _, _) = split(torch.arange(10), fraction=0.2)
    assert (x.tolist(), xv.tolist()) == (list(range(8)), [8, 9])


@pytest.mark.keras
def test_the_cut_lies_where_keras_makes_it() -> None:
    adapter = pytest.importorskip("keras.src.trainers.data_adapters.array_slicing")
    for count in (2, 3, 10, 17, 999, 1000):
        for fraction in (0.1, 0.2, 0.25, 0.3, 1 / 3, 0.5, 0.7, 0.9):
            x = np.arange(count)
            try:
                (kept,), _ = adapter.train_validation_split((x,), validation_split=fraction)
            except ValueError:
                assert "would be empty" in _text(x, fraction=fraction)
                continue
            assert split(x, fraction=fraction)[0][0].tolist() == kept.tolist()


@pytest.mark.parametrize("fraction", [0, 1, 1.5, -0.1, "half", float("nan")])
def test_a_fraction_lies_between_zero_and_one(fraction: Any) -> None:
    assert _text(np.zeros(5), fraction=fraction) == (
        "validation_split: this is no fraction of the data. "
        f"Got validation_split={fraction!r}. Expected 0 < validation_split < 1."
    )


def test_empty_parts_and_other_data_are_refused() -> None:
    assert _text(np.zeros(1), fraction=0.1) == (
        "validation_split: the training part would be empty. Got validation_split=0.1, samples=1. "
        "Expected at least one sample in each part."
    )
    assert _text(iter([]), fraction=0.1) == (
        "validation_split: only arrays can be split. Got x='list_iterator'. Expected numpy "
        "arrays, tensors or lists of numbers. Give validation_data instead."
    )
