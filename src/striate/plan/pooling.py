"""Max-pooling with what is before and behind it as one step of our kernels."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from striate.kernels.pooled_conv import PooledConv
from striate.kernels.shapes import ConvShape
from striate.kernels.window_pool import WindowPool
from striate.plan.blocks import (
    Source,
    dense_map,
    dense_weights,
    gradients_of,
    plain,
    rectified,
    sees,
)


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
            return (*gradients_of(out, [x], [True], gradients[0]), None)
        return context.function.pool.backward(code, dense_map(gradients[0])), None


class PooledConvFunction:
    """Runs a convolution of few channels with a max-pooling and an activation behind it.

    Where the kernels cannot see the values the same is computed by torch's, as in `plan.blocks`.

    Args:
        conv: the convolution's sizes.
        pool: those of the pooling of its result, with the activation.
        source: gives kernel, (H, W, C, O), and bias.
    """

    def __init__(self, conv: ConvShape, pool: ConvShape, source: Source) -> None:
        self.conv, self.pool, self.source = conv, pool, source
        self.kernels = PooledConv(conv, pool)
        self._size = (conv.channels, *conv.size)

    def __call__(self, x: Tensor) -> Tensor:
        kernel, bias = self.source()
        if not sees(x) or not sees(kernel) or x.shape[1:] != self._size:
            return self.plain(x.to(kernel.dtype), kernel, bias)
        return _JoinedConv.apply(x, kernel, bias, self)  # type: ignore[no-any-return,no-untyped-call]

    def plain(self, x: Tensor, kernel: Tensor, bias: Tensor | None) -> Tensor:
        """The same by torch's kernels; can be differentiated any number of times."""
        pool, out = self.pool, plain(self.conv, x, kernel, bias)
        (top, bottom), (left, right) = pool.padding
        if top or bottom or left or right:
            out = F.pad(out, (left, right, top, bottom), value=-torch.inf)
        out = F.max_pool2d(out, pool.kernel, pool.strides)
        return rectified(out, pool.activation, pool.number)


class _JoinedConv(torch.autograd.Function):
    """The convolution with what follows it, and its gradients."""

    @staticmethod
    def forward(
        context: Any, x: Tensor, kernel: Tensor, bias: Tensor | None, function: PooledConvFunction
    ) -> Tensor:
        y, code = function.kernels.forward(dense_map(x), dense_weights(kernel), bias)
        if any(context.needs_input_grad):
            context.function = function
            context.save_for_backward(x, kernel, bias, code)
        return y

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Any, ...]:
        x, kernel, bias, code = context.saved_tensors
        function, wanted = context.function, context.needs_input_grad[:3]
        if torch.is_grad_enabled():  # the gradients are to have gradients, too
            given = (x, kernel, bias)
            return (*gradients_of(function.plain(*given), given, wanted, gradients[0]), None)
        g, kernels, dx = dense_map(gradients[0]), function.kernels, None
        if wanted[0]:
            dx = kernels.data(dense_weights(kernel), code, g, x)
        dw, db = kernels.filters(dense_map(x), code, g) if wanted[1] or wanted[2] else (None, None)
        dw = dw.permute(2, 3, 1, 0) if dw is not None and wanted[1] else None
        return dx, dw, db if wanted[2] else None, None
