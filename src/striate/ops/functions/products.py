"""Functions that sum products: matrices, contractions, convolutions, attention, linear algebra."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from striate.ops import convolution
from striate.ops.functions.definitions import axes_of, enter, entered, floated, met
from striate.ops.layout import to_external, to_internal


@entered(2)
def matmul(x1: Tensor, x2: Tensor) -> Tensor:
    """Matrices in the last two axes, the others broadcast."""
    return torch.matmul(*met(x1, x2))


@entered(2)
def dot(x1: Tensor, x2: Tensor) -> Tensor:
    """The last axis of x1 with the last but one of x2."""
    a, b = met(x1, x2)
    if a.dim() == 0 or b.dim() == 0:
        return a * b
    out: Tensor = torch.tensordot(a, b, dims=([a.dim() - 1], [max(0, b.dim() - 2)]))
    return out


@entered(2)
def tensordot(x1: Tensor, x2: Tensor, axes: Any = 2) -> Tensor:
    """Sums over the axes named of each."""
    if not isinstance(axes, int):
        axes = [axes_of(part, x.dim()) for part, x in zip(axes, (x1, x2), strict=True)]
    out: Tensor = torch.tensordot(*met(x1, x2), dims=axes)
    return out


@entered(None)
def einsum(operands: Sequence[Tensor], subscripts: str) -> Tensor:
    """Sums of products by letters."""
    dtype = operands[0].dtype
    for x in operands[1:]:
        dtype = torch.promote_types(dtype, x.dtype)
    return torch.einsum(subscripts, *[x.to(dtype) for x in operands])


@entered(2)
def vdot(x1: Tensor, x2: Tensor) -> Tensor:
    """The sum of products of all values."""
    a, b = met(x1, x2)
    return (a.flatten() * b.flatten()).sum(dtype=a.dtype)


@entered(2)
def inner(x1: Tensor, x2: Tensor) -> Tensor:
    """Sums over the last axis of both."""
    return torch.inner(*met(x1, x2))


@entered(2)
def outer(x1: Tensor, x2: Tensor) -> Tensor:
    """Each value with each."""
    a, b = met(x1, x2)
    return torch.outer(a.flatten(), b.flatten())


@entered(2)
def kron(x1: Tensor, x2: Tensor) -> Tensor:
    """Each value times the whole of x2."""
    return torch.kron(*met(x1, x2))


@entered(2)
def cross(
    x1: Tensor,
    x2: Tensor,
    axisa: int = -1,
    axisb: int = -1,
    axisc: int = -1,
    axis: int | None = None,
) -> Tensor:
    """The vector at right angles to two, of three components."""
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = met(x1.movedim(axisa, -1), x2.movedim(axisb, -1))
    out: Tensor = torch.linalg.cross(*torch.broadcast_tensors(a, b), dim=-1).movedim(-1, axisc)
    return out


def _sizes(value: Any, rank: int) -> tuple[int, ...]:
    return (value,) * rank if isinstance(value, int) else tuple(value)


def as_last(x: Tensor, data_format: str | None) -> Tensor:
    """The tensor channels last."""
    return x.movedim(1, -1) if data_format == "channels_first" else x


def as_given(x: Tensor, data_format: str | None) -> Tensor:
    """The inverse of `as_last`."""
    return x.movedim(-1, 1) if data_format == "channels_first" else x


@entered(2)
def conv(
    inputs: Tensor,
    kernel: Tensor,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Tensor:
    """A convolution with a kernel (k..., in / groups, out)."""
    x, rank = as_last(inputs, data_format), inputs.dim() - 2
    steps, spread = _sizes(strides, rank), _sizes(dilation_rate, rank)
    groups = x.shape[-1] // kernel.shape[-2]
    out = convolution.conv(to_internal(x), kernel, None, steps, padding.lower(), spread, groups)
    return as_given(to_external(out), data_format)


@entered(2)
def depthwise_conv(
    inputs: Tensor,
    kernel: Tensor,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Tensor:
    """A convolution of each channel, with a kernel (k..., in, multiplier)."""
    x, rank = as_last(inputs, data_format), inputs.dim() - 2
    steps, spread = _sizes(strides, rank), _sizes(dilation_rate, rank)
    out = convolution.depthwise_conv(to_internal(x), kernel, None, steps, padding.lower(), spread)
    return as_given(to_external(out), data_format)


@entered(3)
def separable_conv(
    inputs: Tensor,
    depthwise_kernel: Tensor,
    pointwise_kernel: Tensor,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Tensor:
    """`depthwise_conv`, then `conv` with windows of one place."""
    out = depthwise_conv(inputs, depthwise_kernel, strides, padding, data_format, dilation_rate)
    return conv(out, pointwise_kernel, 1, "valid", data_format)


@entered(2)
def conv_transpose(
    inputs: Tensor,
    kernel: Tensor,
    strides: Any = 1,
    padding: str = "valid",
    output_padding: Any = None,
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Tensor:
    """A transposed convolution with a kernel (k..., out, in)."""
    x, rank = as_last(inputs, data_format), inputs.dim() - 2
    extra = None if output_padding is None else _sizes(output_padding, rank)
    out = convolution.conv_transpose(
        to_internal(x),
        kernel,
        None,
        _sizes(strides, rank),
        padding.lower(),
        _sizes(dilation_rate, rank),
        extra,
    )
    return as_given(to_external(out), data_format)


@entered(3)
def dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    bias: Any = None,
    mask: Any = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
) -> Tensor:
    """softmax(query . key) . value, heads on the last axis but one: (N, T, heads, D)."""
    q, k, v = (x.transpose(1, 2) for x in (query, key, value))
    scores = q @ k.transpose(-1, -2) * (scale or query.shape[-1] ** -0.5)
    if bias is not None:
        scores = scores + bias
    if attn_logits_soft_cap is not None:
        scores = torch.tanh(scores / attn_logits_soft_cap) * attn_logits_soft_cap
    if is_causal:
        scores = scores.masked_fill(
            torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).triu(1),
            -torch.inf,
        )
    if mask is not None:
        scores = scores.masked_fill(~torch.as_tensor(mask).bool(), torch.finfo(scores.dtype).min)
    return (scores.softmax(-1) @ v).transpose(1, 2)


def _of_a_matrix(function: Callable[[Tensor], Any]) -> Callable[[Tensor], Any]:
    def applied(x: Tensor) -> Any:
        out = function(floated(x))
        return out if isinstance(out, Tensor) else tuple(out)

    return applied


for _name in ("det", "inv", "eig", "eigh"):
    enter(_name, _of_a_matrix(getattr(torch.linalg, _name)))


@entered()
def cholesky(x: Tensor, upper: bool = False) -> Tensor:
    """The triangular root of a matrix."""
    out: Tensor = torch.linalg.cholesky(floated(x), upper=upper)
    return out


@entered()
def pinv(x: Tensor, rcond: float | None = None) -> Tensor:
    """The inverse as far as there is one."""
    out: Tensor = torch.linalg.pinv(floated(x)) if rcond is None else torch.linalg.pinv(x, rcond)
    return out


@entered()
def qr(x: Tensor, mode: str = "reduced") -> tuple[Tensor, Tensor]:
    """An orthogonal matrix times a triangular one."""
    return tuple(torch.linalg.qr(floated(x), mode))


@entered()
def svd(x: Tensor, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """Singular values, with the vectors on both sides."""
    if compute_uv:
        return tuple(torch.linalg.svd(floated(x), full_matrices))
    return torch.linalg.svdvals(floated(x))


@entered(2)
def solve(a: Tensor, b: Tensor) -> Tensor:
    """x of a x = b."""
    out: Tensor = torch.linalg.solve(*met(floated(a), floated(b)))
    return out


@entered(2)
def lstsq(a: Tensor, b: Tensor, rcond: float | None = None) -> Tensor:
    """x of the smallest norm of a x - b."""
    out: Tensor = torch.linalg.pinv(floated(a)) @ floated(b)
    return out


@entered(2)
def solve_triangular(a: Tensor, b: Tensor, lower: bool = False) -> Tensor:
    """x of a x = b, where a is triangular."""
    vector = b.dim() == a.dim() - 1
    out: Tensor = torch.linalg.solve_triangular(
        a, b.unsqueeze(-1) if vector else b, upper=not lower
    )
    return out.squeeze(-1) if vector else out


@entered()
def matrix_rank(x: Tensor, tol: float | None = None) -> Tensor:
    """How many rows of a matrix do not follow from the others."""
    out: Tensor = torch.linalg.matrix_rank(floated(x), tol=tol).int()
    return out


@entered(2)
def gradient(loss: Tensor, source: Tensor) -> Tensor:
    """What the sum of `loss` gains per unit of `source`, from which it was computed.

    Zeros where it does not depend on it. Both must be part of one computation with gradients.
    """
    found = torch.autograd.grad(loss.sum(), source, create_graph=True, allow_unused=True)[0]
    return torch.zeros_like(source) if found is None else found
