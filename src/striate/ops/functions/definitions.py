"""The table of functions, and the number types in which values meet."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

Called = TypeVar("Called", bound=Callable[..., Any])


@dataclass(frozen=True)
class Definition:
    """A function and how it is called.

    Args:
        function: tensors in, tensors out.
        tensors: how many tensors come first; None: one list of them.
        numbers: whether plain numbers stay numbers, which bend to the type of the tensors.
        signature: Keras's names and defaults of its arguments.
    """

    function: Callable[..., Any]
    tensors: int | None
    numbers: bool
    signature: inspect.Signature

    def parted(
        self, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> tuple[list[Any], dict[str, Any]]:
        """The tensors of a call, and all else by name, defaults included."""
        bound = self.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        names = list(bound.arguments)
        if self.tensors is None:
            return list(bound.arguments[names[0]]), {n: bound.arguments[n] for n in names[1:]}
        count = self.tensors
        tensors = [bound.arguments[n] for n in names[:count]]
        return tensors, {n: plain(bound.arguments[n]) for n in names[count:]}


def plain(value: Any) -> Any:
    """NumPy's numbers as Python's, and lists as tuples."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list):
        return tuple(plain(v) for v in value)
    if isinstance(value, tuple) and type(value) is tuple:
        return tuple(plain(v) for v in value)
    return value


DEFINITIONS: dict[str, Definition] = {}


def enter(
    name: str, function: Callable[..., Any], tensors: int | None = 1, numbers: bool = False
) -> None:
    """Puts a function into the table."""
    DEFINITIONS[name] = Definition(function, tensors, numbers, inspect.signature(function))


def entered(tensors: int | None = 1, *, numbers: bool = False) -> Callable[[Called], Called]:
    """Puts the function below into the table under its own name, without a "_" at its end."""

    def put(function: Called) -> Called:
        enter(function.__name__.rstrip("_"), function, tensors, numbers)
        return function

    return put


def floated(x: Tensor) -> Tensor:
    """Whole numbers and truth values as float32; others as they are."""
    return x if x.is_floating_point() or x.is_complex() else x.float()


def counted(x: Tensor) -> Tensor:
    """Truth values and bytes as int32, the type that Keras counts in."""
    return x.int() if x.dtype in (torch.bool, torch.uint8, torch.int8, torch.int16) else x


def dtype_of(dtype: Any, default: torch.dtype = torch.float32) -> torch.dtype:
    """A number type from its name or torch's object."""
    if dtype is None:
        return default
    return dtype if isinstance(dtype, torch.dtype) else getattr(torch, str(dtype))


def met(a: Any, b: Any) -> tuple[Tensor, Tensor]:
    """Two values as tensors of one type on one device; plain numbers bend to the other."""
    if not isinstance(a, Tensor):
        a = _bent(a, b)
    if not isinstance(b, Tensor):
        b = _bent(b, a)
    if a.dtype != b.dtype:
        dtype = torch.promote_types(a.dtype, b.dtype)
        a, b = a.to(dtype), b.to(dtype)
    return a, b


def _bent(number: Any, other: Any) -> Tensor:
    if not isinstance(other, Tensor):
        dtype = torch.float32 if isinstance(number, float) else torch.int32
        return torch.tensor(number, dtype=torch.bool if isinstance(number, bool) else dtype)
    dtype = torch.result_type(other, number)
    if dtype == torch.int64 and other.dtype == torch.bool:
        dtype = torch.int32
    return torch.tensor(number, dtype=dtype, device=other.device)


def axes_of(axis: Any, rank: int) -> tuple[int, ...]:
    """One axis or several, counted from 0; None is all."""
    if axis is None:
        return tuple(range(rank))
    many = (axis,) if isinstance(axis, int) else tuple(axis)
    return tuple(int(a) % rank if rank else 0 for a in many)
