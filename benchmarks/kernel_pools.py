"""Cases of `benchmarks.kernels`: max-pooling of windows, alone and behind a first convolution."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from striate.kernels.pooled_conv import PooledConv
from striate.kernels.shapes import ConvShape
from striate.kernels.window_pool import WindowPool

# Title, images, channels, height and width, window, stride: as they occur in SqueezeNet for images
# of 32 px, VGG-11 and the first layer of ResNet-18.
POOLS = [
    ("64x15x15x128 3 by 2", 64, 128, 15, 3, 2),
    ("64x7x7x256 3 by 2", 64, 256, 7, 3, 2),
    ("64x32x32x64 2 by 2", 64, 64, 32, 2, 2),
    ("8x112x112x64 3 by 2", 8, 64, 112, 3, 2),
]
# Title, images, channels, filters, height and width of the image; pooled by 3x3, stride 2.
FIRST = [
    ("64x32x32x3->64 k3, 3 by 2", 64, 3, 64, 32),
    ("64x28x28x1->32 k3, 3 by 2", 64, 1, 32, 28),
]

Pair = tuple[Callable[[], Tensor], Callable[[], Tensor]]


def _random(*sizes: int) -> Tensor:
    """(N, H, W, C) as (N, C, H, W)."""
    return torch.randn(sizes).permute(0, 3, 1, 2)


def _gradient(out: Tensor, leaf: Tensor, g: Tensor) -> Tensor:
    return torch.autograd.grad(out, leaf, g)[0]


def pool(images: int, channels: int, size: int, window: int, stride: int) -> Pair:
    """A forward and a backward pass with a ReLU; they return the gradient of the input."""
    torch.manual_seed(0)
    square = {"size": (size, size), "kernel": (window, window), "strides": (stride, stride)}
    ours = WindowPool(ConvShape(channels, channels, activation="relu", **square))  # type: ignore[arg-type]
    x = _random(images, size, size, channels)
    g = _random(images, *ours.shape.convolved, channels)
    leaf = x.clone().requires_grad_()

    def theirs() -> Tensor:
        with torch.enable_grad():
            return _gradient(F.relu_(F.max_pool2d(leaf, window, stride)), leaf, g)

    return lambda: ours.backward(ours.forward(x)[1], g), theirs


def first(images: int, channels: int, filters: int, size: int) -> Pair:
    """A forward and a backward pass with a ReLU; they return the gradient of the weights."""
    torch.manual_seed(0)
    conv = ConvShape(channels, filters, (size, size), (3, 3), padding=((1, 1), (1, 1)))
    pooled = ConvShape(filters, filters, (size, size), (3, 3), (2, 2), activation="relu")
    ours = PooledConv(conv, pooled)
    x, weights = _random(images, size, size, channels), _random(filters, 3, 3, channels)
    bias, g = torch.randn(filters), _random(images, *pooled.convolved, filters)
    leaf = weights.clone().requires_grad_()

    def theirs() -> Tensor:
        with torch.enable_grad():
            out = F.relu_(F.max_pool2d(F.conv2d(x, leaf, bias, padding=1), 3, 2))
            return _gradient(out, leaf, g)

    return lambda: ours.filters(x, ours.forward(x, weights, bias)[1], g)[0], theirs
