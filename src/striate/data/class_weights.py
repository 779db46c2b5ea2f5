"""Class weights as sample weights: a sample counts as much as its label's weight says."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from striate.data.leaves import is_tensor
from striate.data.nested import Nested, is_several
from striate.errors import DataError, message

_WHERE = "class_weight"


def class_sample_weights(
    y: Nested, class_weight: Mapping[Any, float]
) -> np.ndarray[Any, np.dtype[np.float32]]:
    """One weight per sample, from a dict label -> weight.

    Labels are whole numbers of shape (N,) or (N, 1), or one-hot rows (N, classes), whose largest
    entry is the label. Unlike Keras 3, which counts a label without a weight as 1 without a word,
    every label that occurs needs its weight.

    Raises:
        DataError: no or several targets, a label without weight, a weight of a class that cannot
            occur, a weight that is negative or not a number.
    """
    weights = _checked(class_weight)
    if y is None or is_several(y):
        fault = "it needs targets" if y is None else "it works with one output only"
        fix = "" if y is None else "Give sample_weight with one array per output"
        raise DataError(message(_WHERE, fault, fix=fix))
    labels, num_classes = _labels(np.asarray(y.cpu() if is_tensor(y) else y))
    unknown = sorted(k for k in weights if num_classes is not None and k >= num_classes)
    if unknown:
        raise DataError(
            message(
                _WHERE,
                "a weight for a class that the one-hot targets do not have",
                got={"class": unknown[0], "weight": weights[unknown[0]]},
                expected=f"classes 0 to {num_classes - 1 if num_classes else 0}",
            )
        )
    present, where = np.unique(labels, return_inverse=True)
    missing = [int(label) for label in present if int(label) not in weights]
    if missing:
        raise DataError(
            message(
                _WHERE,
                "labels without a weight",
                got={"labels": tuple(missing[:10]), "class_weight": _short(weights)},
                expected="a weight for every label that occurs",
                fix=f"Add class_weight[{missing[0]}] = 1.0 to leave that class as it is",
            )
        )
    table = np.array([weights[int(label)] for label in present], np.float32)
    return table[where.reshape(-1)]


def _checked(class_weight: Mapping[Any, float]) -> dict[int, float]:
    if not isinstance(class_weight, Mapping):
        raise DataError(
            message(
                _WHERE,
                "this is no dict",
                got={"type": type(class_weight).__name__},
                expected="a dict from label to weight",
                fix="From a list of weights: `dict(enumerate(weights))`",
            )
        )
    checked = {}
    for label, weight in class_weight.items():
        if not isinstance(label, (int, np.integer)) or label < 0:
            raise DataError(
                message(
                    _WHERE,
                    "a label that is no class number",
                    got={"label": label},
                    expected="whole numbers >= 0",
                )
            )
        value = float(weight)
        if not math.isfinite(value) or value < 0:
            raise DataError(
                message(
                    _WHERE,
                    "a weight that cannot be used",
                    got={"label": int(label), "weight": value},
                    expected="a finite number >= 0",
                )
            )
        checked[int(label)] = value
    return checked


def _labels(y: np.ndarray[Any, np.dtype[Any]]) -> tuple[np.ndarray[Any, Any], int | None]:
    """Class numbers, and the number of classes where the targets are one-hot."""
    if y.ndim == 2 and y.shape[1] > 1:
        return y.argmax(axis=1), int(y.shape[1])
    if y.ndim > 2:
        raise DataError(
            message(
                _WHERE,
                "the targets have no single label per sample",
                got={"y": tuple(y.shape)},
                expected="y of shape (N,), (N, 1) or one-hot (N, classes)",
                fix="Give sample_weight instead",
            )
        )
    return np.rint(y.reshape(-1)).astype(np.int64), None


def _short(weights: dict[int, float]) -> dict[int, float]:
    return dict(list(weights.items())[:10])
