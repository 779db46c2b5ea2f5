"""Layers that add a border around a map, or cut one off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from striate.graph import kinds
from striate.layers.arguments import keras_arguments
from striate.layers.builtin import BuiltIn, register
from striate.layers.calls import Template
from striate.ops import border


class Padding(BuiltIn):
    """What layers that add a border share."""

    kind: kinds.Padding
    kind_class: type[kinds.Padding]
    border_mode = "constant"

    def __init__(
        self, padding: int | Sequence[Any] = 1, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(self.kind_class, keras_arguments(locals()), **kwargs)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        return border.pad(inputs[0], self.kind.padding, mode=self.border_mode)


class ZeroPadding(Padding):
    """What `ZeroPadding1D` to `ZeroPadding3D` share."""

    takes_whole_numbers = True


class ReflectionPadding(Padding):
    """What `ReflectionPadding1D` to `ReflectionPadding3D` share."""

    border_mode = "reflect"


class Cropping(BuiltIn):
    """What layers that cut a border off share."""

    kind: kinds.Cropping
    kind_class: type[kinds.Cropping]
    takes_whole_numbers = True

    def __init__(
        self, cropping: int | Sequence[Any] = 1, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(self.kind_class, keras_arguments(locals()), **kwargs)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        return border.crop(inputs[0], self.kind.cropping)


@register()
class ZeroPadding2D(ZeroPadding):
    """Adds zeros around an image.

    Shapes: (N, H, W, C) -> (N, H + top + bottom, W + left + right, C).

    Args:
        padding: a number for all sides, (height, width), or ((top, bottom), (left, right)).
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a negative size or another form.
        ShapeError: not 4 dimensions.

    Example:
        >>> from striate import Input, layers
        >>> layers.ZeroPadding2D(((1, 0), (2, 2)))(Input((5, 5, 3))).shape
        (None, 6, 9, 3)
    """

    kind_class = kinds.ZeroPadding2D


@register()
class ZeroPadding1D(ZeroPadding):
    """Adds zeros around a sequence.

    Shapes: (N, L, C) -> (N, L + before + after, C).

    Args:
        padding: a number for both ends, or (before, after).
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a negative size or another form.
        ShapeError: not 3 dimensions.

    Example:
        >>> from striate import Input, layers
        >>> layers.ZeroPadding1D((2, 0))(Input((9, 3))).shape
        (None, 11, 3)
    """

    kind_class = kinds.ZeroPadding1D


@register()
class ZeroPadding3D(ZeroPadding):
    """Adds zeros around a volume.

    Shapes: (N, D, H, W, C) -> (N, D', H', W', C), each size with its borders.

    Args:
        padding: a number for all sides, one number per axis, or a pair (before, after) per axis.
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a negative size or another form.
        ShapeError: not 5 dimensions.

    Example:
        >>> from striate import Input, layers
        >>> layers.ZeroPadding3D((1, 1, 2))(Input((4, 5, 6, 1))).shape
        (None, 6, 7, 10, 1)
    """

    kind_class = kinds.ZeroPadding3D


@register()
class ReflectionPadding2D(ReflectionPadding):
    """Adds the mirrored inside around an image.

    Leaves no edge at the border, as zeros do. The border value itself is not repeated: padding
    a b c by 2 gives c b a b c b a; numpy calls the mode "reflect". Keras has no such layer.

    Shapes: (N, H, W, C) -> (N, H + top + bottom, W + left + right, C).

    Args:
        padding: a number for all sides, (height, width), or ((top, bottom), (left, right)).
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a negative size or another form.
        ShapeError: not 4 dimensions, or padding not smaller than the input.

    Example:
        >>> from striate import Input, layers
        >>> layers.ReflectionPadding2D(((1, 0), (2, 2)))(Input((5, 5, 3))).shape
        (None, 6, 9, 3)
    """

    kind_class = kinds.ReflectionPadding2D


@register()
class ReflectionPadding1D(ReflectionPadding):
    """Adds the mirrored inside around a sequence.

    Shapes: (N, L, C) -> (N, L + before + after, C).

    Args:
        padding: a number for both ends, or (before, after).
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a negative size or another form.
        ShapeError: not 3 dimensions, or padding not smaller than the input.

    Example:
        >>> from striate import Input, layers
        >>> layers.ReflectionPadding1D((2, 0))(Input((9, 3))).shape
        (None, 11, 3)
    """

    kind_class = kinds.ReflectionPadding1D


@register()
class ReflectionPadding3D(ReflectionPadding):
    """Adds the mirrored inside around a volume.

    Shapes: (N, D, H, W, C) -> (N, D', H', W', C), each size with its borders.

    Args:
        padding: a number for all sides, one number per axis, or a pair (before, after) per axis.
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a negative size or another form.
        ShapeError: not 5 dimensions, or padding not smaller than the input.

    Example:
        >>> from striate import Input, layers
        >>> layers.ReflectionPadding3D((1, 1, 2))(Input((4, 5, 6, 1))).shape
        (None, 6, 7, 10, 1)
    """

    kind_class = kinds.ReflectionPadding3D


@register()
class Cropping2D(Cropping):
    """Cuts a border off an image.

    The result is a view: nothing is copied.

    Shapes: (N, H, W, C) -> (N, H - top - bottom, W - left - right, C).

    Args:
        cropping: a number for all sides, (height, width), or ((top, bottom), (left, right)).
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a negative size or another form.
        ShapeError: not 4 dimensions, or nothing left.

    Example:
        >>> from striate import Input, layers
        >>> layers.Cropping2D(((1, 0), (2, 2)))(Input((5, 5, 3))).shape
        (None, 4, 1, 3)
    """

    kind_class = kinds.Cropping2D

    def __init__(
        self, cropping: int | Sequence[Any] = 0, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(cropping, data_format, **kwargs)


@register()
class Cropping1D(Cropping):
    """Cuts a border off a sequence.

    Shapes: (N, L, C) -> (N, L - before - after, C).

    Args:
        cropping: a number for both ends, or (before, after).
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a negative size or another form.
        ShapeError: not 3 dimensions, or nothing left.

    Example:
        >>> from striate import Input, layers
        >>> layers.Cropping1D((2, 0))(Input((9, 3))).shape
        (None, 7, 3)
    """

    kind_class = kinds.Cropping1D


@register()
class Cropping3D(Cropping):
    """Cuts a border off a volume.

    Shapes: (N, D, H, W, C) -> (N, D', H', W', C), each size less its borders.

    Args:
        cropping: a number for all sides, one number per axis, or a pair (before, after) per axis.
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a negative size or another form.
        ShapeError: not 5 dimensions, or nothing left.

    Example:
        >>> from striate import Input, layers
        >>> layers.Cropping3D((1, 1, 2))(Input((4, 5, 6, 1))).shape
        (None, 2, 3, 2, 1)
    """

    kind_class = kinds.Cropping3D
