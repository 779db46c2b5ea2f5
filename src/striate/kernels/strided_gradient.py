"""StridedGradient: the gradient of a convolution's input, and of a ReLU behind it."""

from __future__ import annotations

import ctypes

from torch import Tensor

from striate.kernels import library
from striate.kernels.conv import new_floats, new_map, rows_of_channels
from striate.kernels.shapes import ConvShape, NativeShape, refuse_pooling

_SHAPE = ctypes.POINTER(NativeShape)
_PLACES = (ctypes.c_void_p,) * 4  # packed, g, mask, dx


def suitable(shape: ConvShape) -> bool:
    """Whether a shape is what the kernel is made for; any without pooling it can do."""
    return shape.pool == 1 and shape.strides != (1, 1) and not shape.half


class StridedGradient:
    """The gradient of the input of one block without pooling, for any strides and dilations.

    Maps are (N, C, H, W) of float32 with channels-last strides; a map that lies otherwise in memory
    is copied.

    Args:
        shape: the block's sizes.

    Raises:
        KernelError: the kernels cannot run here, or the block pools.
    """

    def __init__(self, shape: ConvShape) -> None:
        refuse_pooling("strided_gradient", shape)
        self.shape = shape
        size = library.function("strided_gradient_packed_size", _SHAPE, result=ctypes.c_size_t)
        self.packed_size: int = size(shape.native)
        places = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int32)
        self._pack = library.function("strided_gradient_pack", _SHAPE, *places)
        self._run = library.function(
            "strided_gradient", _SHAPE, ctypes.c_int64, *_PLACES, ctypes.c_int32
        )

    def pack(self, weights: Tensor) -> Tensor:
        """Weights as the kernel reads them.

        Args:
            weights: the block's, (O, C, H, W) with channels-last strides.
        """
        packed = new_floats(self.packed_size)
        places = weights.data_ptr(), packed.data_ptr()
        status = self._pack(self.shape.native, *places, library.threads())
        library.check(status, "strided_gradient_pack")
        return packed

    def __call__(
        self, g: Tensor, packed: Tensor, mask: Tensor | None = None, out: Tensor | None = None
    ) -> Tensor:
        """The gradient of the block's input, without gaps between its pixels.

        Args:
            g: the gradient of the block's result.
            packed: what `pack` gave.
            mask: as g; g counts as 0 where it is not above 0: the result of a block with a ReLU.
            out: where it goes; None: a new tensor.
        """
        shape = self.shape
        dx = new_map(len(g), shape.channels, shape.size) if out is None else out
        g = rows_of_channels(g)
        if mask is not None and not shape.y_row:
            mask = rows_of_channels(mask)
        places = [None if t is None else t.data_ptr() for t in (packed, g, mask, dx)]
        status = self._run(shape.native, len(g), *places, library.threads())
        library.check(status, "strided_gradient")
        return dx
