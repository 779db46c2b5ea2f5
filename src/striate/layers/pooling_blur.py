"""Blurs that skip: downsampling without aliasing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from striate.graph import kinds
from striate.graph.spec import Spec
from striate.layers.arguments import keras_arguments
from striate.layers.builtin import BuiltIn, register
from striate.layers.calls import Template
from striate.ops import pooling


class BlurPool(BuiltIn):
    """What `BlurPool1D` to `BlurPool3D` share."""

    kind: kinds.BlurPooling
    kind_class: type[kinds.BlurPooling]
    taps: Tensor

    def __init__(
        self,
        pool_size: int = 3,
        strides: int | Sequence[int] = 2,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(self.kind_class, keras_arguments(locals()), **kwargs)

    def after_build(self, specs: tuple[Spec, ...]) -> None:
        taps = pooling.binomial(self.kind.pool_size)
        self.register_buffer("taps", taps, persistent=False)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        (x,) = inputs
        return pooling.blur_pool(x, self.taps.to(x.dtype), self.kind.strides)


@register()
class BlurPool2D(BlurPool):
    """Smooths an image before it skips rows and columns, so that small shifts change little.

    In place of a stride: after a `MaxPooling2D` or convolution with stride 1, this layer makes the
    step. Each channel is convolved with the binomial filter of size k along each axis (k = 3:
    [1, 2, 1] / 4) over mirrored borders, (k - 1) // 2 before and k // 2 after.

    Shapes: (N, H, W, C) -> (N, ceil(H / s), ceil(W / s), C).

    Args:
        pool_size: taps of the filter along each axis.
        strides: steps between the values that are kept.
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a size or stride below 1.
        ShapeError: not 4 dimensions, or an input smaller than its mirrored border.

    Example:
        >>> from striate import Input, layers
        >>> layers.BlurPool2D()(Input((13, 13, 64))).shape
        (None, 7, 7, 64)

    References: Zhang (2019), "Making convolutional networks shift-invariant again",
        https://arxiv.org/abs/1904.11486
    """

    kind_class = kinds.BlurPool2D


@register()
class BlurPool1D(BlurPool):
    """Smooths a sequence before it skips steps.

    `BlurPool2D` over one axis.

    Shapes: (N, L, C) -> (N, ceil(L / s), C).

    Args:
        pool_size: taps of the filter along each axis.
        strides: steps between the values that are kept.
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a size or stride below 1.
        ShapeError: not 3 dimensions, or an input smaller than its mirrored border.

    Example:
        >>> from striate import Input, layers
        >>> layers.BlurPool1D()(Input((13, 64))).shape
        (None, 7, 64)
    """

    kind_class = kinds.BlurPool1D


@register()
class BlurPool3D(BlurPool):
    """Smooths a volume before it skips slices, rows and columns.

    `BlurPool2D` over three axes.

    Shapes: (N, D, H, W, C) -> (N, ceil(D / s), ceil(H / s), ceil(W / s), C).

    Args:
        pool_size: taps of the filter along each axis.
        strides: steps between the values that are kept.
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a size or stride below 1.
        ShapeError: not 5 dimensions, or an input smaller than its mirrored border.

    Example:
        >>> from striate import Input, layers
        >>> layers.BlurPool3D()(Input((13, 13, 13, 64))).shape
        (None, 7, 7, 7, 64)
    """

    kind_class = kinds.BlurPool3D
