"""Convolution layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from striate.graph import kinds
from striate.layers.arguments import check_data_format
from striate.layers.builtin import BuiltIn, register
from striate.ops.convolution import conv


class Conv(BuiltIn):
    """What convolutions of every rank share."""

    kind: kinds.Conv

    def before_activation(self, *inputs: Tensor) -> Tensor:
        k = self.kind
        bias = self.bias if k.use_bias else None
        return conv(inputs[0], self.kernel, bias, k.strides, k.padding, k.dilation_rate, k.groups)


@register("Convolution2D")
class Conv2D(Conv):
    """Slides `filters` small kernels over an image and sums products at each position.

    The workhorse of networks for images. out[i, j, o] = bias[o] + sum over a, b, c of
    x[i s + a d, j s + b d, c] kernel[a, b, c, o]: a cross-correlation, as everywhere in deep
    learning (the mathematical convolution would flip the kernel).

    Shapes: (N, H, W, C) -> (N, H', W', filters). With e = (k - 1) d + 1: padding "valid" gives
        H' = floor((H - e) / s) + 1; "same" gives H' = ceil(H / s), zeros as TensorFlow adds them
        (the odd row below, the odd column right).

    Args:
        filters: number of kernels = channels out.
        kernel_size: height and width of the window; one number for both.
        strides: steps between windows.
        padding: "valid" (none) or "same".
        data_format: "channels_last", striate's only order.
        dilation_rate: distance between the window's samples.
        groups: splits channels in and out into groups that do not see each other.
        activation: name or function, applied to the result.
        use_bias: adds one learned number per filter.
        kernel_initializer: how the kernel starts.
        bias_initializer: how the bias starts.
        kernel_regularizer: penalty on the kernel.
        bias_regularizer: penalty on the bias.
        activity_regularizer: penalty on the output, per sample.
        kernel_constraint: projection of the kernel after each step.
        bias_constraint: projection of the bias after each step.

    Raises:
        ArgumentError: an argument out of its range, such as strides=0.
        ShapeError: not 4 dimensions, channels that groups do not divide, or a window larger
            than its input.

    Example:
        >>> from striate import Input, layers
        >>> layers.Conv2D(96, 11, strides=4)(Input((227, 227, 3))).shape
        (None, 55, 55, 96)

    References: LeCun et al. (1998), http://yann.lecun.com/exdb/publis/pdf/lecun-98.pdf;
        Dumoulin & Visin (2016), https://arxiv.org/abs/1603.07285
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = (1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: int | Sequence[int] = (1, 1),
        groups: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        check_data_format(type(self).__name__, data_format)
        super().__init__(
            kinds.Conv2D,
            {
                "filters": filters,
                "kernel_size": kernel_size,
                "strides": strides,
                "padding": padding,
                "dilation_rate": dilation_rate,
                "groups": groups,
                "activation": activation,
                "use_bias": use_bias,
                "kernel_initializer": kernel_initializer,
                "bias_initializer": bias_initializer,
                "kernel_regularizer": kernel_regularizer,
                "bias_regularizer": bias_regularizer,
                "activity_regularizer": activity_regularizer,
                "kernel_constraint": kernel_constraint,
                "bias_constraint": bias_constraint,
            },
            **kwargs,
        )
