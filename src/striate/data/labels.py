"""Class numbers as one-hot rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from striate.errors import DataError, message


def to_categorical(x: Any, num_classes: int | None = None) -> np.ndarray[Any, np.dtype[np.float32]]:
    """One-hot rows: a 1 at the class, 0 elsewhere.

    Shapes: (...) or (..., 1) -> (..., num_classes), float32, as in Keras.

    Args:
        x: class numbers from 0.
        num_classes: length of a row; the largest class + 1 by default.

    Raises:
        DataError: numbers that are not whole, or outside 0..num_classes - 1.

    Example:
        >>> import striate as st
        >>> st.to_categorical([0, 2], num_classes=3).tolist()
        [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    labels = np.asarray(x)
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    whole = labels.astype("int64") if labels.dtype.kind in "iufb" else None
    if whole is None or not np.array_equal(whole, labels):
        raise DataError(
            message(
                "to_categorical",
                "class numbers are not whole numbers",
                got={"dtype": str(labels.dtype)},
                expected="0, 1, 2, ...",
            )
        )
    highest = int(whole.max(initial=-1))
    classes = highest + 1 if num_classes is None else num_classes
    lowest = int(whole.min(initial=0))
    if lowest < 0 or highest >= classes:
        raise DataError(
            message(
                "to_categorical",
                "a class number is outside the classes",
                got={"lowest": lowest, "highest": highest, "num_classes": num_classes},
                expected=f"0 to {classes - 1}",
            )
        )
    rows: np.ndarray[Any, np.dtype[np.float32]] = np.eye(classes, dtype="float32")[whole]
    return rows
