"""A depthwise convolution as one step of our kernels, for training."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from striate.kernels.depthwise import Depthwise
from striate.kernels.shapes import ConvShape
from striate.ops.convolution import depthwise_conv
from striate.plan.blocks import Source, dense_map, gradients_of, sees


class DepthwiseFunction:
    """Runs a depthwise convolution; its result knows its gradients.

    Where the kernels cannot see the values the same is computed by torch's, as in `plan.blocks`.

    Args:
        shape: its sizes.
        source: gives kernel, (H, W, C, 1), and bias.
    """

    def __init__(self, shape: ConvShape, source: Source) -> None:
        self.shape, self.source = shape, source
        self.kernels = Depthwise(shape)

    def __call__(self, x: Tensor) -> Tensor:
        kernel, bias = self.source()
        x = x.to(self.shape.dtype) if self.shape.half else x
        known = sees(x, (self.shape.dtype,)) and sees(kernel)
        if not known or x.shape[1:] != (self.shape.channels, *self.shape.size):
            return plain(self.shape, x, kernel, bias)
        return _Joined.apply(x, kernel, bias, self.kernels)  # type: ignore[no-any-return,no-untyped-call]


def plain(shape: ConvShape, x: Tensor, kernel: Tensor, bias: Tensor | None) -> Tensor:
    """The same by torch's kernel; can be differentiated any number of times.

    Shapes: x (N, C, H, W), kernel (h, w, C, 1) -> (N, C, H', W').
    """
    dtype = shape.dtype if shape.half else kernel.dtype
    x, kernel = x.to(dtype), kernel.to(dtype)
    bias = None if bias is None else bias.to(dtype)
    return depthwise_conv(x, kernel, bias, shape.strides, shape.padding, shape.dilation)


class _Joined(torch.autograd.Function):
    """The convolution and its gradients."""

    @staticmethod
    def forward(
        context: Any, x: Tensor, kernel: Tensor, bias: Tensor | None, kernels: Depthwise
    ) -> Tensor:
        if any(context.needs_input_grad):
            context.kernels = kernels
            context.save_for_backward(x, kernel, bias)
        return kernels.forward(dense_map(x), _windows(kernel), bias)

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Any, ...]:
        x, kernel, bias = context.saved_tensors
        kernels, wanted = context.kernels, context.needs_input_grad[:3]
        if torch.is_grad_enabled():  # the gradients are to have gradients, too
            given = x, kernel, bias
            return (*gradients_of(plain(kernels.shape, *given), given, wanted, gradients[0]), None)
        g = dense_map(gradients[0])
        dx = kernels.data(_windows(kernel), g) if wanted[0] else None
        dw = db = None
        if wanted[1] or wanted[2]:
            windows, db = kernels.filters(dense_map(x), g)
            dw = _like_kernel(windows)
        return dx, dw if wanted[1] else None, db if wanted[2] else None, None


def _windows(kernel: Tensor) -> Tensor:
    """(H, W, C, 1) as (H, W, C) without gaps."""
    return kernel.detach()[..., 0].contiguous()


def _like_kernel(windows: Tensor) -> Tensor:
    """(H, W, C) as (H, W, C, 1) that lies in memory as a layer's kernel, (C, 1, H, W)."""
    return windows.permute(2, 0, 1).contiguous().permute(1, 2, 0)[..., None]
