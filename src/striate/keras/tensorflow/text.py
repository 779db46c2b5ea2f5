"""Text as TensorFlow's string tensors: one string, or an array of them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from striate.keras.tensors import as_tensor


class Text(str):
    """One string, with the methods of a tensor.

    Example:
        >>> Text("a.png").numpy()
        b'a.png'
    """

    __slots__ = ()
    shape = ()
    dtype = "string"

    def numpy(self) -> bytes:
        """Its bytes."""
        return self.encode()


class Texts:
    """What is done with strings and lists of them."""

    def holds(self, value: Any) -> bool:
        """Whether it is text."""
        if isinstance(value, (str, bytes)):
            return True
        if isinstance(value, np.ndarray):
            return value.dtype.kind in "USO" and value.size > 0
        return isinstance(value, (list, tuple)) and bool(value) and self.holds(value[0])

    def of(self, value: Any) -> Any:
        """A string as `Text`, several as an array of them."""
        if isinstance(value, bytes):
            return Data(value) if not _is_text(value) else Text(value.decode())
        if isinstance(value, str):
            return Text(value)
        return np.array([self.of(v) for v in value], dtype=object)

    def bytes_of(self, value: Any) -> bytes:
        """Its bytes."""
        return value if isinstance(value, bytes) else str(value).encode()


class Data(bytes):
    """What a file holds, with the methods of a tensor."""

    shape = ()
    dtype = "string"

    def numpy(self) -> bytes:
        """Its bytes."""
        return bytes(self)


def _is_text(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


texts = Texts()


def _each(function: Any, value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return np.array([_each(function, v) for v in value], dtype=object)
    return function(value.decode() if isinstance(value, bytes) else str(value))


def split(input: Any, sep: str | None = None, maxsplit: int = -1, name: str | None = None) -> Any:
    """The parts of a string between separators."""
    parts = str(input).split(sep or None, maxsplit)
    return np.array([Text(p) for p in parts], dtype=object)


def join(inputs: Any, separator: str = "", name: str | None = None) -> Text:
    """Strings behind one another."""
    return Text(separator.join(str(v) for v in inputs))


def length(input: Any, unit: str = "BYTE", name: str | None = None) -> Any:
    """How long a string is."""
    return as_tensor(len(str(input).encode() if unit == "BYTE" else str(input)))


def lower(input: Any, encoding: str = "", name: str | None = None) -> Any:
    """In small letters."""
    return _each(lambda v: Text(v.lower()), input)


def upper(input: Any, encoding: str = "", name: str | None = None) -> Any:
    """In capital letters."""
    return _each(lambda v: Text(v.upper()), input)


def strip(input: Any, name: str | None = None) -> Any:
    """Without blanks at its ends."""
    return _each(lambda v: Text(v.strip()), input)


def regex_replace(input: Any, pattern: str, rewrite: str, replace_global: bool = True) -> Any:
    """With matches of a pattern replaced."""
    count = 0 if replace_global else 1
    return _each(lambda v: Text(re.sub(pattern, rewrite, v, count=count)), input)


def regex_full_match(input: Any, pattern: str, name: str | None = None) -> Any:
    """Whether the whole matches a pattern."""
    return bool(re.fullmatch(pattern, str(input)))


def to_number(input: Any, out_type: Any = "float32", name: str | None = None) -> Any:
    """The number that a string spells."""
    return as_tensor(float(str(input)), out_type)


def substr(input: Any, pos: int, len: int, unit: str = "BYTE", name: str | None = None) -> Any:
    """A part of a string."""
    return _each(lambda v: Text(v[pos : pos + len]), input)


def as_string(input: Any, **_: Any) -> Text:
    """A number as text."""
    return Text(str(np.asarray(input).item()))


NAMES = [
    "as_string",
    "join",
    "length",
    "lower",
    "regex_full_match",
    "regex_replace",
    "split",
    "strip",
    "substr",
    "to_number",
    "upper",
]
