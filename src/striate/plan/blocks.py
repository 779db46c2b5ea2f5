"""A convolution with its pooling and activation as one step that our kernels run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from striate.kernels.block import Block
from striate.kernels.shapes import ConvShape
from striate.ops.convolution import conv
from striate.ops.pooling import max_pool

Source = Callable[[], tuple[Tensor, Tensor | None]]


class BlockFunction:
    """Runs a block; its result knows its gradients.

    Where the shape says bfloat16, input and result are; the kernel multiplies float32.

    Where the kernels cannot see the values (other types, tensors of transforms such as `vmap`, a
    program that is being recorded, autocast), and for images that are too few to be worth weights
    in a form of their own, the same is computed by torch's.

    Args:
        shape: the block's sizes.
        source: gives kernel, (H, W, C, O), and bias.
    """

    def __init__(self, shape: ConvShape, source: Source) -> None:
        self.shape, self.source = shape, source
        self.block = Block(shape)

    def __call__(self, x: Tensor) -> Tensor:
        kernel, bias = self.source()
        x = x.to(self.shape.dtype) if self.shape.half else x
        seen = sees(x, (self.shape.dtype,)) and sees(kernel) and x.shape[1:] == self._shape
        if not seen or not self.block.suits(len(x)):
            return plain(self.shape, x, kernel, bias)
        return _Joined.apply(x, kernel, bias, self.block)  # type: ignore[no-any-return,no-untyped-call]

    @property
    def _shape(self) -> tuple[int, ...]:
        return (self.shape.channels, *self.shape.size)


def plain(shape: ConvShape, x: Tensor, kernel: Tensor, bias: Tensor | None) -> Tensor:
    """The block by torch's kernels, one after the other; can be differentiated any number of times.

    Shapes: x (N, C, H, W), kernel (h, w, C, O) -> (N, O, H', W').
    """
    dtype = shape.dtype if shape.half else kernel.dtype
    x, kernel = x.to(dtype), kernel.to(dtype)
    bias = None if bias is None else bias.to(dtype)
    out = conv(x, kernel, bias, shape.strides, shape.padding, shape.dilation)
    if shape.pool == 2:
        out = max_pool(out, (2, 2), (2, 2), "valid")
    return rectified(out, shape.activation, shape.number)


def rectified(x: Tensor, activation: str, number: float) -> Tensor:
    """One of the kernels' activations by torch, with its cap or slope."""
    if activation == "relu":
        return F.relu(x)
    if activation == "capped_relu":
        return F.hardtanh(x, 0.0, number)
    return F.leaky_relu(x, number) if activation == "leaky_relu" else x


class _Joined(torch.autograd.Function):
    """The block and its gradients."""

    @staticmethod
    def forward(
        context: Any, x: Tensor, kernel: Tensor, bias: Tensor | None, block: Block
    ) -> Tensor:
        wanted = any(context.needs_input_grad)
        y, code = block.forward(dense_map(x), dense_weights(kernel), bias, wanted)
        if wanted:
            context.block = block
            context.save_for_backward(x, kernel, bias, y if block.needs_result else None, code)
        return y

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Any, ...]:
        x, kernel, bias, y, code = context.saved_tensors
        block, wanted = context.block, context.needs_input_grad[:3]
        if torch.is_grad_enabled():  # the gradients are to have gradients, too
            given = x, kernel, bias
            return (*gradients_of(plain(block.shape, *given), given, wanted, gradients[0]), None)
        g = dense_map(gradients[0])
        dx, dw, db = block.backward(dense_map(x), dense_weights(kernel), y, code, g, wanted)
        return dx, None if dw is None else dw.permute(2, 3, 1, 0), db, None


def gradients_of(
    out: Tensor, given: Sequence[Tensor | None], wanted: Sequence[bool], g: Tensor
) -> list[Tensor | None]:
    """Gradients with a graph of their own, so that they can be differentiated.

    Args:
        out: the plain form of what a kernel computed.
        given: from which.
        wanted: of which of them.
        g: gradient of the result.
    """
    asked = [t for t, want in zip(given, wanted, strict=True) if t is not None and want]
    found = iter(torch.autograd.grad(out, asked, g, create_graph=True) if asked else ())
    return [next(found) if want else None for want in wanted]


def dense_map(x: Tensor) -> Tensor:
    """(N, C, H, W) that lies in memory as (N, H, W, C)."""
    return x.contiguous(memory_format=torch.channels_last)


def dense_weights(kernel: Tensor) -> Tensor:
    """(H, W, C, O) as (O, C, H, W) that lies in memory as (O, H, W, C)."""
    return dense_map(kernel.detach().permute(3, 2, 0, 1))


def sees(x: Tensor, types: tuple[torch.dtype, ...] = (torch.float32,)) -> bool:
    """Whether kernels of ours may read a tensor, of one of some types, at its address."""
    known = type(x) in (Tensor, torch.nn.Parameter) and x.dtype in types
    return known and x.device.type == "cpu" and not x.is_neg() and not transformed()


# Each says 0, False or None while nobody looks at the operations.
LOOKERS: tuple[Callable[[], Any], ...] = (
    partial(torch.is_autocast_enabled, "cpu"),
    torch._C._are_functorch_transforms_active,
    lambda: torch.autograd.forward_ad._current_level >= 0,
    torch._C._get_tracing_state,
)


def transformed() -> bool:
    """Whether somebody looks at the operations: a transform, a recording, autocast."""
    # the first is known to torch.compile, which then need not read the others
    return torch.compiler.is_compiling() or any(looks() for looks in LOOKERS)
