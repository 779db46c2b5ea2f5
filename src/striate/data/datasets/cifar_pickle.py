"""Opens the pickles of CIFAR without running anything in them.

CIFAR is published as Python pickles. A pickle is a program: its GLOBAL instruction names any
function of any module, and REDUCE calls it. Here every name is looked up in the table below and
nowhere else. The table leads to the classes of this file, not to numpy's: they keep what the
pickle says, check it, and build an array of plain numbers from raw bytes. What is not in the
table, an array of objects included, is refused. Containers, numbers and strings are built by
pickle itself and need no name.
"""

from __future__ import annotations

import io
import math
import pickle
from typing import Any

import numpy as np

from striate.errors import FormatError, message

_NUMBERS = {"b1", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"}


def load_pickle(data: bytes, where: str) -> dict[Any, Any]:
    """The dict in a pickle that was written by Python 2 or 3, with byte strings as keys.

    Raises:
        FormatError: it asks for code, is damaged, or holds something other than a dict.
    """
    try:
        value = _Reader(io.BytesIO(data), encoding="bytes").load()
    except FormatError:
        raise
    except Exception as error:  # a damaged pickle can fail in any way, but only here
        reason = str(error).rstrip(".") or type(error).__name__
        raise FormatError(message(where, f"the pickle cannot be read: {reason}")) from error
    if not isinstance(value, dict):
        raise FormatError(
            message(where, "the pickle holds no dict", got={"type": type(value).__name__})
        )
    return {_key(key): _finished(item, where) for key, item in value.items()}


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        found = _ALLOWED.get((module, name))
        if found is None:
            raise FormatError(
                message(
                    "pickle",
                    f"it asks for {module}.{name}, which is not opened",
                    expected="arrays of numbers, lists, dicts, numbers and strings only",
                )
            )
        return found


class _Dtype:
    """Stands for `numpy.dtype`: only plain numbers, no objects, no structures."""

    def __init__(self, code: Any, *_: Any) -> None:
        text = code.decode("ascii") if isinstance(code, bytes) else code
        if not isinstance(text, str) or text not in _NUMBERS:
            raise FormatError(message("pickle", "an array of something other than numbers"))
        self.code = text
        self.order = "<"

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        order = state[1].decode("ascii") if isinstance(state[1], bytes) else state[1]
        if order not in ("<", ">", "=", "|") or any(part is not None for part in state[2:5]):
            raise FormatError(message("pickle", "an array with fields"))
        self.order = "<" if order in ("=", "|") else order


class _Array:
    """Stands for `numpy.ndarray`; `value` is the array, once its state has been read."""

    value: np.ndarray[Any, np.dtype[Any]] | None = None

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, dtype, is_fortran, raw = state
        raw = raw.encode("latin-1") if isinstance(raw, str) else raw
        sizes = isinstance(shape, tuple) and all(type(n) is int and n >= 0 for n in shape)
        if not sizes or not isinstance(dtype, _Dtype) or not isinstance(raw, bytes):
            raise FormatError(message("pickle", "an array that is not made of plain bytes"))
        kind = np.dtype(dtype.order + dtype.code)
        if kind.itemsize * math.prod(shape) != len(raw):
            raise FormatError(message("pickle", "an array whose bytes do not fit its shape"))
        flat = np.frombuffer(bytearray(raw), kind)
        self.value = flat.reshape(shape, order="F" if is_fortran else "C")


class _Function:
    """What a pickle may call. Not a function: a pickle can set attributes on those."""

    __slots__ = ()

    def __setstate__(self, state: Any) -> None:
        raise FormatError(message("pickle", "it tries to change a function"))


class _Reconstruct(_Function):
    __slots__ = ()

    def __call__(self, *_: Any) -> _Array:
        return _Array()


class _Encode(_Function):
    """Python 3 writes bytes for old protocols as text to be encoded; only so much is allowed."""

    __slots__ = ()

    def __call__(self, text: Any, encoding: Any = "latin1") -> bytes:
        if not isinstance(text, str) or encoding not in ("latin1", b"latin1"):
            raise FormatError(message("pickle", "text in an encoding that arrays do not use"))
        return text.encode("latin-1")


_ALLOWED: dict[tuple[str, str], Any] = {
    ("numpy", "dtype"): _Dtype,
    ("numpy", "ndarray"): _Array,
    ("numpy.core.multiarray", "_reconstruct"): _Reconstruct(),
    ("numpy._core.multiarray", "_reconstruct"): _Reconstruct(),
    ("_codecs", "encode"): _Encode(),
}


def _key(key: Any) -> Any:
    return key.encode("latin-1") if isinstance(key, str) else key


def _finished(item: Any, where: str) -> Any:
    if not isinstance(item, (_Array, _Dtype)):
        return item
    if not isinstance(item, _Array) or item.value is None:
        raise FormatError(message(where, "an array without content"))
    return item.value
