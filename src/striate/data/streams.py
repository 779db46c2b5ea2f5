"""Batches from iterables that somebody else batches: loaders, generators, data pipelines."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from typing import Any

from striate.data.batches import Batch, ClassWeight, made_batch
from striate.data.order import seeded
from striate.errors import DataError, message


class IterableSource:
    """Batches from something that can be iterated anew: a torch DataLoader, a tf.data pipeline.

    Each epoch iterates from the start, unless `steps` cuts epochs off: then the next epoch goes on
    behind the last, and at the end of the data iteration starts again. Random numbers drawn from
    the global generators when an iteration starts (the order of a shuffling DataLoader) or, with
    `every_step`, for any batch are a function of (seed, epoch, step).

    Args:
        iterable: gives batches; see `batches.made_batch`.
        steps: batches per epoch; None: until the end.
        class_weight: label -> weight.
        seed: see above.
        every_step: the batches are made in this process, one by one.
        num_samples, batch_size: where known.
    """

    rewindable = True

    def __init__(
        self,
        iterable: Iterable[Any],
        *,
        steps: int | None = None,
        class_weight: ClassWeight = None,
        seed: int = 0,
        every_step: bool = False,
        num_samples: int | None = None,
        batch_size: int | None = None,
    ) -> None:
        self.num_samples = num_samples
        self.batch_size = batch_size
        self._iterable = iterable
        self._class_weight = class_weight
        self._seed = seed
        self._every_step = every_step
        self._steps = steps
        self._iterator: Iterator[Any] | None = None
        self._position = 0  # batches taken since the beginning of the run
        self._turn = 0  # how often the iteration was started anew
        self._index = 0  # batches taken in this iteration

    @property
    def num_batches(self) -> int | None:
        """`steps`, or what the iterable says, or None."""
        return self._steps if self._steps is not None else _length(self._iterable)

    def batches(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """The batches of an epoch, without the first `start`."""
        if self._steps is None:
            self._restart(turn=epoch)
            yield from self._until_the_end(epoch, start)
            return
        first = epoch * self._steps
        if first + start < self._position or self._iterator is None:
            self._restart(turn=0)
            self._position = 0
        while self._position < first + start:
            self._next_or_restart()
        for step in range(start, self._steps):
            item = self._next_or_restart()
            yield made_batch(item, _where(epoch, step), self._class_weight)

    def _until_the_end(self, epoch: int, start: int) -> Iterator[Batch]:
        step = 0
        while True:
            try:
                item = self._next()
            except StopIteration:
                break
            if step >= start:
                yield made_batch(item, _where(epoch, step), self._class_weight)
            step += 1
        if step == 0:
            raise _empty()

    def _restart(self, turn: int) -> None:
        set_epoch = getattr(getattr(self._iterable, "sampler", None), "set_epoch", None)
        if callable(set_epoch):  # torch's DistributedSampler
            set_epoch(turn)
        self._turn, self._index = turn, 0
        with seeded(self._seed, turn, 0):
            self._iterator = iter(self._iterable)

    def _next(self) -> Any:
        if self._iterator is None:
            raise StopIteration
        # The order of a DataLoader is drawn with its first batch, so that one is always seeded.
        if self._every_step or self._index == 0:
            with seeded(self._seed, self._turn, self._index):
                item = next(self._iterator)
        else:
            item = next(self._iterator)
        self._index += 1
        self._position += 1
        return item

    def _next_or_restart(self) -> Any:
        try:
            return self._next()
        except StopIteration:
            if self._index == 0:
                raise _empty() from None
        self._restart(self._turn + 1)
        try:
            return self._next()
        except StopIteration:
            raise _empty() from None


class GeneratorSource:
    """Batches from a generator, which cannot be rewound.

    An epoch goes on where the one before it stopped, as in Keras. `batches(epoch, start)` skips
    `start` batches unless they were already taken in the same epoch; to bring a fresh generator
    to the place of a resumed run, call `skip` first.

    Args:
        iterator: gives batches; see `batches.made_batch`.
        steps: batches per epoch; None: an epoch takes all there are, so an endless generator
            needs it.
        class_weight: label -> weight.
    """

    rewindable = False
    num_samples: int | None = None
    batch_size: int | None = None

    def __init__(
        self,
        iterator: Iterator[Any],
        *,
        steps: int | None = None,
        class_weight: ClassWeight = None,
    ) -> None:
        self.num_batches = steps
        self._iterator = iterator
        self._class_weight = class_weight
        self._epoch = -1
        self._taken = 0  # in this epoch

    def skip(self, num_batches: int) -> None:
        """Takes batches from the generator and drops them; stops quietly at its end."""
        for _ in range(num_batches):
            if next(self._iterator, _END) is _END:
                return

    def batches(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """The next batches of the generator, as many as an epoch has."""
        if epoch != self._epoch:
            self._epoch, self._taken = epoch, 0
        elif self.num_batches is not None and self._taken >= self.num_batches:
            self._taken = 0  # the same epoch once more, as a validation does
        self.skip(start - self._taken)
        step = max(start, self._taken)
        while self.num_batches is None or step < self.num_batches:
            item = next(self._iterator, _END)
            if item is _END:
                self._warn(step)
                return
            step += 1
            self._taken = step
            yield made_batch(item, _where(epoch, step - 1), self._class_weight)

    def _warn(self, step: int) -> None:
        if self.num_batches is None and step > 0:
            return  # without steps, an epoch is what the generator gives
        wanted = "at least one" if self.num_batches is None else str(self.num_batches)
        warnings.warn(
            f"the generator ran out of data after {step} batches of this epoch, {wanted} were "
            "asked for; let it give steps_per_epoch * epochs batches, or loop for ever",
            stacklevel=3,
        )


_END = object()


def _where(epoch: int, step: int) -> str:
    return f"batch {step} of epoch {epoch}"


def _length(iterable: Any) -> int | None:
    try:
        return len(iterable)
    except (TypeError, AttributeError):  # no length, or torch's loader over an endless set
        return None


def _empty() -> DataError:
    return DataError(message("data", "the iterable gave no batch", expected="at least one batch"))
