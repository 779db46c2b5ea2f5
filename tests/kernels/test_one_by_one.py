"""A 1x1 convolution and its gradients are torch's in float64; nothing outside is touched."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from striate.errors import KernelError, message
from striate.kernels import library
from striate.kernels.conv import ConvKernel
from striate.kernels.one_by_one import OneByOne, suitable
from striate.kernels.shapes import ConvShape
from tests.kernels.test_pooled_backward import at_the_end_of_memory, equal, guarded

pytestmark = [
    pytest.mark.torch,
    pytest.mark.native,
    pytest.mark.skipif(bool(library.missing()), reason=f"no kernels: {library.missing()}"),
]


def shape(
    channels: int, filters: int, size: tuple[int, int], activation: str = "relu"
) -> ConvShape:
    return ConvShape(channels, filters, size, (1, 1), activation=activation)


SHAPES = [
    *(shape(c, 24, (5, 7)) for c in (1, 3, 15, 16, 17, 31, 32, 33, 70)),
    *(shape(20, o, (6, 5), "linear") for o in (1, 7, 12, 13, 16, 17, 48, 65)),
    shape(130, 200, (3, 3)),
    shape(64, 16, (30, 31)),  # several blocks of pixels for each thread
    shape(4, 4, (1, 1)),
    *(shape(c, o, (1, 1)) for c, o in ((2100, 33), (1030, 128), (15488, 32), (513, 127))),
    shape(4097, 17, (1, 1), "linear"),
]


def values(shape: ConvShape, images: int) -> tuple[Tensor, ...]:
    """Input, weights, bias and gradient, laid out as the layers have them."""
    torch.manual_seed(0)
    x = torch.randn(images, *shape.size, shape.channels).permute(0, 3, 1, 2)
    weights = torch.randn(shape.filters, 1, 1, shape.channels).permute(0, 3, 1, 2)
    g = torch.randn(images, *shape.size, shape.filters).permute(0, 3, 1, 2)
    return x, weights, torch.randn(shape.filters), g


def empty(like: Tensor, channels: int) -> Tensor:
    n, _, h, w = like.shape
    return torch.full((n, h, w, channels), torch.nan).permute(0, 3, 1, 2)


def right(
    shape: ConvShape, x: Tensor, weights: Tensor, bias: Tensor, g: Tensor
) -> tuple[Tensor, ...]:
    """Result and gradients of input, weights and bias in float64."""
    given = [t.double().requires_grad_() for t in (x, weights, bias)]
    y = F.conv2d(*given)
    y = F.relu(y) if shape.activation == "relu" else y
    return y.detach(), *torch.autograd.grad(y, given, g.double())


@pytest.mark.parametrize("images", [1, 7])
@pytest.mark.parametrize("shape", SHAPES, ids=repr)
def test_result_and_gradients(shape: ConvShape, images: int) -> None:
    x, weights, bias, g = values(shape, images)
    expected = right(shape, x, weights, bias, g)
    product = OneByOne(shape)
    results = []
    for threads in (1, 2, 2, 3):
        torch.set_num_threads(threads)
        y, dx = empty(x, shape.filters), empty(x, shape.channels)
        product.forward(x, weights, bias, y)
        mask = y if shape.activation == "relu" else None
        found = product.backward(x, weights, mask, g, dx)
        assert found is not None
        results.append((y, dx, *found))
        for ours, its in zip(results[-1], expected, strict=True):
            equal(ours, its)
    torch.set_num_threads(1)
    for one, other in zip(results[1], results[2], strict=True):
        assert torch.equal(one, other)
    assert torch.equal(results[0][0], results[1][0])
    assert torch.equal(results[0][1], results[1][1])


def test_what_is_not_asked_for_is_left_out() -> None:
    block = shape(20, 24, (5, 7))
    x, weights, _, g = values(block, 2)
    product, dx = OneByOne(block), empty(x, 20)
    found = product.backward(x, weights, None, g, dx)
    assert found is not None
    only = empty(x, 20)
    assert product.backward(x, weights, None, g, only, weighs=False) is None
    assert torch.equal(only, dx)
    for one, other in zip(product.backward(x, weights, None, g, None) or (), found, strict=True):
        assert torch.equal(one, other)
    y = empty(x, 24)
    product.forward(x, weights, None, y)
    equal(y, F.relu(F.conv2d(x.double(), weights.double())))


def test_the_inputs_gradient_is_added_to_another() -> None:
    block = shape(20, 24, (5, 7))
    x, weights, _, g = values(block, 2)
    alone, sum_ = empty(x, 20), x.clone()
    product = OneByOne(block)
    product.backward(x, weights, None, g, alone)
    product.backward(x, weights, None, g, sum_, adds=True)
    equal(sum_, x.double() + alone.double())


def test_maps_may_lie_in_wider_ones() -> None:
    block = shape(20, 24, (5, 7))
    x, weights, bias, g = values(block, 2)
    y, dx = empty(x, 24), empty(x, 20)
    OneByOne(block).forward(x, weights, bias, y)
    expected = OneByOne(block).backward(x, weights, y, g, dx)
    wide_x, wide_y, wide_g = (torch.full((2, 5, 7, n), torch.nan) for n in (33, 30, 30))
    wide_x[..., 9:29], wide_g[..., 3:27] = x.permute(0, 2, 3, 1), g.permute(0, 2, 3, 1)
    wide = OneByOne(replace(block, x_row=33, y_row=30))
    wide.forward(wide_x[..., 9:29], weights, bias, wide_y[..., 3:27])
    assert torch.equal(wide_y[..., 3:27].permute(0, 3, 1, 2), y)
    assert wide_y[..., :3].isnan().all()
    assert wide_y[..., 27:].isnan().all()
    again = empty(x, 20)
    places = wide_x[..., 9:29], weights, wide_y[..., 3:27], wide_g[..., 3:27], again
    found = wide.backward(*places)
    assert torch.equal(again, dx)
    for one, other in zip(found or (), expected or (), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("block", SHAPES[::2], ids=repr)
def test_nothing_outside_is_read_or_written(block: ConvShape) -> None:
    given = x, weights, bias, g = values(block, 3)
    x, weights, g = (at_the_end_of_memory(t) for t in (x, weights, g))
    bias = at_the_end_of_memory(bias[None, :, None, None]).view(-1)
    y, memory = guarded((3, block.filters, *block.size))
    OneByOne(block).forward(x, weights, bias, y)
    dx, dx_memory = guarded((3, block.channels, *block.size))
    OneByOne(block).backward(x, weights, at_the_end_of_memory(y), g, dx)
    equal(dx, right(replace(block, activation="relu"), *given)[1] if "relu" in repr(block) else dx)
    for its in (memory, dx_memory):
        assert (its[:64] == 12345).all()
        assert (its[-64:] == 12345).all()


def test_it_agrees_with_the_definition() -> None:
    block = shape(19, 37, (5, 6))
    x, weights, bias, _ = values(block, 2)
    y = empty(x, 37)
    OneByOne(block).forward(x, weights, bias, y)
    plain = ConvKernel("plain_conv", block)
    equal(y, plain(x, plain.pack(weights), bias).double())


def test_a_nan_stays_visible() -> None:
    block = shape(4, 18, (6, 6))
    x, weights, bias, g = values(block, 1)
    x[0, 2, 1, 1] = torch.nan
    y, dx = empty(x, 18), empty(x, 4)
    OneByOne(block).forward(x, weights, bias, y)
    assert y[0, :, 1, 1].isnan().all()
    assert y.isnan().sum() == 18
    g[0, 3, 1, 1] = torch.nan
    dweights, dbias = OneByOne(block).backward(x, weights, y, g, dx) or (x, x)
    assert dx[0, :, 1, 1].isnan().all()
    assert dweights[3].isnan().all()
    assert dbias[3].isnan()
    assert not dbias[4].isnan()


def test_no_images() -> None:
    block = shape(4, 18, (6, 6))
    x, weights, bias, g = values(block, 0)
    OneByOne(block).forward(x, weights, bias, empty(x, 18))
    found = OneByOne(block).backward(x, weights, None, g, empty(x, 4))
    assert not any(t.any() for t in found or (x + 1,))


def test_other_shapes_are_refused() -> None:
    block = shape(4, 18, (6, 6))
    assert suitable(block)
    others = (
        replace(block, kernel=(1, 2)),
        replace(block, strides=(2, 1)),
        replace(block, padding=((1, 0), (0, 0))),
        replace(block, pool=2),
        replace(block, activation="leaky_relu"),
        replace(block, channels=1024, filters=128),
    )
    assert not any(suitable(s) for s in others)
    with pytest.raises(KernelError) as error:
        OneByOne(others[0])
    fault = "the kernel does not do this shape"
    assert str(error.value) == message("one_by_one", fault, got={"shape": others[0]})
