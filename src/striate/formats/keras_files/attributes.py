"""Text attributes in the raw bytes of an HDF5 file, measured before the library reads one.

An attribute holds no text itself but, for each one, a length and a place in a heap. The library
takes memory for the length before it looks at the place, so a changed length costs up to 4 GB.
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

from striate.formats.keras_files import heaps

MOST_TEXTS = 100_000  # in one attribute
TEXT_CLASS = 9  # of the datatype: a list of any length, which a text is too
REFERENCE_BYTES = 16  # length (4), address of the heap (8), number in it (4)
WIDTHS = (8, 8)  # of addresses and of sizes, in the files measured here


def fit(source: bytes | Path, name: str) -> bool:
    """Whether the texts of every attribute of this name can lie in the file.

    The name is looked for everywhere, since an attribute may lie in any header or heap. A name
    that is found nowhere is no fit: its attribute would be packed, which nothing here can measure.
    """
    with heaps.content(source) as content:
        wanted, found = name.encode() + b"\0", False
        at, left = content.find(wanted), len(content) // REFERENCE_BYTES
        while at >= 0:
            for version, head in ((1, 8), (2, 8), (3, 9)):
                if at >= head and content[at - head] == version:
                    found = True
                    lengths = _lengths(content, at - head, head)
                    if lengths is None or sum(lengths) > len(content) or len(lengths) > left:
                        return False
                    left -= len(lengths)  # no two attributes share bytes
            at = content.find(wanted, at + 1)
    return found


def _lengths(content: bytes | mmap.mmap, start: int, head: int) -> list[int] | None:
    """The lengths of the texts of one attribute; None if it is cut off or its type is elsewhere."""
    version, flags, *sizes = struct.unpack_from("<BBHHH", content, start)
    if version == 1:  # whose parts begin at multiples of 8, and which has no flags
        sizes, flags = [(size + 7) // 8 * 8 for size in sizes], 0
    kind = start + head + sizes[0]
    values = kind + sizes[1] + sizes[2]
    try:
        if flags & 3:
            return None
        if content[kind] & 15 != TEXT_CLASS:
            return []
        count = _count(content, kind + sizes[1])
    except (IndexError, struct.error):
        return None
    if count > min(MOST_TEXTS, (len(content) - values) // REFERENCE_BYTES):
        return None
    places = range(values, values + count * REFERENCE_BYTES, REFERENCE_BYTES)
    return [struct.unpack_from("<I", content, place)[0] for place in places]


def _count(content: bytes | mmap.mmap, at: int) -> int:
    """How many values a dataspace has."""
    version, rank, _, none = struct.unpack_from("<BBBB", content, at)
    if version == 2 and none == 2:
        return 0
    count = 1
    for size in struct.unpack_from(f"<{rank}Q", content, at + (8 if version == 1 else 4)):
        count *= size
    return count
