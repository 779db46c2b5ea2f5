"""Windows of images: cut out, erased, or exchanged; each image has its own."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from striate.ops.layout import to_external, to_internal


def flip(x: Tensor, left_right: Tensor | None, top_bottom: Tensor | None) -> Tensor:
    """Mirrors the images whose flag is true; None mirrors none.

    Shapes: x (N, C, H, W); flags (N,) -> (N, C, H, W).
    """
    for flags, dim in ((left_right, 3), (top_bottom, 2)):
        if flags is not None:
            x = torch.where(flags.view(-1, 1, 1, 1), x.flip(dim), x)
    return x


def windows(x: Tensor, top: Tensor, left: Tensor, height: int, width: int) -> Tensor:
    """The window of each image whose first pixel is (top, left).

    Shapes: x (N, C, H, W); top, left (N,) -> (N, C, height, width).
    """
    image = to_external(x)
    row = top[:, None, None] + torch.arange(height, device=x.device)[:, None]
    column = left[:, None, None] + torch.arange(width, device=x.device)
    first = torch.arange(len(image), device=x.device)[:, None, None] * image.shape[1]
    index = (first + row) * image.shape[2] + column
    pixels = F.embedding(index, image.reshape(-1, image.shape[3]))
    return to_internal(pixels)


def largest_window(height: int, width: int, to: tuple[int, int]) -> tuple[int, int, int, int]:
    """Top, left, height and width of the largest centred window with the proportions of `to`.

    Example:
        >>> largest_window(100, 200, (32, 32))
        (0, 50, 100, 100)
    """
    tall = max(1, min(height, width * to[0] // to[1]))
    wide = max(1, min(width, height * to[1] // to[0]))
    return (height - tall) // 2, (width - wide) // 2, tall, wide


def resized_window(x: Tensor, to: tuple[int, int], mode: str = "bilinear") -> Tensor:
    """The largest centred window with the proportions of `to`, resized to it.

    Shapes: (N, C, H, W) -> (N, C, *to).
    """
    top, left, tall, wide = largest_window(x.shape[2], x.shape[3], to)
    window = x[:, :, top : top + tall, left : left + wide]
    if (tall, wide) == to:
        return window.contiguous(memory_format=torch.channels_last)
    if mode == "nearest":
        return F.interpolate(window, size=to, mode="nearest-exact")
    return F.interpolate(window, size=to, mode=mode, align_corners=False)


def inside(x: Tensor, box: Tensor) -> Tensor:
    """True where a pixel's row is in [top, bottom) and its column in [left, right).

    Shapes: x (N, C, H, W); box (N, 4): top, bottom, left, right, in pixels -> (N, 1, H, W).
    """
    top, bottom, left, right = box[:, :, None, None, None].unbind(1)
    row = torch.arange(x.shape[2], device=x.device)[:, None]
    column = torch.arange(x.shape[3], device=x.device)
    rows, columns = (row >= top) & (row < bottom), (column >= left) & (column < right)
    return rows & columns


def boxes(x: Tensor, tall: Tensor, wide: Tensor, down: Tensor, across: Tensor) -> Tensor:
    """Boxes of given shares of height and width, at given shares of the way they can go.

    Shapes: x (N, C, H, W); the others (N,), in [0, 1] -> (N, 4): top, bottom, left, right.
    """
    height, width = tall * x.shape[2], wide * x.shape[3]
    top, left = down * (x.shape[2] - height), across * (x.shape[3] - width)
    return torch.stack([top, top + height, left, left + width], dim=1)


def take(x: Tensor, which: Tensor) -> Tensor:
    """x[which], channels last in memory if x is: torch's own selection forgets the layout."""
    return to_internal(to_external(x).index_select(0, which))


def mix(x: Tensor, order: Tensor, share: Tensor) -> Tensor:
    """share x + (1 - share) x[order], image by image.

    Shapes: x (N, ...); order, share (N,) -> (N, ...).
    """
    share = share.to(x.dtype).view(-1, *[1] * (x.dim() - 1))
    return torch.lerp(take(x, order), x, share)


def paste(x: Tensor, order: Tensor, mask: Tensor) -> Tensor:
    """The pixels of x[order] where the mask is true, those of x elsewhere.

    Shapes: x (N, C, H, W); order (N,); mask (N, 1, H, W) -> (N, C, H, W).
    """
    return torch.where(mask, take(x, order), x)
