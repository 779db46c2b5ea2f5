"""A batch normalisation with the sum and the activation behind it as one step of our kernel."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from striate.kernels.batch_norm import BatchNorm
from striate.ops.normalization import batch_norm_training
from striate.plan.blocks import gradients_of, rectified, sees

TYPES = (torch.float32, torch.bfloat16)  # of maps
Moving = tuple[Tensor, Tensor]


class NormFunction:
    """Runs a batch normalisation in training; its result knows its gradients.

    Where the kernel cannot see the values (other types, tensors of transforms such as `vmap`, a
    program that is being recorded, autocast) the same is computed by torch's, and so while the
    layer does not train.

    Args:
        norm: the normalisation, with what follows it.
        layer: whose weights.
    """

    def __init__(self, norm: BatchNorm, layer: Any) -> None:
        self.norm, self.layer = norm, layer

    def __call__(self, x: Tensor, add: Tensor | None = None) -> Tensor:
        layer = self.layer
        if not (layer.training and layer.trainable):
            return finished(self.norm, layer.compute(x), add)
        gamma, beta = layer.affine()
        moving = layer.moving_mean, layer.moving_variance
        weights = [t for t in (gamma, beta, *moving) if t is not None]
        like = add is None or (add.shape == x.shape and add.dtype is x.dtype and sees(add, TYPES))
        known = x.numel() and like and sees(x, TYPES)
        if not known or not all(sees(t) for t in weights):
            return plain(self.norm, x, gamma, beta, add, moving)
        return _Joined.apply(x, gamma, beta, add, moving, self.norm)  # type: ignore[no-any-return,no-untyped-call]


def plain(
    norm: BatchNorm,
    x: Tensor,
    gamma: Tensor | None,
    beta: Tensor | None,
    add: Tensor | None,
    moving: Moving,
) -> Tensor:
    """The same by torch's kernels, one after the other; can be differentiated any number of times.

    Shapes: x and add (N, C, ...), the others (C,) -> (N, C, ...).
    """
    out = batch_norm_training(x, gamma, beta, *moving, norm.momentum, norm.epsilon)
    return finished(norm, out, add)


def finished(norm: BatchNorm, out: Tensor, add: Tensor | None) -> Tensor:
    """The sum and the activation."""
    return rectified(out if add is None else out + add, norm.activation, norm.number)


class _Joined(torch.autograd.Function):
    """The normalisation with what follows it, and its gradients."""

    @staticmethod
    def forward(
        context: Any,
        x: Tensor,
        gamma: Tensor | None,
        beta: Tensor | None,
        add: Tensor | None,
        moving: Moving,
        norm: BatchNorm,
    ) -> Tensor:
        wanted = any(context.needs_input_grad)
        values = _dense(x), gamma, beta, None if add is None else _dense(add)
        y, statistics, bits = norm.forward(*values, moving, wanted)
        if wanted:
            context.norm = norm
            context.save_for_backward(x, gamma, beta, statistics, bits)
        return y

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Any, ...]:
        x, gamma, beta, statistics, bits = context.saved_tensors
        norm, wanted = context.norm, context.needs_input_grad[:4]
        if torch.is_grad_enabled():  # the gradients are to have gradients, too
            return (*_again(norm, (x, gamma, beta), bits, wanted, gradients[0]), None, None)
        g, sought = _dense(gradients[0]), (wanted[0], wanted[3])
        dx, dadd, dgamma, dbeta = norm.backward(_dense(x), gamma, beta, statistics, bits, g, sought)
        return dx, dgamma if wanted[1] else None, dbeta if wanted[2] else None, dadd, None, None


def _again(
    norm: BatchNorm,
    given: tuple[Tensor, Tensor | None, Tensor | None],
    bits: Tensor | None,
    wanted: Any,
    g: Tensor,
) -> tuple[Tensor | None, ...]:
    """Gradients by the plain form, with a graph of their own; where the activation was open stays.

    Args:
        norm: the normalisation.
        given: x, gamma and beta.
        bits: where the activation was open, if a map was added.
        wanted: which gradients, of the three and of what was added.
        g: gradient of the result.
    """
    x, gamma, beta = given
    out = F.batch_norm(x, None, None, gamma, beta, True, 0.0, norm.epsilon)
    if norm.activation != "linear":
        closed = norm.number if norm.activation == "leaky_relu" else 0.0
        opened = norm.open_at(out.detach()) if bits is None else norm.opened(bits, x)
        g = torch.where(opened, g, closed * g)
    return (*gradients_of(out, given, wanted[:3], g), g if wanted[3] else None)


def _dense(x: Tensor) -> Tensor:
    """(N, C, ...) that lies in memory as (N, ..., C)."""
    last = x.movedim(1, -1)
    return x if last.is_contiguous() else last.contiguous().movedim(-1, 1)
