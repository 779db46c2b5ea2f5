"""OneByOne: a 1x1 convolution of stride 1 with its ReLU, and its gradients, as products."""

from __future__ import annotations

import ctypes

from torch import Tensor

from striate.kernels import library
from striate.kernels.conv import new_gradients
from striate.kernels.shapes import ConvShape, NativeShape, unsuitable

_SHAPE = ctypes.POINTER(NativeShape)
_PLACE = ctypes.c_void_p


def suitable(shape: ConvShape) -> bool:
    """Whether the kernel does a shape."""
    does = library.function("one_by_one_suitable", _SHAPE)
    return not shape.half and bool(does(shape.native))


class OneByOne:
    """One 1x1 convolution.

    Maps are (N, C, H, W) of float32 with channels-last strides, rows of pixels as the shape says.

    Args:
        shape: its sizes; linear or with a ReLU.

    Raises:
        KernelError: the kernels cannot run here, or this one does not do the shape.
    """

    def __init__(self, shape: ConvShape) -> None:
        self.shape = shape
        if not suitable(shape):
            raise unsuitable("one_by_one", shape)
        whole = (ctypes.c_int64, *(_PLACE,) * 4)
        self._run = library.function("one_by_one", _SHAPE, *whole, ctypes.c_int32)
        rest = (_PLACE, ctypes.c_int32, _PLACE, _PLACE, ctypes.c_int32)
        self._gradients = library.function("one_by_one_gradients", _SHAPE, *whole, *rest)

    def forward(self, x: Tensor, weights: Tensor, bias: Tensor | None, y: Tensor) -> None:
        """Writes the result.

        Args:
            x: the input.
            weights: (O, C, 1, 1).
            bias: (O,).
            y: where the result goes.
        """
        places = [None if t is None else t.data_ptr() for t in (x, weights, bias, y)]
        status = self._run(self.shape.native, len(x), *places, library.threads())
        library.check(status, "one_by_one")

    def backward(
        self,
        x: Tensor,
        weights: Tensor,
        mask: Tensor | None,
        g: Tensor,
        dx: Tensor | None,
        adds: bool = False,
        weighs: bool = True,
    ) -> tuple[Tensor, Tensor] | None:
        """Writes the input's gradient, and gives those of the weights and the bias.

        Args:
            x: the input.
            weights: (O, C, 1, 1).
            mask: the result of the ReLU: g counts as 0 where it is not above 0.
            g: the gradient of the result, with rows as the result.
            dx: where the input's gradient goes, without gaps; None: nobody asks for it.
            adds: whether it is added to what is there.
            weighs: whether weights and bias are asked for.
        """
        found = new_gradients(self.shape) if weighs else None
        given = [None if t is None else t.data_ptr() for t in (x, weights, mask, g, dx)]
        results = [None, None] if found is None else [t.data_ptr() for t in found]
        native, threads = self.shape.native, library.threads()
        status = self._gradients(native, len(x), *given, adds, *results, threads)
        library.check(status, "one_by_one_gradients")
        return found
