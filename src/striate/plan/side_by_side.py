"""Blocks of our own kernels whose results lie side by side, as one step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from striate.kernels.shapes import ConvShape
from striate.kernels.side_by_side import SideBySide, Weights
from striate.plan.blocks import Source, dense_map, dense_weights, gradients_of, plain, sees


class SideBySideFunction:
    """Runs blocks that read one map; their joined result knows its gradients.

    Where the kernels cannot see the values the same is computed by torch's, as in `plan.blocks`.

    Args:
        shapes: of the blocks, in the order of the result's channels.
        sources: of each, gives its kernel, (H, W, C, O), and bias.
    """

    def __init__(self, shapes: Sequence[ConvShape], sources: Sequence[Source]) -> None:
        self.shapes, self.sources = tuple(shapes), tuple(sources)
        self.kernels = SideBySide(shapes)
        self._shape = (shapes[0].channels, *shapes[0].size)

    def __call__(self, x: Tensor) -> Tensor:
        flat = tuple(t for source in self.sources for t in source())
        seen = (
            sees(x)
            and x.shape[1:] == self._shape
            and all(sees(k) for k in flat[::2] if k is not None)
        )
        if not seen or not self.kernels.suits(len(x)):
            return _plain(self.shapes, x, flat)
        return _Joined.apply(x, self.kernels, *flat)  # type: ignore[no-any-return,no-untyped-call]


def _plain(shapes: Sequence[ConvShape], x: Tensor, flat: Sequence[Tensor | None]) -> Tensor:
    """The same by torch's kernels, one after the other; can be differentiated any number of times.

    Args:
        shapes: of the blocks.
        x: (N, C, H, W).
        flat: kernel and bias of each.
    """
    pairs = zip(flat[::2], flat[1::2], strict=True)
    parts = [
        plain(shape, x.to(kernel.dtype), kernel, bias)
        for shape, (kernel, bias) in zip(shapes, pairs, strict=True)
        if kernel is not None
    ]
    return torch.cat(parts, 1)


def _weights(flat: Sequence[Tensor | None]) -> list[Weights]:
    """Kernels and biases as our kernels read them."""
    pairs = zip(flat[::2], flat[1::2], strict=True)
    return [(dense_weights(kernel), bias) for kernel, bias in pairs if kernel is not None]


class _Joined(torch.autograd.Function):
    """The blocks and their gradients."""

    @staticmethod
    def forward(context: Any, x: Tensor, kernels: SideBySide, *flat: Tensor | None) -> Tensor:
        y = kernels.forward(dense_map(x), _weights(flat))
        if any(context.needs_input_grad):
            context.kernels = kernels
            context.save_for_backward(x, y, *flat)
        return y

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Any, ...]:
        x, y, *flat = context.saved_tensors
        kernels, (data, _, *wanted) = context.kernels, context.needs_input_grad
        if torch.is_grad_enabled():  # the gradients are to have gradients, too
            plainly = _plain(kernels.shapes, x, flat)
            first, *rest = gradients_of(plainly, [x, *flat], [data, *wanted], gradients[0])
            return (first, None, *rest)
        g = dense_map(gradients[0])
        weigh = [a or b for a, b in zip(wanted[::2], wanted[1::2], strict=True)]
        dx, both = kernels.backward(dense_map(x), _weights(flat), y, g, data, weigh)
        out: list[Tensor | None] = []
        for i, pair in enumerate(both):
            dw, db = pair or (None, None)
            out.append(dw.permute(2, 3, 1, 0) if dw is not None and wanted[2 * i] else None)
            out.append(db if wanted[2 * i + 1] else None)
        return (dx, None, *out)
