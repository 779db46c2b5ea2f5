"""Batches from torch's own data sets, which give one sample at a time."""

from __future__ import annotations

import contextlib
import itertools
import math
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from striate.data.arrays import ArraySource
from striate.data.batches import Batch, BatchSource, ClassWeight, made_batch, with_class_weight
from striate.data.checks import capped_steps
from striate.data.order import Shuffle, epoch_order, places, seeded
from striate.data.streams import IterableSource
from striate.errors import DataError, message


class DatasetSource:
    """Batches from a torch map-style Dataset: samples by number, collated by torch's rules.

    A sample is x, (x,), (x, y) or (x, y, sample_weight); images are (H, W, C). The order, and
    random numbers a sample draws from the global generators, are functions of (seed, epoch, step).
    For several worker processes hand over a DataLoader.

    Args:
        dataset: has `__len__` and `__getitem__`.
        batch_size, shuffle, seed, steps: as for arrays.
        class_weight: label -> weight.
    """

    rewindable = True

    def __init__(
        self,
        dataset: Any,
        *,
        batch_size: int = 32,
        shuffle: Shuffle = True,
        seed: int = 0,
        steps: int | None = None,
        class_weight: ClassWeight = None,
    ) -> None:
        self._dataset = dataset
        self.num_samples = len(dataset)
        self.batch_size = batch_size
        self._class_weight = class_weight
        if self.num_samples == 0:
            raise DataError(
                message(type(dataset).__name__, "it is empty", expected="at least one sample")
            )
        self._shuffle: Shuffle = shuffle
        self._seed = seed
        self._total = math.ceil(self.num_samples / batch_size)
        self.num_batches = capped_steps(steps, self._total) or self._total

    def batches(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """The batches of an epoch, without the first `start`, which are not read at all."""
        current, order = -1, np.arange(0)
        for step, turn, index in places(epoch, start, self.num_batches, self._total):
            if turn != current:
                current, order = turn, self._order(turn)
            part = slice(index * self.batch_size, (index + 1) * self.batch_size)
            with seeded(self._seed, epoch, step):
                item = collate(self._samples(order[part].tolist()), type(self._dataset).__name__)
            yield made_batch(item, f"batch {step} of epoch {epoch}", self._class_weight)

    def _order(self, turn: int) -> np.ndarray[Any, np.dtype[np.int64]]:
        order = epoch_order(
            self.num_samples,
            seed=self._seed,
            epoch=turn,
            shuffle=self._shuffle,
            batch_size=self.batch_size,
        )
        return np.arange(self.num_samples) if order is None else order

    def _samples(self, indices: list[int]) -> list[Any]:
        if hasattr(self._dataset, "__getitems__"):
            return list(self._dataset.__getitems__(indices))
        return [self._dataset[index] for index in indices]


class Batched:
    """Batches of an iterable of samples (torch's IterableDataset); can be iterated anew."""

    def __init__(self, samples: Any, batch_size: int) -> None:
        self._samples = samples
        self._batch_size = batch_size

    def __iter__(self) -> Iterator[Any]:
        iterator = iter(self._samples)
        while chunk := list(itertools.islice(iterator, self._batch_size)):
            yield collate(chunk, type(self._samples).__name__)


def collate(samples: list[Any], where: str) -> Any:
    """Samples as one batch, by torch's rules.

    Raises:
        DataError: samples that torch cannot put together, such as images not yet arrays.
    """
    from torch.utils.data import default_collate

    try:
        return default_collate(samples)
    except (TypeError, RuntimeError) as error:
        first = samples[0][0] if isinstance(samples[0], (tuple, list)) else samples[0]
        raise DataError(
            message(
                where,
                "its samples cannot be put together to a batch",
                got={"type of the first": type(first).__name__},
                expected="arrays, tensors or numbers, of the same shape in every sample",
                fix="Convert in `__getitem__`: `np.asarray(image)`, of shape (H, W, C)",
            )
        ) from error


def torch_kind(value: object) -> str | None:
    """`loader`, `dataset` or `iterable dataset` for torch's classes; None for anything else."""
    data = getattr(sys.modules.get("torch"), "utils", None)
    data = getattr(data, "data", None)
    if data is None:
        return None
    if isinstance(value, data.DataLoader):
        return "loader"
    if isinstance(value, data.IterableDataset):
        return "iterable dataset"
    return "dataset" if isinstance(value, data.Dataset) else None


def torch_source(
    value: Any,
    kind: str,
    *,
    batch_size: int,
    shuffle: Shuffle,
    seed: int,
    steps: int | None,
    class_weight: ClassWeight,
) -> BatchSource:
    """The source for one of torch's own classes; see `torch_kind`."""
    if kind == "loader":
        return _loader_source(value, seed=seed, steps=steps, class_weight=class_weight)
    if kind == "iterable dataset":
        return IterableSource(
            Batched(value, batch_size),
            steps=steps,
            class_weight=class_weight,
            seed=seed,
            every_step=True,
            batch_size=batch_size,
        )
    tensors = getattr(value, "tensors", None)
    if type(value).__name__ == "TensorDataset" and tensors and len(tensors) <= 3:
        x, y, weight = (*tensors, None, None)[:3]
        if class_weight is not None:
            weight = with_class_weight(y, weight, class_weight)
        return ArraySource(
            x, y, weight, batch_size=batch_size, shuffle=shuffle, seed=seed, steps=steps
        )
    return DatasetSource(
        value,
        batch_size=batch_size,
        shuffle=shuffle,
        seed=seed,
        steps=steps,
        class_weight=class_weight,
    )


def _loader_source(
    loader: Any, *, seed: int, steps: int | None, class_weight: ClassWeight
) -> IterableSource:
    try:
        num_samples: int | None = len(loader.dataset)
    except TypeError:
        num_samples = None
    if steps is not None:
        with contextlib.suppress(TypeError):  # a loader over an endless or unmeasured set
            steps = capped_steps(steps, len(loader))
    return IterableSource(
        loader,
        steps=steps,
        class_weight=class_weight,
        seed=seed,
        every_step=loader.num_workers == 0,
        num_samples=num_samples,
        batch_size=loader.batch_size,
    )
