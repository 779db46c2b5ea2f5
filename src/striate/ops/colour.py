"""Changing the colours of each image by an amount of its own.

`low, high` is the range of values that the images have; amounts are (N,), one per image.
"""

from __future__ import annotations

import torch
from torch import Tensor

from striate.ops.filters import smooth

Range = tuple[float, float]

RED, GREEN, BLUE = 0.2989, 0.587, 0.114  # shares of the luminance, ITU-R BT.601


def per_image(amount: Tensor, x: Tensor) -> Tensor:
    """(N,) -> (N, 1, 1, 1) in the number type of `x`."""
    return amount.to(x.dtype).view(-1, 1, 1, 1)


def choose(chosen: Tensor, there: Tensor, otherwise: Tensor) -> Tensor:
    """The images of `there` where `chosen` (N,) is true, those of `otherwise` elsewhere."""
    return torch.where(chosen.view(-1, 1, 1, 1), there, otherwise)


def blend(x: Tensor, other: Tensor, share: Tensor) -> Tensor:
    """x + share (other - x): 0 leaves x, 1 gives `other`, below 0 leads away from it."""
    return torch.lerp(x, other, per_image(share, x))


def luminance(x: Tensor) -> Tensor:
    """0.2989 R + 0.587 G + 0.114 B; grey images as they are: (N, 3 or 1, H, W) -> (N, 1, H, W)."""
    if x.shape[1] == 1:
        return x
    red, green, blue = (x[:, i : i + 1] for i in range(3))
    return RED * red + GREEN * green + BLUE * blue  # no product of matrices: autocast halves those


def brighten(x: Tensor, amount: Tensor, value_range: Range) -> Tensor:
    """x + amount (high - low), clipped to the range."""
    low, high = value_range
    return (x + per_image(amount * (high - low), x)).clamp(low, high)


def change_contrast(x: Tensor, factor: Tensor, value_range: Range) -> Tensor:
    """(x - mean) factor + mean with the mean of each channel, clipped to the range."""
    mean = x.mean(dim=(2, 3), keepdim=True)
    return ((x - mean) * per_image(factor, x) + mean).clamp(*value_range)


def fade(x: Tensor, share: Tensor, value_range: Range) -> Tensor:
    """Mixes a share of the grey image in, clipped to the range."""
    return blend(x, luminance(x), share).clamp(*value_range)


def sharpen(x: Tensor, factor: Tensor, value_range: Range) -> Tensor:
    """s + factor (x - s), clipped, with s the image smoothed: 0 blurs, 1 leaves, 2 sharpens."""
    return blend(x, smooth(x), 1.0 - factor).clamp(*value_range)


def invert(x: Tensor, value_range: Range) -> Tensor:
    """low + high - x."""
    return sum(value_range) - x


def posterize(x: Tensor, bits: Tensor, value_range: Range) -> Tensor:
    """Keeps the `bits` highest of the eight bits of each value."""
    mask = (255 << (8 - bits.long())).bitwise_and(255).to(torch.uint8).view(-1, 1, 1, 1)
    whole = scale(x, value_range, (0.0, 255.0)).clamp(0.0, 255.0).to(torch.uint8)
    return scale(whole.bitwise_and_(mask).to(x.dtype), (0.0, 255.0), value_range)


def solarize(x: Tensor, addition: Tensor, threshold: Tensor, value_range: Range) -> Tensor:
    """Adds, clips, and inverts what is not below the threshold; amounts are of 0 to 255."""
    lighter = scale(x, value_range, (0.0, 255.0)) + per_image(addition, x)
    lighter = lighter.clamp(0.0, 255.0)
    out = torch.where(lighter < per_image(threshold, x), lighter, 255.0 - lighter)
    return scale(out, (0.0, 255.0), value_range)


def scale(x: Tensor, source: Range, target: Range) -> Tensor:
    """The linear map of one range to another."""
    if source == target:
        return x
    return (x - source[0]) / (source[1] - source[0]) * (target[1] - target[0]) + target[0]


def turn_hue(x: Tensor, turn: Tensor, value_range: Range) -> Tensor:
    """Moves the hue by `turn`, a share of the colour circle: (N, 3, H, W) -> (N, 3, H, W).

    With the value v = max and the chroma c = max - min of a pixel, its hue h counts the sixths of
    the circle from red; each channel is v - c + c p(h), where p rises from 0 to 1 within a sixth,
    stays for two, and falls again.
    """
    x = scale(x, value_range, (0.0, 1.0))
    value, chroma = _value_and_chroma(x)
    place = (_hue(x, value, chroma) + 6.0 * per_image(turn, x)[:, 0]).remainder(6.0)
    base = value - chroma
    parts = ((place - 3.0).abs() - 1.0, 2.0 - (place - 2.0).abs(), 2.0 - (place - 4.0).abs())
    channels = [torch.addcmul(base, chroma, part.clamp(0.0, 1.0)) for part in parts]
    rgb = torch.stack(channels, dim=-1).movedim(-1, 1)
    return scale(rgb.clamp(0.0, 1.0), (0.0, 1.0), value_range)


def saturate(x: Tensor, factor: Tensor, value_range: Range) -> Tensor:
    """Multiplies the saturation, up to 1: (N, 3, H, W) -> (N, 3, H, W).

    The saturation is c / v, and hue and value stay if all distances from v are multiplied alike.
    """
    x = scale(x, value_range, (0.0, 1.0))
    value, chroma = _value_and_chroma(x)
    most = value.clamp_min(0.0) / chroma.clamp_min(torch.finfo(x.dtype).tiny)
    times = torch.minimum(per_image(factor, x)[:, 0], most)[:, None]
    value = value[:, None]
    return scale(value - (value - x) * times, (0.0, 1.0), value_range)


def _value_and_chroma(x: Tensor) -> tuple[Tensor, Tensor]:
    """The largest channel, and how far the smallest is below it: (N, 3, H, W) -> (N, H, W)."""
    red, green, blue = x.unbind(1)
    value = torch.maximum(torch.maximum(red, green), blue)
    return value, value - torch.minimum(torch.minimum(red, green), blue)


def _hue(x: Tensor, value: Tensor, chroma: Tensor) -> Tensor:
    """Sixths of the colour circle from red, -1 to 5; 0 for grey."""
    red, green, blue = x.unbind(1)
    sixths = 1.0 / chroma.clamp_min(torch.finfo(x.dtype).tiny)
    from_blue = torch.where(
        value == green, (blue - red) * sixths + 2.0, (red - green) * sixths + 4.0
    )
    return torch.where(value == red, (green - blue) * sixths, from_blue)
