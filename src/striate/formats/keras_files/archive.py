"""The zip of a `.keras` file: three members by name, in memory; nothing is ever unpacked."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

from striate.errors import FormatError, message
from striate.storage.structure import checked_members

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
PICKLED = "model.weights.npz"
LARGEST_TEXT_BYTES = 256 << 20
_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
    MemoryError,
)


class KerasZip:
    """A `.keras` file whose structure was checked; use it in a `with` block.

    Args:
        path: the file.

    Raises:
        FormatError: damaged, a member twice, packed far too tightly, or too large.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
            self._members = checked_members(path, self._zip)
        except FormatError:
            raise
        except _FAULTS as error:
            raise self._damaged(error) from None

    def __enter__(self) -> KerasZip:
        return self

    def __exit__(self, *exception: object) -> None:
        self._zip.close()

    def text(self, name: str) -> bytes | None:
        """A small member, None if it is not there."""
        info = self._members.get(name)
        if info is not None and info.file_size > LARGEST_TEXT_BYTES:
            raise FormatError(
                message(
                    f"{self.path}, member {name}",
                    "it is too large",
                    got={"bytes": info.file_size},
                    expected=f"at most {LARGEST_TEXT_BYTES}",
                )
            )
        return None if info is None else self._read(info)

    def weights(self) -> bytes | None:
        """The weights as an HDF5 file in memory, None if there are none.

        Raises:
            FormatError: they are kept as NumPy's pickled objects.
        """
        info = self._members.get(WEIGHTS)
        if info is not None:
            return self._read(info)
        if PICKLED in self._members:
            raise FormatError(
                message(
                    str(self.path),
                    f"its weights are in {PICKLED}, as Python objects that run code when read",
                    expected=f"a file with {WEIGHTS}",
                    fix="Do not trust the file; its author can save the model again with"
                    " today's Keras",
                )
            )
        return None

    def _read(self, info: zipfile.ZipInfo) -> bytes:
        try:
            return self._zip.read(info)
        except _FAULTS as error:
            raise self._damaged(error) from None

    def _damaged(self, error: BaseException) -> FormatError:
        text = str(error) or type(error).__name__
        return FormatError(
            message(
                str(self.path),
                f"the zip is truncated or damaged ({text})",
                fix="Copy or download it again",
            )
        )
