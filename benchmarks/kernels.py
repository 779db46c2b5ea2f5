"""Our own CPU kernels, one by one, beside PyTorch's best form of the same.

    python -m benchmarks.kernels direct_conv [--only 7x7] [--threads 2] [--rounds 15]

First both results are compared. Then both are timed in turn, round by round, so that a busy machine
slows both; what is printed is the median of their times and of the ratios of neighbours, with its
quartiles. A ratio above 1 means that ours is faster. Packing of weights is not part of a call.

A kernel is a row of `KERNELS`: its name, and what gives its cases.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks import kernel_depthwise, kernel_norms, kernel_pools
from benchmarks.machine import chip
from striate.kernels import filter_gradient, pooled_backward, strided_gradient, winograd_filter
from striate.kernels.block import obstacle
from striate.kernels.conv import ConvKernel, does, new_map
from striate.kernels.filter_gradient import FilterGradient
from striate.kernels.pooled_backward import PooledBackward
from striate.kernels.shapes import ConvShape
from striate.kernels.strided_gradient import StridedGradient
from striate.kernels.winograd_filter import WinogradFilterGradient
from striate.plan.blocks import BlockFunction

LEAST_S = 2e-3  # of a measurement: as many calls as that takes
WARM_UPS = 3


@dataclass(frozen=True)
class Case:
    """Something that a kernel and PyTorch both do.

    Args:
        title: what.
        ours, theirs: do it, and return its result.
        near: the largest difference of the results, as a share of the largest value.
        flops: of a call, where counting them makes sense.
    """

    title: str
    ours: Callable[[], Tensor]
    theirs: Callable[[], Tensor]
    near: float
    flops: float = 0.0


SAME, SAME7 = ((1, 1), (1, 1)), ((3, 3), (3, 3))


def _conv(
    channels: int, filters: int, size: int, kernel: int, stride: int = 1, **rest: Any
) -> ConvShape:
    around = kernel // 2
    padding = rest.pop("padding", ((around, around), (around, around)))
    square = {"size": (size, size), "kernel": (kernel, kernel), "strides": (stride, stride)}
    rest = {"activation": "relu", **square, **rest}
    return ConvShape(channels, filters, padding=padding, **rest)


_NONE, _BEHIND = ((0, 0), (0, 0)), ((0, 1), (0, 1))

# Blocks of networks: images, sizes. The first nine are small networks of the guides.
BLOCKS: dict[str, tuple[int, ConvShape]] = {
    "i 64x28x28x1->64 k3 pool": (64, _conv(1, 64, 28, 3, padding=_NONE, pool=2)),
    "ii 64x13x13x64->64 k3 pool": (64, _conv(64, 64, 13, 3, padding=_NONE, pool=2)),
    "iii 64x5x5x64->128 k3": (64, _conv(64, 128, 5, 3, padding=_NONE)),
    "iv 32x28x28x1->64 k7 same pool": (32, _conv(1, 64, 28, 7, pool=2)),
    "v 32x14x14x128->128 k3 same pool": (32, _conv(128, 128, 14, 3, pool=2)),
    "vi 32x14x14x64->128 k3 same": (32, _conv(64, 128, 14, 3)),
    "vii 32x7x7x256->256 k3 same pool": (32, _conv(256, 256, 7, 3, pool=2)),
    "viii 32x28x28x16->16 k3 same pool": (32, _conv(16, 16, 28, 3, pool=2)),
    "ix 64x32x32x64->64 k3 same": (64, _conv(64, 64, 32, 3)),
    "colours 64x32x32x3->32 k3 same": (64, _conv(3, 32, 32, 3)),
    "ResNet 8x224x224x3->64 k7 by 2": (8, _conv(3, 64, 224, 7, 2)),
    "ResNet 8x56x56x64->64 1x1": (8, _conv(64, 64, 56, 1)),
    "ResNet 8x56x56x64->256 1x1": (8, _conv(64, 256, 56, 1)),
    "ResNet 8x56x56x256->64 1x1": (8, _conv(256, 64, 56, 1)),
    "ResNet 8x56x56x64->64 k3": (8, _conv(64, 64, 56, 3)),
    "ResNet 8x56x56x256->512 1x1 by 2": (8, _conv(256, 512, 56, 1, 2)),
    "ResNet 8x56x56x128->128 k3 by 2": (8, _conv(128, 128, 56, 3, 2)),
    "ResNet 8x28x28x512->128 1x1": (8, _conv(512, 128, 28, 1)),
    "ResNet 8x14x14x1024->256 1x1": (8, _conv(1024, 256, 14, 1)),
    "ResNet 8x14x14x256->256 k3": (8, _conv(256, 256, 14, 3)),
    "ResNet 8x7x7x512->512 k3": (8, _conv(512, 512, 7, 3)),
    "ResNet 8x7x7x512->2048 1x1": (8, _conv(512, 2048, 7, 1)),
    "ResNet 8x7x7x2048->512 1x1": (8, _conv(2048, 512, 7, 1)),
    "MobileNet 8x224x224x3->32 k3 by 2": (8, _conv(3, 32, 224, 3, 2)),
    "MobileNet 8x112x112x16->96 1x1": (8, _conv(16, 96, 112, 1)),
    "MobileNet 8x56x56x144->24 1x1": (8, _conv(144, 24, 56, 1)),
    "MobileNet 8x14x14x384->64 1x1": (8, _conv(384, 64, 14, 1)),
    "MobileNet 8x7x7x320->1280 1x1": (8, _conv(320, 1280, 7, 1)),
    "SqueezeNet 64x15x15x128->16 1x1": (64, _conv(128, 16, 15, 1)),
    "SqueezeNet 64x15x15x16->64 1x1": (64, _conv(16, 64, 15, 1)),
    "SqueezeNet 64x7x7x256->32 1x1": (64, _conv(256, 32, 7, 1)),
    "SqueezeNet 64x3x3x64->256 1x1": (64, _conv(64, 256, 3, 1)),
    "dense 256x1152->128": (256, _conv(1152, 128, 1, 1)),
    "dense 256x128->10": (256, _conv(128, 10, 1, 1, activation="linear")),
    "dense 64x25088->512": (64, _conv(25088, 512, 1, 1)),
    "one image: 28x28x1->64 k3 pool": (1, _conv(1, 64, 28, 3, padding=_NONE, pool=2)),
    "one image: 13x13x64->64 k3 pool": (1, _conv(64, 64, 13, 3, padding=_NONE, pool=2)),
    "one image: 224x224x3->64 k7 by 2": (1, _conv(3, 64, 224, 7, 2)),
    "one image: 56x56x64->64 k3": (1, _conv(64, 64, 56, 3)),
    "one image: 56x56x64->256 1x1": (1, _conv(64, 256, 56, 1)),
    "one image: 14x14x1024->256 1x1": (1, _conv(1024, 256, 14, 1)),
    "one image: 14x14x256->256 k3": (1, _conv(256, 256, 14, 3)),
    "one image: 7x7x512->512 k3": (1, _conv(512, 512, 7, 3)),
    "one image: 7x7x2048->512 1x1": (1, _conv(2048, 512, 7, 1)),
    "one image: dense 2048->1000": (1, _conv(2048, 1000, 1, 1, activation="linear")),
    "one image: dense 1152->128": (1, _conv(1152, 128, 1, 1)),
}


def forward(name: str, near: float) -> Callable[[], Iterator[Case]]:
    """The cases of a convolution kernel, of those `BLOCKS` that it does."""

    def cases() -> Iterator[Case]:
        for title, (images, shape) in BLOCKS.items():
            if does(name, shape):
                yield _forward(name, title, images, shape, near)

    return cases


def _forward(name: str, title: str, images: int, shape: ConvShape, near: float) -> Case:
    torch.manual_seed(0)
    x = new_map(images, shape.channels, shape.size).normal_()
    weights = new_map(shape.filters, shape.channels, shape.kernel).normal_()
    weights *= (shape.channels * shape.kernel[0] * shape.kernel[1]) ** -0.5
    bias, kernel = torch.randn(shape.filters), ConvKernel(name, shape)
    packed, y = kernel.pack(weights), new_map(images, shape.filters, shape.result)
    flops = 2.0 * shape.macs * images
    theirs = _linear if shape.size == (1, 1) else _block
    return Case(
        title,
        lambda: kernel(x, packed, bias, y=y),
        lambda: theirs(shape, x, weights, bias),
        near,
        flops,
    )


def _linear(shape: ConvShape, x: Tensor, weights: Tensor, bias: Tensor) -> Tensor:
    found = F.linear(x.flatten(1), weights.flatten(1), bias)
    found = found.relu_() if shape.activation == "relu" else found
    return found[:, :, None, None]


def _block(shape: ConvShape, x: Tensor, weights: Tensor, bias: Tensor) -> Tensor:
    """The fastest order of PyTorch's own: pool first, then a ReLU in place."""
    x, padding = _padded(shape, x)
    found = F.conv2d(x, weights, bias, shape.strides, padding)
    if shape.pool == 2:
        found = F.max_pool2d(found, 2)
    return found.relu_() if shape.activation == "relu" else found


def _padded(shape: ConvShape, x: Tensor) -> tuple[Tensor, list[int]]:
    """The input and the zeros that PyTorch is told of: alike on both sides, or added before."""
    (top, bottom), (left, right) = shape.padding
    if (top, left) == (bottom, right):
        return x, [top, left]
    return F.pad(x, (left, right, top, bottom)), [0, 0]


# First layers and small layers, for their gradients.
SMALL: dict[str, tuple[int, ConvShape]] = {
    "64x5x5x64->64 k3": (64, _conv(64, 64, 5, 3, padding=_NONE)),
    "32x28x28x1->16 k3 same": (32, _conv(1, 16, 28, 3)),
    "64x32x32x16->32 k3 by 2": (64, _conv(16, 32, 32, 3, 2)),
    "64x32x32x16->32 1x1 by 2": (64, _conv(16, 32, 32, 1, 2)),
    "64x28x28x1->32 k5 pool": (64, _conv(1, 32, 28, 5, padding=_NONE, pool=2)),
    "64x32x32x3->32 k3 same pool": (64, _conv(3, 32, 32, 3, pool=2)),
    "32x4x4x512->512 k3 same pool": (32, _conv(512, 512, 4, 3, pool=2)),
    "32x14x14x32->32 k3 by 2 same": (32, _conv(32, 32, 14, 3, 2, padding=_BEHIND)),
    "32x7x7x32->32 k3 by 2": (32, _conv(32, 32, 7, 3, 2)),
    "128x32x32x16->32 k3 by 2 same": (128, _conv(16, 32, 32, 3, 2, padding=_BEHIND)),
}


Filters = type[FilterGradient] | type[WinogradFilterGradient]


def backward(
    kernel: ModuleType, plain: Filters | None = None, data: bool = False
) -> Callable[[], Iterator[Case]]:
    """The cases of a gradient: of the weights and the bias, or of the input.

    Args:
        kernel: the file that says which shapes are suitable.
        plain: what computes it where there is no pooling; None: it is that behind pooling.
        data: whether it is that of the input.
    """

    def cases() -> Iterator[Case]:
        for title, (images, shape) in {**BLOCKS, **SMALL}.items():
            if kernel.suitable(shape) and (data or (shape.pool == 2) == (plain is None)):
                yield _backward(title, images, shape, plain, data)

    return cases


def _backward(title: str, images: int, shape: ConvShape, plain: Filters | None, data: bool) -> Case:
    """PyTorch's is that of its convolution, pooling and ReLU one by one, without autograd."""
    torch.manual_seed(0)
    aten = torch.ops.aten
    x = new_map(images, shape.channels, shape.size).normal_()
    weights = new_map(shape.filters, shape.channels, shape.kernel).normal_()
    weights *= (shape.channels * shape.kernel[0] * shape.kernel[1]) ** -0.5
    wide, padding = _padded(shape, x)
    conv = F.conv2d(wide, weights, torch.full((shape.filters,), 0.2), shape.strides, padding)
    y, winner = F.max_pool2d(conv, 2, return_indices=True) if shape.pool == 2 else (conv, None)
    y = F.relu(y)
    g = new_map(images, shape.filters, shape.result).normal_()

    def theirs() -> Tensor:
        dense = aten.threshold_backward(g, y, 0)
        if winner is not None:
            pool = ([2, 2], [2, 2], [0, 0], [1, 1], False, winner)
            dense = aten.max_pool2d_with_indices_backward(dense, conv, *pool)
        return _by_torch(shape, x, weights, dense, data)

    flops = 2.0 * shape.macs * images
    if plain is not None:
        filters = plain(shape)
        return Case(title, lambda: filters(x, g, y)[0], theirs, 1e-5, flops)
    if shape.pool == 1:
        strided = StridedGradient(shape)
        return Case(title, lambda: strided(g, strided.pack(weights), y), theirs, 1e-5, flops)
    assert winner is not None  # there is pooling
    columns = shape.convolved[1]
    code = (winner // columns % 2 * 2 + winner % columns % 2).to(torch.uint8)
    code[y <= 0] = 4
    pooled = PooledBackward(shape)
    if data:
        return Case(title, lambda: pooled.data(weights, code, g), theirs, 1e-5, flops)
    return Case(title, lambda: pooled.filters(x, code, g)[0], theirs, 1e-5, flops)


def _by_torch(shape: ConvShape, x: Tensor, weights: Tensor, g: Tensor, data: bool) -> Tensor:
    """The gradient of the input, or of the weights, from that of the convolution."""
    wide, padding = _padded(shape, x)
    places = (list(shape.strides), padding, list(shape.dilation), False, [0, 0], 1)
    wanted = [data, not data, not data]
    found = torch.ops.aten.convolution_backward(g, wide, weights, [shape.filters], *places, wanted)
    (top, _), (left, _) = shape.padding
    if not data or wide is x:
        return found[1 - data]  # type: ignore[no-any-return]
    height, width = shape.size
    return found[0][:, :, top : top + height, left : left + width]  # type: ignore[no-any-return]


# A kernel's name, and what gives its cases.
def blocks() -> Iterator[Case]:
    """Forward and backward of a training step's blocks, beside torch's in the best order."""
    for title, (images, shape) in {**BLOCKS, **SMALL}.items():
        if not obstacle(shape):
            yield _whole(title, images, shape)


def _whole(title: str, images: int, shape: ConvShape) -> Case:
    """The gradient of the weights: for it, all of both passes must run."""
    torch.manual_seed(0)
    x = torch.randn(images, *shape.size, shape.channels).permute(0, 3, 1, 2).requires_grad_()
    kernel = torch.randn(shape.filters, *shape.kernel, shape.channels).permute(1, 2, 3, 0)
    kernel = (kernel / shape.channels).requires_grad_()
    bias = torch.randn(shape.filters, requires_grad=True)
    g = torch.randn(images, *shape.result, shape.filters).permute(0, 3, 1, 2)
    run = BlockFunction(shape, lambda: (kernel, bias))

    def plain(x: Tensor) -> Tensor:
        return _block(shape, x, kernel.permute(3, 2, 0, 1), bias)

    def step(forward: Callable[[Tensor], Tensor]) -> Tensor:
        with torch.enable_grad():
            return torch.autograd.grad(forward(x), (kernel, bias, x), g)[0]

    flops = 6.0 * images * shape.macs
    # a gradient that goes to another of four nearly equal values moves a whole term
    return Case(title, lambda: step(run), lambda: step(plain), 2e-2, flops)


def norms() -> Iterator[Case]:
    """Batch normalisation, forward and backward."""
    for title, *row in kernel_norms.ROWS:
        # torch rounds sums and results on the way, and so flips some masks of bfloat16 values
        yield Case(title, *kernel_norms.pair(*row), 1e-5 if row[-1] is torch.float32 else 0.5)


def depthwise() -> Iterator[Case]:
    """The cases of the depthwise convolution of inference, and of a training step."""
    for title, *row in kernel_depthwise.ROWS:
        yield Case(title, *kernel_depthwise.pair(*row), 1e-5)
    for title, *row in kernel_depthwise.TRAINED:
        near = 1e-5 if row[-1] is torch.float32 else 2e-2  # torch rounds weights, too
        yield Case(title, *kernel_depthwise.trained(*row), near)


def pools() -> Iterator[Case]:
    """Forward and backward of max-poolings, and of first convolutions with one."""
    for title, *sizes in kernel_pools.POOLS:
        yield Case(title, *kernel_pools.pool(*sizes), 1e-6)
    for title, *sizes in kernel_pools.FIRST:
        yield Case(title, *kernel_pools.first(*sizes), 1e-5)


KERNELS: dict[str, Callable[[], Iterator[Case]]] = {
    "direct_conv": forward("direct_conv", 1e-5),
    "direct_conv_bf16": forward("direct_conv_bf16", 2e-2),
    "winograd_conv": forward("winograd_conv", 1e-5),
    "filter_gradient": backward(filter_gradient, FilterGradient),
    "winograd_filter": backward(winograd_filter, WinogradFilterGradient),
    "blocks": blocks,
    "pooled_backward": backward(pooled_backward),
    "pooled_backward_data": backward(pooled_backward, data=True),
    "strided_gradient": backward(strided_gradient, data=True),
    "batch_norm": norms,
    "depthwise_conv": depthwise,
    "window_pool": pools,
}


def checked(case: Case) -> None:
    """Ends the program if both results are not alike."""
    ours, theirs = case.ours().clone(), case.theirs()
    gap = (ours - theirs).abs().max().item() / theirs.abs().max().item()
    if not gap <= case.near:
        raise SystemExit(f"{case.title}: results differ by {gap:.2g} of the largest value")


def seconds(call: Callable[[], Tensor], count: int) -> float:
    """The mean time of so many calls."""
    start = time.perf_counter()
    for _ in range(count):
        call()
    return (time.perf_counter() - start) / count


def measured(case: Case, rounds: int) -> tuple[list[float], list[float]]:
    """Times of both, in turn."""
    for call in (case.ours, case.theirs):
        seconds(call, WARM_UPS)
    slower = max(seconds(case.ours, 1), seconds(case.theirs, 1))
    count = max(1, round(LEAST_S / slower))
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(seconds(case.ours, count))
        theirs.append(seconds(case.theirs, count))
    return ours, theirs


def line(case: Case, ours: list[float], theirs: list[float]) -> str:
    """A case's row: times, how much faster, and how many floating-point operations a second."""
    low, middle, high = statistics.quantiles([t / o for o, t in zip(ours, theirs, strict=True)])
    mine = statistics.median(ours)
    rate = f"{case.flops / mine / 1e9:5.0f} GFLOP/s" if case.flops else ""
    times = f"{mine * 1e3:8.3f} {statistics.median(theirs) * 1e3:8.3f}"
    return f"{case.title:34s}{times}   {middle:5.2f} [{low:5.2f} {high:5.2f}]  {rate}"


def main() -> None:
    """Prints the machine, then a line per case."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("kernel", choices=KERNELS)
    options.add_argument("--only", default="", help="cases whose titles have this text")
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--rounds", type=int, default=15)
    arguments = options.parse_args()
    torch.set_num_threads(arguments.threads)
    print(f"{chip('cpu')}, {arguments.threads} threads, torch {torch.__version__}", end="; ")
    print(f"{arguments.rounds} rounds, medians; ms")
    print(f"{arguments.kernel:34s}{'ours':>8s} {'torch':>8s}   ratio [quartiles]")
    with torch.no_grad():
        for case in KERNELS[arguments.kernel]():
            if arguments.only in case.title:
                checked(case)
                print(line(case, *measured(case, arguments.rounds)), flush=True)


if __name__ == "__main__":
    main()
