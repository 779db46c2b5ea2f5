"""Batches from objects that give a batch by its number: Keras's Sequence and PyDataset."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from striate.data.batches import Batch, ClassWeight, made_batch
from striate.data.checks import capped_steps
from striate.data.order import Shuffle, epoch_order, places, seeded
from striate.errors import DataError, message


class SequenceSource:
    """Batches from an object with `__getitem__(index)` and `__len__` or `num_batches`.

    Whole batches are visited in an order that is a function of (seed, epoch), if `shuffle`. If
    the object has `workers` above 1, so many threads make batches ahead, at most
    `max_queue_size`, and their order stays the same. Its `on_epoch_begin` and `on_epoch_end` are
    called around each epoch that is read to its end.

    Args:
        sequence: the object; an endless one (`num_batches` None) needs `steps`.
        steps: batches per epoch; None: all.
        class_weight: label -> weight.
        shuffle: whether to mix the order of the batches.
        seed: see above; without `workers`, also of numbers from the global generators.
    """

    rewindable = True
    num_samples: int | None = None
    batch_size: int | None = None

    def __init__(
        self,
        sequence: Any,
        *,
        steps: int | None = None,
        class_weight: ClassWeight = None,
        shuffle: Shuffle = True,
        seed: int = 0,
    ) -> None:
        self._sequence = sequence
        self._class_weight = class_weight
        self._shuffle = shuffle
        self._seed = seed
        total = sequence_length(sequence)
        if total == 0:
            raise DataError(
                message(type(sequence).__name__, "it has no batches", expected="at least one batch")
            )
        if total is None and steps is None:
            raise DataError(
                message(
                    type(sequence).__name__,
                    "it is endless",
                    expected="the number of batches of an epoch",
                    fix="Give steps_per_epoch",
                )
            )
        self._steps = None if steps is None else capped_steps(steps, total)

    @property
    def num_batches(self) -> int | None:
        """`steps`, or the length now: a sequence may change it between epochs."""
        return self._steps if self._steps is not None else sequence_length(self._sequence)

    def batches(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """The batches of an epoch, without the first `start`, which are not made at all."""
        _call(self._sequence, "on_epoch_begin")
        numbers = list(self._numbers(epoch, start))
        steps = range(start, start + len(numbers))
        for step, item in zip(steps, self._items(epoch, start, numbers), strict=True):
            yield made_batch(item, f"batch {step} of epoch {epoch}", self._class_weight)
        _call(self._sequence, "on_epoch_end")

    def _numbers(self, epoch: int, start: int) -> Iterator[int]:
        total = sequence_length(self._sequence)
        current, order = -1, None
        for _, turn, index in places(epoch, start, self.num_batches or 0, total):
            if turn != current and total is not None:
                current = turn
                shuffle = bool(self._shuffle)
                order = epoch_order(total, seed=self._seed, epoch=turn, shuffle=shuffle)
            yield index if order is None else int(order[index])

    def _items(self, epoch: int, start: int, numbers: list[int]) -> Iterator[Any]:
        workers = int(getattr(self._sequence, "workers", 1) or 1)
        if workers > 1:
            limit = max(1, int(getattr(self._sequence, "max_queue_size", 10) or 10))
            yield from ahead(self._sequence.__getitem__, numbers, workers, limit)
            return
        for step, number in enumerate(numbers, start):
            with seeded(self._seed, epoch, step):
                item = self._sequence[number]
            yield item


class Sequence:
    """The base of data that give a batch by its number; Keras 3 calls it PyDataset.

    A class derived from it has `__len__`, the number of batches, and `__getitem__(index)`, which
    gives x, (x, y) or (x, y, sample_weight); perhaps `on_epoch_end`.

    Args:
        workers: so many threads make batches ahead, if above 1.
        use_multiprocessing: accepted; threads make the batches.
        max_queue_size: at most so many batches wait.

    Example:
        >>> import numpy as np
        >>> class Squares(Sequence):
        ...     def __len__(self):
        ...         return 3
        ...     def __getitem__(self, index):
        ...         return np.full((2, 1), index), np.full(2, index**2)
        >>> [y.tolist() for x, y in Squares()]
        [[0, 0], [1, 1], [4, 4]]
    """

    workers = 1
    use_multiprocessing = False
    max_queue_size = 10

    def __init__(
        self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10
    ) -> None:
        self.workers = workers
        self.use_multiprocessing = use_multiprocessing
        self.max_queue_size = max_queue_size

    def __iter__(self) -> Iterator[Any]:
        batches: Any = self
        return (batches[index] for index in range(len(batches)))

    def on_epoch_begin(self) -> None:
        """Called before each epoch."""

    def on_epoch_end(self) -> None:
        """Called after each epoch."""


def is_sequence(value: object) -> bool:
    """True for an object that gives batches by number."""
    return hasattr(value, "__getitem__") and (
        hasattr(value, "__len__") or hasattr(value, "num_batches")
    )


def sequence_length(sequence: Any) -> int | None:
    """The number of batches; None for an endless sequence."""
    if hasattr(sequence, "num_batches"):
        count = sequence.num_batches
        return None if count is None else int(count)
    return len(sequence)


def ahead(
    function: Callable[[int], Any], numbers: Iterable[int], workers: int, limit: int
) -> Iterator[Any]:
    """`map(function, numbers)` with threads that work up to `limit` results ahead, in order."""
    pending: deque[Future[Any]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="striate-data")
    try:
        for number in numbers:
            pending.append(pool.submit(function, number))
            if len(pending) >= limit:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _call(sequence: Any, name: str) -> None:
    method = getattr(sequence, name, None)
    if callable(method):
        method()
