"""Normalisation layers that divide by an energy, without subtracting a mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from striate.graph import kinds
from striate.graph.kinds import WeightSpec
from striate.layers.arguments import keras_arguments
from striate.layers.builtin import ChannelsLast, register
from striate.ops import normalization
from striate.ops.layout import positions


@register()
class RMSNormalization(ChannelsLast):
    """Divides by the root of the mean square over some axes, then scales.

    `LayerNormalization` without its mean and offset, and cheaper. y = scale x /
    sqrt(mean(x^2) + epsilon).

    Shapes: unchanged; scale has the sizes of `axis`.

    Args:
        axis: the axis or axes that share a mean square; -1 is the channels of one place.
        epsilon: keeps the root away from zero.

    Raises:
        ArgumentError: epsilon not above 0, or an axis that is no whole number.
        ShapeError: no such axis, or its size is open.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> layers.RMSNormalization(epsilon=1e-12)(np.array([[3.0, 3.0]])).tolist()
        [[1.0, 1.0]]

    References: Zhang & Sennrich (2019), https://arxiv.org/abs/1910.07467
    """

    kind: kinds.RMSNormalization

    def __init__(
        self, axis: int | Sequence[int] = -1, epsilon: float = 1e-6, **kwargs: Any
    ) -> None:
        super().__init__(kinds.RMSNormalization, {"axis": axis, "epsilon": epsilon}, **kwargs)

    def memory_order(self, spec: WeightSpec) -> Sequence[int]:
        return range(len(spec.shape))

    def compute_last(self, x: Tensor, /) -> Tensor:
        axes = positions(self.kind.axis, x.dim())
        return normalization.rms_norm(x, axes, self.scale, self.kind.epsilon)


@register()
class UnitNormalization(ChannelsLast):
    """Divides by the Euclidean norm over some axes: vectors of length 1.

    For embeddings that are compared by their angle. y = x / max(norm(x), 1e-12).

    Shapes: unchanged.

    Args:
        axis: the axis or axes of a vector; -1 is the channels of one place.

    Raises:
        ArgumentError: an axis that is no whole number.
        ShapeError: no such axis.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> [round(v, 3) for v in layers.UnitNormalization()(np.array([[3.0, 4.0]])).tolist()[0]]
        [0.6, 0.8]
    """

    kind: kinds.UnitNormalization

    def __init__(self, axis: int | Sequence[int] = -1, **kwargs: Any) -> None:
        super().__init__(kinds.UnitNormalization, {"axis": axis}, **kwargs)

    def compute_last(self, x: Tensor, /) -> Tensor:
        return normalization.unit_norm(x, positions(self.kind.axis, x.dim()))


@register()
class LocalResponseNormalization(ChannelsLast):
    """Divides by a power of the energy of the neighbouring channels: lateral inhibition.

    Of AlexNet, ZFNet and GoogLeNet; later nets normalise by the batch. With a window of n =
    2 depth_radius + 1 channels around channel i, cut off at the first and last channel:
    y_i = x_i / (bias + alpha sum_j x_j^2)^beta, the sum (not the mean) over the window.

    PyTorch's `LocalResponseNorm(size=n, alpha=a)` takes the mean over the window, so its a is
    n alpha here; Caffe's likewise.

    Shapes: unchanged.

    Args:
        depth_radius: channels on each side of the window; 2 is AlexNet's n = 5.
        bias: the paper's k.
        alpha: weight of the sum of squares.
        beta: the power.

    Raises:
        ArgumentError: a negative depth_radius, bias not above 0.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> layer = layers.LocalResponseNormalization(1, bias=1.0, alpha=1.0, beta=1.0)
        >>> [round(v, 4) for v in layer(np.ones((1, 4))).tolist()[0]]
        [0.3333, 0.25, 0.25, 0.3333]

    References: Krizhevsky et al. (2012), "ImageNet classification with deep convolutional neural
        networks", section 3.3
    """

    kind: kinds.LocalResponseNormalization

    def __init__(
        self,
        depth_radius: int = 2,
        bias: float = 2.0,
        alpha: float = 1e-4,
        beta: float = 0.75,
        **kwargs: Any,
    ) -> None:
        arguments = keras_arguments(locals())
        super().__init__(kinds.LocalResponseNormalization, arguments, **kwargs)

    def compute_last(self, x: Tensor, /) -> Tensor:
        k = self.kind
        return normalization.local_response_norm(x, k.depth_radius, k.bias, k.alpha, k.beta)


@register()
class GlobalResponseNormalization(ChannelsLast):
    """Scales each map by its energy relative to all maps, so that channels compete.

    Of ConvNeXt V2. With g_c the Euclidean norm of map c over its places and n_c = g_c /
    (mean over channels of g + epsilon): y = gamma (x n) + beta + x. gamma and beta start at 0,
    so the layer starts as the identity.

    Shapes: (N, ..., C), with at least one axis of places, unchanged.

    Args:
        epsilon: keeps the quotient away from 0 / 0.

    Raises:
        ArgumentError: epsilon not above 0.
        ShapeError: fewer than 3 dimensions, or open channels.

    Example:
        >>> from striate import Input, layers
        >>> layer = layers.GlobalResponseNormalization()
        >>> layer(Input((7, 7, 96))).shape, layer.count_params()
        ((None, 7, 7, 96), 192)

    References: Woo et al. (2023), https://arxiv.org/abs/2301.00808
    """

    kind: kinds.GlobalResponseNormalization

    def __init__(self, epsilon: float = 1e-6, **kwargs: Any) -> None:
        super().__init__(kinds.GlobalResponseNormalization, {"epsilon": epsilon}, **kwargs)

    def compute_last(self, x: Tensor, /) -> Tensor:
        return normalization.global_response_norm(x, self.gamma, self.beta, self.kind.epsilon)
