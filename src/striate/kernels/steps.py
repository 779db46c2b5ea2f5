"""KernelStep: what one kernel does in a program."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from striate.kernels.shapes import PointShape

CONV = "conv"  # a convolution, by the fastest kernel that does its shape
DEPTHWISE = "depthwise_conv"
VIEW = "view"  # the same memory in another shape: nothing runs
SIDE_BY_SIDE = "side by side"  # channels of several maps: written where they end up
COPIES = "copy_map"


@dataclass(frozen=True)
class KernelStep:
    """A kernel and the names of its values.

    Args:
        kernel: one of the words above, or the function's name.
        reads: its input, then what is added or multiplied.
        writes: its result.
        shape: its sizes.
        source: the name of its weights; None: it has none.
    """

    kernel: str
    reads: tuple[Hashable, ...]
    writes: Hashable
    shape: Any = None  # a ConvShape or a PointShape; a view has none
    source: Hashable = None


def copied(x: Hashable, y: Hashable, pixels: int, channels: int) -> KernelStep:
    """A copy of a map into another place."""
    return KernelStep(COPIES, (x,), y, PointShape(pixels, channels))
