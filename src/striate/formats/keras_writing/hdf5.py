"""HDF5 as Keras lays it out: names in attributes, and no half-written file if writing fails."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, BinaryIO

import h5py
import numpy as np

LARGEST_ATTRIBUTE_BYTES = 64512  # HDF5 keeps no more beside a group; Keras splits longer lists
BACKEND = "torch"


class Noting(io.RawIOBase):
    """Passes what HDF5 writes on to a file, and keeps the first error.

    HDF5 cannot stop in the middle of closing a file: after an error it is told that all is well,
    and `finish` raises the error once it has let go.
    """

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self._error: BaseException | None = None

    def _safely(self, act: Any, otherwise: int) -> int:
        if self._error is None:
            try:
                return int(act())
            except BaseException as error:
                self._error = error
        return otherwise

    def write(self, data: Any) -> int:
        return self._safely(lambda: self._file.write(data), len(data))

    def readinto(self, buffer: Any) -> int:
        return self._safely(lambda: self._file.readinto(buffer), len(buffer))  # type: ignore[attr-defined]

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._safely(lambda: self._file.seek(offset, whence), offset)

    def tell(self) -> int:
        return self._safely(self._file.tell, 0)

    def truncate(self, size: int | None = None) -> int:
        return self._safely(lambda: self._file.truncate(size), size or 0)

    def flush(self) -> None:
        self._safely(lambda: self._file.flush() or 0, 0)

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def finish(self) -> None:
        """Raises the first error, if there was one."""
        if self._error is not None:
            raise self._error


def put_names(group: Any, name: str, names: Sequence[str]) -> None:
    """A list of names as an attribute, or as several, `name0`, `name1`, ..., if it is long."""
    encoded = np.array([n.encode() for n in names])
    if encoded.nbytes <= LARGEST_ATTRIBUTE_BYTES:
        group.attrs[name] = encoded
        return
    pieces = -(-encoded.nbytes // LARGEST_ATTRIBUTE_BYTES)
    while any(p.nbytes > LARGEST_ATTRIBUTE_BYTES for p in np.array_split(encoded, pieces)):
        pieces += 1
    for i, piece in enumerate(np.array_split(encoded, pieces)):
        group.attrs[f"{name}{i}"] = piece


def put_arrays(group: Any, arrays: Sequence[tuple[str, Any]]) -> None:
    """Arrays under their names, and the list of these."""
    put_names(group, "weight_names", [name for name, _ in arrays])
    for name, value in arrays:
        group.create_dataset(name, data=value)


def opened(file: Any) -> Any:
    """A new HDF5 file in an open file."""
    return h5py.File(file, "w")
