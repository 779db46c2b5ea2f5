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
class Options:
    """What all iterators over files are told, in Keras's words.

    Args:
        target_size: (height, width) that all images are brought to.
        color_mode: "rgb", "rgba" or "grayscale".
        class_mode: what a batch holds beside the images: "categorical" (one-hot rows), "binary"
            or "sparse" (class numbers), "input" (the images again), None (nothing); for tables
            also "raw" and "multi_output" (the targets as they are).
        batch_size, shuffle, seed: see `ImageIterator`.
        save_to_dir, save_prefix, save_format: where and how to leave copies of the images.
        subset: "training" or "validation", by the generator's `validation_split`.
        interpolation, keep_aspect_ratio: see `files.load_img`.
        data_format: of the arrays.

    Raises:
        UnknownNameError: another colour mode or interpolation.
        ArgumentError: a size that is none.
    """

    target_size: Sequence[int] = (256, 256)
    color_mode: str = "rgb"
    class_mode: str | None = "categorical"
    batch_size: int = 32
    shuffle: bool = True
    seed: int | None = None
    save_to_dir: str | os.PathLike[str] | None = None
    save_prefix: str = ""
    save_format: str = "png"
    subset: str | None = None
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
        options: see `Options`.
        targets: class numbers (a list of them where an image has several), or targets.
        num_classes: how many classes there are.
        sample_weight: a number per file.
    """

    def __init__(
        self,
        filepaths: list[str],
        generator: ImageDataGenerator,
        options: Options,
        targets: Any,
        num_classes: int,
        sample_weight: Any = None,
    ) -> None:
        super().__init__(len(filepaths), options.batch_size, options.shuffle, options.seed)
        self.samples = self.n
        self.filepaths = filepaths
        self.image_data_generator = generator
        self.options = options
        self.class_mode, self.subset = options.class_mode, options.subset
        self.target_size, self.color_mode = tuple(options.target_size), options.color_mode
        self.image_shape, self.data_format = options.image_shape, options.data_format
        self.dtype = generator.dtype
        self.num_classes = num_classes
        self.sample_weight = sample_weight
        self.labels = targets
        self._saved = SavedImages(
            options.save_to_dir, options.save_prefix, options.save_format, options.data_format
        )

    def _batch(self, index: Array, random: Any) -> Any:
        images = self.options.images([self.filepaths[i] for i in index])
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
