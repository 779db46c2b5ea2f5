"""Arrays of length 1, as in Keras."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from striate.data.norms import normalize
from tests.keras_oracle import keras

pytestmark = pytest.mark.keras

X = np.random.RandomState(0).normal(size=(4, 5, 3))


@pytest.mark.parametrize("axis", [-1, 0, 1])
@pytest.mark.parametrize("order", [1, 2, 3])
def test_equals_keras(axis: int, order: int) -> None:
    x = X if order != 3 else X[0]
    axis = axis if order != 3 or axis < 1 else -1
    expected = x / np.expand_dims(np.linalg.norm(x, order, axis), axis)
    if axis != 0:  # which Keras takes for the last
        np.testing.assert_allclose(keras.utils.normalize(x, axis, order), expected)
    np.testing.assert_allclose(normalize(x, axis, order), expected)
    found = normalize(torch.from_numpy(x), axis, order)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-5)


def test_zeros_stay() -> None:
    assert normalize(np.zeros((2, 2))).tolist() == [[0, 0], [0, 0]]
    assert normalize(torch.zeros(2, 2)).tolist() == [[0, 0], [0, 0]]
