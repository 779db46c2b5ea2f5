"""Arithmetic of recorded operations: NumPy's meaning on torch tensors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "floor_divide": lambda a, b: a // b,
    "mod": lambda a, b: a % b,
    "power": lambda a, b: a**b,
    "matmul": lambda a, b: a @ b,
}
UNARY: dict[str, Callable[[Tensor], Tensor]] = {"negative": torch.neg, "absolute": torch.abs}


def sliced(x: Tensor, key: Sequence[tuple[Any, ...]]) -> Tensor:
    """x[key], with steps below zero, which torch has not: these axes are turned round first.

    Shapes: x channels last; see `graph.kinds.operation` for the form of the key.
    """
    turned: list[int] = []
    index: list[Any] = []
    axis = 0
    for entry in key:
        kind, *ends = entry
        if kind == "new":
            index.append(None)
            continue
        if kind == "index":
            index.append(ends[0])
        else:
            start, stop, step = ends
            if step is not None and step < 0:
                turned.append(axis)
                start, stop, step = _forward(start, stop, step, x.shape[axis])
            index.append(slice(start, stop, step))
        axis += 1
    return (x.flip(turned) if turned else x)[tuple(index)]


def _forward(start: int | None, stop: int | None, step: int, size: int) -> tuple[int, int, int]:
    """A backward slice as a forward one of the axis turned round."""
    first, end, by = slice(start, stop, step).indices(size)
    return size - 1 - first, size - 1 - end, -by
