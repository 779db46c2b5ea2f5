"""Convolutions against their slow definitions in `tests/oracle.py`."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from striate.graph import window
from striate.ops import convolution
from striate.ops.layout import to_external, to_internal
from tests import oracle

pytestmark = pytest.mark.torch


def drawn(seed: int, rank: int) -> dict:
    """Sizes, kernel, strides, dilation and channels of one random case."""
    rng = np.random.default_rng([seed, rank])
    most = (14, 9, 5)[rank - 1]
    strides = tuple(int(n) for n in rng.integers(1, 5, rank))
    rate = 1 if max(strides) > 1 and seed % 3 else 2
    return {
        "size": tuple(int(n) for n in rng.integers(1, most, rank)),
        "kernel": tuple(int(n) for n in rng.integers(1, 6 if rank < 3 else 4, rank)),
        "strides": strides,
        "dilation": tuple(int(n) for n in rng.integers(1, rate + 1, rank)),
        "channels": (int(rng.integers(1, 4)), int(rng.integers(1, 4))),
        "padding": ("same", "valid")[int(rng.integers(2))],
        "extra": tuple(int(rng.integers(0, s)) for s in strides) if rng.random() < 0.4 else None,
    }


def numbers(seed: int, *shape: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape))


def close(ours: torch.Tensor, wanted: np.ndarray) -> None:
    np.testing.assert_allclose(to_external(ours).numpy(), wanted, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_a_transposed_convolution_is_the_gradient_of_a_convolution(rank: int) -> None:
    compared = 0
    for seed in range(60):
        c = drawn(seed, rank)
        axes = zip(c["size"], c["kernel"], c["strides"], c["dilation"], strict=True)
        extra = c["extra"] or (None,) * rank
        size = [
            window.transposed_output_size(n, k, s, d, c["padding"], o)
            for (n, k, s, d), o in zip(axes, extra, strict=True)
        ]
        x = numbers(seed, 2, *c["size"], c["channels"][0])
        kernel = numbers(seed + 1, *c["kernel"], *reversed(c["channels"]))
        bias = numbers(seed + 2, c["channels"][1])
        if min(size) < 1:
            continue
        steps = c["strides"], c["padding"], c["dilation"]
        wanted = oracle.conv_transpose(x.numpy(), kernel.numpy(), size, *steps)
        if wanted is not None:
            ours = convolution.conv_transpose(to_internal(x), kernel, bias, *steps, c["extra"])
            close(ours, wanted + bias.numpy())
            compared += 1
    assert compared >= 45


@pytest.mark.parametrize("padding", ["causal", "full"])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_causal_and_full_padding_are_their_definitions(rank: int, padding: str) -> None:
    for seed in range(20):
        c = drawn(seed, rank)
        x = numbers(seed, 2, *c["size"], c["channels"][0])
        kernel = numbers(seed + 1, *c["kernel"], *c["channels"])
        steps = c["strides"], padding, c["dilation"]
        wanted = oracle.conv(x.numpy(), kernel.numpy(), None, *steps)
        close(convolution.conv(to_internal(x), kernel, None, *steps), wanted)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_full_padding_with_stride_one_is_the_convolution_of_signals(rank: int) -> None:
    """n + m - 1 values, and with the kernel flipped those of the mathematical convolution."""
    x, kernel = numbers(0, *(5,) * rank), numbers(1, *(3,) * rank)
    flipped = kernel.flip(tuple(range(rank)))[..., None, None]
    ones = (1,) * rank
    ours = convolution.conv(x[None, None], flipped, None, ones, "full", ones)[0, 0]
    wanted = np.zeros((7,) * rank)
    for at in np.ndindex(kernel.shape):
        wanted[tuple(slice(a, a + 5) for a in at)] += x.numpy() * float(kernel[at])
    np.testing.assert_allclose(ours.numpy(), wanted, atol=1e-12)


@pytest.mark.parametrize("rank", [1, 2])
def test_a_depthwise_convolution_is_one_group_per_channel(rank: int) -> None:
    for seed in range(20):
        c = drawn(seed, rank)
        channels, multiplier = c["channels"]
        x = numbers(seed, 2, *c["size"], channels)
        kernel = numbers(seed + 1, *c["kernel"], channels, multiplier)
        steps = c["strides"], "same", c["dilation"]
        grouped = kernel.reshape(*c["kernel"], 1, channels * multiplier)
        wanted = oracle.conv(x.numpy(), grouped.numpy(), None, *steps, groups=channels)
        close(convolution.depthwise_conv(to_internal(x), kernel, None, *steps), wanted)


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("padding", ["same", "valid"])
def test_a_local_convolution_has_a_kernel_per_position(rank: int, padding: str) -> None:
    for seed in range(20):
        c = drawn(seed, rank)
        axes = zip(c["size"], c["kernel"], c["strides"], strict=True)
        shape = [window.output_size(n, k, s, 1, padding) for n, k, s in axes]
        if min(shape) < 1:
            continue
        x = numbers(seed, 2, *c["size"], c["channels"][0])
        values = int(np.prod(c["kernel"])) * c["channels"][0]
        kernel = numbers(seed + 1, int(np.prod(shape)), values, c["channels"][1])
        bias = numbers(seed + 2, *shape, c["channels"][1]) if seed % 2 else None
        steps = c["kernel"], c["strides"], padding
        known = None if bias is None else bias.numpy()
        wanted = oracle.local_conv(x.numpy(), kernel.numpy(), known, *steps)
        close(convolution.local_conv(to_internal(x), kernel, bias, *steps), wanted)
