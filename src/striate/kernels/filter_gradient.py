"""FilterGradient: the gradients of a convolution's weights and bias, and of a ReLU behind it."""

from __future__ import annotations

import ctypes

from torch import Tensor

from striate.kernels import library
from striate.kernels.conv import new_gradients, rows_of_channels
from striate.kernels.shapes import ConvShape, NativeShape, refuse_pooling


def suitable(shape: ConvShape) -> bool:
    """Whether this is the fastest way to a block's gradients, as far as was measured.

    It is for first layers, strides, 1x1 kernels and maps of a few pixels; elsewhere it does as well
    as torch's, and Winograd's form is faster than both.
    """
    rows, columns = shape.convolved
    small = rows * columns <= 9
    easy = shape.channels <= 8 or shape.kernel == (1, 1) or shape.strides != (1, 1) or small
    return shape.pool == 1 and easy and not shape.half


class FilterGradient:
    """The gradients of one block's weights and bias, without pooling.

    Maps are (N, C, H, W) of float32 with channels-last strides; a map that lies otherwise in memory
    is copied.

    Args:
        shape: the block's sizes.

    Raises:
        KernelError: the kernels cannot run here, or the block pools.
    """

    def __init__(self, shape: ConvShape) -> None:
        refuse_pooling("filter_gradient", shape)
        self.shape = shape
        maps = (ctypes.c_void_p,) * 5  # x, g, mask, dkernel, dbias
        self._run = library.function(
            "filter_gradient", ctypes.POINTER(NativeShape), ctypes.c_int64, *maps, ctypes.c_int32
        )

    def __call__(
        self,
        x: Tensor,
        g: Tensor,
        mask: Tensor | None = None,
        out: tuple[Tensor, Tensor] | None = None,
    ) -> tuple[Tensor, Tensor]:
        """The gradients of the weights and the bias.

        Args:
            x: the block's input.
            g: the gradient of the block's result.
            mask: as g; g counts as 0 where it is not above 0: the result of a block with a ReLU.
            out: where they go; None: new tensors.

        Returns:
            The weights' gradient, (O, C, H, W) with channels-last strides, and the bias's, (O,).
        """
        shape = self.shape
        out = out or new_gradients(shape)
        x = x if shape.x_row else rows_of_channels(x)
        g = rows_of_channels(g)
        if mask is not None and not shape.y_row:
            mask = rows_of_channels(mask)
        places = [None if t is None else t.data_ptr() for t in (x, g, mask, *out)]
        status = self._run(shape.native, len(x), *places, library.threads())
        library.check(status, "filter_gradient")
        return out
