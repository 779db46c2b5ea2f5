"""The rows of arrays in some order, as numbers: nothing is gathered before a batch is."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from striate.keras.tensorflow.data.elements import each

Order = Callable[[], Iterator[np.ndarray[Any, Any]]]
PART = 8192  # numbers that are made at a time


@dataclass(frozen=True)
class Slices:
    """Arrays, and the order of their rows.

    Args:
        arrays: tensors of equal length, in tuples and dicts.
        order: makes an iterator over parts of the row numbers.
    """

    arrays: Any
    order: Order

    def rows(self) -> Iterator[Any]:
        """The elements one by one."""
        for part in self.order():
            for i in part.tolist():
                yield each(operator.itemgetter(i), self.arrays)

    def batches(self, size: int, drop_remainder: bool) -> Iterator[Any]:
        """The elements gathered in batches."""
        left = np.empty(0, dtype=np.int64)
        for part in self.order():
            left = np.concatenate([left, part]) if len(left) else part
            while len(left) >= size:
                yield self._gathered(left[:size])
                left = left[size:]
        if len(left) and not drop_remainder:
            yield self._gathered(left)

    def _gathered(self, rows: np.ndarray[Any, Any]) -> Any:
        start = int(rows[0])
        if len(rows) == rows[-1] - start + 1 and (np.diff(rows) == 1).all():
            return each(lambda array: array[start : start + len(rows)], self.arrays)
        places = torch.from_numpy(rows)
        return each(
            lambda array: array[rows] if isinstance(array, np.ndarray) else array[places],
            self.arrays,
        )


def in_order(count: int) -> Order:
    """0, 1, 2, ..."""

    def order() -> Iterator[np.ndarray[Any, Any]]:
        for start in range(0, count, PART):
            yield np.arange(start, min(start + PART, count))

    return order


def shuffled(order: Order, buffer: int, draw: Callable[[], np.random.Generator]) -> Order:
    """Each number drawn from those of a buffer, which is filled up behind it."""

    def mixed() -> Iterator[np.ndarray[Any, Any]]:
        random = draw()
        parts = [*order()] if buffer >= 1 else []
        numbers = np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)
        if buffer >= len(numbers):
            yield random.permutation(numbers)
            return
        held, out = numbers[:buffer].copy(), np.empty(len(numbers), dtype=np.int64)
        places = random.integers(0, buffer, len(numbers) - buffer)
        for i, (place, new) in enumerate(
            zip(places.tolist(), numbers[buffer:].tolist(), strict=True)
        ):
            out[i] = held[place]
            held[place] = new
        out[len(numbers) - buffer :] = random.permutation(held)
        yield out

    return mixed


def taken(order: Order, count: int) -> Order:
    """The first ones."""

    def some() -> Iterator[np.ndarray[Any, Any]]:
        left = count
        for part in order():
            if left <= 0:
                return
            yield part[:left]
            left -= len(part)

    return some


def skipped(order: Order, count: int) -> Order:
    """All but the first ones."""

    def rest() -> Iterator[np.ndarray[Any, Any]]:
        left = count
        for part in order():
            if left < len(part):
                yield part[left:]
            left = max(0, left - len(part))

    return rest


def repeated(order: Order, count: int | None) -> Order:
    """Several times, for ever without a count."""

    def again() -> Iterator[np.ndarray[Any, Any]]:
        turns = 0
        while count is None or turns < count:
            empty = True
            for part in order():
                empty = False
                yield part
            if empty:
                return
            turns += 1

    return again
