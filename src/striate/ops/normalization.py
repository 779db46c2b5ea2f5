"""Normalisation: by the statistics of a batch, a sample, a group, a map, or a neighbourhood."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from striate.ops.layout import to_external, to_internal


def batch_norm(
    x: Tensor,
    gamma: Tensor | None,
    beta: Tensor | None,
    moving_mean: Tensor,
    moving_variance: Tensor,
    epsilon: float,
) -> Tensor:
    """gamma (x - mean) / sqrt(variance + epsilon) + beta with the moving statistics.

    Shapes: x (N, C, ...), the others (C,).
    """
    gamma = _beside(beta) if gamma is None and beta is not None else gamma
    return F.batch_norm(x, moving_mean, moving_variance, gamma, beta, False, 0.0, epsilon)


def _beside(beta: Tensor) -> Tensor | None:
    """Ones for a gamma, on CUDA, whose kernels give beta no gradient without one."""
    return torch.ones_like(beta) if beta.is_cuda else None


def batch_norm_training(
    x: Tensor,
    gamma: Tensor | None,
    beta: Tensor | None,
    moving_mean: Tensor,
    moving_variance: Tensor,
    momentum: float,
    epsilon: float,
) -> Tensor:
    """The same with the statistics of this batch; moves the moving ones towards them.

    moving = momentum moving + (1 - momentum) batch, with the biased variance (divided by N), as
    Keras does it; torch's own `batch_norm` would move with the unbiased one. The kernel returns
    1 / sqrt(variance + epsilon), from which the variance is recovered. Of half values it sums the
    statistics up in float32, and returns them so if gamma or beta are float32.
    """
    if gamma is None and beta is None and x.dtype is not moving_variance.dtype:
        gamma = torch.ones_like(moving_variance)  # statistics are of gamma's type, or of x's
    gamma = _beside(beta) if gamma is None and beta is not None else gamma
    out, mean, inverse = torch.native_batch_norm(x, gamma, beta, None, None, True, 0.0, epsilon)
    with torch.no_grad():
        variance = inverse.detach().to(moving_variance.dtype).pow(-2).sub_(epsilon).clamp_(min=0)
        moving_mean.lerp_(mean.detach().to(moving_mean.dtype), 1 - momentum)
        moving_variance.lerp_(variance, 1 - momentum)
    return out


def layer_norm(
    x: Tensor,
    axes: Sequence[int],
    gamma: Tensor | None,
    beta: Tensor | None,
    epsilon: float,
) -> Tensor:
    """gamma (x - mean) / sqrt(variance + epsilon) + beta with the statistics over `axes`.

    Shapes: x channels last, axes counted from 0 and rising; gamma and beta have their sizes.
    """
    if trailing(axes, x.dim()):
        shape = x.shape[axes[0] :]
        return F.layer_norm(x, shape, gamma, beta, epsilon)
    wide = at_least_float32(x)
    variance, mean = torch.var_mean(wide, tuple(axes), correction=0, keepdim=True)
    factor = torch.rsqrt(variance + epsilon)
    if gamma is not None:
        factor = factor * spread(gamma, axes, x)
    out = (wide - mean) * factor
    return (out if beta is None else out + spread(beta, axes, x)).to(x.dtype)


def variance_scaling_norm(x: Tensor, axes: Sequence[int], gamma: Tensor, epsilon: float) -> Tensor:
    """gamma x / sqrt(variance + epsilon): Keras's old `rms_scaling`, which leaves the mean in."""
    wide = at_least_float32(x)
    variance = torch.var(wide, tuple(axes), correction=0, keepdim=True)
    return (wide * torch.rsqrt(variance + epsilon) * spread(gamma, axes, x)).to(x.dtype)


def group_norm(
    x: Tensor, groups: int, gamma: Tensor | None, beta: Tensor | None, epsilon: float
) -> Tensor:
    """gamma (x - mean) / sqrt(variance + epsilon) + beta, the statistics per sample and group.

    Shapes: x (N, C, ...); gamma and beta (C,). torch's kernel is the fast one on a CPU for groups
    of several channels; for graphics cards it would copy to another layout.
    """
    single = groups == x.shape[1] and x.dim() > 3
    if single or x.device.type != "cpu" or (gamma is None) != (beta is None):
        return group_norm_by_moments(x, groups, gamma, beta, epsilon)
    if x.dim() == 3:  # as an image of height 1, which keeps the channels last
        return torch.group_norm(x.unsqueeze(2), groups, gamma, beta, epsilon).squeeze(2)
    return torch.group_norm(x, groups, gamma, beta, epsilon)


def group_norm_by_moments(
    x: Tensor, groups: int, gamma: Tensor | None, beta: Tensor | None, epsilon: float
) -> Tensor:
    """`group_norm` written out, channels last throughout."""
    last = to_external(x)
    wide = at_least_float32(last).reshape(x.shape[0], -1, groups, x.shape[1] // groups)
    variance, mean = torch.var_mean(wide, (1, 3), correction=0, keepdim=True)
    factor = torch.rsqrt(variance + epsilon)
    if gamma is not None:
        factor = factor * gamma.view(groups, -1)
    offset = -mean * factor if beta is None else beta.view(groups, -1) - mean * factor
    return to_internal(torch.addcmul(offset, wide, factor).reshape(last.shape).to(x.dtype))


def rms_norm(x: Tensor, axes: Sequence[int], scale: Tensor, epsilon: float) -> Tensor:
    """scale x / sqrt(mean(x^2) + epsilon), the mean over `axes`.

    Shapes: x channels last, axes counted from 0 and rising; scale has their sizes.
    """
    if trailing(axes, x.dim()):
        return F.rms_norm(x, x.shape[axes[0] :], scale, epsilon)
    wide = at_least_float32(x)
    energy = wide.square().mean(tuple(axes), keepdim=True)
    return (wide * torch.rsqrt(energy + epsilon) * spread(scale, axes, x)).to(x.dtype)


def unit_norm(x: Tensor, axes: Sequence[int], epsilon: float = 1e-12) -> Tensor:
    """x / max(norm, epsilon), the Euclidean norm over `axes`."""
    norm: Tensor = torch.linalg.vector_norm(x, dim=tuple(axes), keepdim=True)
    return x / norm.clamp_min(epsilon)


def local_response_norm(
    x: Tensor, depth_radius: int, bias: float, alpha: float, beta: float
) -> Tensor:
    """x_i / (bias + alpha sum_j x_j^2)^beta over the channels j with abs(i - j) <= depth_radius.

    Shapes: x channels last. The sum is a mean over a window with zeros around, times its width.
    """
    width = 2 * depth_radius + 1
    rows = x.reshape(-1, 1, x.shape[-1])
    energy = F.avg_pool1d(rows.square(), width, stride=1, padding=depth_radius) * width
    return (rows * (bias + alpha * energy).pow(-beta)).reshape(x.shape)


def global_response_norm(x: Tensor, gamma: Tensor, beta: Tensor, epsilon: float) -> Tensor:
    """gamma (x n) + beta + x with n_c = g_c / (mean(g) + epsilon), g_c the norm of map c.

    Shapes: x (N, ..., C); gamma and beta (C,).
    """
    norm: Tensor = torch.linalg.vector_norm(x, dim=tuple(range(1, x.dim() - 1)), keepdim=True)
    relative = norm / (norm.mean(-1, keepdim=True) + epsilon)
    return x * (gamma * relative + 1) + beta


def largest_singular_value(matrix: Tensor, u: Tensor, iterations: int) -> tuple[Tensor, Tensor]:
    """Power iteration: the next u, and sigma = v W u^T, near the largest singular value.

    Shapes: matrix W (K, outputs), u (1, outputs) -> (1, outputs), (1, 1).
    """
    for _ in range(iterations):
        v = unit(u @ matrix.t())
        u = unit(v @ matrix)
    return u, v @ matrix @ u.t()


def unit(vector: Tensor) -> Tensor:
    """A vector divided by its norm; zeros stay zeros."""
    norm: Tensor = torch.linalg.vector_norm(vector)
    return vector / torch.where(norm == 0, torch.ones_like(norm), norm)


def standardized(kernel: Tensor, epsilon: float) -> Tensor:
    """(W - mean) / sqrt(variance + epsilon), the statistics of each output channel.

    Shapes: kernel (..., outputs), unchanged.
    """
    inputs = tuple(range(kernel.dim() - 1))
    variance, mean = torch.var_mean(kernel, inputs, correction=0, keepdim=True)
    return (kernel - mean) * torch.rsqrt(variance + epsilon)


def trailing(axes: Sequence[int], rank: int) -> bool:
    """True if `axes` are the last ones, which torch has fast kernels for."""
    return list(axes) == list(range(rank - len(axes), rank))


def spread(weight: Tensor, axes: Sequence[int], x: Tensor) -> Tensor:
    """A weight with the sizes of `axes`, shaped to go with x."""
    return weight.reshape([n if axis in axes else 1 for axis, n in enumerate(x.shape)])


def at_least_float32(x: Tensor) -> Tensor:
    """Half types as float32: sums of squares overflow or round badly in them."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
