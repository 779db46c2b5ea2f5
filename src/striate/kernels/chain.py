"""Chain: blocks one after the other, forward in one native call, backward in another."""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Sequence

from torch import Tensor

from striate.errors import KernelError, message
from striate.kernels import library
from striate.kernels.block import Block
from striate.kernels.conv import ConvKernel, new_floats
from striate.kernels.filter_gradient import FilterGradient
from striate.kernels.shapes import ConvShape, NativeShape
from striate.kernels.strided_gradient import StridedGradient

LINE = 16  # floats of a cache line
MOST_WEIGHTS = 100_000  # of a convolution
_SHAPE = ctypes.POINTER(NativeShape)
_NOT, _TURNED, _STRIDED, _POOLED, _PRODUCT = range(5)


class NativeBlock(ctypes.Structure):
    """`struct Block` of native/chain.cpp."""

    _fields_ = [
        *((name, ctypes.c_void_p) for name in ("shape", "filters_shape", "data_shape")),
        *((name, ctypes.c_void_p) for name in ("pack", "run", "filters", "data", "data_pack")),
        *((name, ctypes.c_int64) for name in ("way", "work", "relu", "pools")),
    ]


def suitable(block: Block) -> bool:
    """Whether a block can be in a chain: all its kernels are ours, but the input's gradient's.

    Of activations those whose derivative the kernels apply while they read. Of convolutions those
    of few weights: beside the work of more, nothing is saved, and what one kernel needs in memory
    would be there together with the gradients of all.
    """
    shape = block.shape
    if shape.half or shape.activation not in ("linear", "relu"):
        return False
    if block.product is not None:
        return True
    few = shape.filters * shape.channels * shape.kernel[0] * shape.kernel[1] <= MOST_WEIGHTS
    return few and (block.pooled is not None or (shape.pool == 1 and block.filters is not None))


def gives_gradient(block: Block) -> bool:
    """Whether a kernel of ours finds the gradient of its input."""
    return any(k is not None for k in (block.pooled, block.product, block.data))


class Chain:
    """Blocks of which each reads what the one before it gives.

    Args:
        blocks: all `suitable`, and all but the first with a gradient of the input.

    Raises:
        KernelError: the kernels cannot run here, or not those of all blocks.
    """

    def __init__(self, blocks: Sequence[Block]) -> None:
        self.blocks = tuple(blocks)
        if not all(map(suitable, blocks)) or not all(map(gives_gradient, blocks[1:])):
            fault = "not all of these blocks have kernels of ours forward and backward"
            raise KernelError(message("chain", fault, got={"shapes": [b.shape for b in blocks]}))
        found = [_native(block) for block in blocks]
        self._native = (NativeBlock * len(blocks))(*(block for block, _ in found))
        self._packed = max(size for _, size in found)
        # floats of an image: of each result, and of its codes
        self._results = [b.shape.result[0] * b.shape.result[1] * b.shape.filters for b in blocks]
        self._inputs = [b.shape.size[0] * b.shape.size[1] * b.shape.channels for b in blocks]
        self._codes = [-(-n // 4) if b.shape.pool == 2 else 0 for n, b in self._sized()]
        self._layouts: dict[int, tuple[list[int], list[int], int]] = {}
        places = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
        values = (ctypes.c_void_p, ctypes.c_void_p)
        self._forward = library.function("chain_forward", *places, *values, ctypes.c_int32)
        more = (ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int32)
        self._backward = library.function("chain_backward", *places, *values, *more)

    def forward(
        self, x: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor | None], y: Tensor
    ) -> Tensor:
        """Fills in the last block's result; what is given back the backward pass needs.

        Args:
            x: the input, dense: (N, H, W, C) in memory.
            weights: per block, (O, H, W, C) in memory.
            biases: per block.
            y: where the result goes, (N, H', W', O) in memory.
        """
        images = len(x)
        kept = new_floats(self._layout(images)[2])
        places = self._places(images, kept, y, weights, biases)
        packed = new_floats(self._packed)
        given = (x.data_ptr(), packed.data_ptr(), library.threads())
        status = self._forward(*self._blocks(places), images, *given)
        library.check(status, "chain_forward")
        return kept

    def backward(
        self,
        x: Tensor,
        weights: Sequence[Tensor],
        y: Tensor | None,
        kept: Tensor,
        g: Tensor,
        gradients: Sequence[tuple[Tensor, Tensor] | None],
        dx: Tensor | None,
    ) -> None:
        """Fills in the gradients.

        Args:
            x, weights: as of `forward`.
            y: the result; None: its last activation is linear, or follows a pooling.
            kept: what `forward` gave.
            g: the gradient of the result, as it in memory.
            gradients: per block where those of weights and bias go, as these in memory; None: they
                are not wanted.
            dx: where the gradient of the input goes; None: it is not wanted.
        """
        images = len(x)
        wanted = [i for i, pair in enumerate(gradients) if pair is not None]
        lowest = 0 if dx is not None else wanted[0]
        places = self._places(images, kept, y, weights, [None] * len(weights), gradients)
        # the gradients of what is between two blocks take turns in two places
        inputs = self._inputs[lowest + 1 :]
        sizes = [max(inputs[start::2], default=0) for start in (0, 1)]
        even, odd = sizes if lowest % 2 else sizes[::-1]
        even, odd = (-(-images * size // LINE) * LINE for size in (even, odd))
        room = new_floats(self._packed + even + odd)
        begin = room.data_ptr() + 4 * self._packed
        between = array("q", [begin, begin + 4 * even])
        status = self._backward(
            *self._blocks(places),
            *(images, x.data_ptr(), room.data_ptr(), lowest, g.data_ptr()),
            *(between.buffer_info()[0], None if dx is None else dx.data_ptr(), library.threads()),
        )
        library.check(status, "chain_backward")

    def _sized(self) -> list[tuple[int, Block]]:
        return list(zip(self._results, self.blocks, strict=True))

    def _blocks(self, places: array[int]) -> tuple[int, int, int]:
        return ctypes.addressof(self._native), places.buffer_info()[0], len(self.blocks)

    def _layout(self, images: int) -> tuple[list[int], list[int], int]:
        """Bytes before each result and its codes in what is kept, and its floats."""
        if images not in self._layouts:
            results, codes, end = [], [], 0
            for size, code in zip(self._results, self._codes, strict=True):
                results.append(4 * end)
                if len(results) < len(self._results):  # the last result is the caller's
                    end += -(-images * size // LINE) * LINE
                codes.append(4 * end)
                end += -(-images * code // LINE) * LINE
            self._layouts[images] = results, codes, end
        return self._layouts[images]

    def _places(
        self,
        images: int,
        kept: Tensor,
        y: Tensor | None,
        weights: Sequence[Tensor],
        biases: Sequence[Tensor | None],
        gradients: Sequence[tuple[Tensor, Tensor] | None] = (),
    ) -> array[int]:
        """`struct Places` of all blocks."""
        results, codes, _ = self._layout(images)
        base, last = kept.data_ptr(), len(self.blocks) - 1
        result = base if y is None else y.data_ptr()
        told = array("q")
        for i, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
            pair = gradients[i] if gradients else None
            told.extend(
                (
                    weight.data_ptr(),
                    0 if bias is None else bias.data_ptr(),
                    result if i == last else base + results[i],
                    base + codes[i] if self._codes[i] else 0,
                    0 if pair is None else pair[0].data_ptr(),
                    0 if pair is None else pair[1].data_ptr(),
                )
            )
        return told


def _native(block: Block) -> tuple[NativeBlock, int]:
    """A block's kernels, and the floats that its weights take as they read them."""
    name, shape = block.kernel.name, block.shape
    native = NativeBlock(
        shape=_place(shape),
        pack=library.address(f"{name}_pack"),
        run=library.address(name),
        work=shape.macs,
        relu=shape.activation == "relu",
        pools=shape.pool == 2,
    )
    size = block.kernel.packed_size
    if block.product is not None:
        native.run = library.address("one_by_one")
        native.filters = library.address("one_by_one_gradients")
        native.way = _PRODUCT
        return native, LINE
    if block.pooled is not None:
        native.filters_shape = native.data_shape = _place(block.pooled.shape)
        native.filters = library.address("pooled_backward_filters")
        native.data = library.address("pooled_backward_data")
        native.way = _POOLED
    elif block.filters is not None:
        native.filters_shape = _place(block.filters.shape)
        plain = isinstance(block.filters, FilterGradient)
        native.filters = library.address("filter_gradient" if plain else "winograd_filter")
    if isinstance(block.data, (ConvKernel, StridedGradient)):
        turned = isinstance(block.data, ConvKernel)
        kernel = block.data.name if isinstance(block.data, ConvKernel) else "strided_gradient"
        native.data_shape = _place(block.data.shape)
        native.data, native.data_pack = (library.address(kernel + end) for end in ("", "_pack"))
        native.way = _TURNED if turned else _STRIDED
        size = max(size, block.data.packed_size)
    return native, -(-size // LINE) * LINE


def _place(shape: ConvShape) -> int:
    """Where native code finds a shape; it lives as long as the block that has it."""
    return ctypes.addressof(shape.native)
