"""Time per call of each layer beside the plain torch module: forward, and forward + backward.

    python benchmarks/layer_call.py [--threads 1] [--rounds 9] [--size medium] [--only Conv2D]

Every layer that torch has. Both sides get the same NHWC data in memory: ours as it is, torch's as
the channels-last view of it (1-D: a plain permuted view), its weights channels-last, too, where
torch has that layout. Values, and gradients for the input, are checked to be equal before anything
is timed; then rounds of the two alternate, so that a busy machine slows both. The number is the
median over rounds of ours / torch's: below 1, ours is faster. "small" is one sample of few values,
where a call is mostly Python; "medium" is what the middle of a small network sees. The goal is a
median over layers of at most 1.05.
"""

from __future__ import annotations

import argparse
import gc
import platform
import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

import striate
from striate import layers
from striate.ops.allocator import keep_large_blocks

GOAL = 1.05
SIZES = {  # batch, length of a sequence, side of an image, depth and side of a volume, channels
    "small": (1, 16, 8, (4, 8), 8),
    "medium": (32, 256, 28, (8, 14), 32),
}


class Pair(NamedTuple):
    """A layer of ours, torch's module for it, the shape of a batch, and how torch sees it."""

    ours: layers.Layer
    theirs: nn.Module
    shape: tuple[int, ...]
    last: bool = False  # torch's module takes channels last, as it is
    random: bool = False  # draws random numbers: cannot be compared value by value
    training: bool = False


class Sequence(nn.Module):
    """What a recurrent module of torch gives at every step, without its states."""

    def __init__(self, inner: nn.RNNBase) -> None:
        super().__init__()
        inner.batch_first = True
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.inner(x)[0]
        return out


def pairs(size: str) -> list[Pair]:
    """All layers at one size."""
    batch, length, side, (depth, width), c = SIZES[size]
    image, line = (batch, side, side, c), (batch, length, c)
    volume = (max(1, batch // 8), depth, width, width, c // 2)
    return [
        *_convolutions(c, line, image, volume),
        *_poolings(line, image, volume),
        *_resamplings(line, image, volume),
        *_normalizations(c, line, image),
        *_activations(c, image),
        Pair(layers.LSTM(c, return_sequences=True), Sequence(nn.LSTM(c, c)), line, last=True),
        Pair(layers.GRU(c, return_sequences=True), Sequence(nn.GRU(c, c)), line, last=True),
        Pair(layers.Dense(c), nn.Linear(c, c), (batch, c), last=True),
        Pair(layers.Dense(c), nn.Linear(c, c), image, last=True),
        Pair(layers.Flatten(), nn.Flatten(), image, last=True),
        Pair(layers.Dropout(0.5), nn.Dropout(0.5), image, random=True, training=True),
        Pair(layers.SpatialDropout2D(0.5), nn.Dropout2d(0.5), image, random=True, training=True),
    ]


def _convolutions(
    c: int, line: tuple[int, ...], image: tuple[int, ...], volume: tuple[int, ...]
) -> list[Pair]:
    v = volume[-1]
    separable = nn.Sequential(nn.Conv2d(c, c, 3, groups=c, bias=False), nn.Conv2d(c, c, 1))
    return [
        Pair(layers.Conv1D(c, 3), nn.Conv1d(c, c, 3), line),
        Pair(layers.Conv2D(c, 3), nn.Conv2d(c, c, 3), image),
        Pair(layers.Conv2D(c, 3, padding="same"), nn.Conv2d(c, c, 3, padding=1), image),
        Pair(layers.Conv2D(c, 1), nn.Conv2d(c, c, 1), image),
        Pair(layers.Conv2D(c, 3, strides=2), nn.Conv2d(c, c, 3, 2), image),
        Pair(layers.Conv2D(c, 3, groups=4), nn.Conv2d(c, c, 3, groups=4), image),
        Pair(layers.Conv3D(v, 3), nn.Conv3d(v, v, 3), volume),
        Pair(layers.DepthwiseConv2D(3), nn.Conv2d(c, c, 3, groups=c), image),
        Pair(layers.SeparableConv2D(c, 3), separable, image),
        Pair(layers.Conv1DTranspose(c, 2, 2), nn.ConvTranspose1d(c, c, 2, 2), line),
        Pair(layers.Conv2DTranspose(c, 2, 2), nn.ConvTranspose2d(c, c, 2, 2), image),
        Pair(layers.Conv3DTranspose(v, 2, 2), nn.ConvTranspose3d(v, v, 2, 2), volume),
    ]


def _poolings(line: tuple[int, ...], image: tuple[int, ...], volume: tuple[int, ...]) -> list[Pair]:
    return [
        Pair(layers.MaxPooling1D(), nn.MaxPool1d(2), line),
        Pair(layers.MaxPooling2D(), nn.MaxPool2d(2), image),
        Pair(layers.MaxPooling2D(3, 2), nn.MaxPool2d(3, 2), image),
        Pair(layers.MaxPooling3D(), nn.MaxPool3d(2), volume),
        Pair(layers.AveragePooling1D(), nn.AvgPool1d(2), line),
        Pair(layers.AveragePooling2D(), nn.AvgPool2d(2), image),
        Pair(layers.AveragePooling3D(), nn.AvgPool3d(2), volume),
        Pair(layers.L2Pooling2D(), nn.LPPool2d(2, 2), image),
        Pair(layers.AdaptiveMaxPooling2D(4), nn.AdaptiveMaxPool2d(4), image),
        Pair(layers.AdaptiveAveragePooling2D(4), nn.AdaptiveAvgPool2d(4), image),
        Pair(layers.AdaptiveAveragePooling3D(2), nn.AdaptiveAvgPool3d(2), volume),
        Pair(layers.GlobalAveragePooling2D(keepdims=True), nn.AdaptiveAvgPool2d(1), image),
        Pair(layers.GlobalMaxPooling2D(keepdims=True), nn.AdaptiveMaxPool2d(1), image),
    ]


def _resamplings(
    line: tuple[int, ...], image: tuple[int, ...], volume: tuple[int, ...]
) -> list[Pair]:
    smooth = nn.Upsample(scale_factor=2, mode="bilinear")
    return [
        Pair(layers.UpSampling1D(), nn.Upsample(scale_factor=2), line),
        Pair(layers.UpSampling2D(), nn.Upsample(scale_factor=2), image),
        Pair(layers.UpSampling3D(), nn.Upsample(scale_factor=2), volume),
        Pair(layers.UpSampling2D(interpolation="bilinear"), smooth, image),
        Pair(layers.ZeroPadding1D(), nn.ZeroPad1d(1), line),
        Pair(layers.ZeroPadding2D(), nn.ZeroPad2d(1), image),
        Pair(layers.ZeroPadding3D(), nn.ZeroPad3d(1), volume),
        Pair(layers.ReflectionPadding2D(), nn.ReflectionPad2d(1), image),
        Pair(layers.PixelShuffle(mode="CRD"), nn.PixelShuffle(2), image),
        Pair(layers.PixelUnshuffle(mode="CRD"), nn.PixelUnshuffle(2), image),
    ]


def _normalizations(c: int, line: tuple[int, ...], image: tuple[int, ...]) -> list[Pair]:
    return [
        Pair(layers.BatchNormalization(), nn.BatchNorm2d(c, eps=1e-3), image),
        Pair(layers.BatchNormalization(), nn.BatchNorm2d(c, eps=1e-3), image, training=True),
        Pair(layers.BatchNormalization(), nn.BatchNorm1d(c, eps=1e-3), line, training=True),
        Pair(layers.LayerNormalization(), nn.LayerNorm(c, eps=1e-3), image, last=True),
        Pair(layers.GroupNormalization(4), nn.GroupNorm(4, c, eps=1e-3), image),
        Pair(layers.RMSNormalization(), nn.RMSNorm(c, eps=1e-6), image, last=True),
    ]


def _activations(c: int, image: tuple[int, ...]) -> list[Pair]:
    named = {"gelu": nn.GELU(), "silu": nn.SiLU(), "mish": nn.Mish(), "selu": nn.SELU()}
    named |= {"tanh": nn.Tanh(), "sigmoid": nn.Sigmoid(), "softplus": nn.Softplus(threshold=40)}
    named |= {"softsign": nn.Softsign(), "relu6": nn.ReLU6(), "hard_sigmoid": nn.Hardsigmoid()}
    named |= {"hard_silu": nn.Hardswish(), "hard_tanh": nn.Hardtanh(), "celu": nn.CELU()}
    return [
        *(Pair(layers.Activation(name), module, image) for name, module in named.items()),
        Pair(layers.ReLU(), nn.ReLU(), image),
        Pair(layers.LeakyReLU(0.2), nn.LeakyReLU(0.2), image),
        Pair(layers.ELU(), nn.ELU(), image),
        Pair(layers.PReLU(shared_axes=[1, 2]), nn.PReLU(c), image),
        Pair(layers.Softmax(), nn.Softmax(-1), image, last=True),
    ]


def same_weights(pair: Pair) -> None:
    """Ours into torch's, in torch's order of axes."""
    found = {name: value.detach() for name, value in pair.ours.named_parameters()}
    wanted = _gates(*found.values()) if isinstance(pair.theirs, Sequence) else []
    for name, kernel in found.items() if not wanted else ():
        if "depthwise" in name or isinstance(pair.ours, layers.DepthwiseConv2D):
            depthwise = kernel.dim() > 1
            kernel = kernel.movedim((-2, -1), (0, 1)).flatten(0, 1) if depthwise else kernel
            kernel = kernel.unsqueeze(1) if depthwise else kernel
        elif kernel.dim() > 1:
            kernel = kernel.movedim((-1, -2), (0, 1))
        wanted.append(kernel)
    with torch.no_grad():
        for theirs, ours in zip(pair.theirs.parameters(), wanted, strict=True):
            theirs.copy_(ours.reshape(theirs.shape))
    if len(pair.shape) == 4 and not pair.last:
        pair.theirs.to(memory_format=torch.channels_last)


def _gates(kernel: Tensor, recurrent: Tensor, bias: Tensor) -> list[Tensor]:
    """Weights of LSTM or GRU in torch's order: gates outermost, of GRU reset before update."""

    def moved(weight: Tensor) -> Tensor:
        if bias.dim() == 1:  # LSTM: torch has the same gates, and a second bias
            return weight.movedim(-1, 0)
        update, reset, new = weight.movedim(-1, 0).chunk(3)
        return torch.cat([reset, update, new])

    biases = (bias, torch.zeros_like(bias)) if bias.dim() == 1 else (bias[0], bias[1])
    return [moved(w) for w in (kernel, recurrent, *biases)]


def calls(pair: Pair, backward: bool) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """Both sides as functions without arguments: the output, or the input's gradient."""
    x = torch.randn(pair.shape)
    pair.ours(x)
    same_weights(pair)
    for module in (pair.ours, pair.theirs):
        module.train(pair.training)

    def step(module: nn.Module, value: Tensor) -> Callable[[], Any]:
        leaf = value.detach().requires_grad_()
        with torch.no_grad():
            ones = torch.ones_like(module(value))

        def forward() -> Any:
            with torch.no_grad():
                return module(value)

        def both() -> Any:
            leaf.grad = None
            module(leaf).backward(ones)
            return leaf.grad

        return both if backward else forward

    return step(pair.ours, x), step(pair.theirs, x if pair.last else x.movedim(-1, 1))


def microseconds(call: Callable[[], Any], repeats: int) -> float:
    """The mean time of a call."""
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - start) / repeats * 1e6


def measured(pair: Pair, backward: bool, rounds: int, budget_ms: float) -> list[list[float]]:
    """Times of both sides, round by round, once they are known to be equal."""
    ours, theirs = calls(pair, backward)
    if not pair.random:
        right = theirs()
        right = right if pair.last else right.movedim(1, -1)
        torch.testing.assert_close(ours(), right, rtol=1e-4, atol=1e-4)
    for call in (ours, theirs, ours):
        once = microseconds(call, 3)
    repeats = max(2, min(400, int(budget_ms * 1e3 / once)))
    times: list[list[float]] = [[], []]
    for number in range(rounds):
        order = ((0, ours), (1, theirs)) if number % 2 else ((1, theirs), (0, ours))
        for side, call in order:
            times[side].append(microseconds(call, repeats))
    return times


def name_of(pair: Pair) -> str:
    """The layer with what tells it from its neighbours."""
    config = pair.ours.get_config()
    shown = [type(pair.ours).__name__, f"{len(pair.shape) - 2}d" if len(pair.shape) > 2 else ""]
    for key in ("interpolation", "activation", "kernel_size", "pool_size", "groups"):
        value = config.get(key)
        if isinstance(value, str):
            shown.append(value)
        elif isinstance(value, (list, tuple)):
            shown.append("x".join(map(str, value)))
        elif isinstance(value, int) and value > 1:
            shown.append(f"{key} {value}")
    padded = config.get("padding") == "same"
    return " ".join([*filter(None, shown), *["same"] * padded, *["training"] * pair.training])


def table(size: str, backward: bool, options: argparse.Namespace) -> None:
    """Measures and prints all layers of one size."""
    print(f"\n{size}, {'forward + backward' if backward else 'forward'}")
    ratios = []
    for pair in pairs(size):
        if not name_of(pair).startswith(options.only):
            continue
        gc.collect()
        gc.disable()
        both = measured(pair, backward, options.rounds, options.budget)
        gc.enable()
        ratios.append(statistics.median(a / b for a, b in zip(*both, strict=True)))
        shown = []
        for side in both:
            low, middle, high = statistics.quantiles(side, n=4)
            shown.append(f"{middle:8.1f} [{low:7.1f} {high:7.1f}]")
        print(f"{name_of(pair):42} {shown[0]}  torch {shown[1]}  ratio {ratios[-1]:.3f}")
    if ratios:
        print(f"median over {len(ratios)} layers {statistics.median(ratios):.3f}, goal {GOAL}")


def main() -> None:
    """Reads the arguments, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--budget", type=float, default=4.0, help="ms per side and round")
    parser.add_argument("--size", nargs="*", default=list(SIZES), choices=list(SIZES))
    parser.add_argument("--only", default="", help="layers whose name starts with this")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    print(
        f"{platform.machine()} {platform.system()}, Python {platform.python_version()}, "
        f"torch {torch.__version__}, striate {striate.__version__}, "
        f"{torch.backends.cpu.get_cpu_capability()}, {options.threads} thread(s), "
        f"{options.rounds} rounds, allocator {keep_large_blocks()}"
    )
    print("us per call, median [quartiles]; ratio: median over rounds of ours / torch's")
    for size in options.size:
        for backward in (False, True):
            table(size, backward, options)


if __name__ == "__main__":
    main()
