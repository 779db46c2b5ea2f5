"""WindowPool: max-pooling with a ReLU behind it, and its gradient, by a byte for each result."""

from __future__ import annotations

import ctypes

import torch
from torch import Tensor

from striate.kernels import library
from striate.kernels.conv import new_map
from striate.kernels.shapes import ConvShape, NativeShape, unsuitable

_SHAPE = ctypes.POINTER(NativeShape)
_PLACES = (ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int32)
MOST_PLACES = 255  # of a window: one number of a byte is that of a shut ReLU


def obstacle(shape: ConvShape) -> str:
    """ "" if the kernel does a shape, else why not."""
    if shape.kernel[0] * shape.kernel[1] > MOST_PLACES:
        return "its windows have more places than a byte has numbers"
    return ""


class WindowPool:
    """One max-pooling; padding never wins.

    Maps are (N, C, H, W) of float32 with channels-last strides, without gaps.

    Args:
        shape: its sizes; the windows are the kernel; linear or with a ReLU.

    Raises:
        KernelError: the kernels cannot run here, or this one does not do the shape.
    """

    def __init__(self, shape: ConvShape) -> None:
        self.shape = shape
        plain = shape.channels == shape.filters and shape.pool == 1 and shape.dilation == (1, 1)
        if obstacle(shape) or not plain or shape.activation not in ("linear", "relu"):
            raise unsuitable("window_pool", shape)
        self._run = library.function("window_pool", _SHAPE, *_PLACES)
        self._gradient = library.function("window_pool_gradient", _SHAPE, *_PLACES)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The result, and bytes that say which place of its window each value came from."""
        shape = self.shape
        y = new_map(len(x), shape.channels, shape.convolved)
        code = new_map(len(x), shape.channels, shape.convolved, torch.uint8)
        self._call(self._run, x, y, code)
        return y, code

    def backward(self, code: Tensor, g: Tensor) -> Tensor:
        """The gradient of the input.

        Args:
            code: what `forward` gave.
            g: the gradient of the result.
        """
        dx = new_map(len(g), self.shape.channels, self.shape.size)
        self._call(self._gradient, code, g, dx)
        return dx

    def _call(self, function: ctypes._FuncPtr, *maps: Tensor) -> None:  # type: ignore[name-defined]
        places = [t.data_ptr() for t in maps]
        status = function(self.shape.native, len(maps[0]), *places, library.threads())
        library.check(status, "window_pool")
