"""Spreading the values of each channel of each image by what is in it."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor

from striate.ops.colour import Range, scale
from striate.ops.layout import to_external, to_internal


def stretch(x: Tensor, value_range: Range) -> Tensor:
    """Maps the lowest to the highest value of each channel onto the range; flat ones stay.

    Shapes: (N, C, H, W) -> (N, C, H, W).
    """
    # one axis at a time: both at once are many times slower where channels are last in memory
    image = to_external(x)
    low = to_internal(image.amin(dim=1, keepdim=True).amin(dim=2, keepdim=True))
    high = to_internal(image.amax(dim=1, keepdim=True).amax(dim=2, keepdim=True))
    spread = high - low
    times = (value_range[1] - value_range[0]) / torch.where(spread > 0, spread, 1.0)
    out = ((x - low) * times).add(value_range[0]).clamp(*value_range)
    return torch.where(spread > 0, out, x)


def equalize(x: Tensor, bins: int, value_range: Range) -> Tensor:
    """Gives each value of a channel its rank: 255 (c(v) - c_min) / (c_max - c_min), rounded.

    c(v) counts the pixels of the channel in the bins up to that of v; c_min is its smallest
    count above zero. A channel within one bin stays.

    Shapes: (N, C, H, W) -> (N, C, H, W).
    """
    image = to_external(scale(x, value_range, (0.0, 255.0)))
    count, channels = x.shape[:2]
    index = (image * (bins - 1) / 255.0).clamp(0, bins - 1).long().flatten(1, 2)
    empty = x.new_zeros((count, bins, channels), dtype=torch.float32)
    found = empty.scatter_add(1, index, empty.new_ones(1).expand(index.shape))
    total = found.cumsum(dim=1)
    most = total[:, -1:]
    least = torch.where(total > 0, total, most).amin(dim=1, keepdim=True)
    several = most > least
    table = (total - least) * 255.0 / torch.where(several, most - least, 1.0)
    ranks = table.round().clamp(0.0, 255.0).to(x.dtype).gather(1, index).view(image.shape)
    out = torch.where(several[:, None], ranks, image)
    return scale(to_internal(out), (0.0, 255.0), value_range)


def equalize_tiles(
    x: Tensor, grid: tuple[int, int], clip_limit: float, value_range: Range
) -> Tensor:
    """Equalizes each tile of a grid by itself, and joins them without seams (CLAHE).

    Counts of the 256 values in a tile are cut at clip_limit times their mean, and what is cut off
    is given to all alike; that bounds how much contrast can grow. A pixel takes the ranks that
    the four tiles around it give its value, weighted by the closeness of their centres.

    Shapes: (N, C, H, W) -> (N, C, H, W). Images are mirrored at the bottom and right to fit.
    """
    image = to_external(scale(x, value_range, (0.0, 255.0)))
    high, wide = (-(-n // k) for n, k in zip(image.shape[1:3], grid, strict=True))
    index = image.clamp(0, 255).long()
    padded = index[:, _mirrored(high * grid[0], index.shape[1], x.device)]
    padded = padded[:, :, _mirrored(wide * grid[1], index.shape[2], x.device)]
    ranks = _ranks(padded.unflatten(2, (grid[1], wide)).unflatten(1, (grid[0], high)), clip_limit)
    channel = torch.arange(index.shape[3], device=x.device)
    out = torch.zeros_like(image)
    rows, columns = (
        _two_tiles(index.shape[1], high, grid[0]),
        _two_tiles(index.shape[2], wide, grid[1]),
    )
    first = torch.arange(index.shape[0], device=x.device)[:, None, None, None]
    for (row, down), (column, across) in itertools.product(rows, columns):
        tile = row.to(x.device)[:, None, None] * grid[1] + column.to(x.device)[:, None]
        share = (down[:, None, None] * across[:, None]).to(image)
        out = out + ranks[first, tile, index, channel].to(x.dtype) * share
    return scale(to_internal(out), (0.0, 255.0), value_range)


def _ranks(tiles: Tensor, clip_limit: float) -> Tensor:
    """The rank of each value in each tile: (N, rows, h, columns, w, C) -> (N, tiles, 256, C)."""
    values = tiles.transpose(2, 3).flatten(3, 4).flatten(0, 2)
    found = torch.zeros((values.shape[0], 256, values.shape[2]), device=tiles.device)
    found.scatter_add_(1, values, found.new_ones(1).expand(values.shape))
    size = values.shape[1]
    if clip_limit > 0:
        kept = found.clamp_max(clip_limit * size / 256)
        found = kept + (found - kept).sum(dim=1, keepdim=True) / 256
    total = found.cumsum(dim=1)
    least = total[:, :1]
    several = size - least
    ranks = (total - least) * 255.0 / torch.where(several == 0, 1.0, several)
    by_tile: Tensor = ranks.clamp(0.0, 255.0).unflatten(0, (tiles.shape[0], -1))
    return by_tile


def _mirrored(wanted: int, size: int, device: torch.device) -> Tensor:
    """0, 1, ..., size - 1, size - 1, ..., 1, 0, 0, 1, ... up to `wanted` of them."""
    turn = torch.arange(wanted, device=device) % (2 * size)
    return torch.minimum(turn, 2 * size - 1 - turn)


def _two_tiles(size: int, tile: int, count: int) -> list[tuple[Tensor, Tensor]]:
    """Along one axis, the two tiles whose centres are around each pixel, with their shares."""
    place = (torch.arange(size, dtype=torch.float32) - tile / 2) / tile
    before = place.floor()
    share = place - before
    return [
        (before.clamp(0, count - 1).long(), 1.0 - share),
        ((before + 1).clamp(0, count - 1).long(), share),
    ]
