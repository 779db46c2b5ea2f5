"""Augmentations that distort some images: by their corners, or pixel by pixel."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from striate.graph import kinds
from striate.layers.augmentation.base import Amounts, drawn, happens
from striate.layers.augmentation.warping import Factor, Warping
from striate.layers.builtin import register
from striate.ops import colour, geometry, random


@register()
class RandomPerspective(Warping):
    """Shows some images as if seen from aside: three corners move, the first one stays.

    A corner (column, row) moves to (column + column a, row + row b), with a and b drawn from
    [-scale / 2, scale / 2]; between corners the place is the projective map that joins them.

    Shapes: unchanged; whole numbers become float32. Inference: the identity.

    Args:
        factor: chance of an image to be changed, drawn for each from a range (lower, upper) in
            [0, 1]; f stands for (0, f), so that the default changes half of them: write (1, 1)
            for all.
        scale: how far corners move at most, as a share of twice their distance, in [0, 1].
        interpolation: between pixels, "bilinear" or "nearest".
        fill_value: what lies beyond the border.
        seed: for a stream of its own; by default from the seed of the run.
        data_format: "channels_last", striate's only order.
        fill_mode: "constant"; also "reflect", "nearest" or "wrap", which Keras does not have here.

    Raises:
        ArgumentError: a factor or scale outside [0, 1], an unknown mode.

    Example:
        >>> from striate import Input, layers
        >>> layers.RandomPerspective(scale=0.3)(Input((32, 32, 3))).shape
        (None, 32, 32, 3)
    """

    kind: kinds.RandomPerspective
    kind_class = kinds.RandomPerspective

    def __init__(
        self,
        factor: Factor = 1.0,
        scale: float = 1.0,
        interpolation: str = "bilinear",
        fill_value: float = 0.0,
        seed: int | None = None,
        data_format: str | None = None,
        fill_mode: str = "constant",
        **kwargs: Any,
    ) -> None:
        arguments = {
            "factor": factor,
            "scale": scale,
            "interpolation": interpolation,
            "fill_value": fill_value,
            "seed": seed,
            "fill_mode": fill_mode,
        }
        super().__init__(arguments, data_format=data_format, **kwargs)

    def draw(self, x: Tensor, source: torch.Generator | None) -> Amounts:
        half = self.kind.scale / 2
        shares = drawn((-half, half), x, source, (4, 2))
        start = geometry.corners(x)
        end = start + start * shares
        return {"chosen": happens(self.kind.factor, x, source), "end": end}

    def moved(self, x: Tensor, amounts: Amounts, interpolation: str) -> Tensor:
        return colour.choose(amounts["chosen"], super().moved(x, amounts, interpolation), x)

    def matrices(self, x: Tensor, amounts: Amounts) -> Tensor:
        end = amounts["end"]
        return geometry.homography(geometry.corners(x).expand_as(end), end)


@register()
class RandomElasticTransform(Warping):
    """Pulls some images like rubber: each pixel shows a place that a smooth random field names.

    With s drawn from `scale`: strength = 0.1 s max(H, W), sigma = 0.05 s min(H, W), and the field
    is strength sigma G(noise), where G blurs normal noise with standard deviation sigma.

    Shapes: unchanged; whole numbers become float32. Inference: the identity.

    Args:
        factor: chance of an image to be changed, drawn for each from a range (lower, upper) in
            [0, 1]; f stands for (0, f): write (1, 1) for all.
        scale: how strongly, in [0, 1]: a range, or f for (0, f).
        interpolation: between pixels, "bilinear" or "nearest".
        fill_mode: what lies beyond the border, as for `RandomTranslation`, or "mirror"
            (d c b | a b c d | c b a).
        fill_value: with fill_mode "constant".
        value_range: lowest and highest value of the images; results are clipped to it.
        seed: for a stream of its own; by default from the seed of the run.
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a factor or scale outside [0, 1], an unknown mode, no range.

    Example:
        >>> from striate import Input, layers
        >>> layers.RandomElasticTransform()(Input((32, 32, 3))).shape
        (None, 32, 32, 3)

    References: Simard et al. (2003), https://doi.org/10.1109/ICDAR.2003.1227801
    """

    kind: kinds.RandomElasticTransform
    kind_class = kinds.RandomElasticTransform

    def __init__(
        self,
        factor: Factor = 1.0,
        scale: Factor = 1.0,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
        value_range: tuple[float, float] = (0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        arguments = {
            "factor": factor,
            "scale": scale,
            "interpolation": interpolation,
            "fill_mode": fill_mode,
            "fill_value": fill_value,
            "value_range": value_range,
            "seed": seed,
        }
        super().__init__(arguments, data_format=data_format, **kwargs)

    def draw(self, x: Tensor, source: torch.Generator | None) -> Amounts | None:
        if self.kind.scale[1] == 0 or self.kind.factor[1] == 0:
            return None
        count, _, height, width = x.shape
        return {
            "chosen": happens(self.kind.factor, x, source),
            "scale": drawn(self.kind.scale, x, source),
            "noise": random.normal((count, 2, height, width), x, source),
        }

    def transform(self, x: Tensor, amounts: Amounts) -> Tensor:
        return self.moved(x, amounts, self.kind.interpolation).clamp(*self.kind.value_range)

    def moved(self, x: Tensor, amounts: Amounts, interpolation: str) -> Tensor:
        sizes = x.shape[2:]
        strength = 0.1 * max(sizes) * amounts["scale"]
        sigma = 0.05 * min(sizes) * amounts["scale"]
        taps = int(6 * 0.05 * min(sizes) * self.kind.scale[1]) | 1  # three deviations each way
        border = (self.kind.fill_mode, self.kind.fill_value)
        field = (amounts["noise"].to(sigma.dtype), strength, sigma, taps)
        out = geometry.elastic(x, *field, interpolation, *border)
        return colour.choose(amounts["chosen"], out, x)
