"""A chain of blocks gives what its blocks give one by one."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from striate.errors import KernelError
from striate.kernels import library
from striate.kernels.block import Block
from striate.kernels.chain import Chain, gives_gradient, suitable
from striate.kernels.conv import new_gradients, new_map
from striate.kernels.shapes import ConvShape
from tests.kernels.test_pooled_backward import guarded

pytestmark = [
    pytest.mark.torch,
    pytest.mark.native,
    pytest.mark.skipif(bool(library.missing()), reason=f"no kernels: {library.missing()}"),
]

SAME, BEHIND = ((1, 1), (1, 1)), ((0, 1), (0, 1))


def conv(channels: int, filters: int, size: int, stride: int = 1, pool: int = 1) -> ConvShape:
    padding = SAME if stride == 1 or size % 2 else BEHIND
    sizes = ((size, size), (3, 3), (stride, stride))
    return ConvShape(channels, filters, *sizes, padding=padding, pool=pool, activation="relu")


def dense(channels: int, units: int, activation: str = "relu") -> ConvShape:
    return ConvShape(channels, units, (1, 1), (1, 1), activation=activation)


CHAINS = {
    "strided": [conv(1, 32, 14, 2), conv(32, 24, 7, 2), conv(24, 20, 4, 2)],
    "pooled": [conv(3, 16, 13), conv(16, 32, 13, pool=2), conv(32, 20, 6, pool=2)],
    "winograd": [conv(8, 64, 12), conv(64, 64, 12), conv(64, 72, 12, 2)],
    "dense": [conv(5, 6, 5, 2), dense(54, 33), dense(33, 10, "linear")],
    "one by one": [
        conv(3, 20, 9, 2),
        ConvShape(20, 17, (5, 5), (1, 1), activation="relu"),
        replace(conv(17, 9, 5, 2), activation="linear"),
    ],
}


def alone(
    blocks: list[Block], x: Tensor, weights: list[Tensor], biases: list[Tensor], g: Tensor
) -> tuple[Tensor, list[tuple[Tensor, Tensor]], Tensor | None]:
    """Result, gradients of weights and biases, gradient of the input, block by block."""
    steps = []
    for block, weight, bias in zip(blocks, weights, biases, strict=True):
        x = x if block.shape.size != (1, 1) else spread(x)
        y, code = block.forward(x, weight, bias, True)
        steps.append((block, weight, x, y, code))
        x = y
    gradients, dx = [], None
    g = g.permute(0, 2, 3, 1)
    for i, (block, weight, x, y, code) in reversed(list(enumerate(steps))):
        g = g.reshape(len(g), -1).view(len(g), *y.shape[2:], y.shape[1]).permute(0, 3, 1, 2)
        data = i > 0 or gives_gradient(block)
        result = y if block.needs_result else None
        dx, dw, db = block.backward(x, weight, result, code, g, (data, True, True))
        assert dw is not None
        assert db is not None
        gradients.append((dw, db))
        if dx is not None:
            g = dx.permute(0, 2, 3, 1)
    return steps[-1][3], gradients[::-1], dx


def spread(x: Tensor) -> Tensor:
    """A map's values as channels of one pixel."""
    return x.permute(0, 2, 3, 1).reshape(len(x), -1, 1, 1)


@pytest.mark.parametrize("images", [1, 5])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", CHAINS)
def test_it_gives_what_its_blocks_give(name: str, threads: int, images: int) -> None:
    torch.manual_seed(0)
    shapes = CHAINS[name]
    blocks = [Block(shape) for shape in shapes]
    x = new_map(images, shapes[0].channels, shapes[0].size).normal_()
    weights = [new_map(s.filters, s.channels, s.kernel).normal_() / 9 for s in shapes]
    weights = [w.contiguous(memory_format=torch.channels_last) for w in weights]
    biases = [torch.randn(s.filters) for s in shapes]
    chain, last = Chain(blocks), shapes[-1]
    y, memory = guarded((images, last.filters, *last.result))
    g = new_map(images, last.filters, last.result).normal_()
    data = gives_gradient(blocks[0])
    torch.set_num_threads(threads)
    expected = alone(blocks, x, weights, biases, g)
    kept = chain.forward(x, weights, biases, y)
    assert torch.equal(y, expected[0])
    assert (memory[:64] == 12345).all()
    assert (memory[-64:] == 12345).all()
    gradients = [new_gradients(shape) for shape in shapes]
    dx = new_map(images, shapes[0].channels, shapes[0].size) if data else None
    chain.backward(x, weights, y, kept, g, gradients, dx)
    torch.set_num_threads(1)
    found = [t for pair in gradients for t in pair]
    for ours, theirs in zip(found, (t for pair in expected[1] for t in pair), strict=True):
        near = 1e-5 * theirs.abs().max().item()  # threads may add up in another order
        assert (ours.view_as(theirs) - theirs).abs().max().item() <= near
    if dx is not None and expected[2] is not None:
        assert torch.equal(dx, expected[2])


def test_only_blocks_with_kernels_of_ours_can_be_in_it() -> None:
    plain = Block(ConvShape(16, 16, (28, 28), (5, 5), activation="relu"))
    leaky = Block(replace(conv(3, 8, 6), activation="leaky_relu", number=0.1))
    assert not suitable(plain)
    assert not suitable(leaky)
    with pytest.raises(KernelError) as error:
        Chain([plain])
    assert str(error.value) == (
        "chain: not all of these blocks have kernels of ours forward and backward. "
        f"Got shapes=[{plain.shape}]."
    )
