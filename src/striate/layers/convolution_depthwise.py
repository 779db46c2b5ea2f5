"""Convolutions that treat channels apart, alone or followed by one that mixes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from torch import Tensor

from striate.graph import kinds
from striate.layers.arguments import keras_arguments
from striate.layers.builtin import BuiltIn, register
from striate.ops.convolution import conv, depthwise_conv


class DepthwiseConv(BuiltIn):
    """What depthwise convolutions of every rank share."""

    kind: kinds.DepthwiseConv
    kind_class: type[kinds.DepthwiseConv]
    choices_of: Mapping[str, str] = MappingProxyType({"kernel": "depthwise"})

    def __init__(
        self,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: int | Sequence[int] = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(self.kind_class, keras_arguments(locals()), **kwargs)

    def before_activation(self, *inputs: Tensor) -> Tensor:
        k = self.kind
        bias = self.bias if k.use_bias else None
        return depthwise_conv(inputs[0], self.kernel, bias, k.strides, k.padding, k.dilation_rate)


@register("DepthwiseConvolution2D")
class DepthwiseConv2D(DepthwiseConv):
    """Gives every channel filters of its own; channels do not see each other.

    Far cheaper than `Conv2D`: the spatial half of a separable convolution, as in MobileNet.
    out[i, j, c m + q] = bias[c m + q] + sum over a, b of x[i s + a d, j s + b d, c]
    kernel[a, b, c, q], with m the depth_multiplier.

    Shapes: (N, H, W, C) -> (N, H', W', C m), sizes as for `Conv2D`.

    Args:
        kernel_size: height and width of the window; one number for both.
        strides: steps between windows.
        padding: "valid" (none), "same" or "full".
        depth_multiplier: filters per channel.
        data_format: "channels_last", striate's only order.
        dilation_rate: distance between the window's samples.
        activation: name or function, applied to the result.
        use_bias: adds one learned number per output channel.
        depthwise_initializer: how the kernel starts.
        bias_initializer: how the bias starts.
        depthwise_regularizer: penalty on the kernel.
        bias_regularizer: penalty on the bias.
        activity_regularizer: penalty on the output, per sample.
        depthwise_constraint: projection of the kernel after each step.
        bias_constraint: projection of the bias after each step.

    Raises:
        ArgumentError: an argument out of its range.
        ShapeError: not 4 dimensions, or a window larger than its input.

    Example:
        >>> from striate import Input, layers
        >>> layer = layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same")
        >>> layer(Input((28, 28, 16))).shape, layer.count_params()
        ((None, 28, 28, 32), 320)

    References: Howard et al. (2017), "MobileNets", https://arxiv.org/abs/1704.04861
    """

    kind_class = kinds.DepthwiseConv2D
    storage: Mapping[str, tuple[int, ...]] = MappingProxyType({"kernel": (2, 3, 0, 1)})


@register("DepthwiseConvolution1D")
class DepthwiseConv1D(DepthwiseConv):
    """Gives every channel of a sequence filters of its own; channels do not see each other.

    `DepthwiseConv2D` over one axis, with the same arguments; padding may be "causal", too, as in
    Keras 2.

    Shapes: (N, L, C) -> (N, L', C depth_multiplier), L' as for `Conv1D`.

    Args:
        kernel_size: length of the window.
        strides: steps between windows.
        padding: "valid" (none), "same", "causal" or "full".
        depth_multiplier: filters per channel.

    Raises:
        ArgumentError: an argument out of its range.
        ShapeError: not 3 dimensions, or a window longer than its input.

    Example:
        >>> from striate import Input, layers
        >>> layers.DepthwiseConv1D(5, strides=2)(Input((100, 8))).shape
        (None, 48, 8)
    """

    kind_class = kinds.DepthwiseConv1D
    storage: Mapping[str, tuple[int, ...]] = MappingProxyType({"kernel": (1, 2, 0)})


class SeparableConv(BuiltIn):
    """What separable convolutions of every rank share."""

    kind: kinds.SeparableConv
    kind_class: type[kinds.SeparableConv]
    choices_of: Mapping[str, str] = MappingProxyType(
        {"depthwise_kernel": "depthwise", "pointwise_kernel": "pointwise"}
    )

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: int | Sequence[int] = 1,
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(self.kind_class, keras_arguments(locals()), **kwargs)

    def before_activation(self, *inputs: Tensor) -> Tensor:
        k = self.kind
        kernel, ones = self.depthwise_kernel, (1,) * k.rank
        apart = depthwise_conv(inputs[0], kernel, None, k.strides, k.padding, k.dilation_rate)
        bias = self.bias if k.use_bias else None
        return conv(apart, self.pointwise_kernel, bias, ones, "valid", ones)


@register("SeparableConvolution2D")
class SeparableConv2D(SeparableConv):
    """Convolves every channel by itself, then mixes the channels of each pixel.

    A `Conv2D` in two cheap steps, the unit of Xception: a depthwise convolution without bias, then
    a 1x1 convolution. k k C m + C m filters weights instead of k k C filters.

    Shapes: (N, H, W, C) -> (N, H', W', filters), sizes as for `Conv2D`.

    Args:
        filters: channels out.
        kernel_size: height and width of the window; one number for both.
        strides: steps between windows.
        padding: "valid" (none), "same" or "full".
        data_format: "channels_last", striate's only order.
        dilation_rate: distance between the window's samples.
        depth_multiplier: filters per channel in the first step.
        activation: name or function, applied to the result.
        use_bias: adds one learned number per filter, after the second step.
        depthwise_initializer: how the kernel of the first step starts.
        pointwise_initializer: how the kernel of the second step starts.
        bias_initializer: how the bias starts.
        depthwise_regularizer: penalty on the kernel of the first step.
        pointwise_regularizer: penalty on the kernel of the second step.
        bias_regularizer: penalty on the bias.
        activity_regularizer: penalty on the output, per sample.
        depthwise_constraint: projection of the first kernel after each optimizer step.
        pointwise_constraint: projection of the second kernel after each optimizer step.
        bias_constraint: projection of the bias after each optimizer step.

    Raises:
        ArgumentError: an argument out of its range.
        ShapeError: not 4 dimensions, or a window larger than its input.

    Example:
        >>> from striate import Input, layers
        >>> layer = layers.SeparableConv2D(64, 3, padding="same")
        >>> layer(Input((28, 28, 32))).shape, layer.count_params()
        ((None, 28, 28, 64), 2400)

    References: Chollet (2017), "Xception", https://arxiv.org/abs/1610.02357
    """

    kind_class = kinds.SeparableConv2D
    storage: Mapping[str, tuple[int, ...]] = MappingProxyType({"depthwise_kernel": (2, 3, 0, 1)})


@register("SeparableConvolution1D")
class SeparableConv1D(SeparableConv):
    """Convolves every channel of a sequence by itself, then mixes the channels of each step.

    `SeparableConv2D` over one axis, with the same arguments; padding may be "causal", too, as in
    Keras 2.

    Shapes: (N, L, C) -> (N, L', filters), L' as for `Conv1D`.

    Args:
        filters: channels out.
        kernel_size: length of the window.
        strides: steps between windows.
        padding: "valid" (none), "same", "causal" or "full".
        dilation_rate: distance between the window's samples.
        depth_multiplier: filters per channel in the first step.

    Raises:
        ArgumentError: an argument out of its range.
        ShapeError: not 3 dimensions, or a window longer than its input.

    Example:
        >>> from striate import Input, layers
        >>> layers.SeparableConv1D(16, 5, padding="same")(Input((100, 8))).shape
        (None, 100, 16)
    """

    kind_class = kinds.SeparableConv1D
    storage: Mapping[str, tuple[int, ...]] = MappingProxyType({"depthwise_kernel": (1, 2, 0)})
