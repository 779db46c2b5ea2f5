"""Blocks of our own kernels, each behind the other, as one step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from striate.kernels.block import Block
from striate.kernels.chain import Chain, gives_gradient
from striate.kernels.conv import new_floats, new_map
from striate.kernels.shapes import ConvShape
from striate.ops.dense import dense
from striate.plan.blocks import Source, dense_map, gradients_of, plain, rectified, sees

Flat = Sequence[Tensor | None]  # kernel and bias of each block


class ChainFunction:
    """Runs blocks of which each reads what the one before it gives; the result knows its gradients.

    Where the kernels cannot see the values the same is computed by torch's, as in `plan.blocks`.

    Args:
        shapes: of the blocks, in order. A block of one pixel behind a map, or behind another such
            block, is a dense product: its kernel is (in, out), and the map is flattened.
        dense: which of them are dense products.
        sources: of each, gives its kernel and bias.
    """

    def __init__(
        self, shapes: Sequence[ConvShape], dense: Sequence[bool], sources: Sequence[Source]
    ) -> None:
        self.shapes, self.dense, self.sources = tuple(shapes), tuple(dense), tuple(sources)
        self.blocks = [Block(shape) for shape in shapes]
        self.chain = Chain(self.blocks)
        self._entry = (shapes[0].channels, *shapes[0].size)

    def __call__(self, x: Tensor) -> Tensor:
        flat = tuple(t for source in self.sources for t in source())
        if not self._fits(x, flat):
            return self.plain(x, flat)
        return _Joined.apply(x, self, *flat)  # type: ignore[no-any-return,no-untyped-call]

    def _fits(self, x: Tensor, flat: Flat) -> bool:
        if not sees(x) or x.shape[1:] != self._entry or not len(x):
            return False
        if x.requires_grad and torch.is_grad_enabled() and not gives_gradient(self.blocks[0]):
            return False
        kernels = zip(flat[::2], self.dense, strict=True)
        known = all(t is None or _is_plain(t) for t in flat)
        lie = known and all(k is not None and _lies(k, product) for k, product in kernels)
        return lie and all(block.suits(len(x)) for block in self.blocks)

    def new_result(self, images: int) -> Tensor:
        """Room for the last block's result."""
        last = self.shapes[-1]
        if self.dense[-1]:
            return new_floats(images, last.filters)
        return new_map(images, last.filters, last.result)

    @property
    def needs_result(self) -> bool:
        """Whether the backward pass looks at the last result."""
        return self.shapes[-1].activation == "relu" and self.shapes[-1].pool == 1

    def plain(self, x: Tensor, flat: Flat) -> Tensor:
        """The same by torch's kernels; can be differentiated any number of times.

        Args:
            x: (N, C, H, W).
            flat: kernel and bias of each block.
        """
        pairs = zip(flat[::2], flat[1::2], strict=True)
        for shape, product, (kernel, bias) in zip(self.shapes, self.dense, pairs, strict=True):
            if kernel is None:
                continue
            if not product:
                x = plain(shape, x, kernel, bias)
                continue
            x = x.permute(0, 2, 3, 1).flatten(1) if x.dim() == 4 else x
            product_of = dense(x.to(kernel.dtype), kernel, bias)
            x = rectified(product_of, shape.activation, shape.number)
        return x


class _Joined(torch.autograd.Function):
    """The blocks and their gradients."""

    @staticmethod
    def forward(context: Any, x: Tensor, function: ChainFunction, *flat: Tensor | None) -> Tensor:
        y = function.new_result(len(x))
        kernels = [k for k in flat[::2] if k is not None]
        kept = function.chain.forward(dense_map(x), kernels, flat[1::2], y)
        if any(context.needs_input_grad):
            context.function = function
            result = y if function.needs_result else None
            context.save_for_backward(x, result, kept, *flat)
        return y

    @staticmethod
    def backward(context: Any, *given: Tensor) -> tuple[Any, ...]:
        x, y, kept, *flat = context.saved_tensors
        function, (data, _, *wanted) = context.function, context.needs_input_grad
        if torch.is_grad_enabled():  # the gradients are to have gradients, too
            out = function.plain(x, flat)
            dx, *rest = gradients_of(out, [x, *flat], [data, *wanted], given[0])
            return (dx, None, *rest)
        g = given[0].contiguous() if function.dense[-1] else dense_map(given[0])
        gradients = [
            _new_gradients(k) if w or b else None
            for k, w, b in zip(flat[::2], wanted[::2], wanted[1::2], strict=True)
        ]
        dx = new_map(len(x), *_channels_and_size(function)) if data else None
        kernels = flat[::2]
        function.chain.backward(dense_map(x), kernels, y, kept, g, gradients, dx)
        out = [t for pair in gradients for t in (pair or (None, None))]
        return (dx, None, *(t if want else None for t, want in zip(out, wanted, strict=True)))


def _channels_and_size(function: ChainFunction) -> tuple[int, tuple[int, int]]:
    return function.shapes[0].channels, function.shapes[0].size


def _new_gradients(kernel: Tensor) -> tuple[Tensor, Tensor]:
    """Room for those of a kernel, in its memory order, and of its bias."""
    return torch.empty_like(kernel), new_floats(kernel.shape[-1])


def _is_plain(t: Tensor) -> bool:
    known = type(t) in (Tensor, torch.nn.Parameter) and t.dtype is torch.float32
    return known and t.is_cpu and not t.is_neg()


def _lies(kernel: Tensor, product: bool) -> bool:
    """Whether a kernel, (H, W, C, O) or (in, out), lies in memory with its outputs first."""
    ordered = kernel.t() if product else kernel.permute(3, 0, 1, 2)
    return ordered.is_contiguous()
