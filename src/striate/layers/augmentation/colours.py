"""Augmentations that change brightness, contrast and colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from striate.graph import kinds
from striate.layers.arguments import check_data_format
from striate.layers.augmentation.base import Amounts, Augmentation, drawn
from striate.layers.builtin import register
from striate.ops import colour, random

Factor = float | Sequence[float]
Range = Sequence[float]


class ByFactor(Augmentation):
    """What is described by one factor and the range of the images' values."""

    kind_class: type[kinds.OnImages]

    def __init__(
        self,
        factor: Factor,
        value_range: Range = (0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        check_data_format(type(self).__name__, data_format)
        arguments = {"factor": factor, "value_range": value_range, "seed": seed}
        super().__init__(self.kind_class, arguments, **kwargs)

    def draw(self, x: Tensor, source: torch.Generator | None) -> Amounts:
        return {"factor": drawn(self.factor, x, source)}


@register()
class RandomBrightness(ByFactor):
    """Adds a random amount to all values of each image, clipped to the range.

    x + f (high - low).

    Shapes: unchanged; whole numbers become float32. Inference: the identity.

    Args:
        factor: f in [-1, 1], -1 is black and 1 white: a range (lower, upper), or f for (-f, f).
        value_range: lowest and highest value of the images: (0, 255) or (0, 1).
        seed: for a stream of its own; by default from the seed of the run.
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a factor outside [-1, 1], no range.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> brighter = layers.RandomBrightness((0.2, 0.2))
        >>> brighter(np.array([[[[100.0, 250.0]]]]), training=True).tolist()
        [[[[151.0, 255.0]]]]
    """

    kind: kinds.RandomBrightness
    kind_class = kinds.RandomBrightness

    def transform(self, x: Tensor, amounts: Amounts) -> Tensor:
        return colour.brighten(x, amounts["factor"], self.kind.value_range)


@register()
class RandomContrast(ByFactor):
    """Moves the values of each channel of each image away from their mean, or towards it.

    (x - mean) c + mean with c drawn from [1 - lower, 1 + upper], clipped to the range. Keras 3.15
    takes one number f for (0, f), though its documentation, like this layer, says (f, f).

    Shapes: unchanged; whole numbers become float32. Inference: the identity.

    Args:
        factor: (lower, upper), each in [0, 1], or f for (f, f).
        value_range: lowest and highest value of the images: (0, 255) or (0, 1).
        seed: for a stream of its own; by default from the seed of the run.
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a factor outside [0, 1], no range.

    Example:
        >>> from striate import Input, layers
        >>> layers.RandomContrast(0.2)(Input((32, 32, 3))).shape
        (None, 32, 32, 3)
    """

    kind: kinds.RandomContrast
    kind_class = kinds.RandomContrast

    def draw(self, x: Tensor, source: torch.Generator | None) -> Amounts:
        lower, upper = self.factor
        return {"factor": drawn((1.0 - lower, 1.0 + upper), x, source)}

    def transform(self, x: Tensor, amounts: Amounts) -> Tensor:
        return colour.change_contrast(x, amounts["factor"], self.kind.value_range)


class ByFactorSeedLast(ByFactor):
    """`ByFactor` where Keras has the seed behind the data format."""

    def __init__(
        self,
        factor: Factor,
        value_range: Range = (0, 255),
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(factor, value_range, seed, data_format, **kwargs)


@register()
class RandomSaturation(ByFactorSeedLast):
    """Makes the colours of each image paler or stronger.

    The saturation of hue, saturation and value is multiplied by f / (1 - f), at most to 1; Keras
    3.15 stops it at the upper end of `value_range` instead, which lets colours leave the range
    with (0, 255). One number f stands for (0, f), as Keras's documentation says; its code takes
    (-f, f).

    Shapes: (N, H, W, 3), unchanged; whole numbers become float32. Inference: the identity.

    Args:
        factor: f in [0, 1]: 0 is grey, 0.5 changes nothing, 1 has full colours; a range
            (lower, upper), or f for (0, f).
        value_range: lowest and highest value of the images: (0, 255) or (0, 1).
        data_format: "channels_last", striate's only order.
        seed: for a stream of its own; by default from the seed of the run.

    Raises:
        ArgumentError: a factor outside [0, 1], no range.
        ShapeError: another number of channels than 3.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> grey = layers.RandomSaturation((0.0, 0.0))
        >>> grey(np.array([[[[200.0, 100.0, 0.0]]]]), training=True).tolist()
        [[[[200.0, 200.0, 200.0]]]]
    """

    kind: kinds.RandomSaturation
    kind_class = kinds.RandomSaturation

    def draw(self, x: Tensor, source: torch.Generator | None) -> Amounts:
        share = drawn(self.factor, x, source)
        return {"factor": share / (1.0 - share + 1e-7)}

    def transform(self, x: Tensor, amounts: Amounts) -> Tensor:
        return colour.saturate(x, amounts["factor"], self.kind.value_range)


@register()
class RandomHue(ByFactorSeedLast):
    """Turns the hues of each image along the colour circle, either way.

    The hue moves by f / 2 of the circle, forwards or backwards with equal chances.

    Shapes: (N, H, W, 3), unchanged; whole numbers become float32. Inference: the identity.

    Args:
        factor: f in [0, 1], 1 gives the opposite colours: a range (lower, upper), or f for (0, f).
        value_range: lowest and highest value of the images: (0, 255) or (0, 1).
        data_format: "channels_last", striate's only order.
        seed: for a stream of its own; by default from the seed of the run.

    Raises:
        ArgumentError: a factor outside [0, 1], no range.
        ShapeError: another number of channels than 3.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> opposite = layers.RandomHue((1.0, 1.0), value_range=(0, 1))
        >>> opposite(np.array([[[[1.0, 0.0, 0.0]]]]), training=True).tolist()
        [[[[0.0, 1.0, 1.0]]]]
    """

    kind: kinds.RandomHue
    kind_class = kinds.RandomHue

    def draw(self, x: Tensor, source: torch.Generator | None) -> Amounts:
        side = random.signs((x.shape[0],), x, source)
        return {"factor": drawn(self.factor, x, source) * side * 0.5}

    def transform(self, x: Tensor, amounts: Amounts) -> Tensor:
        return colour.turn_hue(x, amounts["factor"], self.kind.value_range)


@register()
class RandomColorDegeneration(ByFactorSeedLast):
    """Mixes a random share of each image's grey version in: x + f (grey - x).

    One number f stands for (0, f), as Keras's documentation says; its code takes (-f, f).

    Shapes: (N, H, W, 3 or 1), unchanged; whole numbers become float32. Inference: the identity.

    Args:
        factor: f in [0, 1], 1 is grey: a range (lower, upper), or f for (0, f).
        value_range: lowest and highest value of the images: (0, 255) or (0, 1).
        data_format: "channels_last", striate's only order.
        seed: for a stream of its own; by default from the seed of the run.

    Raises:
        ArgumentError: a factor outside [0, 1], no range.
        ShapeError: another number of channels than 1 or 3.

    Example:
        >>> from striate import Input, layers
        >>> layers.RandomColorDegeneration(0.5)(Input((32, 32, 3))).shape
        (None, 32, 32, 3)
    """

    kind: kinds.RandomColorDegeneration
    kind_class = kinds.RandomColorDegeneration

    def transform(self, x: Tensor, amounts: Amounts) -> Tensor:
        return colour.fade(x, amounts["factor"], self.kind.value_range)


@register()
class RandomGrayscale(Augmentation):
    """Makes some images grey: 0.2989 R + 0.587 G + 0.114 B in every channel.

    Shapes: (N, H, W, 3 or 1), unchanged; whole numbers become float32. Inference: the identity.

    Args:
        factor: chance of an image to become grey, in [0, 1].
        data_format: "channels_last", striate's only order.
        seed: for a stream of its own; by default from the seed of the run.

    Raises:
        ArgumentError: a factor outside [0, 1].
        ShapeError: another number of channels than 1 or 3.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> out = layers.RandomGrayscale(1.0)(np.array([[[[100.0, 0.0, 0.0]]]]), training=True)
        >>> [round(v, 2) for v in out.flatten().tolist()]
        [29.89, 29.89, 29.89]
    """

    kind: kinds.RandomGrayscale

    def __init__(
        self,
        factor: float = 0.5,
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        check_data_format(type(self).__name__, data_format)
        super().__init__(kinds.RandomGrayscale, {"factor": factor, "seed": seed}, **kwargs)

    def draw(self, x: Tensor, source: torch.Generator | None) -> Amounts:
        return {"chosen": random.uniform((x.shape[0],), x, source) < self.factor}

    def transform(self, x: Tensor, amounts: Amounts) -> Tensor:
        return colour.choose(amounts["chosen"], colour.luminance(x), x)


@register()
class RandomColorJitter(Augmentation):
    """Changes brightness, contrast, saturation and hue of each image, in this order.

    What is None is left alone; the others act as `RandomBrightness`, `RandomContrast`,
    `RandomSaturation` and `RandomHue` with the same factor.

    Shapes: unchanged; saturation and hue need (N, H, W, 3); whole numbers become float32.
        Inference: the identity.

    Args:
        value_range: lowest and highest value of the images: (0, 255) or (0, 1).
        brightness_factor: a range in [-1, 1], or f for (-f, f).
        contrast_factor: (lower, upper) in [0, 1], or f for (f, f).
        saturation_factor: a range in [0, 1], or f for (0, f); 0.5 changes nothing.
        hue_factor: a range in [0, 1], or f for (0, f).
        seed: for a stream of its own; by default from the seed of the run.
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a factor outside its bounds, no range.
        ShapeError: another number of channels than 3, with saturation or hue.

    Example:
        >>> from striate import Input, layers
        >>> jitter = layers.RandomColorJitter((0, 1), 0.2, 0.2, saturation_factor=(0.3, 0.7))
        >>> jitter(Input((32, 32, 3))).shape
        (None, 32, 32, 3)
    """

    kind: kinds.RandomColorJitter

    def __init__(
        self,
        value_range: Range = (0, 255),
        brightness_factor: Factor | None = None,
        contrast_factor: Factor | None = None,
        saturation_factor: Factor | None = None,
        hue_factor: Factor | None = None,
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        check_data_format(type(self).__name__, data_format)
        arguments = {
            "value_range": value_range,
            "brightness_factor": brightness_factor,
            "contrast_factor": contrast_factor,
            "saturation_factor": saturation_factor,
            "hue_factor": hue_factor,
            "seed": seed,
        }
        super().__init__(kinds.RandomColorJitter, arguments, **kwargs)
        kind = self.kind
        parts: tuple[tuple[type[ByFactor], Any], ...] = (
            (RandomBrightness, kind.brightness_factor),
            (RandomContrast, kind.contrast_factor),
            (RandomSaturation, kind.saturation_factor),
            (RandomHue, kind.hue_factor),
        )
        # a tuple keeps them out of the module tree: they have no state of their own
        self._parts = tuple(cls(f, kind.value_range) for cls, f in parts if f is not None)

    def draw(self, x: Tensor, source: torch.Generator | None) -> Amounts:
        return {
            f"{number}": part.draw(x, source)["factor"] for number, part in enumerate(self._parts)
        }

    def transform(self, x: Tensor, amounts: Amounts) -> Tensor:
        for number, part in enumerate(self._parts):
            x = part.transform(x, {"factor": amounts[f"{number}"]})
        return x
