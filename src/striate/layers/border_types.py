"""Types of values that are not torch's own, and how a layer that is called on one is run.

Empty unless a room that has such a type is in use: the tensors of `striate.keras`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# type of the first argument -> runs call(*args, **kwargs) and converts on both sides
BORDERS: dict[type, Callable[..., Any]] = {}


def crossing(args: tuple[Any, ...]) -> Callable[..., Any] | None:
    """How to run a call on these arguments; None for a usual one."""
    first = args[0] if args else None
    if type(first) in (list, tuple) and first:
        first = first[0]
    return BORDERS.get(type(first))
