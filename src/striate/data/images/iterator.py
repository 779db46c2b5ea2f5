"""What all iterators over images share: the order, the seed, batches by number and for ever."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from striate.data.images.affine import Array
from striate.data.images.files import array_to_img
from striate.errors import ArgumentError, DataError, message

if TYPE_CHECKING:
    from striate.data.images.generator import ImageDataGenerator


class ImageIterator:
    """Batches in two ways: `iterator[i]` is batch i of an epoch, `next` goes on for ever.

    With a seed every batch draws its numbers from `RandomState(seed + batches seen)`, as Keras
    does, but without touching numpy's global generator. Without one they come from the global
    generator, which training puts into a state of its own for each step. The order is drawn anew
    after `on_epoch_end`.

    Args:
        n: how many samples there are.
        batch_size: samples per batch; the last has fewer.
        shuffle: whether to mix the samples.
        seed: of the order and the changes.
    """

    def __init__(self, n: int, batch_size: int, shuffle: bool, seed: int | None) -> None:
        self.n = n
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.seed = seed
        self.batch_index = 0
        self.total_batches_seen = 0
        self.index_array: Array | None = None
        self.lock = threading.Lock()
        if n == 0:
            raise DataError(
                message(type(self).__name__, "there are no images", expected="at least one image")
            )

    def _batch(self, index: Array, random: Any) -> Any:
        """The samples of these numbers as a batch."""
        raise TypeError(f"{type(self).__name__} has no samples of its own")

    def __len__(self) -> int:
        return -(-self.n // self.batch_size)

    def __getitem__(self, idx: int) -> Any:
        if not 0 <= idx < len(self):
            raise IndexError(
                message(
                    type(self).__name__,
                    "there is no such batch",
                    got={"index": idx},
                    expected=f"0 to {len(self) - 1}",
                )
            )
        with self.lock:
            random = self._random()
            if self.index_array is None:
                self._order(random)
            index = self._part(idx)
        return self._batch(index, random)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        with self.lock:
            random = self._random()
            if self.batch_index == 0:
                self._order(random)
            index = self._part(self.batch_index)
            self.batch_index = (self.batch_index + 1) % len(self)
        return self._batch(index, random)

    def next(self) -> Any:
        """The next batch, as in Keras 1."""
        return next(self)

    def reset(self) -> None:
        """Lets `next` begin a new epoch."""
        self.batch_index = 0

    def on_epoch_end(self) -> None:
        """Lets the next batch draw a new order."""
        self.index_array = None

    def _random(self) -> Any:
        seen = self.total_batches_seen
        self.total_batches_seen += 1
        return np.random if self.seed is None else np.random.RandomState(self.seed + seen)

    def _order(self, random: Any) -> None:
        self.index_array = random.permutation(self.n) if self.shuffle else np.arange(self.n)

    def _part(self, number: int) -> Array:
        if self.index_array is None:
            self.index_array = np.arange(self.n)
        return self.index_array[number * self.batch_size : (number + 1) * self.batch_size]


class SavedImages:
    """Where an iterator leaves copies of the images it gives, to be looked at.

    Args:
        folder: nothing is saved if None.
        prefix: of the names.
        file_format: "png", "jpeg" or another of Pillow's.
        data_format: of the images.
    """

    def __init__(
        self, folder: str | os.PathLike[str] | None, prefix: str, file_format: str, data_format: Any
    ) -> None:
        self.folder = None if folder is None else Path(folder)
        self.prefix, self.file_format, self.data_format = prefix, file_format, data_format
        if self.folder is not None and not self.folder.is_dir():
            raise ArgumentError(
                message(
                    "save_to_dir",
                    "there is no such folder",
                    got={"save_to_dir": str(self.folder)},
                    fix=f"Make it: `os.makedirs({str(self.folder)!r})`",
                )
            )

    def save(self, images: Array, index: Array, random: Any, numbers: int) -> None:
        """Saves each image as `<prefix>_<sample>_<random number below numbers>.<format>`."""
        if self.folder is None:
            return
        for image, sample in zip(images, index, strict=True):
            name = f"{self.prefix}_{sample}_{random.randint(numbers)}.{self.file_format}"
            array_to_img(image, self.data_format).save(self.folder / name)


def check_subset(subset: object) -> None:
    """Raises ArgumentError for anything but "training", "validation" and None."""
    if subset not in (None, "training", "validation"):
        raise ArgumentError(
            message(
                "subset",
                "the data have no such part",
                got={"subset": subset},
                expected='"training" or "validation"',
            )
        )


def part_of(generator: ImageDataGenerator, subset: str | None) -> tuple[float, float]:
    """(from, to) of a subset: the validation part comes first.

    Raises:
        ArgumentError: another name, or a generator without `validation_split`.
    """
    check_subset(subset)
    split = generator.validation_split
    if subset is None:
        return 0.0, 1.0
    if not split:
        raise ArgumentError(
            message(
                "subset",
                "the generator has no validation part",
                got={"subset": subset},
                fix="Give the generator a part: `ImageDataGenerator(validation_split=0.2)`",
            )
        )
    return (0.0, split) if subset == "validation" else (split, 1.0)
