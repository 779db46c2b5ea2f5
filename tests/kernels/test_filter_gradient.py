"""The gradients of weights and bias are torch's in float64, where a ReLU was open."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from striate.errors import KernelError
from striate.kernels import library
from striate.kernels.filter_gradient import FilterGradient, suitable
from striate.kernels.shapes import ConvShape
from tests.kernels.test_pooled_backward import at_the_end_of_memory, equal, guarded

pytestmark = [
    pytest.mark.torch,
    pytest.mark.native,
    pytest.mark.skipif(bool(library.missing()), reason=f"no kernels: {library.missing()}"),
]


def shape(channels: int, filters: int, size: tuple[int, int], k: int, around: int) -> ConvShape:
    padding = ((around, around), (around, around))
    return ConvShape(channels, filters, size, (k, k), padding=padding, activation="relu")


SHAPES = [
    *(shape(c, 24, (9, 7), 3, 1) for c in (1, 2, 3, 5, 12, 16, 17)),
    *(shape(c, 40, (12, 11), k, k // 2) for c in (1, 3, 16) for k in (1, 2, 5, 7)),
    *(shape(8, o, (6, 5), 3, 0) for o in (1, 10, 16, 17, 32, 65)),
    replace(shape(16, 24, (13, 11), 3, 1), strides=(2, 2)),
    replace(shape(3, 20, (14, 15), 3, 1), strides=(2, 3), padding=((0, 1), (2, 1))),
    replace(shape(5, 20, (14, 15), 3, 2), dilation=(2, 3)),
    replace(shape(1, 20, (14, 15), 3, 2), dilation=(2, 1)),
    replace(shape(19, 18, (9, 8), 3, 0), kernel=(1, 3), padding=((0, 0), (3, 2))),
    shape(3, 8, (4, 200), 3, 1),  # a row that is longer than a tile
    shape(64, 70, (20, 20), 3, 1),  # too large a result for every thread to have its own
    shape(33, 16, (1, 1), 1, 0),
]


def values(shape: ConvShape, images: int) -> tuple[Tensor, ...]:
    """An input, a gradient and a result, laid out as the layers have them."""
    torch.manual_seed(0)
    x = torch.randn(images, *shape.size, shape.channels)
    g, y = (torch.randn(images, *shape.result, shape.filters) for _ in range(2))
    return tuple(t.permute(0, 3, 1, 2) for t in (x, g, y.relu_()))


def right(shape: ConvShape, x: Tensor, g: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    (top, bottom), (left, right) = shape.padding
    wide = torch.nn.functional.pad(x.double(), (left, right, top, bottom))
    g = g.double() if mask is None else g.double() * (mask > 0)
    kernel = torch.zeros(shape.filters, shape.channels, *shape.kernel, dtype=torch.float64)
    places = (shape.strides, [0, 0], shape.dilation, False, [0, 0], 1)
    found = torch.ops.aten.convolution_backward(
        g, wide, kernel, [shape.filters], *places, [False, True, True]
    )
    return found[1], found[2]


@pytest.mark.parametrize("images", [1, 7])
@pytest.mark.parametrize("shape", SHAPES, ids=repr)
def test_it_is_the_gradient(shape: ConvShape, images: int) -> None:
    x, g, y = values(shape, images)
    gradient = FilterGradient(shape)
    for mask in (None, y):
        expected = right(shape, x, g, mask)
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            found, again = gradient(x, g, mask), gradient(x, g, mask)
            for i in range(2):
                equal(found[i], expected[i])
                assert torch.equal(found[i], again[i])
        torch.set_num_threads(1)
    assert found[0].permute(0, 2, 3, 1).is_contiguous()


def test_no_images_have_no_gradient() -> None:
    block = shape(3, 20, (9, 9), 3, 1)
    assert not any(t.any() for t in FilterGradient(block)(*values(block, 0)))


def test_maps_may_lie_otherwise_and_in_wider_ones() -> None:
    block = shape(20, 24, (8, 7), 3, 1)
    x, g, y = values(block, 2)
    one, two = FilterGradient(block)(x, g, y)
    other = FilterGradient(block)(*(t.contiguous() for t in (x, g, y)))
    assert torch.equal(one, other[0])
    assert torch.equal(two, other[1])
    wide_x, wide_y = torch.full((2, 8, 7, 33), torch.nan), torch.full((2, 8, 7, 30), torch.nan)
    wide_x[..., 9:29] = x.permute(0, 2, 3, 1)
    wide_y[..., 3:27] = y.permute(0, 2, 3, 1)
    wide = FilterGradient(replace(block, x_row=33, y_row=30))
    found = wide(wide_x[..., 9:29], g, wide_y[..., 3:27])
    assert torch.equal(found[0], one)
    assert torch.equal(found[1], two)


@pytest.mark.parametrize("index", range(0, len(SHAPES), 3))
def test_nothing_outside_is_read_or_written(index: int) -> None:
    block = SHAPES[index]
    x, g, y = (at_the_end_of_memory(t) for t in values(block, 3))
    dkernel, memory = guarded((block.filters, block.channels, *block.kernel))
    dbias, bias_memory = guarded((1, block.filters, 1, 1))
    FilterGradient(block)(x, g, y, out=(dkernel, dbias.view(-1)))
    equal(dkernel, right(block, x, g, y)[0])
    for its in (memory, bias_memory):
        assert (its[:64] == 12345).all()
        assert (its[-64:] == 12345).all()


def test_a_nan_stays_visible() -> None:
    block = shape(4, 18, (6, 6), 3, 1)
    x, g, y = values(block, 1)
    y[0, 3, 1, 1], y[0, 5, 2, 2] = torch.nan, 1.0
    g[0, 3, 1, 1], g[0, 5, 2, 2] = torch.nan, torch.nan
    dkernel, dbias = FilterGradient(block)(x, g, y)
    for o in (3, 5):
        assert dkernel[o].isnan().all()
        assert dbias[o].isnan()
    assert not dkernel[4].isnan().any()


def test_it_is_chosen_where_it_is_faster() -> None:
    assert suitable(shape(1, 16, (28, 28), 3, 1))
    assert suitable(shape(64, 64, (28, 28), 1, 0))
    assert suitable(shape(64, 64, (5, 5), 3, 0))
    assert suitable(replace(shape(64, 64, (28, 28), 3, 1), strides=(2, 2)))
    assert not suitable(shape(64, 64, (28, 28), 3, 1))
    assert not suitable(replace(shape(1, 16, (28, 28), 3, 1), pool=2))


def test_pooling_is_refused() -> None:
    with pytest.raises(KernelError) as error:
        FilterGradient(replace(shape(1, 16, (28, 28), 3, 1), pool=2))
    assert str(error.value) == (
        "filter_gradient: the kernel does no pooling. Got pool=2. Expected pool=1."
    )
