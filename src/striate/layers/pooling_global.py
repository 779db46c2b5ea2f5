"""Poolings over whole maps."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from striate.graph import kinds
from striate.layers.arguments import keras_arguments
from striate.layers.builtin import BuiltIn, register
from striate.layers.calling import Calling
from striate.layers.calls import Template
from striate.ops import pooling
from striate.ops.layout import to_external, to_internal


class GlobalPooling(BuiltIn):
    """What global poolings share."""

    kind: kinds.GlobalPooling
    kind_class: type[kinds.GlobalPooling]

    def __init__(
        self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(self.kind_class, keras_arguments(locals()), **kwargs)


class GlobalMaxPooling(GlobalPooling):
    """What `GlobalMaxPooling1D` to `GlobalMaxPooling3D` share."""

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        return pooling.global_max_pool(inputs[0], self.kind.keepdims)


@register("GlobalMaxPool2D")
class GlobalMaxPooling2D(GlobalMaxPooling):
    """Keeps the largest value of each channel of a whole image.

    Shapes: (N, H, W, C) -> (N, C), or (N, 1, 1, C) with keepdims.

    Args:
        data_format: "channels_last", striate's only order.
        keepdims: keeps height and width as axes of size 1.

    Raises:
        ShapeError: not 4 dimensions.

    Example:
        >>> from striate import Input, layers
        >>> layers.GlobalMaxPooling2D()(Input((None, None, 512))).shape
        (None, 512)
    """

    kind_class = kinds.GlobalMaxPooling2D


@register("GlobalMaxPool1D")
class GlobalMaxPooling1D(GlobalMaxPooling):
    """Keeps the largest value of each channel of a whole sequence.

    Shapes: (N, L, C) -> (N, C), or (N, 1, C) with keepdims.

    Args:
        data_format: "channels_last", striate's only order.
        keepdims: keeps the axis, with size 1.

    Raises:
        ShapeError: not 3 dimensions.

    Example:
        >>> from striate import Input, layers
        >>> layers.GlobalMaxPooling1D()(Input((None, 512))).shape
        (None, 512)
    """

    kind_class = kinds.GlobalMaxPooling1D


@register("GlobalMaxPool3D")
class GlobalMaxPooling3D(GlobalMaxPooling):
    """Keeps the largest value of each channel of a whole volume.

    Shapes: (N, D, H, W, C) -> (N, C), or (N, 1, 1, 1, C) with keepdims.

    Args:
        data_format: "channels_last", striate's only order.
        keepdims: keeps the three axes, with size 1.

    Raises:
        ShapeError: not 5 dimensions.

    Example:
        >>> from striate import Input, layers
        >>> layers.GlobalMaxPooling3D()(Input((None, None, None, 512))).shape
        (None, 512)
    """

    kind_class = kinds.GlobalMaxPooling3D


class GlobalAveragePooling(GlobalPooling):
    """What `GlobalAveragePooling1D` to `GlobalAveragePooling3D` share."""

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        return pooling.global_average_pool(inputs[0], self.kind.keepdims)


@register("GlobalAvgPool2D")
class GlobalAveragePooling2D(GlobalAveragePooling):
    """Keeps the mean of each channel of a whole image.

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


@register("GlobalAvgPool1D")
class GlobalAveragePooling1D(Calling, GlobalPooling):
    """Keeps the mean of each channel of a whole sequence.

    Steps that a mask leaves out (`Masking`) do not count; the mean of no steps is 0 (in Keras it
    is not a number).

    Shapes: (N, L, C) -> (N, C), or (N, 1, C) with keepdims. Also called with `mask` (N, L).

    Args:
        data_format: "channels_last", striate's only order.
        keepdims: keeps the axis, with size 1.

    Raises:
        ShapeError: not 3 dimensions.

    Example:
        >>> from striate import Input, layers
        >>> layers.GlobalAveragePooling1D()(Input((None, 512))).shape
        (None, 512)
    """

    kind: kinds.GlobalAveragePooling1D
    kind_class = kinds.GlobalAveragePooling1D

    def call(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        """The mean of the steps that count."""
        x = to_internal(inputs)
        if mask is None:
            return to_external(pooling.global_average_pool(x, self.kind.keepdims))
        return to_external(pooling.masked_average_pool(x, mask, self.kind.keepdims))

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return None


@register("GlobalAvgPool3D")
class GlobalAveragePooling3D(GlobalAveragePooling):
    """Keeps the mean of each channel of a whole volume.

    Shapes: (N, D, H, W, C) -> (N, C), or (N, 1, 1, 1, C) with keepdims.

    Args:
        data_format: "channels_last", striate's only order.
        keepdims: keeps the three axes, with size 1.

    Raises:
        ShapeError: not 5 dimensions.

    Example:
        >>> from striate import Input, layers
        >>> layers.GlobalAveragePooling3D()(Input((None, None, None, 512))).shape
        (None, 512)
    """

    kind_class = kinds.GlobalAveragePooling3D


class GlobalMinPooling(GlobalPooling):
    """What `GlobalMinPooling1D` to `GlobalMinPooling3D` share."""

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        return pooling.global_min_pool(inputs[0], self.kind.keepdims)


@register()
class GlobalMinPooling2D(GlobalMinPooling):
    """Keeps the smallest value of each channel of a whole image.

    Shapes: (N, H, W, C) -> (N, C), or (N, 1, 1, C) with keepdims.

    Args:
        data_format: "channels_last", striate's only order.
        keepdims: keeps height and width as axes of size 1.

    Raises:
        ShapeError: not 4 dimensions.

    Example:
        >>> from striate import Input, layers
        >>> layers.GlobalMinPooling2D()(Input((None, None, 512))).shape
        (None, 512)
    """

    kind_class = kinds.GlobalMinPooling2D


@register()
class GlobalMinPooling1D(GlobalMinPooling):
    """Keeps the smallest value of each channel of a whole sequence.

    Shapes: (N, L, C) -> (N, C), or (N, 1, C) with keepdims.

    Args:
        data_format: "channels_last", striate's only order.
        keepdims: keeps the axis, with size 1.

    Raises:
        ShapeError: not 3 dimensions.

    Example:
        >>> from striate import Input, layers
        >>> layers.GlobalMinPooling1D()(Input((None, 512))).shape
        (None, 512)
    """

    kind_class = kinds.GlobalMinPooling1D


@register()
class GlobalMinPooling3D(GlobalMinPooling):
    """Keeps the smallest value of each channel of a whole volume.

    Shapes: (N, D, H, W, C) -> (N, C), or (N, 1, 1, 1, C) with keepdims.

    Args:
        data_format: "channels_last", striate's only order.
        keepdims: keeps the three axes, with size 1.

    Raises:
        ShapeError: not 5 dimensions.

    Example:
        >>> from striate import Input, layers
        >>> layers.GlobalMinPooling3D()(Input((None, None, None, 512))).shape
        (None, 512)
    """

    kind_class = kinds.GlobalMinPooling3D


class GlobalL2Pooling(GlobalPooling):
    """What `GlobalL2Pooling1D` to `GlobalL2Pooling3D` share."""

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        return pooling.global_l2_pool(inputs[0], self.kind.keepdims)


@register()
class GlobalL2Pooling2D(GlobalL2Pooling):
    """Keeps sqrt(sum of x^2) of each channel of a whole image.

    Shapes: (N, H, W, C) -> (N, C), or (N, 1, 1, C) with keepdims.

    Args:
        data_format: "channels_last", striate's only order.
        keepdims: keeps height and width as axes of size 1.

    Raises:
        ShapeError: not 4 dimensions.

    Example:
        >>> from striate import Input, layers
        >>> layers.GlobalL2Pooling2D()(Input((None, None, 512))).shape
        (None, 512)
    """

    kind_class = kinds.GlobalL2Pooling2D


@register()
class GlobalL2Pooling1D(GlobalL2Pooling):
    """Keeps sqrt(sum of x^2) of each channel of a whole sequence.

    Shapes: (N, L, C) -> (N, C), or (N, 1, C) with keepdims.

    Args:
        data_format: "channels_last", striate's only order.
        keepdims: keeps the axis, with size 1.

    Raises:
        ShapeError: not 3 dimensions.

    Example:
        >>> from striate import Input, layers
        >>> layers.GlobalL2Pooling1D()(Input((None, 512))).shape
        (None, 512)
    """

    kind_class = kinds.GlobalL2Pooling1D


@register()
class GlobalL2Pooling3D(GlobalL2Pooling):
    """Keeps sqrt(sum of x^2) of each channel of a whole volume.

    Shapes: (N, D, H, W, C) -> (N, C), or (N, 1, 1, 1, C) with keepdims.

    Args:
        data_format: "channels_last", striate's only order.
        keepdims: keeps the three axes, with size 1.

    Raises:
        ShapeError: not 5 dimensions.

    Example:
        >>> from striate import Input, layers
        >>> layers.GlobalL2Pooling3D()(Input((None, None, None, 512))).shape
        (None, 512)
    """

    kind_class = kinds.GlobalL2Pooling3D
