"""Spec: the shape and number type of what flows along one edge of a graph."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

Shape = tuple["int | None", ...]

DTYPES = ("float32", "float64", "float16", "bfloat16", "uint8", "int32", "int64", "bool")


@dataclass(frozen=True)
class Spec:
    """Shape and dtype of one value; `None` is a dimension that stays open until data arrive.

    Shapes: batch first, channels last: (None, H, W, C).

    Example:
        >>> from striate.graph import Spec
        >>> Spec((None, 28, 28, 1)).features
        784
    """

    shape: Shape
    dtype: str = "float32"

    @property
    def rank(self) -> int:
        """Number of dimensions, batch included."""
        return len(self.shape)

    @property
    def channels(self) -> int | None:
        """Size of the last dimension."""
        return self.shape[-1]

    @property
    def spatial(self) -> Shape:
        """Dimensions between batch and channels."""
        return self.shape[1:-1]

    @property
    def features(self) -> int | None:
        """Values per sample; None while a dimension besides the batch is open."""
        return product(self.shape[1:])

    def __str__(self) -> str:
        return str(self.shape)


def total(parts: Iterable[int | None]) -> int | None:
    """Sum of parts, or None if one of them is not known.

    Example:
        >>> total((3, 4)), total((3, None))
        (7, None)
    """
    result = 0
    for part in parts:
        if part is None:
            return None
        result += part
    return result


def product(sizes: Iterable[int | None]) -> int | None:
    """Product of sizes, or None if one of them is open.

    Example:
        >>> product((3, 4)), product((3, None))
        (12, None)
    """
    result = 1
    for size in sizes:
        if size is None:
            return None
        result *= size
    return result
