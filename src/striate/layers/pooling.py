"""Pooling layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from striate.graph import kinds
from striate.layers.arguments import check_data_format
from striate.layers.builtin import BuiltIn, register
from striate.layers.calls import Template
from striate.ops import pooling


class Pooling(BuiltIn):
    """What windowed poolings share: a pool size, strides and padding."""

    kind: kinds.Pooling
    kind_class: type[kinds.Pooling]

    def __init__(
        self,
        pool_size: int | Sequence[int] = (2, 2),
        strides: int | Sequence[int] | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        check_data_format(type(self).__name__, data_format)
        arguments = {"pool_size": pool_size, "strides": strides, "padding": padding}
        super().__init__(self.kind_class, arguments, **kwargs)

    def window(self) -> tuple[tuple[int, ...], tuple[int, ...], str]:
        """Pool size, strides and padding."""
        k = self.kind
        return k.pool_size, k.strides or k.pool_size, k.padding


class GlobalPooling(BuiltIn):
    """What global poolings share."""

    kind_class: type[kinds.GlobalPooling]

    def __init__(
        self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any
    ) -> None:
        check_data_format(type(self).__name__, data_format)
        super().__init__(self.kind_class, {"keepdims": keepdims}, **kwargs)


@register("MaxPool2D")
class MaxPooling2D(Pooling):
    """Keeps the largest value of each window of each channel.

    Makes maps smaller and answers less sensitive to small shifts.

    Shapes: (N, H, W, C) -> (N, H', W', C). "valid": H' = floor((H - p) / s) + 1, rows that fill
        no window are dropped; "same": H' = ceil(H / s), padding never wins.

    Args:
        pool_size: height and width of the window; one number for both.
        strides: steps between windows; None means pool_size, windows that do not overlap.
        padding: "valid" or "same".
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a size or stride below 1, an unknown padding.
        ShapeError: not 4 dimensions, or a window larger than its input.

    Example:
        >>> from striate import Input, layers
        >>> layers.MaxPooling2D((2, 2))(Input((13, 13, 64))).shape
        (None, 6, 6, 64)
    """

    kind_class = kinds.MaxPooling2D

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        return pooling.max_pool(inputs[0], *self.window())


@register("AvgPool2D")
class AveragePooling2D(Pooling):
    """Keeps the mean of each window of each channel.

    Padding is not counted: at a border the mean is over the values that are there.

    Shapes: (N, H, W, C) -> (N, H', W', C), sizes as for `MaxPooling2D`.

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
        >>> layers.AveragePooling2D(3, strides=2, padding="same")(Input((7, 7, 8))).shape
        (None, 4, 4, 8)
    """

    kind_class = kinds.AveragePooling2D

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        return pooling.average_pool(inputs[0], *self.window())


@register("GlobalMaxPool2D")
class GlobalMaxPooling2D(GlobalPooling):
    """Keeps the largest value of each channel's whole map.

    Shapes: (N, H, W, C) -> (N, C), or (N, 1, 1, C) with keepdims.

    Args:
        data_format: "channels_last", striate's only order.
        keepdims: keeps height and width as axes of size 1.

    Raises:
        ShapeError: not 4 dimensions.

    Example:
        >>> from striate import Input, layers
        >>> layers.GlobalMaxPooling2D()(Input((7, 7, 512))).shape
        (None, 512)
    """

    kind_class = kinds.GlobalMaxPooling2D

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        return pooling.global_max_pool(inputs[0], self.keepdims)


@register("GlobalAvgPool2D")
class GlobalAveragePooling2D(GlobalPooling):
    """Keeps the mean of each channel's whole map.

    The usual end of a modern network: no weights, any image size (Lin et al. 2013).

    Shapes: (N, H, W, C) -> (N, C), or (N, 1, 1, C) with keepdims.

    Args:
        data_format: "channels_last", striate's only order.
        keepdims: keeps height and width as axes of size 1.

    Raises:
        ShapeError: not 4 dimensions.

    Example:
        >>> from striate import Input, layers
        >>> layers.GlobalAveragePooling2D()(Input((None, None, 512))).shape
        (None, 512)

    References: Lin et al. (2013), "Network in network", https://arxiv.org/abs/1312.4400
    """

    kind_class = kinds.GlobalAveragePooling2D

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        return pooling.global_average_pool(inputs[0], self.keepdims)
