"""Ranges that amounts are drawn from, as Keras's `factor` arguments state them."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

from striate.graph.kinds.base import bad_argument

Range = tuple[float, float]


def is_number(value: object) -> bool:
    """A finite number that is no truth value."""
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def _pair(name: str, value: Any, both: tuple[Any, ...], least: float, most: float) -> Range:
    """`value` if it is two numbers in [least, most], `both` if it is one; the lower first."""
    pair = both if is_number(value) else value
    right = isinstance(pair, tuple) and len(pair) == 2
    if not right or not all(is_number(v) and least <= v <= most for v in pair):
        shown = f"in [{least:g}, {most:g}]" if math.isfinite(most) else f">= {least:g}"
        raise bad_argument(name, value, f"a number {shown}, or two of them")
    return float(min(pair)), float(max(pair))


def around_zero(name: str, value: Any, least: float, most: float) -> Range:
    """f stands for (-f, f)."""
    size = abs(value) if is_number(value) else 0.0
    return _pair(name, value, (-size, size), least, most)


def from_zero(name: str, value: Any, most: float = 1.0) -> Range:
    """f stands for (0, f)."""
    return _pair(name, value, (0.0, value), 0.0, most)


def twice(name: str, value: Any, least: float, most: float) -> Range:
    """f stands for (f, f)."""
    return _pair(name, value, (value, value), least, most)


def share(name: str, value: Any) -> float:
    """One number in [0, 1]."""
    if not is_number(value) or not 0 <= value <= 1:
        raise bad_argument(name, value, "a number in [0, 1]")
    return float(value)


def value_bounds(value: Any) -> Range:
    """The range of the values of images: two different numbers, the lower first."""
    pair = isinstance(value, tuple) and len(value) == 2 and all(is_number(v) for v in value)
    if not pair or value[0] == value[1]:
        raise bad_argument(
            "value_range", value, "two numbers, the lowest and highest value: (0, 255) or (0, 1)"
        )
    return float(min(value)), float(max(value))
