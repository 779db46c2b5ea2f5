"""Zip files whose every member has a checksum: writing is deterministic, reading trusts nothing."""

from __future__ import annotations

import hashlib
import io
import json
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, cast

from striate.errors import ArgumentError, FormatError, message
from striate.storage.atomic import write_atomic
from striate.storage.structure import checked_members, explain_no_zip, is_safe_name

CHECKSUMS = "checksums.json"
"""The member that lists the SHA-256 and the size of every other member."""

Content = bytes | Callable[[BinaryIO], None]

_CHUNK_BYTES = 1 << 20
_CHECKSUMS_LIMIT_BYTES = 16 << 20
_DATE = (1980, 1, 1, 0, 0, 0)  # the first date a zip can say: equal members give equal files
_READ_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,  # an unknown compression or flag, an encrypted member
)
"""What zipfile raises on damaged files; all of it becomes a FormatError."""


def write_archive(path: str | os.PathLike[str], members: Mapping[str, Content]) -> None:
    """Writes a zip of `members` and their checksums in one atomic step.

    Members are stored uncompressed, sorted, with a fixed date: equal members give equal bytes.

    Args:
        path: the file to write; what stands there is replaced only when the new one is complete.
        members: name -> bytes, or a function that writes the content into the file it is given
            (for content too large to hold in memory; see `tensor_writer`).

    Raises:
        ArgumentError: a name that is empty, absolute, leaves the folder, or is `checksums.json`.
        StorageError: the disk is full or cannot be written.
    """
    for name in members:
        if not is_safe_name(name) or name == CHECKSUMS:
            raise ArgumentError(
                message(
                    str(path),
                    "this member name cannot be used",
                    got={"name": name},
                    expected=f"a relative path with forward slashes, not {CHECKSUMS}",
                )
            )

    def write(file: BinaryIO) -> None:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            listed = {name: _add(archive, name, members[name]) for name in sorted(members)}
            record = {"version": 1, "members": listed}
            _add(archive, CHECKSUMS, json.dumps(record, indent=1, sort_keys=True).encode())

    write_atomic(path, write)


def read_archive(path: str | os.PathLike[str]) -> Archive:
    """Opens a file written by `write_archive` and checks its structure; see `Archive`."""
    return Archive(path)


class Archive:
    """An open archive: `names`, and `read(name)`, which checks what it returns.

    Opening checks the structure: a zip, nothing missing, added or twice, no member that claims
    more bytes than its place in the file can hold. Content is checked as it is read. The file
    stays open, so that a replacement under the same name does not mix two versions; use it in a
    `with` block, or call `close()`.

    Args:
        path: the file. A zip that was packed again by another tool (deflated) is read too.

    Raises:
        FormatError: naming the file, the member and what is wrong with it.

    Example:
        >>> import os, tempfile
        >>> path = os.path.join(tempfile.mkdtemp(), "a.striate")
        >>> write_archive(path, {"graph.json": b"{}"})
        >>> with read_archive(path) as archive:
        ...     print(archive.names, archive.read("graph.json"))
        ('graph.json',) b'{}'
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._members: dict[str, zipfile.ZipInfo] = {}
        self._listed: dict[str, tuple[str, int]] = {}
        try:
            # ZipFile opens the file itself, so that it also closes it when it is collected.
            self._zip = zipfile.ZipFile(self.path)
        except _READ_FAULTS as error:
            raise FormatError(explain_no_zip(self.path, error)) from error
        try:
            self._members = checked_members(self.path, self._zip)
            self._listed = self._read_checksums()
        except BaseException:
            self._zip.close()
            raise

    @property
    def names(self) -> tuple[str, ...]:
        """The members, sorted, without the list of checksums."""
        return tuple(sorted(self._listed))

    def size_bytes(self, name: str) -> int:
        """The size of a member's content."""
        return self._entry(name)[1]

    def read(self, name: str) -> bytes:
        """The content of a member, after its size and SHA-256 were found right."""
        return b"".join(self._checked_chunks(name))

    def verify(self) -> None:
        """Checks every member without keeping any in memory."""
        for name in self.names:
            for _ in self._checked_chunks(name):
                pass

    def close(self) -> None:
        """Closes the file."""
        self._zip.close()

    def __contains__(self, name: object) -> bool:
        return name in self._listed

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _entry(self, name: str) -> tuple[str, int]:
        if name not in self._listed:
            raise self._fault(name, "it is missing from this file")
        return self._listed[name]

    def _checked_chunks(self, name: str) -> Iterator[bytes]:
        digest, size_bytes = self._entry(name)
        found = hashlib.sha256()
        count = 0
        for chunk in self._chunks(name):
            found.update(chunk)
            count += len(chunk)
            yield chunk
        if count != size_bytes:
            raise self._fault(name, f"it has {count} bytes, its record says {size_bytes}")
        if found.hexdigest() != digest:
            raise self._fault(name, "its SHA-256 does not match its record; the file is damaged")

    def _chunks(self, name: str) -> Iterator[bytes]:
        try:
            with self._zip.open(self._members[name]) as file:
                while chunk := file.read(_CHUNK_BYTES):
                    yield chunk
        except _READ_FAULTS as error:
            raise self._fault(name, f"it cannot be read ({error}); the file is damaged") from error

    def _read_checksums(self) -> dict[str, tuple[str, int]]:
        if CHECKSUMS not in self._members:
            raise self._fault(CHECKSUMS, "it is missing: this zip was not written by striate")
        if self._members[CHECKSUMS].file_size > _CHECKSUMS_LIMIT_BYTES:
            raise self._fault(CHECKSUMS, "it is too large to be a list of checksums")
        data = b"".join(self._chunks(CHECKSUMS))
        try:
            listed = _parse_checksums(json.loads(data))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise self._fault(CHECKSUMS, "it is not a list of checksums") from error
        for name in sorted(set(listed) - set(self._members)):
            raise self._fault(name, "it is listed in checksums.json, but missing from this file")
        for name in sorted(set(self._members) - set(listed) - {CHECKSUMS}):
            raise self._fault(name, "it is not listed in checksums.json")
        return listed

    def _fault(self, name: str, fault: str) -> FormatError:
        return FormatError(message(f"{self.path}, member {name}", fault))


def _parse_checksums(record: Any) -> dict[str, tuple[str, int]]:
    if record["version"] != 1:
        raise ValueError("unknown version")
    listed = {}
    for name, entry in record["members"].items():
        digest, size_bytes = entry["sha256"], entry["size"]
        if not isinstance(digest, str) or type(size_bytes) is not int:
            raise TypeError("not a digest and a size")
        listed[str(name)] = (digest, size_bytes)
    return listed


def _add(archive: zipfile.ZipFile, name: str, content: Content) -> dict[str, object]:
    info = zipfile.ZipInfo(name, _DATE)
    info.create_system = 3  # Unix, on every system: equal members give equal files
    info.external_attr = 0o644 << 16
    info.compress_type = zipfile.ZIP_STORED
    # Always the 64-bit header: the size of streamed content is not known beforehand.
    with archive.open(info, "w", force_zip64=True) as file:
        tally = _Tally(cast(BinaryIO, file))
        if callable(content):
            content(cast(BinaryIO, tally))
        else:
            tally.write(content)
    return {"sha256": tally.digest.hexdigest(), "size": tally.count}


class _Tally(io.RawIOBase):
    """Passes what is written on to a file and keeps its SHA-256 and length."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self.digest = hashlib.sha256()
        self.count = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.count

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        self._file.write(view)
        self.digest.update(view)
        self.count += len(view)
        return len(view)
