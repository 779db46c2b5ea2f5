"""What layers do to their input in training only."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from striate.ops.random import coins, kept

SATURATED = -1.0507009873554805 * 1.6732632423543772  # what selu approaches far below 0


def dropout(
    x: Tensor,
    rate: float,
    noise_shape: Sequence[int | None] | None = None,
    source: torch.Generator | None = None,
) -> Tensor:
    """x kept / (1 - rate): every value is kept with probability 1 - rate, else zero.

    Shapes: x and `noise_shape` channels last; sizes of 1 in `noise_shape` share one draw.
    """
    if rate == 1.0:
        return torch.zeros_like(x)
    return x * (kept(noise_sizes(x, noise_shape), x, rate, source) / (1.0 - rate))


def simple_dropout(x: Tensor, rate: float) -> Tensor:
    """The dropout of single values by draws of torch's stream.

    Torch's own makes two draws of 64 bits a value and looks at one value at a time: where that
    matters, on a CPU, half a draw does: a rate then is a multiple of 2^-32.
    """
    if x.device.type != "cpu" or rate == 1.0 or torch._C._are_functorch_transforms_active():
        return F.dropout(x, rate, training=True)
    return x * coins(x, rate).to(x.dtype).mul_(1.0 / (1.0 - rate))


def alpha_dropout(
    x: Tensor,
    rate: float,
    noise_shape: Sequence[int | None] | None = None,
    source: torch.Generator | None = None,
) -> Tensor:
    """a (x where kept, else a') + b, with mean and variance as they were.

    a' = -scale alpha of selu, a = ((1 - rate) (1 + rate a'^2))^-1/2, b = -a a' rate.
    """
    mask = kept(noise_sizes(x, noise_shape), x, rate, source)
    scale = float(((1 - rate) * (1 + rate * SATURATED**2)) ** -0.5)
    dropped = SATURATED * (1 - mask)
    return scale * (x * mask + dropped) - scale * SATURATED * rate


def drop_blocks(
    x: Tensor, rate: float, block_size: Sequence[int], source: torch.Generator | None = None
) -> Tensor:
    """Zeroes squares of each map and scales the rest by (values / values left).

    Shapes: x (N, H, W, C) channels last. The corners of squares are drawn where a whole square
    fits; a maximum over the squares that cover a place says whether it is dropped.
    """
    size = [min(b, n) for b, n in zip(block_size, x.shape[1:3], strict=True)]
    places = [n - b + 1 for b, n in zip(size, x.shape[1:3], strict=True)]
    share = x.shape[1] * x.shape[2] / (size[0] * size[1] * places[0] * places[1])
    shape = (x.shape[0], *places, x.shape[3])
    corners = 1 - kept(shape, x, min(1.0, rate * share), source)
    around = (size[1] - 1, size[1] - 1, size[0] - 1, size[0] - 1)
    wide = F.pad(corners.permute(0, 3, 1, 2), around)
    mask = 1 - F.max_pool2d(wide, size, stride=1).permute(0, 2, 3, 1)
    return x * mask * (mask.numel() / mask.sum().clamp_min(1))


def noise_sizes(x: Tensor, noise_shape: Sequence[int | None] | None) -> list[int]:
    """`noise_shape` with the sizes of x where it leaves them open."""
    given = noise_shape or (None,) * x.dim()
    return [n if size is None else size for size, n in zip(given, x.shape, strict=True)]
