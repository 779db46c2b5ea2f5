from __future__ import annotations

import numpy as np
import pytest

from striate.data import to_categorical
from striate.errors import DataError


def test_rows_are_one_hot() -> None:
    rows = to_categorical(np.array([[1], [0], [2]], dtype="uint8"))
    assert rows.dtype == np.float32
    np.testing.assert_array_equal(rows, [[0, 1, 0], [1, 0, 0], [0, 0, 1]])
    assert to_categorical(np.zeros((2, 3), int), 4).shape == (2, 3, 4)
    assert to_categorical([], 4).shape == (0, 4)


@pytest.mark.parametrize(
    ("x", "classes", "text"),
    [
        (
            [0.5],
            None,
            "to_categorical: class numbers are not whole numbers. Got dtype='float64'. Expected 0,"
            " 1, 2, ....",
        ),
        (
            [0, 3],
            3,
            "to_categorical: a class number is outside the classes. Got lowest=0, highest=3,"
            " num_classes=3. Expected 0 to 2.",
        ),
        (
            [-1, 1],
            None,
            "to_categorical: a class number is outside the classes. Got lowest=-1, highest=1,"
            " num_classes=None. Expected 0 to 1.",
        ),
    ],
)
def test_what_is_no_class_is_said(x: list, classes: int | None, text: str) -> None:
    with pytest.raises(DataError) as caught:
        to_categorical(x, classes)
    assert str(caught.value) == text
