"""Less common ways from dataset to dataset."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from striate.keras.tensorflow.data import elements
from striate.keras.tensors import as_tensor

INFINITE, UNKNOWN = -1, -2
Make = Callable[[], Iterator[Any]]


class Combining:
    """What `Dataset` can do besides its main methods.

    Args:
        make: makes an iterator over the elements.
        count: how many there are: -1 without end, -2 not known.
        open_batch: whether the first axis of elements may differ from one to the other.
    """

    def __init__(self, make: Make, count: int = UNKNOWN, open_batch: bool = False) -> None:
        self._make = make
        self._count = count
        self._open_batch = open_batch

    def __iter__(self) -> Iterator[Any]:
        return self._make()

    def _then(self, make: Make, count: int | None = None, open_batch: bool | None = None) -> Any:
        return type(self)(
            make,
            self._count if count is None else count,
            open_batch=self._open_batch if open_batch is None else open_batch,
        )

    def _parts(
        self, size: int, drop_remainder: bool, join: Callable[[list[Any]], Any]
    ) -> Iterator[Any]:
        source = iter(self)
        while True:
            part = list(itertools.islice(source, size))
            if not part or (drop_remainder and len(part) < size):
                return
            yield join(part)

    def padded_batch(
        self,
        batch_size: int,
        padded_shapes: Any = None,
        padding_values: Any = None,
        drop_remainder: bool = False,
        name: str | None = None,
    ) -> Any:
        """`batch` of elements of different sizes: the smaller ones are filled up."""
        value = 0 if padding_values is None else padding_values
        whole = self._count // batch_size if drop_remainder else math.ceil(self._count / batch_size)
        return self._then(
            lambda: self._parts(batch_size, drop_remainder, lambda e: elements.padded(e, value)),
            self._count if self._count < 0 else whole,
            True,
        )

    def shard(self, num_shards: int, index: int, name: str | None = None) -> Any:
        """Every so many-th."""
        total = self._count if self._count < 0 else len(range(index, self._count, num_shards))
        return self._then(lambda: itertools.islice(iter(self), index, None, num_shards), total)

    def enumerate(self, start: int = 0, name: str | None = None) -> Any:
        """Each with its number before it."""
        return self._then(
            lambda: ((as_tensor(np.int64(i)), one) for i, one in enumerate(self, start))
        )

    def concatenate(self, dataset: Combining, name: str | None = None) -> Any:
        """Another one behind it."""
        counts = (self._count, dataset._count)
        total = sum(counts) if min(counts) >= 0 else min(counts, key=lambda c: c != INFINITE)
        return self._then(lambda: itertools.chain(self, dataset), total)

    def flat_map(self, map_func: Callable[..., Any], name: str | None = None) -> Any:
        """The elements of the datasets that a function makes, one behind the other."""
        return self._then(
            lambda: (inner for one in self for inner in elements.called(map_func, one)), UNKNOWN
        )

    def interleave(
        self,
        map_func: Callable[..., Any],
        cycle_length: Any = None,
        block_length: int = 1,
        *_: Any,
        **__: Any,
    ) -> Any:
        """The elements of the datasets that a function makes, some of each in turn."""
        width = max(1, int(cycle_length or 1))

        def make() -> Iterator[Any]:
            waiting = (iter(elements.called(map_func, one)) for one in self)
            active = list(itertools.islice(waiting, width))
            while active:
                for source in list(active):
                    part = list(itertools.islice(source, block_length))
                    yield from part
                    if len(part) < block_length:
                        active.remove(source)
                        active.extend(itertools.islice(waiting, 1))

        return self._then(make, UNKNOWN)

    def window(
        self, size: int, shift: int | None = None, stride: int = 1, drop_remainder: bool = False
    ) -> Any:
        """Datasets of neighbouring elements."""

        def make() -> Iterator[Any]:
            held = list(self)
            for start in range(0, len(held), shift or size):
                part = held[start : start + size * stride : stride]
                if len(part) == size or not drop_remainder:
                    yield type(self)(part.__iter__, len(part))

        return self._then(make, UNKNOWN)

    def apply(self, transformation_func: Callable[[Any], Any]) -> Any:
        """What a function makes of it."""
        return transformation_func(self)

    def with_options(self, options: Any, name: str | None = None) -> Any:
        """Itself: there is nothing to choose."""
        return self

    def reduce(self, initial_state: Any, reduce_func: Callable[[Any, Any], Any]) -> Any:
        """A function of what it returned before and the next element."""
        state = elements.element(initial_state)
        for one in self:
            state = reduce_func(state, one)
        return state
