"""Heaps of an HDF5 file, walked before the library does, which may walk a damaged one for ever."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MARK = b"GCOL"  # a collection: mark, version, three zeros, size, then objects
LEAST_BYTES = 4096  # of a collection, by the format
HEAD_BYTES = 16  # of a collection, and of an object


def damaged(source: bytes | Path) -> bool:
    """Whether a heap holds an object that lies in it only in part, or that has no size.

    The library may walk over such objects for ever, as its sum of their sizes overflows.
    Text attributes lie in such heaps. Only a collection that the library itself would take for one
    is looked at, so the mark within numbers is no fault.
    """
    with content(source) as found:
        return _any(found)


@contextmanager
def content(source: bytes | Path) -> Iterator[bytes | mmap.mmap]:
    """The bytes of a file, of which only those that are looked at come into memory."""
    if isinstance(source, bytes):
        yield source
    elif source.stat().st_size < LEAST_BYTES:  # an empty file has nothing to map
        yield source.read_bytes()
    else:
        with (
            source.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
        ):
            yield mapped


def _any(content: bytes | mmap.mmap) -> bool:
    at, left = content.find(MARK), len(content) // HEAD_BYTES
    while at >= 0:
        head = content[at + 4 : at + HEAD_BYTES]
        if len(head) == HEAD_BYTES - 4 and head[:4] == b"\x01\0\0\0":
            (size,) = struct.unpack("<Q", head[4:])
            if size >= LEAST_BYTES:
                left = _walked(content, at, at + size, left)
                if left < 0:
                    return True
        at = content.find(MARK, at + 1)
    return False


def _walked(content: bytes | mmap.mmap, start: int, end: int, left: int) -> int:
    """What is left of `left` steps after a walk over the objects of a collection.

    Below zero if an object has no size or ends beyond the collection, or if collections share
    bytes: the walks together could take hours.
    """
    at = start + HEAD_BYTES
    if end > len(content):
        return -1
    while at + HEAD_BYTES <= end and left >= 0:
        number, _, _, size = struct.unpack_from("<HHIQ", content, at)
        step = size if number == 0 else HEAD_BYTES + (size + 7) // 8 * 8
        if not 0 < step <= end - at:
            return -1
        at += step
        left -= 1
    return left
