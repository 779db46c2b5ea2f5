"""Dataset: elements one after the other, anew in each iteration."""

from __future__ import annotations

import itertools
import math
import operator
import random as _python_random
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from striate.errors import ArgumentError, message
from striate.keras.tensorflow.data import elements, slices
from striate.keras.tensorflow.data.combining import INFINITE, UNKNOWN, Combining, Make
from striate.keras.tensorflow.data.slices import Slices
from striate.keras.tensorflow.io import gfile
from striate.keras.tensors import as_tensor


class Dataset(Combining):
    """A pipeline of elements: tensors, text, and tuples and dicts of them.

    Every method returns another dataset; elements are made when it is iterated. `fit`, `evaluate`
    and `predict` take datasets of batches. Rows of arrays are gathered batch by batch, so that
    `from_tensor_slices(...).shuffle(...).batch(...)` costs no loop over samples; a `map` before
    `batch` does. `prefetch` and `num_parallel_calls` are accepted: `fit` prepares batches ahead
    itself.

    Args:
        make: makes an iterator over the elements.
        count: how many there are: -1 without end, -2 not known.
        rows: the elements as rows of arrays, where they are no more than that.
        open_batch: whether the first axis of elements may differ from one to the other.

    Example:
        >>> import numpy as np
        >>> data = Dataset.from_tensor_slices((np.arange(6), np.arange(6) * 2))
        >>> for x, y in data.map(lambda x, y: (x + 1, y)).batch(4):
        ...     print(x.numpy(), y.numpy())
        [1 2 3 4] [0 2 4 6]
        [5 6] [ 8 10]
    """

    def __init__(
        self, make: Make, count: int = UNKNOWN, rows: Slices | None = None, open_batch: bool = False
    ) -> None:
        super().__init__(make, count, open_batch)
        self._rows = rows

    if TYPE_CHECKING:

        def _then(
            self, make: Make, count: int | None = None, open_batch: bool | None = None
        ) -> Dataset: ...

    # from data ---------------------------------------------------------------------------

    @staticmethod
    def from_tensor_slices(tensors: Any, name: str | None = None) -> Dataset:
        """The rows of arrays of equal length.

        Raises:
            ArgumentError: of different lengths.
        """
        arrays = elements.columns(tensors)
        lengths = sorted({len(a) for a in _leaves(arrays)})
        if len(lengths) != 1:
            raise ArgumentError(
                message(
                    "Dataset.from_tensor_slices",
                    "arrays of different lengths have no common rows",
                    got={"lengths": tuple(lengths)},
                    expected="one length",
                )
            )
        return _of_rows(Slices(arrays, slices.in_order(lengths[0])), lengths[0])

    @staticmethod
    def from_tensors(tensors: Any, name: str | None = None) -> Dataset:
        """One element."""
        one = elements.element(tensors)
        return Dataset(lambda: iter([one]), 1)

    @staticmethod
    def from_generator(
        generator: Callable[..., Any],
        output_types: Any = None,
        output_shapes: Any = None,
        args: Any = (),
        output_signature: Any = None,
        name: str | None = None,
    ) -> Dataset:
        """What a function that returns an iterator gives, as the number types said."""
        kinds = output_types if output_signature is None else output_signature

        def make() -> Iterator[Any]:
            for given in generator(*(np.asarray(a) for a in args or ())):
                yield _typed(given, kinds)

        return Dataset(make)

    @staticmethod
    def range(*args: Any, output_type: Any = "int64", **_: Any) -> Dataset:
        """Whole numbers."""
        return Dataset.from_tensor_slices(
            np.arange(*(int(a) for a in args), dtype=str(output_type))
        )

    @staticmethod
    def zip(*datasets: Any, **more: Any) -> Dataset:
        """The elements of several side by side, as long as the shortest."""
        given = more.get("datasets", datasets[0] if len(datasets) == 1 else datasets)
        finite = [d._count for d in given if d._count >= 0]
        unknown = any(d._count == UNKNOWN for d in given)
        count = UNKNOWN if unknown else min(finite, default=INFINITE)
        return Dataset(lambda: zip(*(iter(d) for d in given), strict=False), count)

    @staticmethod
    def list_files(file_pattern: Any, shuffle: bool | None = None, seed: Any = None) -> Dataset:
        """The paths that match a pattern, in a new order each time unless `shuffle=False`."""
        found = gfile.glob(
            file_pattern if not isinstance(file_pattern, np.ndarray) else list(file_pattern)
        )
        if not found:
            raise ArgumentError(
                message(
                    "Dataset.list_files", "no file matches", got={"file_pattern": str(file_pattern)}
                )
            )
        listed = Dataset.from_tensor_slices(found)
        return listed if shuffle is False else listed.shuffle(len(found), seed)

    # from datasets -----------------------------------------------------------------------

    def map(
        self, map_func: Callable[..., Any], num_parallel_calls: Any = None, *_: Any, **__: Any
    ) -> Dataset:
        """What a function makes of each element; a tuple is several arguments."""

        def make() -> Iterator[Any]:
            for one in self:
                yield elements.element(elements.called(map_func, one))

        return self._then(make)

    def filter(self, predicate: Callable[..., Any], name: str | None = None) -> Dataset:
        """Those for which a function is true."""
        return self._then(
            lambda: (one for one in self if bool(elements.called(predicate, one))), UNKNOWN
        )

    def batch(self, batch_size: Any, drop_remainder: bool = False, *_: Any, **__: Any) -> Dataset:
        """So many elements as one, along a new first axis."""
        size = int(batch_size)
        whole = self._count // size if drop_remainder else math.ceil(self._count / size)
        count = self._count if self._count < 0 else whole
        rows = self._rows
        if rows is not None:
            return self._then(lambda: rows.batches(size, drop_remainder), count, not drop_remainder)
        return self._then(
            lambda: self._parts(size, drop_remainder, elements.together), count, not drop_remainder
        )

    def unbatch(self, name: str | None = None) -> Dataset:
        """The rows of each element."""

        def make() -> Iterator[Any]:
            for one in self:
                for i in range(len(elements.first(one))):
                    yield elements.each(operator.itemgetter(i), one)

        return self._then(make, self._count if self._count == INFINITE else UNKNOWN, False)

    def shuffle(
        self,
        buffer_size: Any,
        seed: Any = None,
        reshuffle_each_iteration: bool | None = None,
        name: str | None = None,
    ) -> Dataset:
        """Each element drawn from those in a buffer; in another order each iteration."""
        turns = itertools.count()
        again = reshuffle_each_iteration is not False
        first = None if seed is None else int(seed)
        fixed = int(torch.randint(2**31, ())) if first is None and not again else first

        def draw() -> np.random.Generator:
            if fixed is None:
                return np.random.default_rng(int(torch.randint(2**31, ())))
            return np.random.default_rng([fixed, next(turns) if again else 0])

        size = int(buffer_size)
        if self._rows is not None and self._count >= 0:
            order = slices.shuffled(self._rows.order, size, draw)
            return _of_rows(Slices(self._rows.arrays, order), self._count)
        return self._then(lambda: _mixed(iter(self), size, draw()))

    def repeat(self, count: Any = None, name: str | None = None) -> Dataset:
        """Several times over, for ever without a count."""
        times = None if count is None or int(count) < 0 else int(count)
        total = INFINITE if times is None else self._count
        total = self._count * times if times is not None and self._count > 0 else total
        if self._rows is not None:
            order = slices.repeated(self._rows.order, times)
            return _of_rows(Slices(self._rows.arrays, order), total)

        def make() -> Iterator[Any]:
            for _ in itertools.count() if times is None else range(times):
                found = False
                for one in self:
                    found = True
                    yield one
                if not found:
                    return

        return self._then(make, total)

    def take(self, count: Any, name: str | None = None) -> Dataset:
        """The first so many."""
        n = int(count)
        if n < 0:
            return self
        total = n if self._count == INFINITE else min(n, self._count)
        if self._rows is not None:
            order = slices.taken(self._rows.order, n)
            return _of_rows(Slices(self._rows.arrays, order), total)
        return self._then(lambda: itertools.islice(iter(self), n), max(total, UNKNOWN))

    def skip(self, count: Any, name: str | None = None) -> Dataset:
        """All but the first so many."""
        n = int(count)
        total = self._count if self._count < 0 else max(0, self._count - n)
        if self._rows is not None:
            order = slices.skipped(self._rows.order, n)
            return _of_rows(Slices(self._rows.arrays, order), total)
        return self._then(lambda: itertools.islice(iter(self), n, None), total)

    def prefetch(self, buffer_size: Any = None, name: str | None = None) -> Dataset:
        """Itself: `fit` prepares batches ahead."""
        return self

    def cache(self, filename: Any = "", name: str | None = None) -> Dataset:
        """Elements are made once, in the first whole iteration, and kept."""
        if self._rows is not None:
            return self
        kept: list[Any] = []
        whole: list[bool] = []

        def make() -> Iterator[Any]:
            if whole:
                yield from kept
                return
            own: list[Any] = []
            for one in self:
                own.append(one)
                yield one
            kept[:] = own
            whole.append(True)

        return self._then(make)

    # what it is --------------------------------------------------------------------------

    def __len__(self) -> int:
        if self._count < 0:
            what = "without end" if self._count == INFINITE else "not known"
            raise TypeError(f"the number of elements of this dataset is {what}")
        return self._count

    def __bool__(self) -> bool:
        return True

    @property
    def endless(self) -> bool:
        """Whether it has no end."""
        return self._count == INFINITE

    def cardinality(self) -> Any:
        """How many elements it has: -1 without end, -2 not known."""
        return as_tensor(np.int64(self._count))

    @property
    def element_spec(self) -> Any:
        """Shape and number type of its elements, by looking at the first."""
        return elements.spec(next(iter(self)), self._open_batch)

    def as_numpy_iterator(self) -> Iterator[Any]:
        """The elements as arrays."""
        for one in self:
            yield elements.each(lambda v: v if isinstance(v, np.ndarray) else v.numpy(), one)

    def get_single_element(self, name: str | None = None) -> Any:
        """The only element."""
        (one,) = self
        return one

    def make_one_shot_iterator(self) -> Iterator[Any]:
        """An iterator, by TensorFlow 1's name."""
        return iter(self)

    def __repr__(self) -> str:
        return f"<Dataset element_spec={self.element_spec}>"


def _of_rows(rows: Slices, count: int) -> Dataset:
    return Dataset(rows.rows, count, rows)


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        value = tuple(value.values())
    return [x for v in value for x in _leaves(v)] if isinstance(value, tuple) else [value]


def _typed(given: Any, kinds: Any) -> Any:
    if kinds is None:
        return elements.element(given)
    if isinstance(kinds, dict):
        return {key: _typed(given[key], kind) for key, kind in kinds.items()}
    if isinstance(kinds, (list, tuple)):
        return tuple(_typed(g, k) for g, k in zip(given, kinds, strict=True))
    kind = str(getattr(kinds, "dtype", kinds))
    return elements.leaf(given) if kind == "string" else as_tensor(np.asarray(given), kind)


def _mixed(source: Iterator[Any], size: int, random: np.random.Generator) -> Iterator[Any]:
    held = list(itertools.islice(source, size))
    for one in source:
        place = int(random.integers(len(held)))
        held[place], one = one, held[place]
        yield one
    order = _python_random.Random(int(random.integers(2**31)))
    order.shuffle(held)
    yield from held
