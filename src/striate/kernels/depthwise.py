"""Depthwise: a depthwise convolution of a training step, and its gradients."""

from __future__ import annotations

import ctypes

from torch import Tensor

from striate.kernels import library
from striate.kernels.conv import new_floats, new_map
from striate.kernels.shapes import ConvShape, NativeShape, NativeValues, unsuitable

_SHAPE = ctypes.POINTER(NativeShape)
_PLACES = (ctypes.c_void_p,) * 4


def suitable(shape: ConvShape) -> bool:
    """Whether the kernels do a shape: one result a channel, and nothing behind it."""
    size = library.function("depthwise_conv_packed_size", _SHAPE, result=ctypes.c_size_t)
    return shape.activation == "linear" and bool(size(shape.native))


class Depthwise:
    """One depthwise convolution: every channel has a window of weights of its own.

    Maps are (N, C, H, W) of the shape's type with channels-last strides; weights, (H, W, C), and
    bias are float32.

    Args:
        shape: its sizes; as many filters as channels, linear.

    Raises:
        KernelError: the kernels cannot run here, or they do not do the shape.
    """

    def __init__(self, shape: ConvShape) -> None:
        self.shape = shape
        if not suitable(shape):
            raise unsuitable("depthwise", shape)
        values = (ctypes.c_int64, ctypes.POINTER(NativeValues), ctypes.c_int32)
        self._run = library.function("depthwise_conv", _SHAPE, *values)
        several = (ctypes.c_int64, *_PLACES, ctypes.c_int32)
        self._data = library.function(
            "depthwise_data", _SHAPE, ctypes.c_int64, *_PLACES[:3], ctypes.c_int32
        )
        self._filters = library.function("depthwise_filters", _SHAPE, *several)

    def forward(self, x: Tensor, weights: Tensor, bias: Tensor | None) -> Tensor:
        """The result.

        Args:
            x: the input.
            weights: (H, W, C).
            bias: (C,).
        """
        return self._convolve(self.shape, x, weights, bias)

    def data(self, weights: Tensor, g: Tensor) -> Tensor:
        """The gradient of the input; of stride 1 a convolution with the windows turned.

        Args:
            weights: (H, W, C).
            g: the gradient of the result.
        """
        shape = self.shape
        if shape.strides == (1, 1):
            return self._convolve(shape.gradient(), g, weights.flip(0, 1), None)
        dx = new_map(len(g), shape.channels, shape.size, shape.dtype)
        places = weights.data_ptr(), g.data_ptr(), dx.data_ptr()
        status = self._data(shape.native, len(g), *places, library.threads())
        library.check(status, "depthwise_data")
        return dx

    def filters(self, x: Tensor, g: Tensor) -> tuple[Tensor, Tensor]:
        """The gradients of weights, (H, W, C), and bias, (C,).

        Args:
            x: the input.
            g: the gradient of the result.
        """
        shape = self.shape
        weights, bias = new_floats(*shape.kernel, shape.channels), new_floats(shape.channels)
        places = [t.data_ptr() for t in (x, g, weights, bias)]
        status = self._filters(shape.native, len(x), *places, library.threads())
        library.check(status, "depthwise_filters")
        return weights, bias

    def _convolve(
        self, shape: ConvShape, x: Tensor, weights: Tensor, bias: Tensor | None
    ) -> Tensor:
        y = new_map(len(x), shape.filters, shape.result, shape.dtype)
        given = {"x": x, "packed": weights, "bias": bias, "y": y}
        places = {name: None if t is None else t.data_ptr() for name, t in given.items()}
        status = self._run(shape.native, len(x), NativeValues(**places), library.threads())
        library.check(status, "depthwise_conv")
        return y
