"""Heaps of an HDF5 file, walked before the library does, which may walk a damaged one for ever."""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

MARK = b"GCOL"  # a collection: mark, version, three zeros, size, then objects
LEAST_BYTES = 4096  # of a collection, by the format
HEAD_BYTES = 16  # of a collection, and of an object


def damaged(source: bytes | Path) -> bool:
    """Whether a heap holds an object of a size from which no walk comes to its end.

    Text attributes lie in such heaps. Only a collection that the library itself would take for one
    is looked at, so the mark within numbers is no fault.
    """
    if isinstance(source, bytes):
        return _any(source)
    with source.open("rb") as file:
        if source.stat().st_size < LEAST_BYTES:
            return False
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return _any(content)


def _any(content: bytes | mmap.mmap) -> bool:
    at = content.find(MARK)
    while at >= 0:
        head = content[at + 4 : at + HEAD_BYTES]
        if len(head) == HEAD_BYTES - 4 and head[:4] == b"\x01\0\0\0":
            (size,) = struct.unpack("<Q", head[4:])
            if size >= LEAST_BYTES and not _walks(content[at + HEAD_BYTES : at + size]):
                return True
        at = content.find(MARK, at + 1)
    return False


def _walks(objects: bytes) -> bool:
    """Whether a walk over the objects of a collection comes to its end.

    Object 0 is the free space, which is the last and fills the rest. The library adds sizes without
    a look at overflow, so none may reach beyond the collection.
    """
    at = 0
    while at + HEAD_BYTES <= len(objects):
        number, _, _, size = struct.unpack_from("<HHIQ", objects, at)
        step = size if number == 0 else HEAD_BYTES + (size + 7) // 8 * 8
        if step <= 0 or step > len(objects) - at:
            return False
        at += step
    return True
