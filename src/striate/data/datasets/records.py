"""What is known of a data set before it is opened: arrays, files, addresses, checksums."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Split = tuple[Array, Array]


@dataclass(frozen=True)
class ArraySpec:
    """One array of a data set and how its content is known.

    With `sha256` (see `verify.content_digest`) any file that holds this very array is accepted.
    Without it the file's own checksum is asked for, and shape, type and counts are checked.
    """

    name: str
    shape: tuple[int, ...]
    sha256: str | None = None
    samples_per_class: tuple[int, ...] | None = None
    """For labels: how many samples each class has."""

    dtype: str = "uint8"


@dataclass(frozen=True)
class RemoteFile:
    """A file of a data set: its name on disk, where it can be had, the checksum of the file."""

    name: str
    urls: tuple[str, ...] = ()
    size_bytes: int | None = None
    sha256: str | None = None
    md5: str | None = None


Decode = Callable[[Mapping[str, Path], Mapping[str, ArraySpec]], dict[str, Array]]
"""(path by file name, spec by array name) -> array by name; FormatError if the files are bad."""


@dataclass(frozen=True)
class Route:
    """One way to a data set: these files together, read by this function."""

    files: tuple[RemoteFile, ...]
    decode: Decode

    @property
    def is_remote(self) -> bool:
        """Whether every file has an address."""
        return all(file.urls for file in self.files)


@dataclass(frozen=True)
class DatasetRecord:
    """A data set in the registry; `striate datasets` prints these."""

    name: str
    title: str
    arrays: tuple[ArraySpec, ...]
    class_names: tuple[str, ...]
    licence: str
    source: str
    routes: tuple[Route, ...] = ()
    keras_folders: tuple[str, ...] = ()
    """Folders inside Keras's own that may hold the files, besides its top."""

    embedded: Callable[[], dict[str, Array]] | None = field(default=None, compare=False)
    """Gives the arrays where no file is needed."""

    @property
    def num_classes(self) -> int:
        """How many classes the labels have."""
        return len(self.class_names)

    @property
    def train_shape(self) -> tuple[int, ...]:
        """The shape of `x_train`: (N, H, W) or (N, H, W, C)."""
        return self.specs["x_train"].shape

    @property
    def test_shape(self) -> tuple[int, ...]:
        """The shape of `x_test`."""
        return self.specs["x_test"].shape

    @property
    def download_bytes(self) -> int:
        """The size of the download; 0 for an embedded data set."""
        files = self.routes[0].files if self.routes else ()
        return sum(file.size_bytes or 0 for file in files)

    @property
    def specs(self) -> dict[str, ArraySpec]:
        """The arrays by name."""
        return {spec.name: spec for spec in self.arrays}

    @property
    def is_known_by_content(self) -> bool:
        """Whether the checksum of every array is known, so that files need none."""
        return all(spec.sha256 for spec in self.arrays)
