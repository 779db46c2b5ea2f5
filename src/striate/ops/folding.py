"""Batch normalisation as a factor and an offset per channel, for weights that take it in."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor


def batch_norm_affine(
    gamma: Tensor | None,
    beta: Tensor | None,
    moving_mean: Tensor,
    moving_variance: Tensor,
    epsilon: float,
) -> tuple[Tensor, Tensor]:
    """Scale a and shift c of a normalisation with moving statistics: it is a x + c. In float64.

    a = gamma / sqrt(variance + epsilon), c = beta - mean a.

    References: Jacob et al. (2018), section 3.2, https://arxiv.org/abs/1712.05877
    """
    scale = (moving_variance.detach().double() + epsilon).rsqrt()
    if gamma is not None:
        scale = scale * gamma.detach().double()
    shift = -moving_mean.detach().double() * scale
    return scale, shift if beta is None else shift + beta.detach().double()


# How a scale per output channel lies along a kernel: its last axis, but for these.
_PLACES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "DepthwiseConv": lambda scale, kernel: scale.reshape(kernel.shape[-2:]),
    "ConvTranspose": lambda scale, kernel: scale[:, None],
}


def scaled_kernel(kind_name: str, scale: Tensor, kernel: Tensor) -> Tensor:
    """`scale`, one per output channel, in a shape that multiplies a kernel of this kind."""
    name = kind_name.replace("1D", "").replace("2D", "").replace("3D", "")
    for part, placed in _PLACES.items():
        if part in name:
            return placed(scale, kernel)
    return scale
