"""Augmentations that hide a part of each image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from striate.graph import kinds
from striate.layers.arguments import check_data_format
from striate.layers.augmentation.base import Amounts, Augmentation, drawn, happens
from striate.layers.augmentation.colours import Factor, Range
from striate.layers.builtin import register
from striate.ops import patches, random


def _filled(x: Tensor, chosen: Tensor, box: Tensor, filling: Tensor) -> Tensor:
    """The chosen images with their box filled."""
    mask = patches.inside(x, box) & chosen.view(-1, 1, 1, 1)
    return torch.where(mask, filling, x)


@register()
class RandomErasing(Augmentation):
    """Fills a box of some images with noise or a value, so that no detail alone decides.

    The sides of the box are sqrt(a) of the height and sqrt(b) of the width, a and b drawn from
    `scale`; it lies anywhere inside the image.

    Shapes: unchanged; whole numbers become float32. Inference: the identity.

    Args:
        factor: chance of an image to be changed, drawn for each from a range (lower, upper) in
            [0, 1]; f stands for (0, f), so that the default changes half of them: write (1, 1)
            for all.
        scale: range of the erased share, in [0, 1]; s stands for (0, s).
        fill_value: a number, one per channel, or None for normal noise times the upper end of the
            range.
        value_range: lowest and highest value of the images; the filling is clipped to it.
        seed: for a stream of its own; by default from the seed of the run.
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a factor or scale outside [0, 1], no range.
        ShapeError: `fill_value` has another number of channels.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> half = layers.RandomErasing((1, 1), scale=(0.25, 0.25), fill_value=0.0, seed=0)
        >>> half(np.ones((1, 8, 8, 1)), training=True).mean().item()
        0.75

    References: Zhong et al. (2017), https://arxiv.org/abs/1708.04896
    """

    kind: kinds.RandomErasing

    def __init__(
        self,
        factor: Factor = 1.0,
        scale: Factor = (0.02, 0.33),
        fill_value: float | Sequence[float] | None = None,
        value_range: Range = (0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        check_data_format(type(self).__name__, data_format)
        arguments = {
            "factor": factor,
            "scale": scale,
            "fill_value": fill_value,
            "value_range": value_range,
            "seed": seed,
        }
        super().__init__(kinds.RandomErasing, arguments, **kwargs)

    def draw(self, x: Tensor, source: torch.Generator | None) -> Amounts:
        tall, wide = drawn(self.scale, x, source, (2,)).sqrt().unbind(1)
        down, across = drawn((0.0, 1.0), x, source, (2,)).unbind(1)
        return {
            "box": patches.boxes(x, tall, wide, down, across),
            "chosen": happens(self.factor, x, source),
            "filling": self._filling(x, source),
        }

    def _filling(self, x: Tensor, source: torch.Generator | None) -> Tensor:
        value, bounds = self.kind.fill_value, self.kind.value_range
        if value is not None:
            return x.new_tensor(value).clamp(*bounds).view(1, -1, 1, 1)
        count, channels, height, width = x.shape
        noise = random.normal((count, height, width, channels), x, source)
        return (noise * bounds[1]).clamp(*bounds).movedim(-1, 1)

    def transform(self, x: Tensor, amounts: Amounts) -> Tensor:
        return _filled(x, amounts["chosen"], amounts["box"], amounts["filling"])


@register()
class Cutout(Augmentation):
    """Fills a square of each image with a value; its centre is any pixel.

    At the border a part of the square lies outside, and less is hidden, as in the paper.

    Shapes: unchanged; whole numbers become float32. Inference: the identity.

    Args:
        size: side of the square in pixels, or (height, width).
        factor: chance of an image to be changed, drawn for each from a range (lower, upper) in
            [0, 1]; f stands for (0, f).
        fill_value: a number, or one per channel; the paper takes the mean of the data.
        seed: for a stream of its own; by default from the seed of the run.
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a size below 1, a factor outside [0, 1].
        ShapeError: `fill_value` has another number of channels.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> layers.Cutout(2, seed=2)(np.ones((1, 4, 4, 1)), training=True)[0, :, :, 0].tolist()
        [[1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0], [0.0, 1.0, 1.0, 1.0], [0.0, 1.0, 1.0, 1.0]]

    References: DeVries and Taylor (2017), https://arxiv.org/abs/1708.04552
    """

    kind: kinds.Cutout

    def __init__(
        self,
        size: int | Sequence[int],
        factor: Factor = (1.0, 1.0),
        fill_value: float | Sequence[float] = 0.0,
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        check_data_format(type(self).__name__, data_format)
        arguments = {"size": size, "factor": factor, "fill_value": fill_value, "seed": seed}
        super().__init__(kinds.Cutout, arguments, **kwargs)

    def draw(self, x: Tensor, source: torch.Generator | None) -> Amounts:
        sides = []
        for axis, side in zip((2, 3), self.size, strict=True):
            centre = random.whole(0, x.shape[axis] - 1, (x.shape[0],), x.device, source)
            sides += [centre - side // 2, centre - side // 2 + side]
        return {"box": torch.stack(sides, 1), "chosen": happens(self.factor, x, source)}

    def transform(self, x: Tensor, amounts: Amounts) -> Tensor:
        filling = x.new_tensor(self.kind.fill_value).view(1, -1, 1, 1)
        return _filled(x, amounts["chosen"], amounts["box"], filling)
