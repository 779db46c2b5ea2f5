"""Locally connected layers: convolutions whose positions do not share weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from torch import Tensor

from striate.graph import kinds
from striate.layers.arguments import keras_arguments
from striate.layers.builtin import BuiltIn, register
from striate.ops.convolution import local_conv


class LocallyConnected(BuiltIn):
    """What locally connected layers of every rank share."""

    kind: kinds.LocallyConnected
    kind_class: type[kinds.LocallyConnected]

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        data_format: str | None = None,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        implementation: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(self.kind_class, keras_arguments(locals()), **kwargs)

    def before_activation(self, *inputs: Tensor) -> Tensor:
        k = self.kind
        bias = self.bias if k.use_bias else None
        return local_conv(inputs[0], self.kernel, bias, k.kernel_size, k.strides, k.padding)


@register()
class LocallyConnected2D(LocallyConnected):
    """A convolution whose every position has kernels and biases of its own.

    For inputs whose places mean different things, such as aligned faces, and to see what sharing
    weights saves. out[i, j, o] = bias[i, j, o] + sum over a, b, c of x[i s + a, j s + b, c]
    kernel[(i, j), (a, b, c), o]. Keras 3 dropped the layer; arguments and the layout of the
    weights are Keras 2's (with its implementation 1), which allowed padding "same" only in
    implementations 2 and 3.

    Shapes: (N, H, W, C) -> (N, H', W', filters), sizes as for `Conv2D`.

    Args:
        filters: kernels per position = channels out.
        kernel_size: height and width of the window; one number for both.
        strides: steps between windows.
        padding: "valid" (none) or "same".
        data_format: "channels_last", striate's only order.
        activation: name or function, applied to the result.
        use_bias: adds one learned number per filter and position.
        kernel_initializer: how the kernels start.
        bias_initializer: how the biases start.
        kernel_regularizer: penalty on the kernels.
        bias_regularizer: penalty on the biases.
        activity_regularizer: penalty on the output, per sample.
        kernel_constraint: projection of the kernels after each step.
        bias_constraint: projection of the biases after each step.
        implementation: Keras 2's choice of algorithm, 1 to 3; kept for code and files.

    Raises:
        ArgumentError: an argument out of its range.
        ShapeError: not 4 dimensions, an open size, or a window larger than its input.

    Example:
        >>> from striate import Input, layers
        >>> layer = layers.LocallyConnected2D(4, 3)
        >>> layer(Input((6, 6, 2))).shape, layer.count_params()
        ((None, 4, 4, 4), 1216)

    References: Taigman et al. (2014), "DeepFace", https://doi.org/10.1109/CVPR.2014.220
    """

    kind_class = kinds.LocallyConnected2D
    storage: Mapping[str, tuple[int, ...]] = MappingProxyType(
        {"kernel": (0, 1, 2), "bias": (0, 1, 2)}
    )


@register()
class LocallyConnected1D(LocallyConnected):
    """A convolution along a sequence whose every step has kernels and biases of its own.

    `LocallyConnected2D` over one axis, with the same arguments.

    Shapes: (N, L, C) -> (N, L', filters), L' as for `Conv1D`.

    Args:
        filters: kernels per step = channels out.
        kernel_size: length of the window.
        strides: steps between windows.
        padding: "valid" (none) or "same".

    Raises:
        ArgumentError: an argument out of its range.
        ShapeError: not 3 dimensions, an open size, or a window longer than its input.

    Example:
        >>> from striate import Input, layers
        >>> layers.LocallyConnected1D(4, 3, strides=2)(Input((9, 2))).shape
        (None, 4, 4)
    """

    kind_class = kinds.LocallyConnected1D
    storage: Mapping[str, tuple[int, ...]] = MappingProxyType({"kernel": (0, 1, 2), "bias": (0, 1)})
