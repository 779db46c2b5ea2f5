"""PooledBackward: the gradients of convolution + bias + max-pooling (+ ReLU).

They are computed from the pooled gradient and the codes of the winners that a forward kernel wrote
(`ConvValues.code`): of each four results of the convolution only one has a gradient, and none
where ReLU gave 0, so that a quarter of the arithmetic or less is left.
"""

from __future__ import annotations

import ctypes

from torch import Tensor

from striate.errors import KernelError, message
from striate.kernels import library
from striate.kernels.conv import new_gradients, new_map, rows_of_channels
from striate.kernels.shapes import ConvShape, NativeShape

_SHAPE = ctypes.POINTER(NativeShape)
_FLOATS = ctypes.c_void_p
_MAPS = (_SHAPE, ctypes.c_int64, _FLOATS, ctypes.c_void_p, _FLOATS)  # shape, images, x, code, g


def suitable(shape: ConvShape) -> bool:
    """Whether a block's backward can be computed so: strides 1, 2x2 pooling, ReLU or nothing."""
    does = library.function("pooled_backward_suitable", _SHAPE)
    return not shape.half and bool(does(shape.native))


class PooledBackward:
    """The backward of one block.

    Maps are (N, C, H, W) of float32 with channels-last strides; a map that lies otherwise in memory
    is copied.

    Args:
        shape: the block's sizes, as its forward kernel was told.

    Raises:
        KernelError: the kernels cannot run here, or do not do the shape.
    """

    def __init__(self, shape: ConvShape) -> None:
        if not suitable(shape):
            got = {"strides": shape.strides, "dilation": shape.dilation, "pool": shape.pool}
            raise KernelError(
                message(
                    "pooled_backward",
                    "the kernel does not do this shape",
                    got={**got, "activation": shape.activation, "result": shape.result},
                    expected="strides and dilation 1, pool 2, activation linear or relu, a result",
                )
            )
        self.shape = shape
        self._filters = library.function(
            "pooled_backward_filters", *_MAPS, _FLOATS, _FLOATS, ctypes.c_int32
        )
        self._data = library.function("pooled_backward_data", *_MAPS, _FLOATS, ctypes.c_int32)

    def filters(
        self,
        x: Tensor,
        code: Tensor,
        g: Tensor,
        out: tuple[Tensor, Tensor] | None = None,
    ) -> tuple[Tensor, Tensor]:
        """The gradients of the weights and the bias.

        Args:
            x: the block's input.
            code: bytes as g, which of four values won, above 3 where none has a gradient.
            g: the gradient of the block's result.
            out: where they go; None: new tensors.

        Returns:
            The weights' gradient, (O, C, H, W) with channels-last strides, and the bias's, (O,).
        """
        shape = self.shape
        out = out or new_gradients(shape)
        x = x if shape.x_row else rows_of_channels(x)
        code, g = rows_of_channels(code), rows_of_channels(g)
        maps = (len(x), x.data_ptr(), code.data_ptr(), g.data_ptr())
        places = (out[0].data_ptr(), out[1].data_ptr())
        status = self._filters(shape.native, *maps, *places, library.threads())
        library.check(status, "pooled_backward")
        return out

    def data(self, weights: Tensor, code: Tensor, g: Tensor) -> Tensor:
        """The gradient of the input, without gaps between its pixels.

        Args:
            weights: the block's, (O, C, H, W).
            code: bytes as g, which of four values won, above 3 where none has a gradient.
            g: the gradient of the block's result.
        """
        shape = self.shape
        weights, code, g = (rows_of_channels(t) for t in (weights, code, g))
        dx = new_map(len(g), shape.channels, shape.size)
        maps = (len(g), weights.data_ptr(), code.data_ptr(), g.data_ptr())
        status = self._data(shape.native, *maps, dx.data_ptr(), library.threads())
        library.check(status, "pooled_backward")
        return dx
