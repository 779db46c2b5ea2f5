"""HDF5 read with suspicion: only what lies in the file itself, and no more than it holds.

An HDF5 file can point to other files (external links, external storage, virtual data sets), name
filters that are loaded as programs, declare arrays far larger than what is stored, and be linked in
circles. Here a path is followed step by step over hard links; numbers are read from plain or
gzip-packed arrays whose declared size was compared with what is stored, and texts whose length was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import h5py
import numpy as np

from striate.errors import FormatError, message
from striate.formats.keras_files import attributes, heaps

SIGNATURE = b"\x89HDF\r\n\x1a\n"
PLAIN_FILTERS = {1: "gzip", 2: "shuffle", 3: "fletcher32", 32000: "lzf"}
FREE_BYTES = 16 << 20  # an array up to this size may be packed as tightly as it likes
LARGEST_RATIO = 100  # of a larger one's size to its bytes in the file
MOST_NAMES = attributes.MOST_TEXTS
DEEPEST = 40
AGAIN = "Copy or download it again"
_FAULTS = (OSError, RuntimeError, ValueError, KeyError, TypeError, OverflowError, MemoryError)
T = TypeVar("T")


class Budget:
    """How much may still be made from one file.

    Args:
        source: a path, or the bytes of a file.
    """

    def __init__(self, source: bytes | Path) -> None:
        self._source = source
        self._names: dict[str, bool] = {}
        self.stored = len(source) if isinstance(source, bytes) else source.stat().st_size
        self.left = FREE_BYTES + LARGEST_RATIO * self.stored

    def text_fits(self, name: str) -> bool:
        """Whether the texts in attributes of this name can lie in the file."""
        if name not in self._names:
            self._names[name] = attributes.fit(self._source, name)
        return self._names[name]


class Node:
    """What groups and data sets share: a place in a file, with its attributes."""

    def __init__(self, held: Any, path: str, where: str, budget: Budget) -> None:
        self._held = held
        self.path, self.where, self._budget = path, where, budget

    def refuse(self, fault: str, **more: Any) -> FormatError:
        """The error of what lies here."""
        place = f"{self.where}, {self.path}" if self.path else self.where
        return FormatError(message(place, fault, **more))

    def safely(self, read: Callable[[], T]) -> T:
        """What `read` returns; HDF5's own errors become one of ours."""
        try:
            return read()
        except FormatError:
            raise
        except _FAULTS as error:
            raise self.refuse(
                f"the file is damaged ({_short(error)})",
                expected="an HDF5 file as Keras wrote it",
                fix=AGAIN,
            ) from None

    def text(self, name: str) -> str | None:
        """A text attribute, None if it is not there."""
        found = self._attribute(name)
        return None if found is None else _decoded(found)

    def texts(self, name: str) -> list[str] | None:
        """A list of names; a long one lies in several attributes, `name0`, `name1`, ..."""
        whole = self._listed(name)
        if whole is not None:
            return whole
        pieces: list[str] = []
        number = 0
        while (piece := self._listed(f"{name}{number}")) is not None:
            pieces += piece
            number += 1
            if len(pieces) > MOST_NAMES or number > MOST_NAMES:
                raise self.refuse("the list is too long", got={"attribute": name})
        return pieces if number else None

    def _listed(self, name: str) -> list[str] | None:
        found = self._attribute(name)
        if found is None:
            return None
        return [_decoded(v) for v in np.atleast_1d(np.asarray(found, dtype=object)).ravel()]

    def _attribute(self, name: str) -> Any:
        """The value of an attribute of text, None if it is not there."""

        def read() -> Any:
            if name not in self._held.attrs:
                return None
            kind = self._held.attrs.get_id(name)
            text = h5py.check_string_dtype(kind.dtype)
            empty = kind.dtype.kind == "f" and 0 in kind.shape  # how h5py writes an empty list
            if text is None and not empty:
                raise self.refuse(f"attribute `{name}` is not text", got={"type": str(kind.dtype)})
            count = int(np.prod(kind.shape, dtype=object)) if kind.shape else 1
            self._check_text(name, count, kind.dtype.itemsize, text is not None and not text.length)
            return self._held.attrs[name] if count else []

        return self.safely(read)

    def _check_text(self, name: str, count: int, bytes_each: int, anywhere: bool) -> None:
        """Refuses an attribute that cannot lie in the file; `anywhere`: its texts are in heaps."""
        if count > MOST_NAMES:
            raise self.refuse(f"attribute `{name}` is too large", got={"values": count})
        fits = count * bytes_each <= self._budget.stored
        if not fits or (anywhere and count and not self._budget.text_fits(name)):
            raise self.refuse(
                f"attribute `{name}` claims more text than the file holds",
                got={"file": f"{self._budget.stored} bytes"},
                fix=AGAIN,
            )


class Array(Node):
    """A data set of numbers."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Its declared shape."""
        return tuple(self.safely(lambda: self._held.shape) or ())

    def numbers(self) -> np.ndarray[Any, Any]:
        """Its values as float32 (whole numbers and truth values as they are)."""
        return self.safely(self._numbers)

    def _numbers(self) -> np.ndarray[Any, Any]:
        held = self._held
        half = self.text("dtype") == "bfloat16" if "dtype" in held.attrs else False
        if held.dtype.kind not in "fiub" and not (half and held.dtype.itemsize == 2):
            raise self.refuse("it does not hold numbers", got={"type": str(held.dtype)})
        self._check_storage()
        self._check_size()
        values = np.asarray(held[()])
        values = values.astype(values.dtype.newbyteorder("="), copy=False)
        if half and values.dtype.kind in "Vu" and values.dtype.itemsize == 2:
            return (values.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
        return values.astype(np.float32) if values.dtype.kind == "f" else values

    def _check_storage(self) -> None:
        held = self._held
        plan = held.id.get_create_plist()
        if plan.get_external_count() or held.is_virtual:
            raise self.refuse(
                "its values lie in another file",
                expected="a file that holds its own values",
                fix="A model file never needs this; do not trust the file",
            )
        for i in range(plan.get_nfilters()):
            number = plan.get_filter(i)[0]
            if number not in PLAIN_FILTERS:
                raise self.refuse(
                    "it is packed by a filter that would have to be loaded",
                    got={"filter": number},
                    expected=", ".join(PLAIN_FILTERS.values()),
                )

    def _check_size(self) -> None:
        held = self._held
        declared = int(np.prod(held.shape, dtype=object)) * max(held.dtype.itemsize, 4)
        stored = held.id.get_storage_size()
        if declared > FREE_BYTES + LARGEST_RATIO * stored or declared > self._budget.left:
            raise self.refuse(
                "it declares far more values than the file holds",
                got={"shape": tuple(held.shape), "stored bytes": stored},
                expected=f"at most {LARGEST_RATIO} times what is stored",
                fix="A model file never needs this; do not trust the file",
            )
        self._budget.left -= declared


class Group(Node):
    """A folder of a file."""

    def names(self) -> list[str]:
        """What lies in it, in alphabetical order."""

        def read() -> list[str]:
            if len(self._held) > MOST_NAMES:
                raise self.refuse("the folder holds too much", got={"members": len(self._held)})
            return [str(name) for name in self._held]

        return self.safely(read)

    def __contains__(self, name: str) -> bool:
        return self._member(name) is not None

    def get(self, path: str) -> Group | Array | None:
        """What lies at a path, None if there is nothing.

        Raises:
            FormatError: a step of the path leads elsewhere than into this file.
        """
        node: Group | Array | None = self
        for part in [p for p in path.split("/") if p not in ("", ".")]:
            node = node._member(part) if isinstance(node, Group) else None
        return node

    def group(self, path: str) -> Group | None:
        """The folder at a path, None if there is none."""
        found = self.get(path)
        return found if isinstance(found, Group) else None

    def array(self, path: str) -> Array | None:
        """The numbers at a path, None if there are none."""
        found = self.get(path)
        return found if isinstance(found, Array) else None

    def _member(self, name: str) -> Group | Array | None:
        def read() -> Any:
            link = self._held.get(name, getlink=True)
            if link is None:
                return None
            if not isinstance(link, h5py.HardLink):
                raise self.refuse(
                    f"`{name}` is a link to another place",
                    got={"link": type(link).__name__},
                    expected="groups and arrays of this file",
                    fix="A model file never needs links; do not trust the file",
                )
            return self._held[name]

        held = self.safely(read)
        path = f"{self.path}/{name}"
        if isinstance(held, h5py.Group):
            return Group(held, path, self.where, self._budget)
        if isinstance(held, h5py.Dataset):
            return Array(held, path, self.where, self._budget)
        return None

    def walk(self) -> Iterator[tuple[str, Array]]:
        """Every array below, by its path from here; circles are refused."""
        yield from self._walk("", 0, [0])

    def _walk(self, path: str, depth: int, seen: list[int]) -> Iterator[tuple[str, Array]]:
        for name in self.names():
            seen[0] += 1
            if depth > DEEPEST or seen[0] > MOST_NAMES:
                raise self.refuse("its folders lie too deep or go in circles", got={"depth": depth})
            node = self._member(name)
            if isinstance(node, Array):
                yield f"{path}{name}", node
            elif isinstance(node, Group):
                yield from node._walk(f"{path}{name}/", depth + 1, seen)


class Reader(Group):
    """An open HDF5 file; use it in a `with` block.

    Args:
        source: a path, or the bytes of a file.
        where: how messages call it.

    Raises:
        FormatError: not HDF5, truncated or damaged.
    """

    def __init__(self, source: bytes | Path, where: str) -> None:
        self.where, self.path = where, ""
        if heaps.damaged(source):
            raise self.refuse("the HDF5 file is damaged (a heap)", fix=AGAIN)
        try:
            if isinstance(source, bytes):
                file = h5py.File(h5py.h5f.open_file_image(source))
            else:
                file = h5py.File(source, "r", locking=False)
        except _FAULTS as error:
            raise self.refuse(
                f"the HDF5 file cannot be opened: it is truncated or damaged ({_short(error)})",
                fix=AGAIN,
            ) from None
        super().__init__(file, "", where, Budget(source))
        widths = self.safely(file.id.get_create_plist().get_sizes)
        if widths != attributes.WIDTHS:
            file.close()
            raise self.refuse(
                "the HDF5 file keeps addresses and sizes as no Keras does",
                got={"bytes": widths},
                expected=str(attributes.WIDTHS),
                fix=AGAIN,
            )

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *exception: object) -> None:
        self._held.close()


def _short(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 120 else text[:117] + "..."


def _decoded(value: Any) -> str:
    if isinstance(value, h5py.Empty):
        return ""
    if isinstance(value, np.ndarray):
        value = value.item() if value.size == 1 else b""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
