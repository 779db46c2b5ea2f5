"""Poolings over windows: the largest, the mean, the smallest value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from striate.graph import kinds
from striate.layers.arguments import keras_arguments
from striate.layers.builtin import BuiltIn, register
from striate.layers.calls import Template
from striate.ops import pooling


class Pooling(BuiltIn):
    """What windowed poolings share: a pool size, strides and padding."""

    kind: kinds.Pooling
    kind_class: type[kinds.Pooling]

    def __init__(
        self,
        pool_size: int | Sequence[int] = 2,
        strides: int | Sequence[int] | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(self.kind_class, keras_arguments(locals()), **kwargs)

    def window(self) -> tuple[tuple[int, ...], tuple[int, ...], str]:
        """Pool size, strides and padding."""
        k = self.kind
        return k.pool_size, k.steps, k.padding


class MaxPooling(Pooling):
    """What `MaxPooling1D` to `MaxPooling3D` share."""

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        return pooling.max_pool(inputs[0], *self.window())


@register("MaxPool2D")
class MaxPooling2D(MaxPooling):
    """Keeps the largest value of each window of each channel.

    Makes maps smaller and answers less sensitive to small shifts. Windows overlap where strides are
    below pool_size.

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
        >>> layers.MaxPooling2D(2)(Input((13, 13, 64))).shape
        (None, 6, 6, 64)

    References: Scherer et al. (2010), "Evaluation of pooling operations in convolutional
        architectures", https://doi.org/10.1007/978-3-642-15825-4_10
    """

    kind_class = kinds.MaxPooling2D


@register("MaxPool1D")
class MaxPooling1D(MaxPooling):
    """Keeps the largest value of each window of each channel.

    `MaxPooling2D` over one axis.

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
        >>> layers.MaxPooling1D(2)(Input((13, 64))).shape
        (None, 6, 64)
    """

    kind_class = kinds.MaxPooling1D


@register("MaxPool3D")
class MaxPooling3D(MaxPooling):
    """Keeps the largest value of each window of each channel.

    `MaxPooling2D` over three axes.

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
        >>> layers.MaxPooling3D(2)(Input((13, 13, 13, 64))).shape
        (None, 6, 6, 6, 64)
    """

    kind_class = kinds.MaxPooling3D


class AveragePooling(Pooling):
    """What `AveragePooling1D` to `AveragePooling3D` share."""

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        return pooling.average_pool(inputs[0], *self.window())


@register("AvgPool2D")
class AveragePooling2D(AveragePooling):
    """Keeps the mean of each window of each channel.

    Padding is not counted: at a border the mean is over the values that are there, as in
    TensorFlow (Keras on PyTorch repeats and counts the border where it pads unevenly).

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
        >>> layers.AveragePooling2D(2)(Input((13, 13, 64))).shape
        (None, 6, 6, 64)
    """

    kind_class = kinds.AveragePooling2D


@register("AvgPool1D")
class AveragePooling1D(AveragePooling):
    """Keeps the mean of each window of each channel.

    `AveragePooling2D` over one axis.

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
        >>> layers.AveragePooling1D(2)(Input((13, 64))).shape
        (None, 6, 64)
    """

    kind_class = kinds.AveragePooling1D


@register("AvgPool3D")
class AveragePooling3D(AveragePooling):
    """Keeps the mean of each window of each channel.

    `AveragePooling2D` over three axes.

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
        >>> layers.AveragePooling3D(2)(Input((13, 13, 13, 64))).shape
        (None, 6, 6, 6, 64)
    """

    kind_class = kinds.AveragePooling3D


class MinPooling(Pooling):
    """What `MinPooling1D` to `MinPooling3D` share."""

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        return pooling.min_pool(inputs[0], *self.window())


@register()
class MinPooling2D(MinPooling):
    """Keeps the smallest value of each window of each channel.

    For dark details on a bright ground: erosion, where `MaxPooling2D` is dilation. -max(-x).

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
        >>> layers.MinPooling2D(2)(Input((13, 13, 64))).shape
        (None, 6, 6, 64)
    """

    kind_class = kinds.MinPooling2D


@register()
class MinPooling1D(MinPooling):
    """Keeps the smallest value of each window of each channel.

    `MinPooling2D` over one axis.

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
        >>> layers.MinPooling1D(2)(Input((13, 64))).shape
        (None, 6, 64)
    """

    kind_class = kinds.MinPooling1D


@register()
class MinPooling3D(MinPooling):
    """Keeps the smallest value of each window of each channel.

    `MinPooling2D` over three axes.

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
        >>> layers.MinPooling3D(2)(Input((13, 13, 13, 64))).shape
        (None, 6, 6, 6, 64)
    """

    kind_class = kinds.MinPooling3D
