"""Reach: which inputs one output of a layer is computed from, along one axis."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from striate.graph import window


@dataclass(frozen=True)
class Reach:
    """Output i reads the inputs from ceil(i stride + first) to floor(i stride + last).

    The numbers are exact fractions: a stride of 1/2 is that of a layer that doubles a map. Inputs
    below 0 and beyond the map are padding.

    Args:
        stride: inputs from one output to the next.
        first: where the inputs of output 0 begin.
        last: where they end.
        mirrored: padding shows the map again, mirrored at its border.
        step: inputs from one that is read to the next, of dilated windows.

    Example:
        >>> sliding(window.extent(3), stride=2, before=1).interval(4, 4)
        (7, 9)
    """

    stride: Fraction = Fraction(1)
    first: Fraction = Fraction(0)
    last: Fraction = Fraction(0)
    mirrored: bool = False
    step: int = 1

    def inputs(self, output: int) -> range:
        """The inputs that one output is computed from."""
        first, last = self.interval(output, output)
        return range(first, last + 1, self.step)

    def interval(self, first: int, last: int) -> tuple[int, int]:
        """The first and the last input that outputs `first` to `last` are computed from."""
        return (
            math.ceil(first * self.stride + self.first),
            math.floor(last * self.stride + self.last),
        )

    def through(self, earlier: Reach) -> Reach:
        """The reach of this layer behind an earlier one."""
        return Reach(
            self.stride * earlier.stride,
            self.first * earlier.stride + earlier.first,
            self.last * earlier.stride + earlier.last,
        )

    def union(self, other: Reach) -> Reach:
        """The reach of two ways of the same stride that meet."""
        return Reach(self.stride, min(self.first, other.first), max(self.last, other.last))

    @property
    def size(self) -> int:
        """The most inputs that one output is computed from."""
        return math.floor(self.last - self.first) + 1


SAME = Reach()


def sliding(
    extent: int, stride: int = 1, before: int = 0, *, mirrored: bool = False, step: int = 1
) -> Reach:
    """A window of this extent, with so many values of padding before the map."""
    first = Fraction(-before)
    return Reach(Fraction(stride), first, first + extent - 1, mirrored, step)


def padded(
    padding: str, size: int | None, kernel: int, stride: int = 1, dilation: int = 1
) -> Reach:
    """A window under a `padding` word; an open size is taken as a multiple of the stride.

    Example:
        >>> padded("same", 28, 3).interval(0, 0)
        (-1, 1)
    """
    known = stride * kernel * dilation if size is None else size
    before, _ = window.padding_amounts(padding, known, kernel, stride, dilation)
    return sliding(window.extent(kernel, dilation), stride, before, step=dilation)


def placing(extent: int, stride: int, cut: int, dilation: int = 1) -> Reach:
    """A transposed convolution: each input adds a window of this extent, `cut` are left out before.

    Example:
        >>> placing(3, 2, 0).interval(2, 2), placing(3, 2, 0).interval(3, 3)
        ((0, 1), (1, 1))
    """
    first, last = Fraction(cut - extent + 1, stride), Fraction(cut, stride)
    return Reach(Fraction(1, stride), first, last, step=dilation)


def repeating(factor: int) -> Reach:
    """Every input `factor` times."""
    return Reach(Fraction(1, factor), Fraction(1 - factor, factor), Fraction(0))


RADII = {"nearest": 0, "bilinear": 1, "bicubic": 2, "lanczos3": 3, "lanczos5": 5}


def interpolated(size: int, outputs: int, interpolation: str, antialias: bool = False) -> Reach:
    """Output i of m lies at (i + 1/2) n / m - 1/2; a kernel of this radius surrounds it.

    Where the kernel ends it is 0, so that inputs exactly there are not read.

    Example:
        >>> interpolated(4, 8, "bilinear").interval(3, 3)
        (1, 2)
    """
    stride = Fraction(size, outputs)
    if interpolation == "nearest":  # floor((i + 1/2) n / m)
        return Reach(stride, stride / 2 - 1 + Fraction(1, 2 * outputs), stride / 2)
    centre = stride / 2 - Fraction(1, 2)
    stretch = max(Fraction(1), stride) if antialias else Fraction(1)
    radius = RADII[interpolation] * stretch - Fraction(1, 4 * outputs)
    return Reach(stride, centre - radius, centre + radius)


def binned(size: int, outputs: int) -> Reach:
    """`window.adaptive_bins`: from floor(i n / m) to ceil((i + 1) n / m) - 1.

    Example:
        >>> [binned(7, 3).interval(i, i) for i in range(3)]
        [(0, 2), (2, 4), (4, 6)]
    """
    stride, rest = Fraction(size, outputs), Fraction(outputs - 1, outputs)
    return Reach(stride, -rest, stride + rest - 1)
