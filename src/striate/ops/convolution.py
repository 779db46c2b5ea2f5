"""Convolutions: torch's kernels behind TensorFlow's padding and Keras's kernel layouts.

Maps are (N, C, *spatial) with channels-last strides; kernels are as users see them, with the
axes of the window first. Kernels lie in memory so that torch's view of them is channels-last.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from striate.graph import window
from striate.ops.border import crop, pad
from striate.ops.layout import flat_as_plane, plane_as_flat, to_external, to_internal
from striate.ops.windows import windows

Sizes = Sequence[int]
Padding = str | Sequence[tuple[int, int]]  # a word, or the zeros before and after each axis

_OUTER_FIRST = {3: (2, 1, 0), 4: (3, 2, 0, 1), 5: (4, 3, 0, 1, 2)}


def conv(
    x: Tensor,
    kernel: Tensor,
    bias: Tensor | None,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
    groups: int = 1,
) -> Tensor:
    """Slides every filter over the input: out[p, o] = sum_k x[s p + d k, :] kernel[k, :, o] + bias.

    Shapes: x (N, C, *spatial), kernel (*k, C / groups, O) -> (N, O, *spatial').
    """
    weight = kernel.permute(_OUTER_FIRST[kernel.dim()])
    return _slide(x, weight, bias, strides, padding, dilation, groups)


def conv_by_product(
    x: Tensor,
    kernel: Tensor,
    bias: Tensor | None,
    strides: Sizes,
    padding: Padding,
) -> Tensor:
    """The convolution of images as one product of matrices: windows times filters.

    Faster than `conv` where a batch has few pixels beside many weights: torch's kernels reorder the
    weights first.

    Shapes: x (N, C, H, W), kernel (h, w, C, O) -> (N, O, H', W').
    """
    size = kernel.shape[:2]
    if isinstance(padding, str):
        padding = window.all_axes(padding, x.shape[2:], size, strides, (1, 1))
    x = to_external(pad(x, padding) if any(ends != (0, 0) for ends in padding) else x)
    ends = [n - k + 1 for n, k in zip(x.shape[1:3], size, strict=True)]
    seen = [
        x[:, i : i + ends[0] : strides[0], j : j + ends[1] : strides[1]]
        for i in range(size[0])
        for j in range(size[1])
    ]
    windows_of = seen[0] if len(seen) == 1 else torch.cat(seen, 3)
    filters = kernel.permute(3, 0, 1, 2).flatten(1)
    return to_internal(F.linear(windows_of, filters, bias))


def depthwise_conv(
    x: Tensor,
    kernel: Tensor,
    bias: Tensor | None,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
) -> Tensor:
    """Filters of each channel: out[p, c m + j] = sum_k x[s p + d k, c] kernel[k, c, j] + bias.

    Shapes: x (N, C, *spatial), kernel (*k, C, m) -> (N, C m, *spatial').
    """
    weight = kernel.movedim((-2, -1), (0, 1)).flatten(0, 1).unsqueeze(1)
    return _slide(x, weight, bias, strides, padding, dilation, x.shape[1])


def _slide(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
    groups: int,
) -> Tensor:
    """With a weight in torch's order, (O, C / groups, *k)."""
    x, zeros = zeros_inside(x, weight, strides, padding, dilation)
    if len(zeros) == 2:
        return F.conv2d(x, weight, bias, strides, zeros, dilation, groups)
    if len(zeros) == 3:
        return F.conv3d(x, weight, bias, strides, zeros, dilation, groups)
    plane, row = flat_as_plane(x), flat_as_plane(weight)
    flat = F.conv2d(plane, row, bias, (1, *strides), (0, *zeros), (1, *dilation), groups)
    return plane_as_flat(flat)


def zeros_inside(
    x: Tensor, weight: Tensor, strides: Sizes, padding: Padding, dilation: Sizes
) -> tuple[Tensor, Sizes]:
    """The input, and the zeros that the kernel itself is to take on both sides of each axis.

    Torch pads both sides alike; where TensorFlow does not, zeros are added first.
    """
    if padding == "valid":
        return x, (0,) * len(strides)
    if isinstance(padding, str):
        padding = _amounts(padding, x.shape[2:], weight.shape[2:], tuple(strides), tuple(dilation))
    if all(before == after for before, after in padding):
        return x, [before for before, _ in padding]
    return pad(x, padding), (0,) * len(strides)


@functools.lru_cache(maxsize=1024)
def _amounts(
    padding: str, sizes: Sizes, extent: Sizes, strides: Sizes, dilation: Sizes
) -> tuple[tuple[int, int], ...]:
    """The zeros that TensorFlow adds; asked for at every call, mostly of the same sizes."""
    return tuple(window.all_axes(padding, sizes, extent, strides, dilation))


def conv_transpose(
    x: Tensor,
    kernel: Tensor,
    bias: Tensor | None,
    strides: Sizes,
    padding: str,
    dilation: Sizes,
    output_padding: Sizes | None = None,
) -> Tensor:
    """Places a scaled copy of every filter: out[s p + d k, o] += x[p, :] . kernel[k, o, :].

    What `window.transposed_cropping` says is cut off, then the bias is added everywhere.

    Shapes: x (N, C, *spatial), kernel (*k, O, C) -> (N, O, *spatial').
    """
    extra = output_padding or (None,) * len(strides)
    axes = zip(kernel.shape, strides, dilation, extra, strict=False)
    cuts = [window.transposed_cropping(k, s, d, padding, o) for k, s, d, o in axes]
    # torch cuts both ends alike and can add rows after them; one row too many is cut here
    both = [before for before, _ in cuts]
    added = [max(0, before - after) for before, after in cuts]
    rest = [(0, max(0, after - before)) for before, after in cuts]
    weight = kernel.permute(_OUTER_FIRST[kernel.dim()])
    if len(both) == 2:
        out = F.conv_transpose2d(x, weight, bias, strides, both, added, 1, dilation)
    elif len(both) == 3:
        out = F.conv_transpose3d(x, weight, bias, strides, both, added, 1, dilation)
    else:
        plane, row = flat_as_plane(x), flat_as_plane(weight)
        steps, spread = (1, *strides), (1, *dilation)
        flat = F.conv_transpose2d(plane, row, bias, steps, (0, *both), (0, *added), 1, spread)
        out = plane_as_flat(flat)
    return _dense(crop(out, rest)) if any(after for _, after in rest) else out


def _dense(x: Tensor) -> Tensor:
    """A view as a map of its own, in the same order in memory."""
    return to_internal(to_external(x).contiguous())


def local_conv(
    x: Tensor,
    kernel: Tensor,
    bias: Tensor | None,
    size: Sizes,
    strides: Sizes,
    padding: str,
) -> Tensor:
    """A kernel per position: out[p, o] = sum_k x[s p + k, :] kernel[p, (k, :), o] + bias[p, o].

    Shapes: x (N, C, *spatial), kernel (P, K, O) with P positions of windows of K = prod(k) C
    values, rows first and channels fastest, bias (*spatial', O) -> (N, O, *spatial').
    """
    seen = windows(x, size, strides, padding)
    spatial = seen.shape[1 : 1 + len(size)]
    rows = seen.reshape(seen.shape[0], kernel.shape[0], kernel.shape[1])
    by_position = rows.transpose(0, 1)
    if bias is None:
        out = torch.bmm(by_position, kernel)
    else:
        out = torch.baddbmm(bias.reshape(kernel.shape[0], 1, -1), by_position, kernel)
    out = out.transpose(0, 1).contiguous()
    return to_internal(out.reshape(out.shape[0], *spatial, kernel.shape[2]))
