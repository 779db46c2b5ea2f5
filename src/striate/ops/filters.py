"""Weighted sums over the neighbours of each pixel, with weights of each image's own."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def gaussian_weights(sigma: Tensor, taps: int) -> Tensor:
    """exp(-d^2 / (2 sigma^2)) at the distances d of `taps` neighbours, scaled to the sum 1.

    Shapes: sigma (N,) -> (N, taps).
    """
    distance = torch.arange(taps, dtype=sigma.dtype, device=sigma.device) - (taps - 1) / 2
    weights = torch.exp(-0.5 * (distance / sigma.clamp_min(1e-6)[:, None]) ** 2)
    return weights / weights.sum(dim=1, keepdim=True)


def weigh_along(x: Tensor, weights: Tensor, dim: int) -> Tensor:
    """Correlates one spatial axis with each image's own weights; beyond the border are zeros.

    Neighbours are added in turn, each a shifted view: a convolution would take the images of a
    batch as groups of one, which copies them into another layout.

    Shapes: x (N, C, H, W); weights (N, taps), taps odd; dim 2 or 3 -> (N, C, H, W).
    """
    size, taps = x.shape[dim], weights.shape[1]
    reach = taps // 2
    w = weights.to(x.dtype)[:, :, None, None, None]
    out = x * w[:, reach]
    for step in range(1, min(reach, size - 1) + 1):
        before, after = (x.narrow(dim, start, size - step) for start in (0, step))
        out.narrow(dim, step, size - step).addcmul_(before, w[:, reach - step])
        out.narrow(dim, 0, size - step).addcmul_(after, w[:, reach + step])
    return out


def gaussian_blur(x: Tensor, kernel_size: tuple[int, int], down: Tensor, across: Tensor) -> Tensor:
    """Blurs each image with standard deviations of its own; beyond the border are zeros.

    Shapes: x (N, C, H, W); down, across (N,), in pixels -> (N, C, H, W).
    """
    blurred = weigh_along(x, gaussian_weights(down, kernel_size[0]), 2)
    return weigh_along(blurred, gaussian_weights(across, kernel_size[1]), 3)


def blur_planes(x: Tensor, sigma: Tensor, taps: int) -> Tensor:
    """`gaussian_blur` for tensors in NCHW order: one convolution with a group per plane.

    Wide kernels are faster this way, where the layout fits.

    Shapes: x (N, C, H, W), contiguous; sigma (N,) -> (N, C, H, W).
    """
    planes = x.shape[0] * x.shape[1]
    weights = gaussian_weights(sigma, taps).repeat_interleave(x.shape[1], dim=0)[:, None]
    flat, half = x.view(1, planes, *x.shape[2:]), taps // 2
    with torch.autocast(x.device.type, enabled=False):  # places of pixels need all their digits
        flat = F.conv2d(flat, weights[..., None], padding=(half, 0), groups=planes)
        flat = F.conv2d(flat, weights[:, :, None], padding=(0, half), groups=planes)
    return flat.view(x.shape)


def smooth(x: Tensor) -> Tensor:
    """The mean of each 3 x 3 window in which the middle counts five times; zeros beyond.

    Shapes: (N, C, H, W) -> (N, C, H, W).
    """
    ones = x.new_ones((1, 3))
    return (weigh_along(weigh_along(x, ones, 2), ones, 3) + 4.0 * x) / 13.0
