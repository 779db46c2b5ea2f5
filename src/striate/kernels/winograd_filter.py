"""WinogradFilterGradient: the gradient of the kernels of a 3x3 convolution, by Winograd."""

from __future__ import annotations

import ctypes

from torch import Tensor

from striate.kernels import library
from striate.kernels.conv import new_gradients
from striate.kernels.shapes import ConvShape, NativeShape, unsuitable

_SHAPE = ctypes.POINTER(NativeShape)
_PLACES = (ctypes.c_void_p,) * 5


def suitable(shape: ConvShape) -> bool:
    """Whether Winograd's form does a shape, and is the fastest there."""
    return bool(library.function("winograd_filter_suitable", _SHAPE)(shape.native))


class WinogradFilterGradient:
    """The gradient of a block's kernel and bias.

    Args:
        shape: the block's sizes; of its result before pooling and activation.

    Raises:
        KernelError: the kernels cannot run here, or this one does not do the shape.
    """

    def __init__(self, shape: ConvShape) -> None:
        self.shape = shape
        if not suitable(shape):
            raise unsuitable("winograd_filter", shape)
        self._run = library.function(
            "winograd_filter", _SHAPE, ctypes.c_int64, *_PLACES, ctypes.c_int32
        )

    def __call__(self, x: Tensor, g: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Gradients of the kernel, (O, C, 3, 3) with channels-last strides, and of the bias, (O,).

        Args:
            x: the block's input, (N, C, H, W) with channels-last strides, of the shape's type.
            g: the gradient of its result, likewise.
            mask: as g, the result of the ReLU behind it: g counts as 0 where it is not above 0.
        """
        shape = self.shape
        kernel, bias = new_gradients(shape)
        places = [None if t is None else t.data_ptr() for t in (x, g, mask, kernel, bias)]
        status = self._run(shape.native, len(x), *places, library.threads())
        library.check(status, "winograd_filter")
        return kernel, bias
