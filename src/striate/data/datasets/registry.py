"""The table of data sets, and `load` for a name or a file of one's own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from striate.data.datasets import cifar10, cifar100, digits, fashion_mnist, mnist
from striate.data.datasets.decode import read_npz
from striate.data.datasets.fetch import is_cached, own_folder
from striate.data.datasets.records import Array, DatasetRecord
from striate.errors import DataError, FormatError, message, unknown_name

_MODULES: dict[str, Any] = {
    "digits": digits,
    "mnist": mnist,
    "fashion_mnist": fashion_mnist,
    "cifar10": cifar10,
    "cifar100": cifar100,
}


@dataclass(frozen=True)
class DatasetListing:
    """A row of `list_datasets`: the record, and what is on this machine."""

    record: DatasetRecord
    cached: bool
    folder: Path | None
    """Where its files go; None for an embedded one."""

    @property
    def name(self) -> str:
        """The name to load it by."""
        return self.record.name

    def as_dict(self) -> dict[str, object]:
        """Plain values, for JSON."""
        record = self.record
        return {
            "name": record.name,
            "title": record.title,
            "train_shape": list(record.train_shape),
            "test_shape": list(record.test_shape),
            "dtype": "uint8",
            "num_classes": record.num_classes,
            "download_bytes": record.download_bytes,
            "licence": record.licence,
            "source": record.source,
            "cached": self.cached,
            "folder": None if self.folder is None else str(self.folder),
        }


@dataclass(frozen=True)
class Dataset:
    """Arrays ready for training; the test part is None where a file has none."""

    name: str
    x_train: Array
    y_train: Array
    x_test: Array | None
    y_test: Array | None
    class_names: tuple[str, ...] | None


def list_datasets() -> tuple[DatasetListing, ...]:
    """All data sets striate knows; nothing is downloaded or read."""
    listings = []
    for module in _MODULES.values():
        record = module.RECORD
        folder = None if record.embedded is not None else own_folder(record)
        listings.append(DatasetListing(record, is_cached(record), folder))
    return tuple(listings)


def load(name: str | os.PathLike[str]) -> Dataset:
    """A data set by its name, or from an `.npz` file.

    The file holds `x_train, y_train` and, if there is a test part, `x_test, y_test`; or just
    `x, y`. Names may be written in any case. An array of strings `class_names` is used if present.

    Raises:
        UnknownNameError: no such data set, and no `.npz` file either.
        DataError: the file lacks an array, or x and y have different lengths.
        FormatError: the file cannot be read.
        DownloadError: see `load_data` of each data set.

    Example:
        >>> load("digits").x_train.shape
        (1438, 8, 8)
    """
    text = os.fspath(name)
    if text in _MODULES:
        module = _MODULES[text]
        (x_train, y_train), (x_test, y_test) = module.load_data()
        return Dataset(text, x_train, y_train, x_test, y_test, module.CLASS_NAMES)
    path = Path(text).expanduser()
    if path.suffix.lower() == ".npz":
        return _from_file(path)
    if path.exists():
        raise DataError(
            message(text, "this is neither the name of a data set nor an .npz file", fix=_KNOWN)
        )
    raise unknown_name("datasets.load", "data set", text, _MODULES)


_KNOWN = "Known: " + ", ".join(_MODULES)


def _from_file(path: Path) -> Dataset:
    if not path.is_file():
        raise DataError(message(str(path), "no such file"))
    arrays = {key.lower(): value for key, value in read_npz(path).items()}
    names = ("x_train", "y_train", "x_test", "y_test")
    if {"x", "y"} <= set(arrays) and not {"x_train", "y_train"} <= set(arrays):
        names = ("x", "y", "", "")
    missing = [key for key in names[:2] if key not in arrays]
    missing += [key for key in names[2:] if key not in arrays and set(names[2:]) & set(arrays)]
    if missing:
        raise DataError(
            message(
                str(path),
                f"the array {missing[0]} is missing",
                got={"arrays": tuple(sorted(arrays))},
                expected="x_train, y_train and perhaps x_test, y_test; or x, y",
            )
        )
    x_train, y_train, x_test, y_test = (arrays.get(key) for key in names)
    if x_train is None or y_train is None:  # cannot happen after the check above
        raise DataError(message(str(path), "no arrays"))
    _check_length(path, names[:2], x_train, y_train)
    if x_test is not None and y_test is not None:
        _check_length(path, names[2:], x_test, y_test)
    return Dataset(path.stem, x_train, y_train, x_test, y_test, _class_names(path, arrays))


def _check_length(path: Path, names: tuple[str, ...], x: Array, y: Array) -> None:
    if not x.ndim or not y.ndim or len(x) != len(y) or not len(x):
        raise DataError(
            message(
                str(path),
                "the arrays do not belong together",
                got={names[0]: tuple(x.shape), names[1]: tuple(y.shape)},
                expected="the same number of samples, at least one",
            )
        )


def _class_names(path: Path, arrays: dict[str, Array]) -> tuple[str, ...] | None:
    names = arrays.get("class_names")
    if names is None:
        return None
    if names.dtype.kind != "U" or names.ndim != 1:
        raise FormatError(message(str(path), "class_names is no list of strings"))
    return tuple(str(name) for name in np.asarray(names))
