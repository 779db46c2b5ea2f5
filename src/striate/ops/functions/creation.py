"""Tensors from nothing: constants, ranges, and the shapes of others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from striate.ops.functions.definitions import dtype_of, entered


def _given(maker: Any, shape: Any, dtype: Any) -> Tensor:
    sizes = (shape,) if isinstance(shape, int) else tuple(int(n) for n in shape)
    out: Tensor = maker(sizes, dtype=dtype_of(dtype))
    return out


@entered(0)
def zeros(shape: Any, dtype: Any = None) -> Tensor:
    """Zeros."""
    return _given(torch.zeros, shape, dtype)


@entered(0)
def ones(shape: Any, dtype: Any = None) -> Tensor:
    """Ones."""
    return _given(torch.ones, shape, dtype)


@entered(0)
def empty(shape: Any, dtype: Any = None) -> Tensor:
    """Zeros: memory as it lies would differ from run to run."""
    return _given(torch.zeros, shape, dtype)


@entered(0)
def full(shape: Any, fill_value: Any, dtype: Any = None) -> Tensor:
    """One value throughout."""
    value = torch.as_tensor(fill_value)
    kind = torch.float32 if value.dtype == torch.float64 else value.dtype
    kind = torch.int32 if kind == torch.int64 and isinstance(fill_value, int) else kind
    return _given(torch.ones, shape, dtype or kind) * value.to(dtype_of(dtype, kind))


@entered()
def zeros_like(x: Tensor, dtype: Any = None) -> Tensor:
    """Zeros of its shape."""
    return torch.zeros_like(x, dtype=dtype_of(dtype, x.dtype))


@entered()
def ones_like(x: Tensor, dtype: Any = None) -> Tensor:
    """Ones of its shape."""
    return torch.ones_like(x, dtype=dtype_of(dtype, x.dtype))


@entered()
def empty_like(x: Tensor, dtype: Any = None) -> Tensor:
    """Zeros of its shape."""
    return zeros_like(x, dtype)


@entered()
def full_like(x: Tensor, fill_value: Any, dtype: Any = None) -> Tensor:
    """One value of its shape."""
    kind = dtype_of(dtype, x.dtype)
    return torch.ones_like(x, dtype=kind) * torch.as_tensor(fill_value).to(kind)


@entered(0)
def arange(start: Any, stop: Any = None, step: Any = None, dtype: Any = None) -> Tensor:
    """Numbers from `start` up to, without, `stop`."""
    first, end = (0, start) if stop is None else (start, stop)
    by = 1 if step is None else step
    given = [v.item() if isinstance(v, Tensor) else v for v in (first, end, by)]
    kind = torch.float32 if any(isinstance(v, float) for v in given) else torch.int32
    return torch.arange(*given, dtype=dtype_of(dtype, kind))


@entered(0)
def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """Numbers at equal distances."""
    first, last = (torch.as_tensor(v, dtype=torch.float32) for v in (start, stop))
    step = (last - first) / max(1, num - 1 if endpoint else num)
    count = torch.arange(num, dtype=torch.float32)
    out = first + count.reshape(-1, *[1] * step.dim()) * step
    if endpoint and num > 1:
        out[-1] = last
    out = torch.movedim(out, 0, axis).to(dtype_of(dtype))
    return (out, step) if retstep else out


@entered(0)
def logspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    base: float = 10,
    dtype: Any = None,
    axis: int = 0,
) -> Tensor:
    """Numbers at equal ratios, from powers of a base."""
    exponents: Tensor = linspace(start, stop, num, endpoint, axis=axis)
    return torch.pow(torch.tensor(float(base)), exponents).to(dtype_of(dtype))


@entered(0)
def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Tensor:
    """Ones on a diagonal."""
    return torch.diagonal_scatter(
        torch.zeros(N, M or N, dtype=dtype_of(dtype)),
        torch.ones(len(torch.zeros(N, M or N).diagonal(k)), dtype=dtype_of(dtype)),
        k,
    )


@entered(0)
def identity(n: int, dtype: Any = None) -> Tensor:
    """The matrix that changes nothing."""
    return torch.eye(n, dtype=dtype_of(dtype))


@entered(0)
def tri(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Tensor:
    """Ones at and below a diagonal."""
    return torch.tril(torch.ones(N, M or N, dtype=dtype_of(dtype)), k)


@entered(None)
def meshgrid(x: Sequence[Tensor], indexing: str = "xy") -> list[Tensor]:
    """The coordinates of a grid."""
    return list(torch.meshgrid(*x, indexing=indexing))
