"""Functions of images, (H, W, C) or a batch of them."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from striate.ops import resampling
from striate.ops.functions.definitions import entered, floated
from striate.ops.functions.shaping import pad
from striate.ops.layout import to_external, to_internal

LUMINANCE = (0.2989, 0.5870, 0.1140)


def _last(x: Tensor, data_format: str | None) -> Tensor:
    return x.movedim(-3, -1) if data_format == "channels_first" else x


def _given(x: Tensor, data_format: str | None) -> Tensor:
    return x.movedim(-1, -3) if data_format == "channels_first" else x


@entered()
def resize(
    images: Tensor,
    size: Any,
    interpolation: str = "bilinear",
    antialias: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    data_format: str | None = None,
) -> Tensor:
    """To a height and width; "bicubic" is TensorFlow's (see `ops.resampling.resize`)."""
    x = _last(images, data_format)
    batch = to_internal(x if x.dim() == 4 else x.unsqueeze(0))
    height, width = (int(n) for n in size)
    if crop_to_aspect_ratio:
        batch = resampling.crop_to_aspect(batch, (height, width))
    elif pad_to_aspect_ratio:
        batch = resampling.pad_to_aspect(batch, (height, width), fill_value)
    out = to_external(resampling.resize(batch, (height, width), interpolation, antialias))
    return _given(out if x.dim() == 4 else out.squeeze(0), data_format)


@entered()
def rgb_to_grayscale(images: Tensor, data_format: str | None = None) -> Tensor:
    """How bright each pixel is, as one channel."""
    x = _last(images, data_format)
    real = floated(x)
    weights = torch.tensor(LUMINANCE, dtype=real.dtype, device=x.device)
    out = (real * weights).sum(-1, keepdim=True)
    return _given(out.to(images.dtype), data_format)


@entered()
def rgb_to_hsv(images: Tensor, data_format: str | None = None) -> Tensor:
    """Hue, saturation and value, each in [0, 1]."""
    x = floated(_last(images, data_format))
    value, low = x.amax(-1), x.amin(-1)
    chroma = value - low
    safe = torch.where(chroma == 0, torch.ones_like(chroma), chroma)
    r, g, b = x.unbind(-1)
    hue = torch.where(
        value == r, (g - b) / safe, torch.where(value == g, (b - r) / safe + 2, (r - g) / safe + 4)
    )
    hue = torch.where(chroma == 0, torch.zeros_like(hue), torch.remainder(hue / 6, 1.0))
    saturation = torch.where(value == 0, torch.zeros_like(value), chroma / value.clamp(min=1e-30))
    return _given(torch.stack([hue, saturation, value], -1), data_format)


@entered()
def hsv_to_rgb(images: Tensor, data_format: str | None = None) -> Tensor:
    """The inverse of `rgb_to_hsv`."""
    hue, saturation, value = floated(_last(images, data_format)).unbind(-1)
    turns = torch.stack([(hue * 6 + n) % 6 for n in (5, 3, 1)], -1)
    share = torch.minimum(turns, 4 - turns).clamp(0, 1)
    out = value.unsqueeze(-1) * (1 - saturation.unsqueeze(-1) * share)
    return _given(out, data_format)


def _margins(
    size: int, first: int | None, last: int | None, target: int | None, sign: int
) -> tuple[int, int]:
    """What lies before and after, from any two of three facts."""
    if target is None:
        return first or 0, last or 0
    rest = sign * (int(target) - size)
    if first is not None:
        return first, rest - first
    return (rest - last, last) if last is not None else (rest // 2, rest - rest // 2)


@entered()
def crop_images(
    images: Tensor,
    top_cropping: int | None = None,
    left_cropping: int | None = None,
    bottom_cropping: int | None = None,
    right_cropping: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Tensor:
    """Without margins."""
    x = _last(images, data_format)
    height, width = x.shape[-3], x.shape[-2]
    top, bottom = _margins(height, top_cropping, bottom_cropping, target_height, -1)
    left, right = _margins(width, left_cropping, right_cropping, target_width, -1)
    return _given(x[..., top : height - bottom, left : width - right, :], data_format)


@entered()
def pad_images(
    images: Tensor,
    top_padding: int | None = None,
    left_padding: int | None = None,
    bottom_padding: int | None = None,
    right_padding: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Tensor:
    """With margins of zeros."""
    x = _last(images, data_format)
    down = _margins(x.shape[-3], top_padding, bottom_padding, target_height, 1)
    across = _margins(x.shape[-2], left_padding, right_padding, target_width, 1)
    return _given(pad(x, (*[(0, 0)] * (x.dim() - 3), down, across, (0, 0))), data_format)


@entered()
def extract_patches(
    images: Tensor,
    size: Any,
    strides: Any = None,
    dilation_rate: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """Each window as the channels of one place, row by row."""
    x = _last(images, data_format)
    batch = x if x.dim() == 4 else x.unsqueeze(0)
    height, width = (size, size) if isinstance(size, int) else tuple(size)
    steps = (height, width) if strides is None else strides
    steps = (steps, steps) if isinstance(steps, int) else tuple(steps)
    spread = (dilation_rate,) * 2 if isinstance(dilation_rate, int) else tuple(dilation_rate)
    if padding == "same":
        from striate.graph import window

        amounts = window.all_axes("same", batch.shape[1:3], (height, width), steps, spread)
        batch = pad(batch, ((0, 0), *amounts, (0, 0)))
    channels = batch.shape[-1]
    rows = [
        window_size(n, k, s, d)
        for n, k, s, d in zip(batch.shape[1:3], (height, width), steps, spread, strict=True)
    ]
    flat = F.unfold(floated(batch).movedim(-1, 1), (height, width), spread, 0, steps)
    parts = flat.reshape(len(batch), channels, height * width, *rows).permute(0, 3, 4, 2, 1)
    out = parts.reshape(len(batch), *rows, height * width * channels).to(images.dtype)
    return _given(out if x.dim() == 4 else out.squeeze(0), data_format)


def window_size(size: int, kernel: int, stride: int, dilation: int) -> int:
    """How many windows fit."""
    from striate.graph import window

    return window.output_size(size, kernel, stride, dilation) or 0


@entered()
def gaussian_blur(
    images: Tensor,
    kernel_size: Any = (3, 3),
    sigma: Any = (1.0, 1.0),
    data_format: str | None = None,
) -> Tensor:
    """Each pixel as the mean of its neighbours, weighted by their nearness."""
    x = floated(_last(images, data_format))
    batch = to_internal(x if x.dim() == 4 else x.unsqueeze(0))
    channels = batch.shape[1]
    for axis, (n, width) in enumerate(zip(kernel_size, sigma, strict=True)):
        place = torch.arange(n, dtype=x.dtype, device=x.device) - (n - 1) / 2
        taps = torch.exp(-0.5 * (place / width) ** 2)
        taps = taps / taps.sum()
        shape = (n, 1) if axis == 0 else (1, n)
        weight = taps.reshape(1, 1, *shape).expand(channels, 1, *shape)
        amounts = (n // 2, 0) if axis == 0 else (0, n // 2)
        batch = F.conv2d(batch, weight, None, 1, amounts, 1, channels)
    out = to_external(batch)
    return _given(out if x.dim() == 4 else out.squeeze(0), data_format)


@entered()
def sobel_edges(images: Tensor, data_format: str | None = None) -> Tensor:
    """How fast brightness changes, down and across: two more numbers per value."""
    x = floated(_last(images, data_format))
    across = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]], device=x.device)
    bordered = pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), "reflect")
    batch = bordered.movedim(-1, 1)
    channels = batch.shape[1]
    found = [
        F.conv2d(batch, taps.reshape(1, 1, 3, 3).expand(channels, 1, 3, 3), groups=channels)
        for taps in (across.T, across)
    ]
    return torch.stack([f.movedim(1, -1) for f in found], -1)
