"""A max-pooling with the activation behind it as one step of our kernel."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from striate.kernels.shapes import ConvShape
from striate.kernels.window_pool import WindowPool
from striate.plan.blocks import dense_map, rectified, sees


class PoolFunction:
    """Runs a max-pooling in training; its result knows its gradient.

    Where the kernel cannot see the values (other types, tensors of transforms such as `vmap`, a
    program that is being recorded, autocast) the same is computed by torch's.

    Args:
        shape: its sizes.
        layer: the pooling.
    """

    def __init__(self, shape: ConvShape, layer: Any) -> None:
        self.shape, self.layer = shape, layer
        self.pool = WindowPool(shape)
        self._size = (shape.channels, *shape.size)

    def __call__(self, x: Tensor) -> Tensor:
        if not sees(x) or x.shape[1:] != self._size:
            return self.plain(x)
        return _Joined.apply(x, self)  # type: ignore[no-any-return,no-untyped-call]

    def plain(self, x: Tensor) -> Tensor:
        """The same by torch's kernels; can be differentiated any number of times."""
        return rectified(self.layer.compute(x), self.shape.activation, self.shape.number)


class _Joined(torch.autograd.Function):
    """The pooling with what follows it, and its gradient."""

    @staticmethod
    def forward(context: Any, x: Tensor, function: PoolFunction) -> Tensor:
        y, code = function.pool.forward(dense_map(x))
        context.function = function
        context.save_for_backward(x, code)
        return y

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Any, ...]:
        x, code = context.saved_tensors
        if torch.is_grad_enabled():  # the gradient is to have a gradient, too
            out = context.function.plain(x)
            return (*torch.autograd.grad(out, x, gradients[0], create_graph=True), None)
        return context.function.pool.backward(code, dense_map(gradients[0])), None
