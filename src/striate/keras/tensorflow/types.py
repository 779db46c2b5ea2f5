"""Number types under TensorFlow's names, and what describes tensors without their values."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from striate.keras.tensors import Shape


class DType(str):
    """A number type: its name, equal to torch's and NumPy's type of that name.

    Example:
        >>> DType("float32") == torch.float32, DType("uint8").max
        (True, 255)
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if isinstance(other, torch.dtype):
            return str(other) == f"torch.{str.__str__(self)}"
        if isinstance(other, (type, np.dtype)):
            return np.dtype(other).name == str.__str__(self)
        return str.__eq__(self, other) is True

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__

    def __repr__(self) -> str:
        return f"tf.{str.__str__(self)}"

    @property
    def name(self) -> str:
        """Its name."""
        return str.__str__(self)

    @property
    def as_numpy_dtype(self) -> Any:
        """NumPy's type."""
        return np.dtype(str.__str__(self)).type

    @property
    def is_floating(self) -> bool:
        """Whether it has fractions."""
        return "float" in self.name

    @property
    def is_integer(self) -> bool:
        """Whether it has whole numbers only."""
        return "int" in self.name

    @property
    def max(self) -> Any:
        """The largest number of it."""
        return self._ends().max

    @property
    def min(self) -> Any:
        """The smallest number of it."""
        return self._ends().min

    def _ends(self) -> Any:
        kind = getattr(torch, self.name)
        return torch.finfo(kind) if kind.is_floating_point else torch.iinfo(kind)


_NAMES = """
bfloat16 float16 float32 float64 uint8 uint16 uint32 uint64 int8 int16 int32 int64 bool complex64
complex128 string
"""
DTYPES = {name: DType(name) for name in _NAMES.split()}


def as_dtype(given: Any) -> DType:
    """The type of a name, of torch's or of NumPy's type."""
    if isinstance(given, torch.dtype):
        return DTYPES[str(given).removeprefix("torch.")]
    if isinstance(given, str) and given in DTYPES:
        return DTYPES[given]
    return DTYPES[np.dtype(given).name]


class TensorShape(Shape):
    """A shape, written as `TensorShape([None, 3])`.

    Example:
        >>> TensorShape([None, 3]).as_list()
        [None, 3]
    """

    __slots__ = ()


class TensorSpec:
    """Shape and number type of tensors to come.

    Args:
        shape: the sizes, None where open.
        dtype: the number type.
        name: shown in its text.
    """

    def __init__(self, shape: Any = None, dtype: Any = "float32", name: str | None = None) -> None:
        self.shape = TensorShape(() if shape is None else shape)
        self.dtype = as_dtype(dtype)
        self.name = name

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, TensorSpec)
            and self.shape == other.shape
            and self.dtype == other.dtype
        )

    def __hash__(self) -> int:
        return hash((tuple(self.shape), self.dtype))

    def __repr__(self) -> str:
        return f"TensorSpec(shape={tuple(self.shape)}, dtype={self.dtype!r}, name={self.name!r})"
