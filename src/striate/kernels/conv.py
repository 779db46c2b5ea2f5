"""ConvKernel: a block's forward kernel, and which one a shape gets."""

from __future__ import annotations

import ctypes

import torch
from torch import Tensor

from striate.errors import KernelError, message
from striate.kernels import library
from striate.kernels.shapes import ConvShape, NativeShape, NativeValues, unsuitable

# From the fastest to the definition: a shape gets the first that is suitable for it.
KERNELS: tuple[str, ...] = ("winograd_conv", "direct_conv_bf16", "direct_conv", "plain_conv")
HALF_MAPS = frozenset({"winograd_conv"})  # those that read and write maps of bfloat16, too

_SHAPE = ctypes.POINTER(NativeShape)
_VALUES = ctypes.POINTER(NativeValues)


class ConvKernel:
    """One kernel for one shape.

    Args:
        name: the kernel's.
        shape: the block's sizes.

    Raises:
        KernelError: the kernels cannot run here, or this one does not do the shape.
    """

    def __init__(self, name: str, shape: ConvShape) -> None:
        self.name, self.shape = name, shape
        if name == "direct_conv_bf16" and not library.bfloat16():
            raise KernelError(message(name, "the processor does not multiply bfloat16"))
        self.packed_size: int = _size(name)(shape.native) if does(name, shape) else 0
        if not self.packed_size:
            raise unsuitable(name, shape)
        self._run = library.function(name, _SHAPE, ctypes.c_int64, _VALUES, ctypes.c_int32)
        self._pack = library.function(
            f"{name}_pack", _SHAPE, ctypes.c_void_p, ctypes.c_int32, ctypes.c_void_p, ctypes.c_int32
        )

    def pack(self, weights: Tensor, turned: bool = False, out: Tensor | None = None) -> Tensor:
        """Weights as the kernel reads them.

        Args:
            weights: (O, C, H, W) of float32 with channels-last strides.
            turned: they are those of the layer whose input gradient this block computes
                (`ConvShape.gradient`).
            out: what an earlier call gave, to be overwritten.
        """
        packed = new_floats(self.packed_size) if out is None else out
        place, target = weights.data_ptr(), packed.data_ptr()
        status = self._pack(self.shape.native, place, turned, target, library.threads())
        library.check(status, f"{self.name}_pack")
        return packed

    def __call__(
        self,
        x: Tensor,
        packed: Tensor,
        bias: Tensor | None = None,
        *,
        mask: Tensor | None = None,
        add: Tensor | None = None,
        y: Tensor | None = None,
        code: Tensor | None = None,
    ) -> Tensor:
        """The block's result; maps are channels-last (N, C, H, W) of the shape's type.

        Args:
            x: the input.
            packed: what `pack` gave.
            bias: (filters,).
            mask: as x; x counts as 0 where it is not above 0.
            add: as the result before pooling, added before the activation.
            y: where the result goes; None: a new tensor.
            code: bytes as the result, filled with which of four values won, 4 where ReLU gives 0.
        """
        shape = self.shape
        if y is None:
            y = new_map(len(x), shape.filters, shape.result, shape.dtype)
        tensors = (x, mask, packed, bias, add, y, code)
        values = NativeValues(*[None if t is None else t.data_ptr() for t in tensors])
        library.check(self._run(shape.native, len(x), values, library.threads()), self.name)
        return y


def choose(shape: ConvShape, precision: str = "float32") -> ConvKernel:
    """The fastest kernel that does a shape.

    Args:
        shape: the block's sizes.
        precision: "bfloat16" where factors may be rounded to it: such kernels take part if the
            processor multiplies it. Maps and sums are float32 all the same.
    """
    half = precision == "bfloat16" and library.bfloat16()
    return ConvKernel(next(n for n in KERNELS if does(n, shape) and _fits(n, shape, half)), shape)


def _fits(name: str, shape: ConvShape, half: bool) -> bool:
    """Whether the numbers a kernel multiplies are allowed, and worth it.

    bfloat16 doubles the direct kernel's speed, not Winograd's, whose tile of 4x4 results takes the
    time of some 43 multiplications for a filter and a channel, where direct ones take 9 a result.
    """
    if name == "winograd_conv" and half:
        height, width = (n * shape.pool for n in shape.result)
        return 43 * (-(-height // 4) * -(-width // 4)) < 9 * height * width / 2
    return half or name != "direct_conv_bf16"


def packed_bytes(name: str, shape: ConvShape) -> int:
    """Bytes of a kernel's weights."""
    return 4 * int(_size(name)(shape.native))


def does(name: str, shape: ConvShape) -> bool:
    """Whether a kernel is made for a shape."""
    return (name in HALF_MAPS or not shape.half) and bool(_size(name)(shape.native))


def new_gradients(shape: ConvShape) -> tuple[Tensor, Tensor]:
    """Empty gradients of a block's weights, (O, C, H, W) with channels-last strides, and bias."""
    return new_map(shape.filters, shape.channels, shape.kernel), new_floats(shape.filters)


def new_map(
    images: int, channels: int, size: tuple[int, int], dtype: torch.dtype = torch.float32
) -> Tensor:
    """An empty (N, C, H, W) with channels-last strides, those of N and of one channel included."""
    height, width = size
    row = width * channels
    strides = (height * row, 1, row, channels)
    # no view of another tensor: what autograd hands out may then be overwritten
    size_of_all = (images, channels, height, width)
    return torch.empty_strided(size_of_all, strides, dtype=dtype, device="cpu")


def new_floats(*size: int) -> Tensor:
    """An empty float32 tensor of the processor's, whatever torch's defaults are."""
    return torch.empty(size, dtype=torch.float32, device="cpu")


def rows_of_channels(t: Tensor) -> Tensor:
    """A map whose memory is (N, H, W, C) without gaps: itself, or a copy."""
    return t.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)


def _size(name: str) -> ctypes._FuncPtr:  # type: ignore[name-defined]
    return library.function(f"{name}_packed_size", _SHAPE, result=ctypes.c_size_t)
