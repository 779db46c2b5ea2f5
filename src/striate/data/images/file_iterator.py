"""What iterators over image files share: reading, changing, and targets of every form."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from striate.data.images.affine import Array
from striate.data.images.files import CHANNELS, INTERPOLATIONS, img_to_array, load_img
from striate.data.images.iterator import ImageIterator, SavedImages
from striate.errors import ArgumentError, message, unknown_name

if TYPE_CHECKING:
    from striate.data.images.generator import ImageDataGenerator

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".tif", ".tiff")
"""What an image file's name ends with."""


@dataclass(frozen=True)
class Reading:
    """How image files are read.

    Args:
        target_size: (height, width) of the images.
        color_mode: "rgb", "rgba" or "grayscale".
        interpolation: see `files.load_img`.
        keep_aspect_ratio: see `files.load_img`.
        data_format: of the arrays.
    """

    target_size: Sequence[int] = (256, 256)
    color_mode: str = "rgb"
    interpolation: str = "nearest"
    keep_aspect_ratio: bool = False
    data_format: str | None = None

    def __post_init__(self) -> None:
        if self.color_mode not in CHANNELS:
            raise unknown_name("flow", "color_mode", self.color_mode, CHANNELS)
        if self.interpolation not in INTERPOLATIONS:
            raise unknown_name("flow", "interpolation", self.interpolation, INTERPOLATIONS)
        size = self.target_size
        if len(size) != 2 or not all(isinstance(n, (int, np.integer)) and n > 0 for n in size):
            raise ArgumentError(
                message(
                    "flow",
                    "target_size is no size of images",
                    got={"target_size": tuple(size)},
                    expected="(height, width) in pixels",
                )
            )

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """The shape of one image."""
        channels = CHANNELS[self.color_mode]
        height, width = self.target_size
        first = self.data_format == "channels_first"
        return (channels, height, width) if first else (height, width, channels)

    def image(self, path: str) -> Array:
        """One file as an array."""
        image = load_img(
            path,
            self.color_mode,
            (self.target_size[0], self.target_size[1]),
            self.interpolation,
            self.keep_aspect_ratio,
        )
        return img_to_array(image, self.data_format)

    def images(self, paths: Sequence[str]) -> Array:
        """Files as one array; several threads decode them, each file as it would be alone."""
        workers = min(len(paths), os.cpu_count() or 1)
        if workers < 2:
            return np.stack([self.image(path) for path in paths])
        with ThreadPoolExecutor(workers, thread_name_prefix="striate-image") as pool:
            return np.stack(list(pool.map(self.image, paths)))


class FileIterator(ImageIterator):
    """Batches of changed images from files, with targets as the class mode says.

    Args:
        filepaths: the files.
        generator: changes the images.
        reading: how to read the files.
        class_mode: what a batch holds beside the images: "categorical" (one-hot rows), "binary"
            or "sparse" (class numbers), "input" (the images), "raw" and "multi_output" (the
            targets as they are), None (nothing).
        targets: class numbers (a list of them where an image has several), or targets.
        num_classes: how many classes there are.
        sample_weight: a number per file.
        saved: where to leave copies.
        order: batch_size, shuffle and seed; see `ImageIterator`.
    """

    def __init__(
        self,
        filepaths: list[str],
        generator: ImageDataGenerator,
        reading: Reading,
        class_mode: str | None,
        targets: Any,
        num_classes: int,
        sample_weight: Any,
        saved: SavedImages,
        order: tuple[int, bool, int | None],
    ) -> None:
        super().__init__(len(filepaths), *order)
        self.samples = self.n
        self.filepaths = filepaths
        self.image_data_generator = generator
        self.reading = reading
        self.class_mode = class_mode
        self.num_classes = num_classes
        self.sample_weight = sample_weight
        self.labels = targets
        self.target_size, self.color_mode = reading.target_size, reading.color_mode
        self.image_shape = reading.image_shape
        self.data_format, self.dtype = reading.data_format, generator.dtype
        self._saved = saved

    def _batch(self, index: Array, random: Any) -> Any:
        images = self.reading.images([self.filepaths[i] for i in index])
        x = self.image_data_generator.batch(images, random)
        self._saved.save(x, index, random, 10_000_000)
        if self.class_mode is None:
            return x
        y = self._targets(index, x)
        return (x, y) if self.sample_weight is None else (x, y, self.sample_weight[index])

    def _targets(self, index: Array, x: Array) -> Any:
        if self.class_mode == "input":
            return x.copy()
        if self.class_mode == "raw":
            return self.labels[index]
        if self.class_mode == "multi_output":
            return [output[index] for output in self.labels]
        if self.class_mode in ("binary", "sparse"):
            return np.array([self.labels[i] for i in index], dtype=self.dtype)
        rows = np.zeros((len(index), self.num_classes), dtype=self.dtype)
        for row, i in zip(rows, index, strict=True):
            row[self.labels[i]] = 1
        return rows


def check_class_mode(class_mode: str | None, modes: tuple[str | None, ...]) -> None:
    """Raises UnknownNameError for a class mode that is not among these."""
    if class_mode not in modes:
        raise unknown_name("flow", "class_mode", class_mode, [str(mode) for mode in modes])
