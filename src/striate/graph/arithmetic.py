"""Arithmetic: what `x + y`, `2 * x`, `x[:, 1:]` on symbols mean, spelt out for type checkers.

Each operator becomes a node; `perform`, which the layers set, records it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar


class Arithmetic:
    """Python's operators, each as the name of an operation and its operands."""

    __slots__ = ()
    __array_ufunc__ = None  # an array leaves `array + symbol` to the symbol
    perform: ClassVar[Callable[..., Any]]

    def __add__(self, other: Any) -> Any:
        return self.perform("add", self, other)

    def __radd__(self, other: Any) -> Any:
        return self.perform("add", other, self)

    def __sub__(self, other: Any) -> Any:
        return self.perform("subtract", self, other)

    def __rsub__(self, other: Any) -> Any:
        return self.perform("subtract", other, self)

    def __mul__(self, other: Any) -> Any:
        return self.perform("multiply", self, other)

    def __rmul__(self, other: Any) -> Any:
        return self.perform("multiply", other, self)

    def __truediv__(self, other: Any) -> Any:
        return self.perform("divide", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self.perform("divide", other, self)

    def __floordiv__(self, other: Any) -> Any:
        return self.perform("floor_divide", self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return self.perform("floor_divide", other, self)

    def __mod__(self, other: Any) -> Any:
        return self.perform("mod", self, other)

    def __rmod__(self, other: Any) -> Any:
        return self.perform("mod", other, self)

    def __pow__(self, other: Any) -> Any:
        return self.perform("power", self, other)

    def __rpow__(self, other: Any) -> Any:
        return self.perform("power", other, self)

    def __matmul__(self, other: Any) -> Any:
        return self.perform("matmul", self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return self.perform("matmul", other, self)

    def __and__(self, other: Any) -> Any:
        return self.perform("logical_and", self, other)

    def __or__(self, other: Any) -> Any:
        return self.perform("logical_or", self, other)

    def __neg__(self) -> Any:
        return self.perform("negative", self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return self.perform("absolute", self)

    def __getitem__(self, key: Any) -> Any:
        return self.perform("getitem", self, key=key)
