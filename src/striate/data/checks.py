"""What data must satisfy before an epoch starts, each with the message that says what is wrong."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from striate.data.leaves import as_nested, is_tensor
from striate.data.nested import Nested, named_leaves
from striate.errors import DataError, message

_CHUNK_BYTES = 8 << 20
_SHOWN = 6


def check_samples(x: Nested, y: Nested = None, sample_weight: Nested = None) -> int:
    """The number of samples, after all arrays were found to have the same, at least one.

    Raises:
        DataError: an array without samples or of rank 0, or of another length than the others.
    """
    arrays = [
        item
        for name, data in (("x", x), ("y", y), ("sample_weight", sample_weight))
        for item in named_leaves(name, data)
    ]
    for name, array in arrays:
        if not array.shape:
            raise DataError(
                message(
                    name,
                    "a single number has no samples",
                    got={"shape": ()},
                    expected="an array whose first axis counts the samples",
                )
            )
    lengths = {name: int(array.shape[0]) for name, array in arrays}
    shown = dict(list(lengths.items())[:_SHOWN] + list(lengths.items())[_SHOWN:][-2:])
    if len(set(lengths.values())) > 1:
        raise DataError(
            message(
                "data",
                "the arrays have different numbers of samples",
                got=shown,
                expected="the same number in each",
                fix=_length_fix(x, lengths),
            )
        )
    if not arrays or 0 in lengths.values():
        shapes = {name: tuple(array.shape) for name, array in arrays}
        raise DataError(
            message("data", "there are no samples", got=shapes, expected="at least one sample")
        )
    return next(iter(lengths.values()))


def check_finite(data: Any, name: str = "x") -> None:
    """Finds the first sample that holds NaN or infinity.

    Reads floats only, at about the speed of memory: the sum of each piece is finite if all its
    numbers are, unless the sum itself overflows; only then it looks closer. Memory-mapped files
    are passed over, so that they are not read whole before the first batch.

    Raises:
        DataError: naming the sample.
    """
    for words, array in named_leaves(name, as_nested(name, data)):
        if isinstance(array, np.memmap) or not array.shape or 0 in array.shape:
            continue
        if is_tensor(array):
            if not array.dtype.is_floating_point:
                continue
            array = array.float().cpu().numpy()
        if array.dtype.kind != "f":
            continue
        index = _first_bad_sample(array)
        if index is not None:
            raise DataError(_not_finite(words, array, index))


def check_batch_size(batch_size: object) -> int:
    """The batch size as a plain int.

    Raises:
        DataError: not a whole number, or less than 1.
    """
    return _positive("batch_size", batch_size)


def check_steps(steps: object) -> int:
    """The number of steps per epoch as a plain int; same rule as the batch size."""
    return _positive("steps", steps)


def capped_steps(steps: int | None, total: int | None) -> int | None:
    """Steps of an epoch: all there are, or `steps` of them; with a warning if there are fewer."""
    if steps is None or total is None:
        return total if steps is None else steps
    if steps > total:
        warnings.warn(
            f"the data give {total} batches, not the {steps} steps asked for; "
            f"an epoch has {total} steps",
            stacklevel=4,
        )
    return min(steps, total)


def _positive(name: str, value: object) -> int:
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise DataError(
            message(
                "data", f"{name} cannot be used", got={name: value}, expected="a whole number >= 1"
            )
        )
    return value


def _first_bad_sample(array: np.ndarray[Any, np.dtype[Any]]) -> int | None:
    sample_bytes = max(1, array.nbytes // len(array))
    step = max(1, _CHUNK_BYTES // sample_bytes)
    wide = np.float32 if array.dtype.itemsize < 4 else array.dtype
    for start in range(0, len(array), step):
        piece = array[start : start + step]
        with np.errstate(over="ignore", invalid="ignore"):
            total = float(piece.sum(dtype=wide))
        if not math.isfinite(total):
            bad = ~np.isfinite(piece).reshape(len(piece), -1).all(axis=1)
            if bad.any():
                return start + int(bad.argmax())
    return None


def _not_finite(name: str, array: np.ndarray[Any, np.dtype[Any]], index: int) -> str:
    sample = np.asarray(array[index]).reshape(-1)
    value = sample[~np.isfinite(sample)][0]
    return message(
        name,
        f"sample {index} is not finite",
        got={"value": str(value), "shape": tuple(array.shape)},
        expected="finite numbers",
        fix=f"Find all with `np.unique(np.nonzero(~np.isfinite({name}))[0])`",
    )


def _length_fix(x: Nested, lengths: dict[str, int]) -> str:
    """A list of samples looks like several inputs: say what to write instead."""
    if isinstance(x, tuple) and lengths.get("y") == len(x):
        return "If x is a list of samples, write `np.stack(x)`"
    return ""
