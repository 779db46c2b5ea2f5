"""Maps of another size: repetition, interpolation, and pixels in exchange for channels.

Maps are (N, C, *spatial) with channels-last strides. Positions follow TensorFlow and Keras: pixels
are squares, so output i of m lies at (i + 1/2) n / m - 1/2 of an input of size n.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from striate.graph import window
from striate.ops.border import crop, pad
from striate.ops.layout import flat_as_plane, plane_as_flat, to_external, to_internal

Size = tuple[int, int]


def repeat(x: Tensor, factors: tuple[int, ...]) -> Tensor:
    """Every value repeated along each axis: (N, C, *spatial) -> (N, C, *(spatial factors)).

    Torch has a kernel for floating point and bytes; other types go through a view.
    """
    if not (x.is_floating_point() or x.dtype == torch.uint8):
        return repeat_by_view(x, factors)
    if x.dim() == 3:
        return plane_as_flat(repeat(flat_as_plane(x), (1, *factors)))
    size = [n * factor for n, factor in zip(x.shape[2:], factors, strict=True)]
    return F.interpolate(x, size=size, mode="nearest")


def repeat_by_view(x: Tensor, factors: tuple[int, ...]) -> Tensor:
    """`repeat` as it is defined: each axis gets a companion that is repeated, then they merge."""
    last = to_external(x)
    for axis in range(len(factors), 0, -1):
        last = last.unsqueeze(axis + 1)
    sizes = [n for pair in zip(x.shape[2:], factors, strict=True) for n in pair]
    last = last.expand(x.shape[0], *sizes, x.shape[1])
    whole = [n * factor for n, factor in zip(x.shape[2:], factors, strict=True)]
    return to_internal(last.reshape(x.shape[0], *whole, x.shape[1]))


def resize(x: Tensor, size: Size, interpolation: str, antialias: bool = False) -> Tensor:
    """Interpolates to a size; whole numbers are rounded and kept within their type.

    "bicubic" is Keys's kernel with a = -1/2, its weights at a border made to sum to 1, as in
    Keras on TensorFlow, JAX and NumPy (torch's own, and Keras on it, take a = -3/4 without
    `antialias`). `antialias` widens the kernel where the map becomes smaller.

    Shapes: (N, C, H, W) -> (N, C, *size).
    """
    if interpolation == "nearest":
        return nearest(x, size)
    if not x.is_floating_point():
        return _rounded(resize(x.float(), size, interpolation, antialias), x.dtype)
    smaller = any(m < n for n, m in zip(x.shape[2:], size, strict=True))
    if interpolation == "bilinear":
        return F.interpolate(x, size=size, mode="bilinear", antialias=antialias and smaller)
    if interpolation == "bicubic" and (antialias or not smaller):
        return F.interpolate(x, size=size, mode="bicubic", antialias=True)
    return by_matrices(x, size, interpolation, antialias)


def nearest(x: Tensor, size: Size) -> Tensor:
    """The pixel at floor((i + 1/2) n / m), in exact arithmetic: (N, C, H, W) -> (N, C, *size)."""
    last = to_external(x)
    for axis, m in enumerate(size, 1):
        n = last.shape[axis]
        if m != n:
            at = (2 * torch.arange(m, device=x.device) + 1) * n // (2 * m)
            last = last.index_select(axis, at)
    return to_internal(last)


def by_matrices(x: Tensor, size: Size, interpolation: str, antialias: bool) -> Tensor:
    """Any interpolation as it is defined: a matrix of weights times each axis."""
    last = to_external(x)
    batch, height, width, channels = last.shape
    rows = weights(height, size[0], interpolation, antialias).to(x)
    columns = weights(width, size[1], interpolation, antialias).to(x)
    tall = torch.matmul(rows, last.reshape(batch, height, -1))
    turned = tall.reshape(batch, size[0], width, channels).transpose(1, 2)
    wide = torch.matmul(columns, turned.reshape(batch, width, -1))
    whole = wide.reshape(batch, size[1], size[0], channels).transpose(1, 2)
    return to_internal(whole.contiguous())


def weights(n: int, m: int, interpolation: str, antialias: bool) -> Tensor:
    """What each of m outputs takes of n inputs, an (m, n) matrix whose rows sum to 1.

    The kernel at the distances from (i + 1/2) n / m - 1/2, stretched by n / m under `antialias`
    where that is above 1.
    """
    kernel = KERNELS[interpolation]
    places = (torch.arange(m, dtype=torch.float64) + 0.5) * n / m - 0.5
    stretch = max(1.0, n / m) if antialias else 1.0
    distance = (places[:, None] - torch.arange(n, dtype=torch.float64)).abs() / stretch
    found = kernel(distance)
    return found / found.sum(1, keepdim=True)


def _triangle(t: Tensor) -> Tensor:
    return (1 - t).clamp(min=0)


def _keys(t: Tensor) -> Tensor:
    """Keys (1981), "Cubic convolution interpolation for digital image processing", a = -1/2."""
    near = (1.5 * t - 2.5) * t * t + 1
    far = ((-0.5 * t + 2.5) * t - 4) * t + 2
    return torch.where(t < 1, near, torch.where(t < 2, far, 0.0))


def _lanczos(radius: int) -> Callable[[Tensor], Tensor]:
    """sinc(t) sinc(t / radius) within the radius."""
    return lambda t: torch.where(t < radius, torch.sinc(t) * torch.sinc(t / radius), 0.0)


KERNELS: dict[str, Callable[[Tensor], Tensor]] = {
    "bilinear": _triangle,
    "bicubic": _keys,
    "lanczos3": _lanczos(3),
    "lanczos5": _lanczos(5),
}


def _rounded(x: Tensor, dtype: torch.dtype) -> Tensor:
    if dtype == torch.bool:
        return x.round() != 0
    limits = torch.iinfo(dtype)
    return x.round().clamp(limits.min, limits.max).to(dtype)


def crop_to_aspect(x: Tensor, size: Size) -> Tensor:
    """The largest centred window with the aspect ratio of `size`, a view."""
    return crop(x, window.aspect_box((x.shape[2], x.shape[3]), size))


def pad_to_aspect(x: Tensor, size: Size, value: float) -> Tensor:
    """The image with a border that gives it the aspect ratio of `size`, as far as it is even."""
    return pad(x, window.aspect_border((x.shape[2], x.shape[3]), size), value)


def center_crop(x: Tensor, size: Size) -> Tensor:
    """The middle of each image, the odd row left out below; see `CenterCrop` for smaller ones."""
    spare = [n - m for n, m in zip(x.shape[2:], size, strict=True)]
    if min(spare) < 0:
        return resize(crop_to_aspect(x, size), size, "bilinear")
    return crop(x, [(n // 2, n - n // 2) for n in spare])


def depth_to_space(x: Tensor, factor: int, mode: str) -> Tensor:
    """out[h r + i, w r + j, c] = in[h, w, (i, j, c)], or in[h, w, (c, i, j)] for mode "CRD".

    Shapes: (N, C r^2, H, W) -> (N, C, H r, W r).
    """
    if mode == "CRD" and x.device.type == "cpu":  # its kernel keeps the channels last there
        return F.pixel_shuffle(x, factor)
    last = to_external(x)
    batch, height, width, channels = last.shape
    inner = channels // factor**2
    if mode == "DCR":
        cells = last.reshape(batch, height, width, factor, factor, inner).permute(0, 1, 3, 2, 4, 5)
    else:
        cells = last.reshape(batch, height, width, inner, factor, factor).permute(0, 1, 4, 2, 5, 3)
    return to_internal(cells.reshape(batch, height * factor, width * factor, inner))


def space_to_depth(x: Tensor, factor: int, mode: str) -> Tensor:
    """The inverse of `depth_to_space`: (N, C, H r, W r) -> (N, C r^2, H, W)."""
    if mode == "CRD" and x.device.type == "cpu":
        return F.pixel_unshuffle(x, factor)
    last = to_external(x)
    batch, height, width, channels = last.shape
    rows, columns = height // factor, width // factor
    cells = last.reshape(batch, rows, factor, columns, factor, channels)
    order = (0, 1, 3, 2, 4, 5) if mode == "DCR" else (0, 1, 3, 5, 2, 4)
    return to_internal(cells.permute(order).reshape(batch, rows, columns, -1))
