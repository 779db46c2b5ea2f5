"""A data set as a classifier needs it: images with channels, labels from 0, class names, parts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from striate.data import check_finite
from striate.data.datasets import Dataset, load
from striate.errors import DataError, message

Array = np.ndarray[Any, Any]
Part = tuple[Array, Array]


@dataclass(frozen=True)
class Samples:
    """Images (N, H, W, C) with labels 0 to K - 1.

    Args:
        name: of the data set.
        train: images and labels to learn from.
        test: those to measure with; None if the data have no test part.
        class_names: K names.
    """

    name: str
    train: Part
    test: Part | None
    class_names: tuple[str, ...]

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(H, W, C)."""
        height, width, channels = self.train[0].shape[1:]
        return int(height), int(width), int(channels)

    def digest(self) -> str:
        """A SHA-256 of what is learned from, so that a resumed run can tell whether it changed."""
        found = hashlib.sha256()
        for array in self.train:
            found.update(f"{array.dtype.str} {array.shape}".encode())
            found.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
        return found.hexdigest()


def read_samples(place: str) -> Samples:
    """The data set of that name, or from that `.npz` file.

    Raises:
        DataError: a folder, images of an unusable shape, labels that are no class numbers.
        UnknownNameError: no such data set.
        FormatError, DownloadError: see `datasets.load`.
    """
    check_place(place)
    data = load(place)
    names, labels = _labels(place, data)
    train = (_images(place, "x_train", data.x_train), labels[0])
    if data.x_test is None:
        return Samples(data.name, train, None, names)
    test = (_images(place, "x_test", data.x_test), labels[1])
    if test[0].shape[1:] != train[0].shape[1:]:
        raise DataError(
            message(
                place,
                "the test images have another shape than the training images",
                got={"train": train[0].shape[1:], "test": test[0].shape[1:]},
                expected="the same height, width and channels",
            )
        )
    return Samples(data.name, train, test, names)


def check_place(place: str) -> None:
    """Raises DataError for a folder, which cannot be read yet."""
    if Path(place).expanduser().is_dir():
        raise DataError(
            message(
                place,
                "this is a folder; folders of images cannot be read yet",
                expected="the name of a data set (see `striate datasets`) or an .npz file",
                fix="Put the images into arrays and save them: "
                'np.savez("images.npz", x_train=..., y_train=..., x_test=..., y_test=...)',
            )
        )


def split_off(part: Part, fraction: float, seed: int) -> tuple[Part, Part | None]:
    """(rest, part for validation): a share of the samples, chosen by the seed.

    Raises:
        DataError: one of the two would be empty.

    Example:
        >>> x, y = np.zeros((10, 8, 8, 1)), np.arange(10)
        >>> rest, validation = split_off((x, y), 0.2, seed=0)
        >>> len(rest[1]), len(validation[1])
        (8, 2)
    """
    if not fraction:
        return part, None
    x, y = part
    count = round(len(x) * fraction)
    if not 0 < count < len(x):
        raise DataError(
            message(
                "--validation-split",
                f"the {'training' if count else 'validation'} part would be empty",
                got={"validation_split": fraction, "images": len(x)},
                expected="at least one image in each part",
                fix="Use --validation-split 0 to go without",
            )
        )
    order = np.random.default_rng(seed).permutation(len(x))
    # In their old order: whether an image is kept is all that the seed decides here.
    kept, taken = np.sort(order[count:]), np.sort(order[:count])
    return (x[kept], y[kept]), (x[taken], y[taken])


def _images(place: str, name: str, x: Array) -> Array:
    if x.dtype.kind not in "buif" or x.ndim not in (3, 4) or 0 in x.shape:
        raise DataError(
            message(
                f"{place}, {name}",
                "these are not images",
                got={"shape": x.shape, "dtype": str(x.dtype)},
                expected="numbers of shape (N, height, width) or (N, height, width, channels)",
            )
        )
    check_finite(x, f"{place}, {name}")
    return x[..., np.newaxis] if x.ndim == 3 else x


def _labels(place: str, data: Dataset) -> tuple[tuple[str, ...], list[Array]]:
    """Class names, and the labels of each part as int64 (N,)."""
    given = [("y_train", data.y_train)]
    given += [] if data.y_test is None else [("y_test", data.y_test)]
    labels = [_numbers(f"{place}, {name}", array) for name, array in given]
    highest = max(int(array.max()) for array in labels)
    names = data.class_names or tuple(str(i) for i in range(highest + 1))
    if highest >= len(names):
        raise DataError(
            message(
                place,
                "there are labels without a class name",
                got={"highest label": highest, "class_names": len(names)},
                expected="one name per class, for labels from 0",
            )
        )
    return names, labels


def _numbers(where: str, y: Array) -> Array:
    flat = y.reshape(-1) if y.ndim == 2 and y.shape[1] == 1 else y
    whole = flat.dtype.kind in "bui" or (flat.dtype.kind == "f" and bool((flat % 1 == 0).all()))
    if flat.ndim != 1 or not whole or flat.min() < 0:
        raise DataError(
            message(
                where,
                "these are not class numbers",
                got={"shape": y.shape, "dtype": str(y.dtype)},
                expected="whole numbers from 0, one per image",
                fix="Use np.unique(labels, return_inverse=True)[1] for names, "
                "labels.argmax(axis=1) for rows with a 1",
            )
        )
    return flat.astype(np.int64)
