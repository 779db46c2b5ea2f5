"""Reading images between and beyond their pixels: what every geometric augmentation ends in."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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
    starts = [row * width + first[:, None, None] for row, _ in down]
    index = _interleaved(torch.add, starts, [column for column, _ in across])
    weights = _interleaved(torch.mul, [w for _, w in down], [w for _, w in across]).to(x.dtype)
    taps = weights.shape[-1]
    values = F.embedding_bag(
        index.view(-1, taps),
        image.reshape(-1, channels),
        per_sample_weights=weights.view(-1, taps),
        mode="sum",
    ).view(*rows.shape, channels)
    if fill_mode == "constant" and fill_value != 0.0:
        values = values + (1.0 - weights.sum(dim=-1, keepdim=True)) * fill_value
    return to_internal(values)


def _interleaved(
    join: Callable[..., Tensor], down: Sequence[Tensor], across: Sequence[Tensor]
) -> Tensor:
    """`join(a, b)` of every pair, side by side in memory: k of (N, H', W') -> (N, H', W', k).

    Writing to every k-th place is half the work of `stack`, but leaves no trace for gradients.
    """
    pairs = [(a, b) for a in down for b in across]
    if any(a.requires_grad or b.requires_grad for a, b in pairs):
        return torch.stack([join(a, b) for a, b in pairs], dim=-1)
    out = torch.empty((*down[0].shape, len(pairs)), dtype=down[0].dtype, device=down[0].device)
    for k, (a, b) in enumerate(pairs):
        join(a, b, out=out[..., k])
    return out


Node = tuple[Tensor, Tensor]
"""The index of a pixel for each place along one axis, and its weight."""


def _around(place: Tensor, size: int, fill_mode: str) -> list[Node]:
    """The two pixels around each place along one axis, weighted by closeness."""
    inside = _BORDERS[fill_mode](place, size)
    low = inside.floor()
    share = inside - low
    index = low.to(torch.int32)
    after = index + 1
    if fill_mode != "constant":
        last = index == size - 1  # whose neighbour is the first pixel, or counts for nothing
        after = after.masked_fill(last, 0) if fill_mode == "wrap" else after - last.int()
        return [(index, 1.0 - share), (after, share)]
    return [_if_inside(index, 1.0 - share, size), _if_inside(after, share, size)]


def _closest(place: Tensor, size: int, fill_mode: str) -> list[Node]:
    """The closest pixel along one axis, with weight one."""
    index = _BORDERS[fill_mode](place.round(), size).to(torch.int32)
    weight = torch.ones_like(place)
    return [_if_inside(index, weight, size)] if fill_mode == "constant" else [(index, weight)]


def _if_inside(index: Tensor, weight: Tensor, size: int) -> Node:
    """No weight where there is no pixel."""
    found = index.clamp(0, size - 1)
    return found, weight * (found == index)


# The place inside the image, from 0 to size - 1 (of "wrap" to size), that stands for any place.
# Reflecting the place gives what reflecting both pixels around it gives.


def _anywhere(place: Tensor, size: int) -> Tensor:
    return place


def _clamped(place: Tensor, size: int) -> Tensor:
    return place.clamp(0, size - 1)


def _wrapped(place: Tensor, size: int) -> Tensor:
    return place.remainder(size).clamp_max(_below(size, place))


def _reflected(place: Tensor, size: int) -> Tensor:
    turn = (place + 0.5).remainder(2 * size)
    return torch.minimum(turn, 2 * size - turn).sub(0.5).clamp(0, size - 1)


def _mirrored(place: Tensor, size: int) -> Tensor:
    if size == 1:
        return torch.zeros_like(place)
    turn = place.remainder(2 * (size - 1))
    return torch.minimum(turn, 2 * (size - 1) - turn)


def _below(size: int, like: Tensor) -> float:
    """The largest number below `size`: the remainder of -1e-9 is `size` itself when rounded."""
    return size * (1.0 - torch.finfo(like.dtype).eps)


_BORDERS: dict[str, Callable[[Tensor, int], Tensor]] = {
    "constant": _anywhere,
    "nearest": _clamped,
    "reflect": _reflected,
    "mirror": _mirrored,
    "wrap": _wrapped,
}
