"""Data in two parts, of Keras's sizes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from striate.data.halves import split_dataset, split_sizes
from striate.errors import ArgumentError, DataError
from tests.keras_oracle import keras

pytestmark = pytest.mark.keras


@pytest.mark.parametrize(
    ("left", "right"), [(0.8, None), (None, 0.25), (3, None), (None, 4), (0.5, 0.5), (4, 6)]
)
def test_parts_are_those_of_keras(left: Any, right: Any) -> None:
    data = np.arange(10.0)
    expected = keras.utils.split_dataset(data, left, right)
    found = split_dataset(data, left, right)
    assert [len(part) for part in found] == [len(part) for part in expected]
    assert [float(sample[0]) for part in found for sample in part] == data.tolist()


def test_parts_may_leave_something_over() -> None:
    left, right = split_dataset(np.arange(10), 0.29, 2)
    assert [int(sample[0]) for sample in left] == [0, 1, 2]
    assert [int(sample[0]) for sample in right] == [3, 4]


def test_mixes_and_keeps_arrays_together() -> None:
    x, y = np.arange(20), np.arange(20) * 2
    left, right = split_dataset([x, y], 0.5, shuffle=True, seed=1)
    pairs = [(int(a), int(b)) for part in (left, right) for a, b in part]
    assert sorted(pairs) == [(i, 2 * i) for i in range(20)]
    assert pairs != sorted(pairs)


def test_a_torch_dataset() -> None:
    import torch
    from torch.utils.data import TensorDataset

    left, _ = split_dataset(TensorDataset(torch.arange(4)), 3)
    assert len(left) == 3


@pytest.mark.parametrize("sizes", [(None, None), (0, None), (10, None), (0.6, 0.6), (1.0, None)])
def test_sizes_that_do_not_fit(sizes: Any) -> None:
    with pytest.raises(ArgumentError) as error:
        split_sizes(*sizes, 10)
    assert str(error.value) == (
        "split_dataset: the data cannot be split like this. "
        f"Got left_size={sizes[0]}, right_size={sizes[1]}, samples=10. "
        "Expected one size or both, each a fraction or a number of samples, no part empty."
    )


def test_data_of_another_form() -> None:
    with pytest.raises(DataError) as error:
        split_dataset("text", 0.5)
    assert str(error.value) == (
        "split_dataset: these data cannot be split. Got type='str'. "
        "Expected an array, a list of arrays, or a torch Dataset."
    )
