"""Pooling over windows, bins and whole maps.

Torch's kernels over planes do the work: a sequence is a plane of one row, and where the kernels
over volumes would change the layout, a volume is pooled slice by slice, then along its depth.
Maps are (N, C, *spatial) with channels-last strides.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from striate.graph import window
from striate.ops.border import pad
from striate.ops.layout import (
    flat_as_plane,
    plane_as_flat,
    planes_as_slices,
    slices_as_planes,
    to_external,
    to_internal,
)
from striate.ops.random import uniform
from striate.ops.windows import windows

Sizes = tuple[int, ...]
Planar = Callable[[Tensor, Sizes, Sizes], Tensor]  # plane, window size, strides -> plane


@dataclass(frozen=True)
class Steps:
    """How torch slides a window so that TensorFlow's come out, without padding by hand.

    Torch pads both sides alike. Where TensorFlow pads one more at the end: with a stride above 1,
    `ceil` lets the last window hang over the end; with stride 1, one more is padded on both
    sides, and the first window is dropped.

    Args:
        padding: what torch pads on both sides of each axis.
        ceil: whether a window may hang over the end.
        drop: windows to drop at the start of each axis.
    """

    padding: tuple[int, ...]
    ceil: bool = False
    drop: tuple[int, ...] = ()

    @classmethod
    def of(cls, x: Tensor, size: Sizes, strides: Sizes, padding: str) -> Steps:
        """The steps for the windows of a map."""
        if padding == "valid":
            return cls((0,) * len(size))
        amounts = window.all_axes(padding, x.shape[2:], size, strides, (1,) * len(size))
        drop = [
            after - before if s == 1 else 0
            for (before, after), s in zip(amounts, strides, strict=True)
        ]
        both = tuple(before + d for (before, _), d in zip(amounts, drop, strict=True))
        ceil = any(after > before + d for (before, after), d in zip(amounts, drop, strict=True))
        return cls(both, ceil, tuple(drop) if any(drop) else ())

    def kept(self, out: Tensor) -> Tensor:
        """The pooled map without the dropped windows, as a map of its own."""
        if not self.drop:
            return out
        for axis, count in enumerate(self.drop, 2):
            out = out.narrow(axis, count, out.shape[axis] - count)
        return to_internal(to_external(out).contiguous())


def by_planes(x: Tensor, pool: Planar, size: Sizes, strides: Sizes) -> Tensor:
    """Pools maps of any rank with a pooling of planes that works axis by axis."""
    if x.dim() == 3:
        return plane_as_flat(pool(flat_as_plane(x), (1, *size), (1, *strides)))
    if x.dim() == 4:
        return pool(x, size, strides)
    slices = pool(slices_as_planes(x), size[1:], strides[1:])
    return along_depth(planes_as_slices(slices, x.shape[2]), pool, (size[0], 1), (strides[0], 1))


def along_depth(x: Tensor, pool: Planar, size: Sizes, strides: Sizes) -> Tensor:
    """Pools a volume as a plane of depth by everything else."""
    out: Tensor = pool(x.flatten(3), size, strides).unflatten(3, x.shape[3:])
    return out


def max_pool(x: Tensor, size: Sizes, strides: Sizes, padding: str) -> Tensor:
    """The largest value of each window: (N, C, *spatial) -> (N, C, *spatial').

    Padding never wins: it counts as minus infinity.
    """
    if padding == "valid" and x.dim() == 4:  # the usual form, without a question more
        return F.max_pool2d(x, size, strides)
    if x.dim() == 3:
        plane = max_pool(flat_as_plane(x), (1, *size), (1, *strides), padding)
        return plane_as_flat(plane)
    steps = Steps.of(x, size, strides, padding)
    if x.dim() == 4:
        return steps.kept(F.max_pool2d(x, size, strides, steps.padding, 1, steps.ceil))
    return steps.kept(F.max_pool3d(x, size, strides, steps.padding, 1, steps.ceil))


def max_pool_with_argmax(
    x: Tensor, size: Sizes, strides: Sizes, padding: str
) -> tuple[Tensor, Tensor]:
    """The largest value of each window and where it stood: row * width + column, int64.

    Shapes: (N, C, H, W) -> twice (N, C, H', W').
    """
    steps = Steps.of(x, size, strides, padding)
    both = F.max_pool2d_with_indices(x, size, strides, steps.padding, (1, 1), steps.ceil)
    return steps.kept(both[0]), steps.kept(both[1])


def max_unpool(values: Tensor, indices: Tensor, size: Sizes) -> Tensor:
    """Puts values back where `max_pool_with_argmax` found them, zeros elsewhere.

    Shapes: values and indices (N, C, h, w) -> (N, C, *size).
    """
    height, width = size
    at = to_external(indices).flatten(1, 2)
    flat = values.new_zeros((at.shape[0], height * width, at.shape[2]))
    whole = flat.scatter(1, at, to_external(values).flatten(1, 2))
    return to_internal(whole.unflatten(1, (height, width)))


def min_pool(x: Tensor, size: Sizes, strides: Sizes, padding: str) -> Tensor:
    """The smallest value of each window; padding never wins."""
    return -max_pool(-x, size, strides, padding)


def average_pool(x: Tensor, size: Sizes, strides: Sizes, padding: str) -> Tensor:
    """The mean of each window over the values that are there; padding is not counted.

    Shapes: (N, C, *spatial) -> (N, C, *spatial'). A mean over a box is the mean of means.
    """

    def pool(plane: Tensor, size: Sizes, strides: Sizes) -> Tensor:
        if _pads_wrongly(plane, padding):
            there = plane.new_ones((1, 1, *plane.shape[2:]))
            counts = _window_sums(there, size, strides, padding)
            return _window_sums(plane, size, strides, padding) / counts
        steps = Steps.of(plane, size, strides, padding)
        return steps.kept(F.avg_pool2d(plane, size, strides, steps.padding, steps.ceil, False))

    return by_planes(x, pool, size, strides)


def _pads_wrongly(x: Tensor, padding: str) -> bool:
    """Before 2.14 torch gives wrong gradients to padded channels-last planes on CUDA.

    https://github.com/pytorch/pytorch/issues/188344
    """
    return x.is_cuda and padding != "valid"


def _window_sums(x: Tensor, size: Sizes, strides: Sizes, padding: str) -> Tensor:
    """The sum over each window of planes: (N, C, H, W) -> (N, C, H', W')."""
    if _pads_wrongly(x, padding):
        x, padding = pad(x, window.all_axes(padding, x.shape[2:], size, strides, (1, 1))), "valid"
    steps = Steps.of(x, size, strides, padding)
    return steps.kept(F.avg_pool2d(x, size, strides, steps.padding, steps.ceil, True, 1))


def lp_pool(x: Tensor, p: float, size: Sizes, strides: Sizes, padding: str) -> Tensor:
    """(sum over the window of abs(x)^p)^(1/p): (N, C, *spatial) -> (N, C, *spatial')."""

    def pool(plane: Tensor, size: Sizes, strides: Sizes) -> Tensor:
        return _window_sums(plane, size, strides, padding)

    return _root(by_planes(_power(x, p), pool, size, strides), p)


def _power(x: Tensor, p: float) -> Tensor:
    return x.square() if p == 2 else x.abs().pow(p)


def _root(total: Tensor, p: float) -> Tensor:
    """total^(1/p) with gradient 0 where the total is 0; torch's own root has none there (NaN)."""
    if not (total.requires_grad and torch.is_grad_enabled()):
        return total.sqrt() if p == 2 else total.pow(1 / p)
    above = total > 0
    safe = torch.where(above, total, 1.0)
    return torch.where(above, safe.sqrt() if p == 2 else safe.pow(1 / p), 0.0)


def _axes(x: Tensor) -> tuple[int, ...]:
    return tuple(range(2, x.dim()))


def global_average_pool(x: Tensor, keepdims: bool) -> Tensor:
    """Mean over all positions: (N, C, *spatial) -> (N, C) or (N, C, 1, ...)."""
    return x.mean(dim=_axes(x), keepdim=keepdims)


def masked_average_pool(x: Tensor, mask: Tensor, keepdims: bool) -> Tensor:
    """Mean over the steps that count, 0 where none does: x (N, C, L), mask (N, L) -> (N, C)."""
    mask = mask.bool().unsqueeze(1)
    total = x.where(mask, 0.0).sum(-1, keepdim=keepdims)
    return total / mask.sum(-1, keepdim=keepdims).clamp(min=1)


def global_max_pool(x: Tensor, keepdims: bool) -> Tensor:
    """Maximum over all positions: (N, C, *spatial) -> (N, C) or (N, C, 1, ...)."""
    return torch.amax(x, dim=_axes(x), keepdim=keepdims)


def global_min_pool(x: Tensor, keepdims: bool) -> Tensor:
    """Minimum over all positions: (N, C, *spatial) -> (N, C) or (N, C, 1, ...)."""
    return torch.amin(x, dim=_axes(x), keepdim=keepdims)


def global_l2_pool(x: Tensor, keepdims: bool) -> Tensor:
    """sqrt(sum of squares) over all positions: (N, C, *spatial) -> (N, C) or (N, C, 1, ...)."""
    return _root(x.square().sum(dim=_axes(x), keepdim=keepdims), 2)


def adaptive_max_pool(x: Tensor, size: Sizes) -> Tensor:
    """The largest value of each bin (`window.adaptive_bins`): (N, C, *spatial) -> (N, C, *size)."""
    return _by_bins(x, F.adaptive_max_pool2d, size)


def adaptive_average_pool(x: Tensor, size: Sizes) -> Tensor:
    """The mean of each bin (`window.adaptive_bins`): (N, C, *spatial) -> (N, C, *size)."""
    return _by_bins(x, F.adaptive_avg_pool2d, size)


def _by_bins(x: Tensor, pool: Callable[..., Tensor], size: Sizes) -> Tensor:
    if x.dim() == 3:
        return plane_as_flat(pool(flat_as_plane(x), (1, *size)))
    if x.dim() == 4:
        return pool(x, size)
    slices = planes_as_slices(pool(slices_as_planes(x), size[1:]), x.shape[2])
    return along_depth(slices, lambda plane, *_: pool(plane, (size[0], plane.shape[3])), size, size)


def pyramid_pool(x: Tensor, bins: Sizes, average: bool) -> Tensor:
    """Each level's bins, rows first and channels fastest, one level after the other.

    Shapes: (N, C, H, W) -> (N, C sum(b^2)).
    """
    pool = adaptive_average_pool if average else adaptive_max_pool
    return torch.cat([to_external(pool(x, (b, b))).flatten(1) for b in bins], dim=1)


def channel_max_pool(x: Tensor, size: int, stride: int, padding: str) -> Tensor:
    """The largest value of each window of channels: (N, C, ...) -> (N, C', ...)."""
    return to_internal(_channel_windows(x, size, stride, padding, float("-inf")).amax(-1))


def channel_average_pool(x: Tensor, size: int, stride: int, padding: str) -> Tensor:
    """The mean of each window of channels; padding is not counted."""
    total = _channel_windows(x, size, stride, padding, 0.0).sum(-1)
    there = x.new_ones((1, x.shape[1]))
    return to_internal(total / _channel_windows(there, size, stride, padding, 0.0).sum(-1))


def _channel_windows(x: Tensor, size: int, stride: int, padding: str, value: float) -> Tensor:
    """(N, C, ...) -> (N, ..., C', size), a view where nothing is padded."""
    amounts = window.padding_amounts(padding, x.shape[1], size, stride)
    last = to_external(x)
    if amounts != (0, 0):
        last = F.pad(last, amounts, value=value)
    return last.unfold(-1, size, stride)


def stochastic_pool(
    x: Tensor,
    size: Sizes,
    strides: Sizes,
    padding: str,
    training: bool,
    source: torch.Generator | None = None,
) -> Tensor:
    """Per window, with a = max(x, 0) and p = a / sum(a): in training one a drawn with odds p.

    In inference the expected value, sum(p a). A window without a positive value gives 0.

    Shapes: (N, C, *spatial) -> (N, C, *spatial').
    """
    rank = len(size)
    seen = windows(x.clamp(min=0), size, strides, padding).flatten(rank + 1, 2 * rank)
    total = seen.sum(-2, keepdim=True)
    if training:
        mark = uniform(total.shape, x, source) * total
        chosen = (seen.cumsum(-2) <= mark).sum(-2, keepdim=True).clamp(max=seen.shape[-2] - 1)
        return to_internal(seen.gather(-2, chosen).squeeze(-2))
    share = seen / torch.where(total > 0, total, 1.0)
    return to_internal((share * seen).sum(-2))


def binomial(size: int) -> Tensor:
    """Row `size` of Pascal's triangle, divided by its sum: 3 gives [1, 2, 1] / 4."""
    row = [math.comb(size - 1, i) / 2 ** (size - 1) for i in range(size)]
    return torch.tensor(row)


def blur_pool(x: Tensor, taps: Tensor, strides: Sizes) -> Tensor:
    """Smooths with the outer product of `taps` along each axis, mirrored borders, then skips.

    Shapes: (N, C, *spatial) -> (N, C, *ceil(spatial / strides)).
    """

    def pool(plane: Tensor, size: Sizes, strides: Sizes) -> Tensor:
        sides = [taps if k > 1 else taps.new_ones(1) for k in size]
        square = torch.outer(*sides).expand(plane.shape[1], 1, -1, -1)
        border = [window.blur_padding(k) for k in size]
        return F.conv2d(
            pad(plane, border, mode="reflect"), square, None, strides, groups=len(square)
        )

    return by_planes(x, pool, (len(taps),) * len(strides), strides)
