"""Augmentations that read images between their pixels: shifts, turns, zooms, distortions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from striate.graph import kinds
from striate.layers.arguments import check_data_format
from striate.layers.augmentation.base import Amounts, Augmentation, drawn
from striate.layers.builtin import register
from striate.ops import geometry, random

Factor = float | Sequence[float]


class Warping(Augmentation):
    """What moves images by a matrix per image, and masks alike, to the nearest pixel."""

    kind: kinds.Resampling
    kind_class: type[kinds.Resampling]

    def __init__(self, arguments: dict[str, Any], **kwargs: Any) -> None:
        check_data_format(type(self).__name__, kwargs.pop("data_format", None))
        super().__init__(self.kind_class, arguments, **kwargs)

    def matrices(self, x: Tensor, amounts: Amounts) -> Tensor:
        """The matrix of each image, as `ops.geometry` makes them."""
        return amounts["matrices"]

    def transform(self, x: Tensor, amounts: Amounts) -> Tensor:
        return self.moved(x, amounts, self.kind.interpolation)

    def transform_masks(self, x: Tensor, amounts: Amounts) -> Tensor:
        return self.moved(x, amounts, "nearest")

    def moved(self, x: Tensor, amounts: Amounts, interpolation: str) -> Tensor:
        """Images or masks at their new places."""
        border = (self.kind.fill_mode, self.kind.fill_value)
        return geometry.warp(x, self.matrices(x, amounts), interpolation, *border)


@register()
class RandomTranslation(Warping):
    """Moves each image by random shares of its height and width.

    Shapes: unchanged; whole numbers become float32. Inference: the identity.

    Args:
        height_factor: share of the height that the content moves down, in [-1, 1]: a range
            (lower, upper), or f for (-f, f).
        width_factor: the same for the width, to the right.
        fill_mode: what lies beyond the border: "reflect" (d c b a | a b c d | d c b a), "constant"
            (`fill_value`), "nearest" (a a a a | a b c d | d d d d) or "wrap"
            (a b c d | a b c d | a b c d).
        interpolation: between pixels, "bilinear" or "nearest".
        seed: for a stream of its own; by default from the seed of the run.
        fill_value: with "constant".
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a factor outside [-1, 1], an unknown mode.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> layer = layers.RandomTranslation(0.0, (0.5, 0.5), fill_mode="constant")
        >>> layer(np.array([[[[1.0], [2.0], [3.0], [4.0]]]]), training=True)[0, 0, :, 0].tolist()
        [0.0, 0.0, 1.0, 2.0]
    """

    kind: kinds.RandomTranslation
    kind_class = kinds.RandomTranslation

    def __init__(
        self,
        height_factor: Factor,
        width_factor: Factor,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        arguments = {
            "height_factor": height_factor,
            "width_factor": width_factor,
            "fill_mode": fill_mode,
            "interpolation": interpolation,
            "seed": seed,
            "fill_value": fill_value,
        }
        super().__init__(arguments, data_format=data_format, **kwargs)

    def draw(self, x: Tensor, source: torch.Generator | None) -> Amounts:
        return {
            "down": drawn(self.kind.height_factor, x, source),
            "right": drawn(self.kind.width_factor, x, source),
        }

    def matrices(self, x: Tensor, amounts: Amounts) -> Tensor:
        right, down = amounts["right"] * x.shape[3], amounts["down"] * x.shape[2]
        return geometry.translation(right, down)


@register()
class RandomRotation(Warping):
    """Turns each image about its centre by a random angle.

    Shapes: unchanged; whole numbers become float32. Inference: the identity.

    Args:
        factor: share of a full turn, counterclockwise, in [-1, 1]: a range (lower, upper), or f
            for (-f, f); 0.1 is up to 36 degrees either way.
        fill_mode: what lies beyond the border, as for `RandomTranslation`.
        interpolation: between pixels, "bilinear" or "nearest".
        seed: for a stream of its own; by default from the seed of the run.
        fill_value: with fill_mode "constant".
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a factor outside [-1, 1], an unknown mode.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> quarter = layers.RandomRotation((0.25, 0.25), interpolation="nearest")
        >>> quarter(np.array([[[[1.0], [2.0]], [[3.0], [4.0]]]]), training=True)[..., 0].tolist()
        [[[2.0, 4.0], [1.0, 3.0]]]
    """

    kind: kinds.RandomRotation
    kind_class = kinds.RandomRotation

    def __init__(
        self,
        factor: Factor,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        arguments = {
            "factor": factor,
            "fill_mode": fill_mode,
            "interpolation": interpolation,
            "seed": seed,
            "fill_value": fill_value,
        }
        super().__init__(arguments, data_format=data_format, **kwargs)

    def draw(self, x: Tensor, source: torch.Generator | None) -> Amounts:
        return {"angle": drawn(self.kind.factor, x, source) * (2 * math.pi)}

    def matrices(self, x: Tensor, amounts: Amounts) -> Tensor:
        return geometry.rotation(amounts["angle"], x.shape[2], x.shape[3])


@register()
class RandomZoom(Warping):
    """Zooms each image about its centre, by one random factor or one per direction.

    Shapes: unchanged; whole numbers become float32. Inference: the identity.

    Args:
        height_factor: how much more of the height is seen, in (-1, 1]: 0.2 zooms out (1.2 heights
            fit in), -0.2 zooms in; a range (lower, upper), or f for (-f, f).
        width_factor: the same for the width; None zooms both alike.
        fill_mode: what lies beyond the border, as for `RandomTranslation`.
        interpolation: between pixels, "bilinear" or "nearest".
        seed: for a stream of its own; by default from the seed of the run.
        fill_value: with fill_mode "constant".
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a factor outside (-1, 1], an unknown mode.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> out = layers.RandomZoom((1.0, 1.0), fill_mode="constant", interpolation="nearest")
        >>> out(np.ones((1, 1, 4, 1)), training=True)[0, 0, :, 0].tolist()
        [0.0, 1.0, 1.0, 0.0]
    """

    kind: kinds.RandomZoom
    kind_class = kinds.RandomZoom

    def __init__(
        self,
        height_factor: Factor,
        width_factor: Factor | None = None,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        arguments = {
            "height_factor": height_factor,
            "width_factor": width_factor,
            "fill_mode": fill_mode,
            "interpolation": interpolation,
            "seed": seed,
            "fill_value": fill_value,
        }
        super().__init__(arguments, data_format=data_format, **kwargs)

    def draw(self, x: Tensor, source: torch.Generator | None) -> Amounts:
        tall = 1.0 + drawn(self.kind.height_factor, x, source)
        factor = self.kind.width_factor
        return {"tall": tall, "wide": tall if factor is None else 1.0 + drawn(factor, x, source)}

    def matrices(self, x: Tensor, amounts: Amounts) -> Tensor:
        return geometry.zoom(amounts["tall"], amounts["wide"], x.shape[2], x.shape[3])


@register()
class RandomShear(Warping):
    """Slants each image, to one side or the other with equal chances.

    Each row shows what is `x_factor` pixels per row to its side, each column what is `y_factor`
    pixels per column above or below it; the first row and column stay where they are.

    Shapes: unchanged; whole numbers become float32. Inference: the identity.

    Args:
        x_factor: pixels per row, in [0, 1]: a range (lower, upper), or f for (0, f).
        y_factor: pixels per column, likewise.
        interpolation: between pixels, "bilinear" or "nearest".
        fill_mode: what lies beyond the border, as for `RandomTranslation`.
        fill_value: with fill_mode "constant".
        data_format: "channels_last", striate's only order.
        seed: for a stream of its own; by default from the seed of the run.

    Raises:
        ArgumentError: a factor outside [0, 1], an unknown mode.

    Example:
        >>> from striate import Input, layers
        >>> layers.RandomShear(0.2)(Input((32, 32, 3))).shape
        (None, 32, 32, 3)
    """

    kind: kinds.RandomShear
    kind_class = kinds.RandomShear

    def __init__(
        self,
        x_factor: Factor = 0.0,
        y_factor: Factor = 0.0,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        arguments = {
            "x_factor": x_factor,
            "y_factor": y_factor,
            "interpolation": interpolation,
            "fill_mode": fill_mode,
            "fill_value": fill_value,
            "seed": seed,
        }
        super().__init__(arguments, data_format=data_format, **kwargs)

    def draw(self, x: Tensor, source: torch.Generator | None) -> Amounts:
        side = random.signs((x.shape[0],), x, source)
        return {
            "along_x": drawn(self.kind.x_factor, x, source) * side,
            "along_y": drawn(self.kind.y_factor, x, source) * side,
        }

    def matrices(self, x: Tensor, amounts: Amounts) -> Tensor:
        return geometry.shear(amounts["along_x"], amounts["along_y"])
