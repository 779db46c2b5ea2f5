"""Poolings over channels."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from striate.graph import kinds
from striate.layers.arguments import keras_arguments
from striate.layers.builtin import BuiltIn, register
from striate.layers.calls import Template
from striate.ops import pooling


class DepthwisePooling(BuiltIn):
    """What poolings over channels share."""

    kind: kinds.DepthwisePooling
    kind_class: type[kinds.DepthwisePooling]

    def __init__(
        self,
        pool_size: int = 2,
        strides: int | None = None,
        padding: str = "valid",
        **kwargs: Any,
    ) -> None:
        super().__init__(self.kind_class, keras_arguments(locals()), **kwargs)

    def window(self) -> tuple[int, int, str]:
        """Pool size, stride and padding."""
        k = self.kind
        return k.pool_size, k.step, k.padding


@register()
class DepthwiseMaxPooling(DepthwisePooling):
    """Keeps the largest value of each window of channels, at every position.

    Learns to be insensitive to what the channels differ in, such as rotation; over all inputs of a
    unit it is a maxout (Goodfellow et al. 2013).

    Shapes: (N, ..., C) -> (N, ..., C'), C' = floor((C - p) / s) + 1, or ceil(C / s) for "same".

    Args:
        pool_size: channels in a window.
        strides: steps between windows; None means pool_size.
        padding: "valid" or "same"; padding never counts.

    Raises:
        ArgumentError: a size or stride below 1, an unknown padding.
        ShapeError: fewer channels than pool_size.

    Example:
        >>> from striate import Input, layers
        >>> layers.DepthwiseMaxPooling(4)(Input((28, 28, 64))).shape
        (None, 28, 28, 16)

    References: Goodfellow et al. (2013), "Maxout networks", https://arxiv.org/abs/1302.4389
    """

    kind_class = kinds.DepthwiseMaxPooling

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        return pooling.channel_max_pool(inputs[0], *self.window())


@register()
class DepthwiseAveragePooling(DepthwisePooling):
    """Keeps the mean of each window of channels, at every position.

    Shapes: (N, ..., C) -> (N, ..., C'), C' = floor((C - p) / s) + 1, or ceil(C / s) for "same".

    Args:
        pool_size: channels in a window.
        strides: steps between windows; None means pool_size.
        padding: "valid" or "same"; padding never counts.

    Raises:
        ArgumentError: a size or stride below 1, an unknown padding.
        ShapeError: fewer channels than pool_size.

    Example:
        >>> from striate import Input, layers
        >>> layers.DepthwiseAveragePooling(4)(Input((28, 28, 64))).shape
        (None, 28, 28, 16)
    """

    kind_class = kinds.DepthwiseAveragePooling

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        return pooling.channel_average_pool(inputs[0], *self.window())
