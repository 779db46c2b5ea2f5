"""Reading images between and beyond their pixels: what every geometric augmentation ends in."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from striate.ops.layout import to_external, to_internal

FAR = float(2**22)  # pixels; beyond it a float32 knows whole pixels at best


def sample(
    x: Tensor,
    rows: Tensor,
    columns: Tensor,
    interpolation: str = "bilinear",
    fill_mode: str = "reflect",
    fill_value: float = 0.0,
) -> Tensor:
    """The values of images at given places, in pixels from the centre of the first pixel.

    "bilinear" weighs the four pixels around a place by their closeness, "nearest" takes the one
    that is closest (of two equally close ones the even one). Beyond the border:
    "reflect" d c b a | a b c d | d c b a, "mirror" d c b | a b c d | c b a,
    "nearest" a a a a | a b c d | d d d d, "wrap" a b c d | a b c d | a b c d,
    "constant" k k k k | a b c d | k k k k with k = fill_value.

    The pixels of all images are the rows of one table, and every place is a weighted sum of one
    or four of its rows: no layout is changed, and no image waits for another. A place that is on
    a pixel gives its value to the last bit, which sampling in relative coordinates does not.

    Shapes: x (N, C, H, W); rows, columns (N, H', W') -> (N, C, H', W').
    """
    image = to_external(x)
    count, height, width, channels = image.shape
    nodes = _closest if interpolation == "nearest" else _around
    down = nodes(rows.clamp(-FAR, FAR), height, fill_mode)
    across = nodes(columns.clamp(-FAR, FAR), width, fill_mode)
    first = torch.arange(count, dtype=torch.int32, device=x.device).mul_(height * width)
    index = [i * width + first[:, None, None] + j for i, _ in down for j, _ in across]
    weight = [v * w for _, v in down for _, w in across]
    index_table = torch.stack(index, dim=-1).view(-1, len(index))
    weights = torch.stack(weight, dim=-1).to(x.dtype)
    values = F.embedding_bag(
        index_table,
        image.reshape(-1, channels),
        per_sample_weights=weights.view(-1, len(weight)),
        mode="sum",
    ).view(*rows.shape, channels)
    if fill_mode == "constant" and fill_value != 0.0:
        values = values + (1.0 - weights.sum(dim=-1, keepdim=True)) * fill_value
    return to_internal(values)


def _around(place: Tensor, size: int, fill_mode: str) -> list[tuple[Tensor, Tensor]]:
    """The two pixels around each place along one axis, with their weights."""
    low = place.floor()
    share = place - low
    index = low.to(torch.int32)
    return [
        _inside(index, 1.0 - share, size, fill_mode),
        _inside(index + 1, share, size, fill_mode),
    ]


def _closest(place: Tensor, size: int, fill_mode: str) -> list[tuple[Tensor, Tensor]]:
    """The closest pixel along one axis, with weight one."""
    index = place.round().to(torch.int32)
    return [_inside(index, torch.ones_like(place), size, fill_mode)]


def _inside(index: Tensor, weight: Tensor, size: int, fill_mode: str) -> tuple[Tensor, Tensor]:
    """The pixel that stands for `index`; with "constant", none does beyond the border."""
    found = _BORDERS[fill_mode](index, size)
    if fill_mode == "constant":
        weight = weight * (found == index)
    return found, weight


def _clamped(index: Tensor, size: int) -> Tensor:
    return index.clamp(0, size - 1)


def _wrapped(index: Tensor, size: int) -> Tensor:
    return index.remainder(size)


def _reflected(index: Tensor, size: int) -> Tensor:
    turn = index.remainder(2 * size)
    return torch.minimum(turn, 2 * size - 1 - turn)


def _mirrored(index: Tensor, size: int) -> Tensor:
    turn = index.remainder(max(1, 2 * (size - 1)))
    return torch.minimum(turn, 2 * (size - 1) - turn)


_BORDERS: dict[str, Callable[[Tensor, int], Tensor]] = {
    "constant": _clamped,
    "nearest": _clamped,
    "reflect": _reflected,
    "mirror": _mirrored,
    "wrap": _wrapped,
}
