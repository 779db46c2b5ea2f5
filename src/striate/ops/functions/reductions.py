"""Functions that look along axes: sums, means, largest values, orders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from striate.ops.functions.definitions import axes_of, counted, dtype_of, entered, floated

Axis = int | Sequence[int] | None


@entered()
def sum_(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The sum."""
    x = counted(x)
    return torch.sum(x, axes_of(axis, x.dim()), keepdims, dtype=x.dtype)


@entered()
def prod(x: Tensor, axis: Axis = None, keepdims: bool = False, dtype: Any = None) -> Tensor:
    """The product."""
    x = counted(x) if dtype is None else x.to(dtype_of(dtype))
    for place in sorted(axes_of(axis, x.dim()), reverse=True):
        x = torch.prod(x, place, keepdims, dtype=x.dtype)
    return x


@entered()
def mean(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The mean."""
    return torch.mean(floated(x), axes_of(axis, x.dim()), keepdims)


@entered()
def var(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The mean square distance from the mean."""
    return torch.var(floated(x), axes_of(axis, x.dim()), correction=0, keepdim=keepdims)


@entered()
def std(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The root of `var`."""
    return torch.std(floated(x), axes_of(axis, x.dim()), correction=0, keepdim=keepdims)


@entered()
def median(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The value in the middle, or the mean of the two there."""
    return quantile(x, 0.5, axis, keepdims=keepdims)


@entered()
def quantile(
    x: Tensor, q: Any, axis: Axis = None, method: str = "linear", keepdims: bool = False
) -> Tensor:
    """The value below which a share q of all lies."""
    x = floated(x)
    gone = axes_of(axis, x.dim())
    rest = [i for i in range(x.dim()) if i not in gone]
    flat = x.permute(*rest, *gone).flatten(len(rest)) if gone else x
    shares = torch.as_tensor(q, dtype=x.dtype, device=x.device)
    out = torch.quantile(flat, shares, dim=-1, interpolation=method)
    if not keepdims:
        return out
    first = list(out.shape[: shares.dim()])
    return out.reshape(first + [1 if i in gone else n for i, n in enumerate(x.shape)])


@entered()
def percentile(
    x: Tensor, q: Any, axis: Axis = None, method: str = "linear", keepdims: bool = False
) -> Tensor:
    """`quantile` in hundredths."""
    return quantile(x, torch.as_tensor(q, dtype=torch.float32) / 100, axis, method, keepdims)


@entered()
def max_(x: Tensor, axis: Axis = None, keepdims: bool = False, initial: Any = None) -> Tensor:
    """The largest, or `initial` if that is larger."""
    out = torch.amax(x, axes_of(axis, x.dim()), keepdims)
    return out if initial is None else torch.clamp(out, min=initial)


@entered()
def min_(x: Tensor, axis: Axis = None, keepdims: bool = False, initial: Any = None) -> Tensor:
    """The smallest, or `initial` if that is smaller."""
    out = torch.amin(x, axes_of(axis, x.dim()), keepdims)
    return out if initial is None else torch.clamp(out, max=initial)


@entered()
def amax(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The largest."""
    return max_(x, axis, keepdims)


@entered()
def amin(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The smallest."""
    return min_(x, axis, keepdims)


@entered()
def ptp(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The largest less the smallest."""
    return max_(x, axis, keepdims) - min_(x, axis, keepdims)


@entered()
def all_(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Whether all are true."""
    return torch.all(x.bool(), axes_of(axis, x.dim()), keepdims)


@entered()
def any_(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Whether one is true."""
    return torch.any(x.bool(), axes_of(axis, x.dim()), keepdims)


@entered()
def argmax(x: Tensor, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """The place of the largest, the first of several."""
    return torch.argmax(counted(x), axis, keepdims).int()


@entered()
def argmin(x: Tensor, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """The place of the smallest, the first of several."""
    return torch.argmin(counted(x), axis, keepdims).int()


@entered()
def count_nonzero(x: Tensor, axis: Axis = None) -> Tensor:
    """How many are not zero."""
    return sum_(x != 0, axis)


@entered()
def logsumexp(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """log(sum(exp(x))), without overflow."""
    return torch.logsumexp(floated(x), axes_of(axis, x.dim()), keepdims)


@entered()
def norm(x: Tensor, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The length of vectors (one axis) or the norm of matrices (two)."""
    x = floated(x)
    out: Tensor
    if ord is None:
        out = torch.linalg.vector_norm(x, 2, axes_of(axis, x.dim()), keepdims)
    else:
        out = torch.linalg.norm(x, ord, axis, keepdims)
    return out


@entered()
def average(x: Tensor, axis: Axis = None, weights: Any = None) -> Tensor:
    """The mean, weighted if weights are given."""
    x = floated(x)
    if weights is None:
        return mean(x, axis)
    share = torch.as_tensor(weights, device=x.device).to(x.dtype)
    if isinstance(axis, int) and share.dim() == 1:
        share = share.reshape([-1 if i == axis % x.dim() else 1 for i in range(x.dim())])
    share = share.expand_as(x)
    return sum_(x * share, axis) / sum_(share, axis)


@entered()
def moments(
    x: Tensor, axes: Axis, keepdims: bool = False, synchronized: bool = False
) -> tuple[Tensor, Tensor]:
    """Mean and variance."""
    real = x.float() if x.dtype == torch.float16 else x
    return mean(real, axes, keepdims).to(x.dtype), var(real, axes, keepdims).to(x.dtype)


@entered()
def cumsum(x: Tensor, axis: int | None = None, dtype: Any = None) -> Tensor:
    """The sums up to each value."""
    x = x.flatten() if axis is None else x
    kind = dtype_of(dtype, counted(x[:0]).dtype if x.dtype == torch.bool else x.dtype)
    return torch.cumsum(x, axis or 0, dtype=kind)


@entered()
def cumprod(x: Tensor, axis: int | None = None, dtype: Any = None) -> Tensor:
    """The products up to each value."""
    x = x.flatten() if axis is None else x
    kind = dtype_of(dtype, counted(x[:0]).dtype if x.dtype == torch.bool else x.dtype)
    return torch.cumprod(x, axis or 0, dtype=kind)


@entered()
def sort(x: Tensor, axis: int = -1) -> Tensor:
    """Rising along an axis."""
    return torch.sort(x, dim=axis, stable=True).values


@entered()
def argsort(x: Tensor, axis: int = -1) -> Tensor:
    """The places of the values in rising order."""
    if axis is None:
        x, axis = x.flatten(), -1
    return torch.argsort(counted(x), dim=axis, stable=True).int()


@entered()
def top_k(x: Tensor, k: int, sorted: bool = True) -> tuple[Tensor, Tensor]:
    """The k largest values of the last axis, and their places."""
    values, places = torch.topk(x, k, sorted=sorted)
    return values, places.int()


@entered(2)
def in_top_k(targets: Tensor, predictions: Tensor, k: int) -> Tensor:
    """Whether each target is among the k largest predictions; ties count."""
    own = predictions.gather(-1, targets.long().unsqueeze(-1))
    return (predictions > own).sum(-1) < k


@entered()
def diff(a: Tensor, n: int = 1, axis: int = -1) -> Tensor:
    """The differences of neighbours, n times."""
    return torch.diff(a, n=n, dim=axis)


@entered()
def bincount(x: Tensor, weights: Any = None, minlength: int = 0, sparse: bool = False) -> Tensor:
    """How often each whole number occurs."""
    share = None if weights is None else torch.as_tensor(weights)
    if x.dim() == 2:
        longest = max(minlength, int(x.max()) + 1)
        rows = share if share is not None else [None] * len(x)
        return torch.stack([bincount(r, w, longest) for r, w in zip(x, rows, strict=True)])
    out = torch.bincount(x.long(), share, int(minlength))
    return out if out.is_floating_point() else out.int()


@entered(2)
def searchsorted(sorted_sequence: Tensor, values: Tensor, side: str = "left") -> Tensor:
    """Where values would have to be put to keep the order."""
    return torch.searchsorted(sorted_sequence, values, side=side).int()


@entered(2)
def digitize(x: Tensor, bins: Tensor) -> Tensor:
    """The number of the bin that each value is in."""
    return torch.bucketize(x, bins.to(x.dtype), right=True).int()


@entered()
def nonzero(x: Tensor) -> tuple[Tensor, ...]:
    """The places of what is not zero, axis by axis."""
    return tuple(place.int() for place in torch.nonzero(x, as_tuple=True))


def _without_nan(x: Tensor, axis: Axis, keepdims: bool) -> tuple[Tensor, Tensor]:
    counts = ~torch.isnan(x)
    return torch.where(counts, x, 0.0), sum_(counts, axis, keepdims)


@entered()
def nansum(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The sum of what is not NaN."""
    return sum_(torch.nan_to_num(x, 0.0, torch.inf, -torch.inf), axis, keepdims)


@entered()
def nanmean(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The mean of what is not NaN."""
    values, counts = _without_nan(floated(x), axis, keepdims)
    return sum_(values, axis, keepdims) / counts


@entered()
def nanmax(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The largest of what is not NaN."""
    return max_(torch.where(torch.isnan(x), -torch.inf, x), axis, keepdims)


@entered()
def nanmin(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The smallest of what is not NaN."""
    return min_(torch.where(torch.isnan(x), torch.inf, x), axis, keepdims)
