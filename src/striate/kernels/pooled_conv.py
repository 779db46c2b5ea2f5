"""PooledConv: a 3x3 convolution of few channels, max-pooling of any window, and a ReLU."""

from __future__ import annotations

import ctypes
from dataclasses import replace

import torch
from torch import Tensor

from striate.errors import KernelError, message
from striate.kernels import library
from striate.kernels.conv import ConvKernel, new_gradients, new_map
from striate.kernels.shapes import ConvShape, NativeShape
from striate.kernels.window_pool import WindowPool

_SHAPE = ctypes.POINTER(NativeShape)
_PLACE = ctypes.c_void_p
MOST_BYTES = 512 << 10  # of an image's convolution, which should stay in the L2 cache


def suitable(conv: ConvShape, pool: ConvShape) -> bool:
    """Whether the kernels do a convolution with the pooling of its result."""
    if 4 * conv.filters * conv.convolved[0] * conv.convolved[1] > MOST_BYTES:
        return False
    alone = conv.pool == 1 and conv.activation == "linear"
    check = library.function("window_pool_filters_suitable", _SHAPE, _SHAPE)
    return alone and bool(check(conv.native, pool.native))


class PooledConv:
    """One convolution with its pooling.

    Maps are (N, C, H, W) of float32 with channels-last strides, without gaps.

    Args:
        conv: the convolution's sizes.
        pool: those of the pooling of its result, with the activation.

    Raises:
        KernelError: the kernels cannot run here, or these do not do the shapes.
    """

    def __init__(self, conv: ConvShape, pool: ConvShape) -> None:
        self.conv, self.pool = conv, pool
        if not suitable(conv, pool):
            fault, got = "the kernels do not do these shapes", {"conv": conv, "pool": pool}
            raise KernelError(message("pooled_conv", fault, got=got))
        self.kernel = ConvKernel("direct_conv", conv)
        self.window = WindowPool(pool)
        places = (ctypes.c_int64, *(_PLACE,) * 5, ctypes.c_int32)
        self._run = library.function("window_pool_conv", _SHAPE, _SHAPE, *places)
        self._filters = library.function("window_pool_filters", _SHAPE, _SHAPE, *places)

    def forward(self, x: Tensor, weights: Tensor, bias: Tensor | None) -> tuple[Tensor, Tensor]:
        """The result, and bytes that say which place of its window each value came from.

        Args:
            x: the input.
            weights: (O, C, 3, 3).
            bias: (O,).
        """
        size = self.pool.convolved
        y = new_map(len(x), self.pool.filters, size)
        code = new_map(len(x), self.pool.filters, size, torch.uint8)
        self._call(self._run, x, self.kernel.pack(weights), bias, y, code)
        return y, code

    def filters(self, x: Tensor, code: Tensor, g: Tensor) -> tuple[Tensor, Tensor]:
        """The gradients of the weights, (O, C, 3, 3) with channels-last strides, and the bias.

        Args:
            x: the input.
            code: what `forward` gave.
            g: the gradient of the result.
        """
        found = new_gradients(replace(self.conv, pool=1))
        self._call(self._filters, x, code, g, *found)
        return found

    def data(self, weights: Tensor, code: Tensor, g: Tensor, x: Tensor) -> Tensor:
        """The gradient of the input, by torch's kernel; few first layers are asked for it.

        Args:
            weights: (O, C, 3, 3).
            code: what `forward` gave.
            g: the gradient of the result.
            x: the input.
        """
        (top, bottom), (left, right) = self.conv.padding
        wide = (len(x), x.shape[1], x.shape[2] + top + bottom, x.shape[3] + left + right)
        dense = self.window.backward(code, g)
        dx: Tensor = torch.nn.grad.conv2d_input(wide, weights, dense)  # type: ignore[attr-defined]
        return dx[:, :, top : top + x.shape[2], left : left + x.shape[3]]

    def _call(self, function: ctypes._FuncPtr, x: Tensor, *rest: Tensor | None) -> None:  # type: ignore[name-defined]
        places = [None if t is None else t.data_ptr() for t in (x, *rest)]
        shapes = self.conv.native, self.pool.native
        library.check(function(*shapes, len(x), *places, library.threads()), "pooled_conv")
