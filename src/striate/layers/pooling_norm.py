"""Poolings over windows by a norm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from striate.graph import kinds
from striate.layers.arguments import keras_arguments
from striate.layers.builtin import register
from striate.layers.calls import Template
from striate.layers.pooling import Pooling
from striate.ops import pooling


class L2Pooling(Pooling):
    """What `L2Pooling1D` to `L2Pooling3D` share."""

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        return pooling.lp_pool(inputs[0], 2.0, *self.window())


@register()
class L2Pooling2D(L2Pooling):
    """Keeps sqrt(sum of x^2) of each window of each channel.

    The energy of a window: between `AveragePooling2D` and `MaxPooling2D`. A sum, not a mean, as in
    PyTorch's LPPool2d; its gradient at a window of zeros is 0. Padding adds nothing.

    Shapes: (N, H, W, C) -> (N, H', W', C), "valid": H' = floor((H - p) / s) + 1, rows
        that fill no window are dropped; "same": H' = ceil(H / s), padding never counts.

    Args:
        pool_size: height and width of the window; one number for both.
        strides: steps between windows; None means pool_size.
        padding: "valid" or "same".
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a size or stride below 1, an unknown padding.
        ShapeError: not 4 dimensions, or a window larger than its input.

    Example:
        >>> from striate import Input, layers
        >>> layers.L2Pooling2D(2)(Input((13, 13, 64))).shape
        (None, 6, 6, 64)

    References: Jarrett et al. (2009), "What is the best multi-stage architecture for object
        recognition?", https://doi.org/10.1109/ICCV.2009.5459469
    """

    kind_class = kinds.L2Pooling2D


@register()
class L2Pooling1D(L2Pooling):
    """Keeps sqrt(sum of x^2) of each window of each channel.

    `L2Pooling2D` over one axis.

    Shapes: (N, L, C) -> (N, L', C), sizes as for the layer over images.

    Args:
        pool_size: length of the window.
        strides: steps between windows; None means pool_size.
        padding: "valid" or "same".
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a size or stride below 1, an unknown padding.
        ShapeError: not 3 dimensions, or a window longer than its input.

    Example:
        >>> from striate import Input, layers
        >>> layers.L2Pooling1D(2)(Input((13, 64))).shape
        (None, 6, 64)
    """

    kind_class = kinds.L2Pooling1D


@register()
class L2Pooling3D(L2Pooling):
    """Keeps sqrt(sum of x^2) of each window of each channel.

    `L2Pooling2D` over three axes.

    Shapes: (N, D, H, W, C) -> (N, D', H', W', C), sizes as for the layer over images.

    Args:
        pool_size: depth, height and width of the window; one number for all.
        strides: steps between windows; None means pool_size.
        padding: "valid" or "same".
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a size or stride below 1, an unknown padding.
        ShapeError: not 5 dimensions, or a window larger than its input.

    Example:
        >>> from striate import Input, layers
        >>> layers.L2Pooling3D(2)(Input((13, 13, 13, 64))).shape
        (None, 6, 6, 6, 64)
    """

    kind_class = kinds.L2Pooling3D


class LpPooling(Pooling):
    """What `LpPooling1D` to `LpPooling3D` share."""

    kind: kinds.LpPooling

    def __init__(
        self,
        p: float = 2.0,
        pool_size: int | Sequence[int] = 2,
        strides: int | Sequence[int] | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super(Pooling, self).__init__(self.kind_class, keras_arguments(locals()), **kwargs)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        return pooling.lp_pool(inputs[0], self.kind.p, *self.window())


@register()
class LpPooling2D(LpPooling):
    """Keeps (sum of abs(x)^p)^(1/p) of each window of each channel.

    p = 1 sums sizes, p = 2 is `L2Pooling2D`, and growing p comes close to the largest size.
    Padding adds nothing; the gradient at a window of zeros is 0.

    Shapes: (N, H, W, C) -> (N, H', W', C), "valid": H' = floor((H - p) / s) + 1, rows
        that fill no window are dropped; "same": H' = ceil(H / s), padding never counts.

    Args:
        p: exponent, at least 1.
        pool_size: height and width of the window; one number for both.
        strides: steps between windows; None means pool_size.
        padding: "valid" or "same".
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a size or stride below 1, an unknown padding, p below 1.
        ShapeError: not 4 dimensions, or a window larger than its input.

    Example:
        >>> from striate import Input, layers
        >>> layers.LpPooling2D(3, pool_size=2)(Input((13, 13, 64))).shape
        (None, 6, 6, 64)

    References: Sermanet et al. (2012), "Convolutional neural networks applied to house numbers
        digit classification", https://arxiv.org/abs/1204.3968
    """

    kind_class = kinds.LpPooling2D


@register()
class LpPooling1D(LpPooling):
    """Keeps (sum of abs(x)^p)^(1/p) of each window of each channel.

    `LpPooling2D` over one axis.

    Shapes: (N, L, C) -> (N, L', C), sizes as for the layer over images.

    Args:
        p: exponent, at least 1.
        pool_size: length of the window.
        strides: steps between windows; None means pool_size.
        padding: "valid" or "same".
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a size or stride below 1, an unknown padding, p below 1.
        ShapeError: not 3 dimensions, or a window longer than its input.

    Example:
        >>> from striate import Input, layers
        >>> layers.LpPooling1D(3, pool_size=2)(Input((13, 64))).shape
        (None, 6, 64)
    """

    kind_class = kinds.LpPooling1D


@register()
class LpPooling3D(LpPooling):
    """Keeps (sum of abs(x)^p)^(1/p) of each window of each channel.

    `LpPooling2D` over three axes.

    Shapes: (N, D, H, W, C) -> (N, D', H', W', C), sizes as for the layer over images.

    Args:
        p: exponent, at least 1.
        pool_size: depth, height and width of the window; one number for all.
        strides: steps between windows; None means pool_size.
        padding: "valid" or "same".
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a size or stride below 1, an unknown padding, p below 1.
        ShapeError: not 5 dimensions, or a window larger than its input.

    Example:
        >>> from striate import Input, layers
        >>> layers.LpPooling3D(3, pool_size=2)(Input((13, 13, 13, 64))).shape
        (None, 6, 6, 6, 64)
    """

    kind_class = kinds.LpPooling3D
