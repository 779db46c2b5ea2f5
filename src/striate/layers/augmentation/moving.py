"""Augmentations that move whole images without reading between their pixels."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from striate.graph import kinds
from striate.layers.arguments import check_data_format
from striate.layers.augmentation.base import Amounts, Augmentation
from striate.layers.builtin import register
from striate.ops import patches, random


@register()
class RandomFlip(Augmentation):
    """Mirrors each image with a chance of one half, left-right, top-bottom, or each of both.

    With "horizontal_and_vertical" the two flips are drawn apart, so that all four pictures occur;
    Keras 3.15 draws one number for both, and gives the image or its half turn.

    Shapes: unchanged; whole numbers become float32. Inference: the identity.

    Args:
        mode: "horizontal" (left-right), "vertical" (top-bottom) or "horizontal_and_vertical".
        seed: for a stream of its own; by default from the seed of the run.
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: an unknown mode.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> layer = layers.RandomFlip("horizontal", seed=1)
        >>> layer(np.array([[[[1.0], [2.0]]]] * 4), training=True)[..., 0].tolist()
        [[[1.0, 2.0]], [[2.0, 1.0]], [[1.0, 2.0]], [[1.0, 2.0]]]
    """

    kind: kinds.RandomFlip

    def __init__(
        self,
        mode: str = "horizontal_and_vertical",
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        check_data_format(type(self).__name__, data_format)
        super().__init__(kinds.RandomFlip, {"mode": mode, "seed": seed}, **kwargs)

    def draw(self, x: Tensor, source: torch.Generator | None) -> Amounts:
        names = {"horizontal": ("left_right",), "vertical": ("top_bottom",)}
        found = names.get(self.kind.mode, ("left_right", "top_bottom"))
        return {name: random.uniform((x.shape[0],), x, source) < 0.5 for name in found}

    def transform(self, x: Tensor, amounts: Amounts) -> Tensor:
        return patches.flip(x, amounts.get("left_right"), amounts.get("top_bottom"))

    transform_masks = transform


@register()
class RandomCrop(Augmentation):
    """Cuts a window out of each image, at a place of its own.

    In inference, and where an image is smaller than the window, it is the largest centred window
    with the same proportions, resized bilinearly. Keras 3.15 takes one place for the whole batch,
    and leaves the images uncropped in inference, though its documentation says the above.

    Shapes: (N, H, W, C) -> (N, height, width, C); whole numbers become float32.

    Args:
        height: of the window, in pixels.
        width: of the window, in pixels.
        seed: for a stream of its own; by default from the seed of the run.
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a height or width below 1.

    Example:
        >>> from striate import Input, layers
        >>> layers.RandomCrop(24, 24)(Input((32, 32, 3))).shape
        (None, 24, 24, 3)
    """

    kind: kinds.RandomCrop

    def __init__(
        self,
        height: int,
        width: int,
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        check_data_format(type(self).__name__, data_format)
        arguments = {"height": height, "width": width, "seed": seed}
        super().__init__(kinds.RandomCrop, arguments, **kwargs)

    def draw(self, x: Tensor, source: torch.Generator | None) -> Amounts:
        down, across = x.shape[2] - self.kind.height, x.shape[3] - self.kind.width
        if down < 0 or across < 0:
            return {}
        count = (x.shape[0],)
        return {
            "top": random.whole(0, down, count, x.device, source),
            "left": random.whole(0, across, count, x.device, source),
        }

    def at_rest(self, x: Tensor) -> Amounts:
        return {}

    def transform(self, x: Tensor, amounts: Amounts) -> Tensor:
        to = (self.kind.height, self.kind.width)
        if not amounts:
            return patches.resized_window(x, to)
        return patches.windows(x, amounts["top"], amounts["left"], *to)

    def transform_masks(self, x: Tensor, amounts: Amounts) -> Tensor:
        to = (self.kind.height, self.kind.width)
        if not amounts:
            return patches.resized_window(x, to, "nearest")
        return self.transform(x, amounts)
