"""Augmentations that blur or sharpen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from striate.graph import kinds
from striate.layers.arguments import check_data_format
from striate.layers.augmentation.base import Amounts, Augmentation, drawn, happens
from striate.layers.augmentation.colours import ByFactorSeedLast, Factor, Range
from striate.layers.builtin import register
from striate.ops import colour, filters


@register()
class RandomSharpness(ByFactorSeedLast):
    """Blurs or sharpens each image: s + 2 f (x - s), clipped to the range.

    s is the mean of each 3 x 3 window with the middle counted five times; beyond the border are
    zeros, as in Keras.

    Shapes: unchanged; whole numbers become float32. Inference: the identity.

    Args:
        factor: f in [0, 1]: 0 is blurred, 0.5 changes nothing, 1 is sharpened; a range
            (lower, upper), or f for (0, f).
        value_range: lowest and highest value of the images: (0, 255) or (0, 1).
        data_format: "channels_last", striate's only order.
        seed: for a stream of its own; by default from the seed of the run.

    Raises:
        ArgumentError: a factor outside [0, 1], no range.

    Example:
        >>> from striate import Input, layers
        >>> layers.RandomSharpness((0.2, 0.8))(Input((32, 32, 3))).shape
        (None, 32, 32, 3)
    """

    kind: kinds.RandomSharpness
    kind_class = kinds.RandomSharpness

    def transform(self, x: Tensor, amounts: Amounts) -> Tensor:
        return colour.sharpen(x, 2.0 * amounts["factor"], self.kind.value_range)


@register("GaussianBlur")
class RandomGaussianBlur(Augmentation):
    """Blurs some images with a Gaussian window, wider for some than for others.

    The window is exp(-d^2 / (2 sigma^2)), scaled to the sum 1, with one sigma for rows and one for
    columns; beyond the border are zeros, as in Keras. Keras 3.15 draws one pair for the batch.

    Shapes: unchanged; whole numbers become float32. Inference: the identity.

    Args:
        factor: chance of an image to be blurred, drawn for each from a range (lower, upper) in
            [0, 1]; f stands for (0, f), so that the default blurs half of them: write (1, 1) for
            all.
        kernel_size: size of the window, odd, or (height, width).
        sigma: standard deviation in pixels: a range, or s for (0, s). Keras allows up to 1.
        value_range: lowest and highest value of the images; results are clipped to it.
        data_format: "channels_last", striate's only order.
        seed: for a stream of its own; by default from the seed of the run.

    Raises:
        ArgumentError: a factor outside [0, 1], an even kernel_size, a negative sigma, no range.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> blur = layers.RandomGaussianBlur((1, 1), kernel_size=3, sigma=(1.0, 1.0))
        >>> out = blur(np.array([[[[0.0], [100.0], [0.0]]] * 3]), training=True)
        >>> out[0, 1, :, 0].round().tolist()
        [27.0, 45.0, 27.0]
    """

    kind: kinds.RandomGaussianBlur

    def __init__(
        self,
        factor: Factor = 1.0,
        kernel_size: int | Sequence[int] = 3,
        sigma: Factor = 1.0,
        value_range: Range = (0, 255),
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        check_data_format(type(self).__name__, data_format)
        arguments = {
            "factor": factor,
            "kernel_size": kernel_size,
            "sigma": sigma,
            "value_range": value_range,
            "seed": seed,
        }
        super().__init__(kinds.RandomGaussianBlur, arguments, **kwargs)

    def draw(self, x: Tensor, source: torch.Generator | None) -> Amounts:
        return {
            "chosen": happens(self.factor, x, source),
            "sigma": drawn(self.sigma, x, source, (2,)),
        }

    def transform(self, x: Tensor, amounts: Amounts) -> Tensor:
        down, across = amounts["sigma"].unbind(1)
        blurred = filters.gaussian_blur(x, self.kind.kernel_size, down, across)
        return colour.choose(amounts["chosen"], blurred, x).clamp(*self.kind.value_range)
