"""Transposed convolutions: learned upsampling over one, two and three axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from striate.graph import kinds
from striate.layers.arguments import keras_arguments
from striate.layers.builtin import BuiltIn, register
from striate.ops.convolution import conv_transpose


class ConvTranspose(BuiltIn):
    """What transposed convolutions of every rank share."""

    kind: kinds.ConvTranspose
    kind_class: type[kinds.ConvTranspose]

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        output_padding: int | Sequence[int] | None = None,
        data_format: str | None = None,
        dilation_rate: int | Sequence[int] = 1,
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
        return conv_transpose(
            inputs[0], self.kernel, bias, k.strides, k.padding, k.dilation_rate, k.output_padding
        )


@register("Convolution2DTranspose", "Deconvolution2D")
class Conv2DTranspose(ConvTranspose):
    """Enlarges an image by placing, for every input value, a scaled copy of each filter.

    The gradient of `Conv2D` as a layer of its own: the decoder's counterpart of a strided
    convolution. out[i s + a d, j s + b d, o] += x[i, j, c] kernel[a, b, o, c], summed where copies
    overlap, cut as the padding says, then the bias. A kernel_size that strides do not divide
    leaves a checkerboard (Odena et al. 2016).

    Shapes: (N, H, W, C) -> (N, H', W', filters). With e = (k - 1) d + 1: "valid" gives
        H' = (H - 1) s + max(e, s), or (H - 1) s + e + output_padding; "same" gives H' = H s, or
        (H - 1) s + e mod 2 + output_padding.

    Args:
        filters: channels out.
        kernel_size: height and width of the filters; one number for both.
        strides: steps between the copies: how much larger the result is.
        padding: "valid" or "same", of the convolution whose gradient this is.
        output_padding: rows and columns added at the end, less than strides; None chooses the
            size above.
        data_format: "channels_last", striate's only order.
        dilation_rate: distance between a filter's values; excludes strides above 1.
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
        ArgumentError: an argument out of its range, such as output_padding not below strides.
        ShapeError: not 4 dimensions, or nothing left after cropping.

    Example:
        >>> from striate import Input, layers
        >>> layers.Conv2DTranspose(16, 3, strides=2, padding="same")(Input((14, 14, 32))).shape
        (None, 28, 28, 16)

    References: Zeiler et al. (2010), "Deconvolutional networks",
        https://doi.org/10.1109/CVPR.2010.5539957; Odena et al. (2016),
        https://distill.pub/2016/deconv-checkerboard
    """

    kind_class = kinds.Conv2DTranspose


@register("Convolution1DTranspose")
class Conv1DTranspose(ConvTranspose):
    """Lengthens a sequence by placing, for every input value, a scaled copy of each filter.

    `Conv2DTranspose` over one axis, with the same arguments.

    Shapes: (N, L, C) -> (N, L', filters), L' as H' of `Conv2DTranspose`.

    Args:
        filters: channels out.
        kernel_size: length of the filters.
        strides: steps between the copies.
        padding: "valid" or "same", of the convolution whose gradient this is.
        output_padding: steps added at the end, less than strides.
        dilation_rate: distance between a filter's values; excludes strides above 1.

    Raises:
        ArgumentError: an argument out of its range.
        ShapeError: not 3 dimensions, or nothing left after cropping.

    Example:
        >>> from striate import Input, layers
        >>> layers.Conv1DTranspose(8, 5, strides=4)(Input((10, 16))).shape
        (None, 41, 8)
    """

    kind_class = kinds.Conv1DTranspose


@register("Convolution3DTranspose")
class Conv3DTranspose(ConvTranspose):
    """Enlarges a volume by placing, for every input value, a scaled copy of each filter.

    `Conv2DTranspose` over three axes, with the same arguments; as in Keras, `data_format` stands
    before `output_padding`.

    Shapes: (N, D, H, W, C) -> (N, D', H', W', filters), each size as for `Conv2DTranspose`.

    Args:
        filters: channels out.
        kernel_size: depth, height and width of the filters; one number for all.
        strides: steps between the copies.
        padding: "valid" or "same", of the convolution whose gradient this is.
        data_format: "channels_last", striate's only order.
        output_padding: what is added at the ends, less than strides.

    Raises:
        ArgumentError: an argument out of its range.
        ShapeError: not 5 dimensions, or nothing left after cropping.

    Example:
        >>> from striate import Input, layers
        >>> layers.Conv3DTranspose(4, 2, strides=2)(Input((8, 8, 8, 16))).shape
        (None, 16, 16, 16, 4)
    """

    kind_class = kinds.Conv3DTranspose

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        data_format: str | None = None,
        output_padding: int | Sequence[int] | None = None,
        *others: Any,
        **kwargs: Any,
    ) -> None:
        first = filters, kernel_size, strides, padding, output_padding, data_format
        super().__init__(*first, *others, **kwargs)
