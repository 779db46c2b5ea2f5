"""Poolings over a fixed number of bins, for inputs of any size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from striate.graph import kinds
from striate.layers.arguments import keras_arguments
from striate.layers.builtin import BuiltIn, register
from striate.layers.calls import Template
from striate.ops import pooling


class AdaptivePooling(BuiltIn):
    """What adaptive poolings share."""

    kind: kinds.AdaptivePooling
    kind_class: type[kinds.AdaptivePooling]

    def __init__(
        self, output_size: int | Sequence[int], data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(self.kind_class, keras_arguments(locals()), **kwargs)


class AdaptiveMaxPooling(AdaptivePooling):
    """What `AdaptiveMaxPooling1D` to `AdaptiveMaxPooling3D` share."""

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        return pooling.adaptive_max_pool(inputs[0], self.kind.output_size)


@register()
class AdaptiveMaxPooling2D(AdaptiveMaxPooling):
    """Keeps the largest value of each bin of a image.

    For inputs of any size. Bin i of m along an axis of size n spans floor(i n / m) to
    ceil((i + 1) n / m); neighbours share a value where m does not divide n.

    Shapes: (N, H, W, C) -> (N, m, m', C), m = output_size, whatever the input's size.

    Args:
        output_size: bins along height and width; one number for both.
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a size below 1.
        ShapeError: not 4 dimensions.

    Example:
        >>> from striate import Input, layers
        >>> layers.AdaptiveMaxPooling2D(7)(Input((None, None, 64))).shape
        (None, 7, 7, 64)
    """

    kind_class = kinds.AdaptiveMaxPooling2D


@register()
class AdaptiveMaxPooling1D(AdaptiveMaxPooling):
    """Keeps the largest value of each bin of a sequence.

    For inputs of any size. Bin i of m along an axis of size n spans floor(i n / m) to
    ceil((i + 1) n / m); neighbours share a value where m does not divide n.

    Shapes: (N, L, C) -> (N, m, C), m = output_size, whatever the input's size.

    Args:
        output_size: number of bins.
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a size below 1.
        ShapeError: not 3 dimensions.

    Example:
        >>> from striate import Input, layers
        >>> layers.AdaptiveMaxPooling1D(7)(Input((None, 64))).shape
        (None, 7, 64)
    """

    kind_class = kinds.AdaptiveMaxPooling1D


@register()
class AdaptiveMaxPooling3D(AdaptiveMaxPooling):
    """Keeps the largest value of each bin of a volume.

    For inputs of any size. Bin i of m along an axis of size n spans floor(i n / m) to
    ceil((i + 1) n / m); neighbours share a value where m does not divide n.

    Shapes: (N, D, H, W, C) -> (N, m, m', m'', C), m = output_size, whatever the input's size.

    Args:
        output_size: bins along each axis; one number for all.
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a size below 1.
        ShapeError: not 5 dimensions.

    Example:
        >>> from striate import Input, layers
        >>> layers.AdaptiveMaxPooling3D(7)(Input((None, None, None, 64))).shape
        (None, 7, 7, 7, 64)
    """

    kind_class = kinds.AdaptiveMaxPooling3D


class AdaptiveAveragePooling(AdaptivePooling):
    """What `AdaptiveAveragePooling1D` to `AdaptiveAveragePooling3D` share."""

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        return pooling.adaptive_average_pool(inputs[0], self.kind.output_size)


@register()
class AdaptiveAveragePooling2D(AdaptiveAveragePooling):
    """Keeps the mean of each bin of a image.

    For inputs of any size. Bin i of m along an axis of size n spans floor(i n / m) to
    ceil((i + 1) n / m); neighbours share a value where m does not divide n.

    Shapes: (N, H, W, C) -> (N, m, m', C), m = output_size, whatever the input's size.

    Args:
        output_size: bins along height and width; one number for both.
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a size below 1.
        ShapeError: not 4 dimensions.

    Example:
        >>> from striate import Input, layers
        >>> layers.AdaptiveAveragePooling2D(7)(Input((None, None, 64))).shape
        (None, 7, 7, 64)
    """

    kind_class = kinds.AdaptiveAveragePooling2D


@register()
class AdaptiveAveragePooling1D(AdaptiveAveragePooling):
    """Keeps the mean of each bin of a sequence.

    For inputs of any size. Bin i of m along an axis of size n spans floor(i n / m) to
    ceil((i + 1) n / m); neighbours share a value where m does not divide n.

    Shapes: (N, L, C) -> (N, m, C), m = output_size, whatever the input's size.

    Args:
        output_size: number of bins.
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a size below 1.
        ShapeError: not 3 dimensions.

    Example:
        >>> from striate import Input, layers
        >>> layers.AdaptiveAveragePooling1D(7)(Input((None, 64))).shape
        (None, 7, 64)
    """

    kind_class = kinds.AdaptiveAveragePooling1D


@register()
class AdaptiveAveragePooling3D(AdaptiveAveragePooling):
    """Keeps the mean of each bin of a volume.

    For inputs of any size. Bin i of m along an axis of size n spans floor(i n / m) to
    ceil((i + 1) n / m); neighbours share a value where m does not divide n.

    Shapes: (N, D, H, W, C) -> (N, m, m', m'', C), m = output_size, whatever the input's size.

    Args:
        output_size: bins along each axis; one number for all.
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a size below 1.
        ShapeError: not 5 dimensions.

    Example:
        >>> from striate import Input, layers
        >>> layers.AdaptiveAveragePooling3D(7)(Input((None, None, None, 64))).shape
        (None, 7, 7, 7, 64)
    """

    kind_class = kinds.AdaptiveAveragePooling3D


@register()
class SpatialPyramidPooling2D(BuiltIn):
    """Pools an image at several grids and lays the results in one vector.

    Lets a dense classifier take images of any size (He et al. 2014). Level b cuts the image into
    b x b bins as the adaptive poolings do; at the sizes of the paper these are its windows.

    Shapes: (N, H, W, C) -> (N, C sum(b^2)): level by level, rows first, channels fastest.

    Args:
        bins: bins per side of each level.
        mode: "max", as in the paper, or "average".
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a number of bins below 1, no level, or an unknown mode.
        ShapeError: not 4 dimensions.

    Example:
        >>> from striate import Input, layers
        >>> layers.SpatialPyramidPooling2D((4, 2, 1))(Input((None, None, 256))).shape
        (None, 5376)

    References: He et al. (2014), "Spatial pyramid pooling in deep convolutional networks",
        https://arxiv.org/abs/1406.4729
    """

    kind: kinds.SpatialPyramidPooling2D

    def __init__(
        self,
        bins: int | Sequence[int] = (4, 2, 1),
        mode: str = "max",
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(kinds.SpatialPyramidPooling2D, keras_arguments(locals()), **kwargs)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        return pooling.pyramid_pool(inputs[0], self.kind.bins, self.kind.mode == "average")
