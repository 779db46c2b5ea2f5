"""TrivialAugment: one operation of random strength per image, nothing to tune."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from striate.graph import kinds
from striate.layers.arguments import check_data_format
from striate.layers.augmentation.base import Amounts
from striate.layers.augmentation.choosing import Policy
from striate.layers.augmentation.colours import Range
from striate.layers.builtin import register
from striate.ops import colour, geometry, histograms, random

Values = tuple[float, float]


@dataclass(frozen=True)
class Toned:
    """An operation on values; `change` takes images, strengths and the range of values."""

    change: Callable[[Tensor, Tensor, Values], Tensor]
    kind: kinds.TrivialAugment

    def draw(self, x: Tensor, source: torch.Generator | None) -> Amounts:
        return {"strength": _strength(self.kind, x, source)}

    def transform(self, x: Tensor, amounts: Amounts) -> Tensor:
        return self.change(x, amounts["strength"], self.kind.value_range)

    def transform_masks(self, x: Tensor, amounts: Amounts) -> Tensor:
        return x


@dataclass(frozen=True)
class Warped:
    """An operation on places; `matrices` takes strengths and images."""

    matrices: Callable[[Tensor, Tensor], Tensor]
    kind: kinds.TrivialAugment

    def draw(self, x: Tensor, source: torch.Generator | None) -> Amounts:
        return {"strength": _strength(self.kind, x, source)}

    def transform(self, x: Tensor, amounts: Amounts) -> Tensor:
        return self._warp(x, amounts, self.kind.interpolation)

    def transform_masks(self, x: Tensor, amounts: Amounts) -> Tensor:
        return self._warp(x, amounts, "nearest")

    def _warp(self, x: Tensor, amounts: Amounts, interpolation: str) -> Tensor:
        matrices = self.matrices(amounts["strength"], x)
        return geometry.warp(x, matrices, interpolation, self.kind.fill_mode, self.kind.fill_value)


def _strength(kind: kinds.TrivialAugment, x: Tensor, source: torch.Generator | None) -> Tensor:
    """One of evenly spaced numbers from 0 to 1, with either sign."""
    most = kind.num_magnitude_bins - 1
    steps = random.whole(0, most, (x.shape[0],), x.device, source)
    return steps / most * random.signs((x.shape[0],), x, source)


def _turn(strength: Tensor, x: Tensor) -> Tensor:
    return geometry.rotation(strength * math.radians(135.0), x.shape[2], x.shape[3])


def _shear_x(strength: Tensor, x: Tensor) -> Tensor:
    return geometry.shear(0.99 * strength, torch.zeros_like(strength))


def _shear_y(strength: Tensor, x: Tensor) -> Tensor:
    return geometry.shear(torch.zeros_like(strength), 0.99 * strength)


def _move_x(strength: Tensor, x: Tensor) -> Tensor:
    return geometry.translation(32.0 * strength, torch.zeros_like(strength))


def _move_y(strength: Tensor, x: Tensor) -> Tensor:
    return geometry.translation(torch.zeros_like(strength), 32.0 * strength)


def _colour(x: Tensor, strength: Tensor, values: Values) -> Tensor:
    return colour.fade(x, -0.99 * strength, values)


def _contrast(x: Tensor, strength: Tensor, values: Values) -> Tensor:
    grey = colour.luminance(x).mean(dim=(2, 3), keepdim=True)
    return colour.blend(x, grey, -0.99 * strength).clamp(*values)


def _brightness(x: Tensor, strength: Tensor, values: Values) -> Tensor:
    return colour.blend(x, x.new_tensor(values[0]), -0.99 * strength).clamp(*values)


def _sharpness(x: Tensor, strength: Tensor, values: Values) -> Tensor:
    return colour.sharpen(x, 1.0 + 0.99 * strength, values)


def _posterize(x: Tensor, strength: Tensor, values: Values) -> Tensor:
    return colour.posterize(x, 8 - (6 * strength.abs()).round(), values)


def _solarize(x: Tensor, strength: Tensor, values: Values) -> Tensor:
    threshold = 256.0 * (1.0 - strength.abs())
    return colour.solarize(x, torch.zeros_like(threshold), threshold, values)


def _stretch(x: Tensor, strength: Tensor, values: Values) -> Tensor:
    return histograms.stretch(x, values)


def _equalize(x: Tensor, strength: Tensor, values: Values) -> Tensor:
    return histograms.equalize(x, 256, values)


WARPS = (_turn, _shear_x, _shear_y, _move_x, _move_y)
TONES = (_colour, _contrast, _brightness, _sharpness, _posterize, _solarize, _stretch, _equalize)


@register()
class TrivialAugment(Policy):
    """Applies one random operation of random strength to each image; there is nothing to tune.

    The paper's wide space: identity, rotation by up to 135 degrees, shear by up to 0.99 pixels per
    row or column, translation by up to 32 pixels, colour, contrast, brightness and sharpness by
    factors of 0.01 to 1.99, posterisation to 8 to 2 bits, solarisation, auto contrast and
    equalisation. Strengths are evenly spaced; those with a direction have either one.

    Shapes: (N, H, W, 3 or 1), unchanged; whole numbers become float32. Inference: the identity.

    Args:
        value_range: lowest and highest value of the images: (0, 255) or (0, 1).
        num_magnitude_bins: how many strengths there are, 2 or more.
        interpolation: between pixels, "bilinear" or "nearest" (the paper's).
        fill_mode: what lies beyond the border, as for `RandomTranslation`.
        fill_value: with fill_mode "constant".
        seed: for a stream of its own; by default from the seed of the run.
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: fewer than 2 strengths, an unknown mode, no range.
        ShapeError: another number of channels than 1 or 3.

    Example:
        >>> from striate import Input, layers
        >>> layers.TrivialAugment((0, 1))(Input((32, 32, 3))).shape
        (None, 32, 32, 3)

    References: Müller and Hutter (2021), https://arxiv.org/abs/2103.10158
    """

    kind: kinds.TrivialAugment

    def __init__(
        self,
        value_range: Range = (0, 255),
        num_magnitude_bins: int = 31,
        interpolation: str = "bilinear",
        fill_mode: str = "constant",
        fill_value: float = 0.0,
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        check_data_format(type(self).__name__, data_format)
        arguments = {
            "value_range": value_range,
            "num_magnitude_bins": num_magnitude_bins,
            "interpolation": interpolation,
            "fill_mode": fill_mode,
            "fill_value": fill_value,
            "seed": seed,
        }
        super().__init__(kinds.TrivialAugment, arguments, **kwargs)
        warps = [Warped(matrices, self.kind) for matrices in WARPS]
        self._operations = (*warps, *(Toned(change, self.kind) for change in TONES))

    def draw(self, x: Tensor, source: torch.Generator | None) -> Amounts:
        choice = self.choices(len(self._operations), (x.shape[0],), source)
        return self.draw_turn("0", choice, x, source)

    def transform(self, x: Tensor, amounts: Amounts) -> Tensor:
        return self.run_turn("0", x, amounts)

    def transform_masks(self, x: Tensor, amounts: Amounts) -> Tensor:
        return self.run_turn("0", x, amounts, masks=True)
