"""Batch normalisation with Keras's moving statistics."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


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
    return F.batch_norm(x, moving_mean, moving_variance, gamma, beta, False, 0.0, epsilon)


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
    1 / sqrt(variance + epsilon), from which the variance is recovered.
    """
    out, mean, inverse = torch.native_batch_norm(x, gamma, beta, None, None, True, 0.0, epsilon)
    with torch.no_grad():
        variance = inverse.detach().to(moving_variance.dtype).pow(-2).sub_(epsilon).clamp_(min=0)
        moving_mean.lerp_(mean.detach().to(moving_mean.dtype), 1 - momentum)
        moving_variance.lerp_(variance, 1 - momentum)
    return out
