"""Augmentations and adjustments that map the values of images: bits, thresholds, histograms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from striate.graph import kinds
from striate.layers.arguments import check_data_format
from striate.layers.augmentation.base import Adjustment, Amounts, Augmentation, drawn, happens
from striate.layers.augmentation.colours import ByFactor, ByFactorSeedLast, Factor, Range
from striate.layers.builtin import register
from striate.ops import colour, histograms, random


@register()
class RandomPosterization(ByFactorSeedLast):
    """Keeps only the highest bits of each value, which leaves few shades.

    With b bits, a value v of 0 to 255 becomes v - v mod 2^(8 - b). One number keeps that many
    bits, as Keras's documentation says; its code draws 1 to one less than it.

    Shapes: unchanged; whole numbers become float32. Inference: the identity.

    Args:
        factor: number of bits, 1 to 8, or two, between which (both included) it is drawn.
        value_range: lowest and highest value of the images: (0, 255) or (0, 1).
        data_format: "channels_last", striate's only order.
        seed: for a stream of its own; by default from the seed of the run.

    Raises:
        ArgumentError: a number outside 1 to 8, no range.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> layers.RandomPosterization(2)(np.array([[[[63.0, 200.0]]]]), training=True).tolist()
        [[[[0.0, 192.0]]]]
    """

    kind: kinds.RandomPosterization
    kind_class = kinds.RandomPosterization

    def __init__(
        self,
        factor: int | Sequence[int],
        value_range: Range = (0, 255),
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(factor, value_range, data_format, seed, **kwargs)

    def draw(self, x: Tensor, source: torch.Generator | None) -> Amounts:
        least, most = self.factor
        return {"bits": random.whole(least, most, (x.shape[0],), x.device, source)}

    def transform(self, x: Tensor, amounts: Amounts) -> Tensor:
        return colour.posterize(x, amounts["bits"], self.kind.value_range)


@register()
class RandomInvert(ByFactor):
    """Turns some images into their negative: low + high - x.

    Shapes: unchanged; whole numbers become float32. Inference: the identity.

    Args:
        factor: chance of an image to be inverted, drawn for each from a range (lower, upper) in
            [0, 1]; f stands for (0, f), so that the default inverts half of them: write (1, 1)
            for all.
        value_range: lowest and highest value of the images: (0, 255) or (0, 1).
        seed: for a stream of its own; by default from the seed of the run.
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a factor outside [0, 1], no range.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> layers.RandomInvert((1, 1))(np.array([[[[0.0, 200.0]]]]), training=True).tolist()
        [[[[255.0, 55.0]]]]
    """

    kind: kinds.RandomInvert
    kind_class = kinds.RandomInvert

    def __init__(
        self,
        factor: Factor = 1.0,
        value_range: Range = (0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(factor, value_range, seed, data_format, **kwargs)

    def draw(self, x: Tensor, source: torch.Generator | None) -> Amounts:
        return {"chosen": happens(self.factor, x, source)}

    def transform(self, x: Tensor, amounts: Amounts) -> Tensor:
        return colour.choose(amounts["chosen"], colour.invert(x, self.kind.value_range), x)


@register()
class Solarization(Augmentation):
    """Inverts the values that are not below a random threshold, after adding a random amount.

    For values of 0 to 255: v = clip(x + 255 a), then v where v < 255 t, else 255 - v. With the
    defaults a = t = 0 all is inverted. (Keras 3.15 forgets the 255 at the lower end of ranges.)

    Shapes: unchanged; whole numbers become float32. Inference: the identity.

    Args:
        addition_factor: a in [0, 1]: a range (lower, upper), or a for (0, a).
        threshold_factor: t in [0, 1]: a range (lower, upper), or t for (0, t).
        value_range: lowest and highest value of the images: (0, 255) or (0, 1).
        seed: for a stream of its own; by default from the seed of the run.
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a factor outside [0, 1], no range.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> layer = layers.Solarization(threshold_factor=(0.5, 0.5))
        >>> layer(np.array([[[[100.0, 200.0]]]]), training=True).tolist()
        [[[[100.0, 55.0]]]]
    """

    kind: kinds.Solarization

    def __init__(
        self,
        addition_factor: Factor = 0.0,
        threshold_factor: Factor = 0.0,
        value_range: Range = (0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        check_data_format(type(self).__name__, data_format)
        arguments = {
            "addition_factor": addition_factor,
            "threshold_factor": threshold_factor,
            "value_range": value_range,
            "seed": seed,
        }
        super().__init__(kinds.Solarization, arguments, **kwargs)

    def draw(self, x: Tensor, source: torch.Generator | None) -> Amounts:
        return {
            "addition": drawn(self.kind.addition_factor, x, source) * 255.0,
            "threshold": drawn(self.kind.threshold_factor, x, source) * 255.0,
        }

    def transform(self, x: Tensor, amounts: Amounts) -> Tensor:
        how = (amounts["addition"], amounts["threshold"], self.kind.value_range)
        return colour.solarize(x, *how)


@register()
class AutoContrast(Adjustment):
    """Stretches each channel of each image over the whole range; the same in inference.

    (x - min) / (max - min) (high - low) + low; a channel of one value stays.

    Shapes: unchanged; whole numbers become float32.

    Args:
        value_range: lowest and highest value of the images: (0, 255) or (0, 1).
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: no range.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> layers.AutoContrast()(np.array([[[[50.0], [100.0], [150.0]]]]))[0, 0, :, 0].tolist()
        [0.0, 127.5, 255.0]
    """

    kind: kinds.AutoContrast

    def __init__(
        self, value_range: Range = (0, 255), data_format: str | None = None, **kwargs: Any
    ) -> None:
        check_data_format(type(self).__name__, data_format)
        super().__init__(kinds.AutoContrast, {"value_range": value_range}, **kwargs)

    def transform(self, x: Tensor, amounts: Amounts) -> Tensor:
        return histograms.stretch(x, self.kind.value_range)


@register()
class Equalization(Adjustment):
    """Spreads the values of each channel of each image evenly; the same in inference.

    A value becomes its rank: 255 (c(v) - c_min) / (c_max - c_min), rounded, where c(v) counts the
    pixels up to its bin. Keras 3.15 counts over the whole batch and, against its documentation,
    leaves images as they are in inference.

    Shapes: unchanged; whole numbers become float32.

    Args:
        value_range: lowest and highest value of the images: (0, 255) or (0, 1).
        bins: of the histogram, at least 2.
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: fewer than 2 bins, no range.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> layers.Equalization()(np.array([[[[9.0], [10.0], [200.0]]]]))[0, 0, :, 0].tolist()
        [0.0, 128.0, 255.0]
    """

    kind: kinds.Equalization

    def __init__(
        self,
        value_range: Range = (0, 255),
        bins: int = 256,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        check_data_format(type(self).__name__, data_format)
        arguments = {"value_range": value_range, "bins": bins}
        super().__init__(kinds.Equalization, arguments, **kwargs)

    def transform(self, x: Tensor, amounts: Amounts) -> Tensor:
        return histograms.equalize(x, self.kind.bins, self.kind.value_range)


@register("CLAHE")
class ContrastLimitedAdaptiveHistogramEqualization(Adjustment):
    """Equalizes each tile of the image by itself, with bounded contrast; the same in inference.

    In each tile and channel, counts of the 256 values above `clip_limit` times their mean are cut,
    and what is cut off is given to all alike; a value becomes its rank. A pixel mixes the ranks of
    the four tiles around it by their closeness, so that no seams show.

    Shapes: unchanged; whole numbers become float32.

    Args:
        value_range: lowest and highest value of the images: (0, 255) or (0, 1).
        clip_limit: how far a count may be above the mean; smaller ones give less contrast and
            noise, 0 is no limit.
        tile_grid_size: number of tiles in a column and in a row.
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a negative limit, a number of tiles below 1, no range.

    Example:
        >>> from striate import Input, layers
        >>> layers.ContrastLimitedAdaptiveHistogramEqualization()(Input((64, 64, 1))).shape
        (None, 64, 64, 1)

    References: Zuiderveld (1994), https://doi.org/10.1016/B978-0-12-336156-1.50061-6
    """

    kind: kinds.ContrastLimitedAdaptiveHistogramEqualization

    def __init__(
        self,
        value_range: Range = (0, 255),
        clip_limit: float = 4.0,
        tile_grid_size: int | Sequence[int] = (8, 8),
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        check_data_format(type(self).__name__, data_format)
        arguments = {
            "value_range": value_range,
            "clip_limit": clip_limit,
            "tile_grid_size": tile_grid_size,
        }
        kind = kinds.ContrastLimitedAdaptiveHistogramEqualization
        super().__init__(kind, arguments, **kwargs)

    def transform(self, x: Tensor, amounts: Amounts) -> Tensor:
        how = (self.kind.tile_grid_size, self.kind.clip_limit, self.kind.value_range)
        return histograms.equalize_tiles(x, *how)
