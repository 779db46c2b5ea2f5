"""Poolings that draw one value of each window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from striate.graph import kinds
from striate.layers.arguments import keras_arguments
from striate.layers.builtin import register
from striate.layers.calls import Template
from striate.layers.random import Random
from striate.ops import pooling


class StochasticPooling(Random):
    """What `StochasticPooling1D` to `StochasticPooling3D` share."""

    kind: kinds.StochasticPooling
    kind_class: type[kinds.StochasticPooling]

    def __init__(
        self,
        pool_size: int | Sequence[int] = 2,
        strides: int | Sequence[int] | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(self.kind_class, keras_arguments(locals()), **kwargs)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        (x,) = inputs
        k = self.kind
        source = self.stream(x) if self.training else None
        return pooling.stochastic_pool(x, k.pool_size, k.steps, k.padding, self.training, source)


@register()
class StochasticPooling2D(StochasticPooling):
    """Keeps one value of each window, drawn in training with odds in proportion to it.

    Regularises without a rate to choose. With a = max(x, 0) and p = a / sum(a): in training an a
    drawn with odds p, in inference the expected value sum(p a). For maps after a ReLU, as in the
    paper: what is negative counts as 0.

    Shapes: (N, H, W, C) -> (N, H', W', C), "valid": H' = floor((H - p) / s) + 1, rows
        that fill no window are dropped; "same": H' = ceil(H / s), padding never counts.

    Args:
        pool_size: height and width of the window; one number for both.
        strides: steps between windows; None means pool_size.
        padding: "valid" or "same".
        data_format: "channels_last", striate's only order.
        seed: of a stream of the layer's own; None draws from torch's global one.

    Raises:
        ArgumentError: a size or stride below 1, an unknown padding.
        ShapeError: not 4 dimensions, or a window larger than its input.

    Example:
        >>> from striate import Input, layers
        >>> layers.StochasticPooling2D(2)(Input((13, 13, 64))).shape
        (None, 6, 6, 64)

    References: Zeiler & Fergus (2013), "Stochastic pooling for regularization of deep convolutional
        neural networks", https://arxiv.org/abs/1301.3557
    """

    kind_class = kinds.StochasticPooling2D


@register()
class StochasticPooling1D(StochasticPooling):
    """Keeps one value of each window, drawn in training with odds in proportion to it.

    `StochasticPooling2D` over one axis.

    Shapes: (N, L, C) -> (N, L', C), sizes as for the layer over images.

    Args:
        pool_size: length of the window.
        strides: steps between windows; None means pool_size.
        padding: "valid" or "same".
        data_format: "channels_last", striate's only order.
        seed: of a stream of the layer's own; None draws from torch's global one.

    Raises:
        ArgumentError: a size or stride below 1, an unknown padding.
        ShapeError: not 3 dimensions, or a window longer than its input.

    Example:
        >>> from striate import Input, layers
        >>> layers.StochasticPooling1D(2)(Input((13, 64))).shape
        (None, 6, 64)
    """

    kind_class = kinds.StochasticPooling1D


@register()
class StochasticPooling3D(StochasticPooling):
    """Keeps one value of each window, drawn in training with odds in proportion to it.

    `StochasticPooling2D` over three axes.

    Shapes: (N, D, H, W, C) -> (N, D', H', W', C), sizes as for the layer over images.

    Args:
        pool_size: depth, height and width of the window; one number for all.
        strides: steps between windows; None means pool_size.
        padding: "valid" or "same".
        data_format: "channels_last", striate's only order.
        seed: of a stream of the layer's own; None draws from torch's global one.

    Raises:
        ArgumentError: a size or stride below 1, an unknown padding.
        ShapeError: not 5 dimensions, or a window larger than its input.

    Example:
        >>> from striate import Input, layers
        >>> layers.StochasticPooling3D(2)(Input((13, 13, 13, 64))).shape
        (None, 6, 6, 6, 64)
    """

    kind_class = kinds.StochasticPooling3D
