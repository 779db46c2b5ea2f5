"""Sequences of different lengths as one array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from striate.errors import DataError, message, unknown_name

_SIDES = ("pre", "post")


def pad_sequences(
    sequences: Sequence[Any],
    maxlen: int | None = None,
    dtype: Any = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: Any = 0.0,
) -> np.ndarray[Any, np.dtype[Any]]:
    """Sequences cut or filled to one length, as in Keras.

    Shapes: N sequences of shapes (L_i, ...) -> (N, maxlen, ...)

    Args:
        sequences: lists of numbers, or arrays whose first axis is time.
        maxlen: the length; by default that of the longest.
        dtype: of the result.
        padding: where to fill: "pre", before, or "post", behind.
        truncating: where to cut: the same words.
        value: what to fill with.

    Raises:
        DataError: no sequences, or parts of different shapes.
        UnknownNameError: another word for a side.

    Example:
        >>> pad_sequences([[1], [2, 3, 4]], maxlen=2).tolist()
        [[0, 1], [3, 4]]
    """
    for name, side in (("padding", padding), ("truncating", truncating)):
        if side not in _SIDES:
            raise unknown_name("pad_sequences", name, side, _SIDES)
    try:
        lengths = [len(sequence) for sequence in sequences]
    except TypeError as error:
        raise DataError(
            message(
                "pad_sequences", "these are no sequences", expected="a list of lists of numbers"
            )
        ) from error
    length = max(lengths, default=0) if maxlen is None else maxlen
    kept = [_cut(sequence, length, truncating) for sequence in sequences]
    arrays = [np.asarray(sequence, dtype=dtype) for sequence in kept]
    inner = next((array.shape[1:] for array in arrays if len(array)), ())
    result = np.full((len(arrays), length, *inner), value, dtype=dtype)
    for number, array in enumerate(arrays):
        if not len(array):
            continue
        if array.shape[1:] != inner:
            raise DataError(
                message(
                    f"pad_sequences, sequence {number}",
                    "its parts have another shape than those of the others",
                    got={"shape": array.shape[1:]},
                    expected=str(inner),
                )
            )
        start = length - len(array) if padding == "pre" else 0
        result[number, start : start + len(array)] = array
    return result


def _cut(sequence: Any, length: int, truncating: str) -> Any:
    extra = len(sequence) - length
    if extra <= 0:
        return sequence
    return sequence[extra:] if truncating == "pre" else sequence[:length]
