"""A first convolution with overlapping pooling is torch's in float64, forward and backward."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from striate.errors import KernelError, message
from striate.kernels import library
from striate.kernels.pooled_conv import PooledConv, suitable
from striate.kernels.shapes import ConvShape
from tests.kernels.test_pooled_backward import at_the_end_of_memory, equal

pytestmark = [
    pytest.mark.torch,
    pytest.mark.native,
    pytest.mark.skipif(bool(library.missing()), reason=f"no kernels: {library.missing()}"),
]

Pair = tuple[int, int]
Around = tuple[Pair, Pair]
NONE, SAME, UNEVEN = ((0, 0), (0, 0)), ((1, 1), (1, 1)), ((0, 1), (2, 1))
Shapes = tuple[ConvShape, ConvShape]


def shapes(
    channels: int,
    filters: int,
    size: Pair,
    around: Around = SAME,
    window: Pair = (3, 3),
    strides: Pair = (2, 2),
    padding: Around = NONE,
) -> Shapes:
    conv = ConvShape(channels, filters, size, (3, 3), padding=around)
    sizes = {"padding": padding, "activation": "relu"}
    return conv, ConvShape(filters, filters, conv.convolved, window, strides, **sizes)  # type: ignore[arg-type]


SHAPES = [
    *(shapes(c, 24, (9, 10)) for c in (1, 2, 3, 8)),
    *(shapes(3, o, (8, 9), NONE) for o in (1, 15, 16, 17, 64, 70)),
    shapes(3, 20, (11, 7), UNEVEN),
    shapes(3, 20, (8, 8), SAME, (3, 3), (2, 2), ((0, 1), (1, 1))),
    shapes(3, 20, (9, 8), SAME, (2, 2), (2, 2)),
    shapes(2, 16, (9, 8), SAME, (2, 3), (1, 2)),
    shapes(3, 16, (12, 13), SAME, (2, 2), (3, 4)),
    shapes(3, 8, (3, 3), SAME),  # one cell
]


def values(pair: Shapes, images: int) -> tuple[Tensor, ...]:
    conv, pool = pair
    torch.manual_seed(0)
    x = torch.randn(images, *conv.size, conv.channels).permute(0, 3, 1, 2)
    weights = torch.randn(conv.filters, 3, 3, conv.channels).permute(0, 3, 1, 2)
    g = torch.randn(images, *pool.convolved, conv.filters).permute(0, 3, 1, 2)
    return x, weights, torch.randn(conv.filters), g


def right(pair: Shapes, x: Tensor, weights: Tensor, bias: Tensor, g: Tensor) -> tuple[Tensor, ...]:
    """Result and gradients of input, weights and bias."""
    given = [t.double().requires_grad_() for t in (x, weights, bias)]
    out = given[0]
    for shape, value in zip(pair, (0.0, -torch.inf), strict=True):
        (top, bottom), (left, rest) = shape.padding
        out = F.pad(out, (left, rest, top, bottom), value=value)
        if value == 0.0:
            out = F.conv2d(out, *given[1:])
    y = F.max_pool2d(out, pair[1].kernel, pair[1].strides)
    y = F.relu(y) if pair[1].activation == "relu" else y
    return y.detach(), *torch.autograd.grad(y, given, g.double())


@pytest.mark.parametrize("images", [1, 5])
@pytest.mark.parametrize("activation", ["relu", "linear"])
@pytest.mark.parametrize("pair", SHAPES, ids=repr)
def test_result_and_gradients(pair: Shapes, activation: str, images: int) -> None:
    pair = (pair[0], replace(pair[1], activation=activation))
    x, weights, bias, g = values(pair, images)
    expected = right(pair, x, weights, bias, g)
    block = PooledConv(*pair)
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        y, code = block.forward(x, weights, bias)
        found = (y, block.data(weights, code, g, x), *block.filters(x, code, g))
        for ours, its in zip(found, expected, strict=True):
            equal(ours, its)
        again = block.filters(x, code, g)
        assert torch.equal(found[2], again[0])
        assert torch.equal(found[3], again[1])
    torch.set_num_threads(1)


@pytest.mark.parametrize("pair", SHAPES[::2], ids=repr)
def test_nothing_outside_is_read(pair: Shapes) -> None:
    given = x, weights, bias, g = values(pair, 2)
    block = PooledConv(*pair)
    x, g = at_the_end_of_memory(x), at_the_end_of_memory(g)
    y, code = block.forward(x, at_the_end_of_memory(weights), bias)
    dkernel, dbias = block.filters(x, at_the_end_of_memory(code), g)
    for ours, its in zip((y, dkernel, dbias), (0, 2, 3), strict=True):
        equal(ours, right(pair, *given)[its])


def test_nothing_outside_is_written() -> None:
    pair = shapes(3, 17, (9, 8))
    x, weights, bias, g = values(pair, 2)
    block = PooledConv(*pair)
    packed = block.kernel.pack(weights)
    y = torch.full((g.numel() + 128,), 12345.0)
    code = torch.full((g.numel() + 128,), 77, dtype=torch.uint8)
    block._call(block._run, x, packed, bias, y[64:], code[64:])
    dkernel, dbias = (torch.full((n + 128,), 12345.0) for n in (weights.numel(), 17))
    block._call(block._filters, x, code[64:], g, dkernel[64:], dbias[64:])
    for memory, guard in ((y, 12345.0), (code, 77), (dkernel, 12345.0), (dbias, 12345.0)):
        assert (memory[:64] == guard).all()
        assert (memory[-64:] == guard).all()
        assert (memory[64:-64] != guard).any()


def test_a_nan_stays_visible() -> None:
    pair = shapes(3, 20, (9, 10))
    x, weights, bias, g = values(pair, 2)
    x[0, 1, 4, 4] = torch.nan
    y, code = PooledConv(*pair).forward(x, weights, bias)
    assert y[0].isnan().any(-1).any(-1).all()
    assert not y[1].isnan().any()
    dkernel, dbias = PooledConv(*pair).filters(x, code, g)
    assert dkernel.isnan().flatten(1).any(1).all()
    assert not dbias.isnan().any()


def test_other_shapes_are_refused() -> None:
    conv, pool = shapes(3, 20, (9, 10))
    assert suitable(conv, pool)
    others = (
        (replace(conv, kernel=(3, 2)), pool),
        (replace(conv, strides=(2, 1)), pool),
        (replace(conv, dilation=(1, 2)), pool),
        (replace(conv, channels=9), pool),
        (replace(conv, pool=2), pool),
        (conv, replace(pool, kernel=(4, 4))),
        shapes(3, 64, (64, 64)),  # would leave the L2 cache
    )
    assert not any(suitable(*pair) for pair in others)
    with pytest.raises(KernelError) as error:
        PooledConv(*others[0])
    got = {"conv": others[0][0], "pool": pool}
    fault = "the kernels do not do these shapes"
    assert str(error.value) == message("pooled_conv", fault, got=got)
