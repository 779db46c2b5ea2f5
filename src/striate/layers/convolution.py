"""Convolutions over one, two and three axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from striate.graph import kinds
from striate.layers.arguments import keras_arguments
from striate.layers.builtin import BuiltIn, register
from striate.ops.convolution import conv


class Conv(BuiltIn):
    """What convolutions of every rank share."""

    kind: kinds.Conv
    kind_class: type[kinds.Conv]

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: int | Sequence[int] = 1,
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
        super().__init__(self.kind_class, keras_arguments(locals()), **kwargs)

    def before_activation(self, *inputs: Tensor) -> Tensor:
        k = self.kind
        bias = self.bias if k.use_bias else None
        return conv(inputs[0], self.kernel, bias, k.strides, k.padding, k.dilation_rate, k.groups)


@register("Convolution2D")
class Conv2D(Conv):
    """Slides `filters` small kernels over an image and sums products at each position.

    The workhorse of networks for images. out[i, j, o] = bias[o] + sum over a, b, c of
    x[i s + a d, j s + b d, c] kernel[a, b, c, o]: a cross-correlation, as everywhere in deep
    learning (the mathematical convolution would flip the kernel). A kernel of size 1 mixes the
    channels of each pixel (Lin et al. 2013). Keras has no padding "full".

    Shapes: (N, H, W, C) -> (N, H', W', filters). With e = (k - 1) d + 1: padding "valid" gives
        H' = floor((H - e) / s) + 1; "same" gives H' = ceil(H / s), zeros as TensorFlow adds them
        (the odd row below, the odd column right); "full" gives H' = floor((H + e - 2) / s) + 1,
        every window that touches the image.

    Args:
        filters: number of kernels = channels out.
        kernel_size: height and width of the window; one number for both.
        strides: steps between windows.
        padding: "valid" (none), "same" or "full".
        data_format: "channels_last", striate's only order.
        dilation_rate: distance between the window's samples; excludes strides above 1.
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

    kind_class = kinds.Conv2D


@register("Convolution1D")
class Conv1D(Conv):
    """Slides `filters` small kernels along a sequence and sums products at each step.

    For signals, text and other sequences: `Conv2D` over one axis, with the same arguments. Padding
    "causal" adds zeros before the start only, so that no output depends on later inputs; with
    growing dilation it makes the long memory of WaveNet (van den Oord et al. 2016).

    Shapes: (N, L, C) -> (N, L', filters). With e = (k - 1) d + 1: L' = floor((L - e) / s) + 1 for
        "valid", ceil(L / s) for "same" and "causal", floor((L + e - 2) / s) + 1 for "full".

    Args:
        filters: number of kernels = channels out.
        kernel_size: length of the window.
        strides: steps between windows.
        padding: "valid" (none), "same", "causal" or "full".
        dilation_rate: distance between the window's samples; excludes strides above 1.
        groups: splits channels in and out into groups that do not see each other.

    Raises:
        ArgumentError: an argument out of its range.
        ShapeError: not 3 dimensions, channels that groups do not divide, or a window longer than
            its input.

    Example:
        >>> from striate import Input, layers
        >>> layers.Conv1D(32, 2, padding="causal", dilation_rate=8)(Input((100, 4))).shape
        (None, 100, 32)

    References: van den Oord et al. (2016), "WaveNet", https://arxiv.org/abs/1609.03499
    """

    kind_class = kinds.Conv1D


@register("Convolution3D")
class Conv3D(Conv):
    """Slides `filters` small kernels through a volume and sums products at each position.

    For scans and video: `Conv2D` over three axes, with the same arguments.

    Shapes: (N, D, H, W, C) -> (N, D', H', W', filters), each size as for `Conv2D`.

    Args:
        filters: number of kernels = channels out.
        kernel_size: depth, height and width of the window; one number for all.
        strides: steps between windows.
        padding: "valid" (none), "same" or "full".
        dilation_rate: distance between the window's samples; excludes strides above 1.
        groups: splits channels in and out into groups that do not see each other.

    Raises:
        ArgumentError: an argument out of its range.
        ShapeError: not 5 dimensions, channels that groups do not divide, or a window larger than
            its input.

    Example:
        >>> from striate import Input, layers
        >>> layers.Conv3D(8, (3, 5, 5), padding="same")(Input((16, 64, 64, 1))).shape
        (None, 16, 64, 64, 8)

    References: Tran et al. (2015), "Learning spatiotemporal features with 3D convolutional
        networks", https://arxiv.org/abs/1412.0767
    """

    kind_class = kinds.Conv3D
