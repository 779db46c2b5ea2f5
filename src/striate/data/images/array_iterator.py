"""Batches of changed images from arrays."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from striate.data.images.affine import Array
from striate.data.images.iterator import ImageIterator, SavedImages, part_of
from striate.errors import DataError, message

if TYPE_CHECKING:
    from striate.data.images.generator import ImageDataGenerator


class ArrayIterator(ImageIterator):
    """Batches `x`, `(x, y)` or `(x, y, sample_weight)` of changed images that lie in memory.

    Shapes: x (N, H, W, C), or channels first -> batches of the same axes

    Args:
        x: the images; a pair (images, other) has other inputs, one array or a list, beside them,
            which go along unchanged.
        y: the targets; None: batches are images alone.
        generator: changes the images.
        batch_size, shuffle, seed: see `ImageIterator`.
        sample_weight: a number per sample.
        subset: "training" or "validation", by the generator's `validation_split`.
        ignore_class_split: allows subsets that do not have the same classes.
        save_to_dir, save_prefix, save_format: where and how to leave copies of the images.

    Raises:
        DataError: not images, arrays of other lengths, subsets of other classes.

    Example:
        >>> import numpy as np
        >>> from striate.data.images import ImageDataGenerator
        >>> flow = ImageDataGenerator(rescale=1 / 255).flow(np.zeros((5, 4, 4, 1)), batch_size=2)
        >>> flow.n, len(flow), next(flow).shape
        (5, 3, (2, 4, 4, 1))
    """

    def __init__(
        self,
        x: Any,
        y: Any,
        generator: ImageDataGenerator,
        batch_size: int = 32,
        shuffle: bool = False,
        sample_weight: Any = None,
        seed: int | None = None,
        save_to_dir: str | os.PathLike[str] | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        ignore_class_split: bool = False,
    ) -> None:
        images, others = _inputs(x)
        parts = [images, *others, y, sample_weight]
        names = ["x", *(f"x[{i}]" for i in range(1, len(others) + 1)), "y", "sample_weight"]
        arrays = _of_one_length(names, parts)
        if subset is not None:
            arrays = _subset(arrays, generator, subset, ignore_class_split)
        self.x, *self.x_misc, self.y, self.sample_weight = arrays
        self.image_data_generator = generator
        self.data_format = generator.data_format
        self.dtype = generator.dtype
        self._saved = SavedImages(save_to_dir, save_prefix, save_format, generator.data_format)
        _check_images(self.x)
        super().__init__(len(self.x), batch_size, shuffle, seed)

    def _batch(self, index: Array, random: Any) -> Any:
        images = self.image_data_generator.batch(self.x[index], random)
        self._saved.save(images, index, random, 10_000)
        x = [images, *(other[index] for other in self.x_misc)] if self.x_misc else images
        if self.y is None:
            return x
        if self.sample_weight is None:
            return x, self.y[index]
        return x, self.y[index], self.sample_weight[index]


def _inputs(x: Any) -> tuple[Any, list[Any]]:
    if not isinstance(x, (tuple, list)) or len(x) != 2 or not hasattr(x[0], "shape"):
        return x, []
    return x[0], list(x[1]) if isinstance(x[1], list) else [x[1]]


def _of_one_length(names: list[str], parts: list[Any]) -> list[Any]:
    arrays = [None if part is None else np.asarray(part) for part in parts]
    lengths = {n: len(a) for n, a in zip(names, arrays, strict=True) if a is not None and a.ndim}
    if len(set(lengths.values())) > 1:
        raise DataError(
            message(
                "ImageDataGenerator.flow",
                "the arrays have different numbers of samples",
                got=lengths,
                expected="the same number in each",
            )
        )
    return arrays


def _subset(
    arrays: list[Any], generator: ImageDataGenerator, subset: str, ignore_classes: bool
) -> list[Any]:
    part_of(generator, subset)
    cut = int(len(arrays[0]) * generator.validation_split)
    y = arrays[-2]
    if y is not None and not ignore_classes:
        classes = np.unique(y[:cut]), np.unique(y[cut:])
        if not np.array_equal(*classes):
            raise DataError(
                message(
                    "ImageDataGenerator.flow",
                    "the two subsets do not have the same classes",
                    got={"validation": len(classes[0]), "training": len(classes[1])},
                    expected="the first samples to have all classes",
                    fix="Mix x and y before, or give ignore_class_split=True",
                )
            )
    chosen = slice(None, cut) if subset == "validation" else slice(cut, None)
    return [None if array is None else array[chosen] for array in arrays]


def _check_images(x: Array) -> None:
    if x.ndim != 4:
        raise DataError(
            message(
                "ImageDataGenerator.flow",
                "these are not images",
                got={"shape": x.shape},
                expected="(samples, height, width, channels)",
                fix="Grey images need a channel axis: `x[..., np.newaxis]`" if x.ndim == 3 else "",
            )
        )
