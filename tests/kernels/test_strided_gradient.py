"""The gradient of a strided convolution's input is torch's in float64, where a ReLU was open."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from striate.errors import KernelError
from striate.kernels import library
from striate.kernels.shapes import ConvShape
from striate.kernels.strided_gradient import StridedGradient, suitable
from tests.kernels.test_pooled_backward import at_the_end_of_memory, equal, guarded

pytestmark = [
    pytest.mark.torch,
    pytest.mark.native,
    pytest.mark.skipif(bool(library.missing()), reason=f"no kernels: {library.missing()}"),
]


def shape(
    channels: int,
    filters: int,
    size: tuple[int, int],
    k: int,
    stride: int,
    around: int | None = None,
) -> ConvShape:
    """A block; zeros around it, or those of "same": more behind than before."""
    ends = []
    for n in size:
        out = -(-n // stride)
        total = max(0, (out - 1) * stride + k - n)
        ends.append((total // 2, total - total // 2) if around is None else (around, around))
    padding = (ends[0], ends[1])
    strides = (stride, stride)
    return ConvShape(channels, filters, size, (k, k), strides, padding=padding, activation="relu")


SHAPES = [
    *(shape(c, 24, (9, 7), 3, 2) for c in (1, 3, 16, 17, 32, 40, 65)),
    *(shape(24, o, (8, 10), 3, 2, 0) for o in (1, 5, 16, 33)),
    *(shape(20, 18, (13, 12), k, s) for k in (1, 2, 3, 5, 7) for s in (1, 2, 3)),
    *(shape(20, 18, (13, 12), k, s, 0) for k in (1, 3, 5, 7) for s in (2, 3)),
    shape(12, 10, (11, 9), 3, 2, 4),  # zeros that no pixel meets
    shape(12, 10, (2, 2), 3, 3),
    shape(7, 6, (5, 6), 2, 4),  # strides that skip pixels
    replace(shape(6, 9, (14, 15), 3, 1, 2), strides=(2, 3), dilation=(3, 2)),
    replace(shape(6, 9, (14, 15), 3, 1, 2), strides=(2, 2), dilation=(2, 2)),
    replace(shape(6, 9, (12, 11), 3, 1, 0), strides=(1, 2), kernel=(2, 5)),
    shape(4, 64, (70, 90), 3, 2),  # bands of rows
    shape(33, 40, (1, 1), 1, 1),
]


def values(shape: ConvShape, images: int) -> tuple[Tensor, ...]:
    """Weights, a gradient and a result, laid out as the layers have them."""
    torch.manual_seed(0)
    weights = torch.randn(shape.filters, *shape.kernel, shape.channels)
    g, y = (torch.randn(images, *shape.result, shape.filters) for _ in range(2))
    return tuple(t.permute(0, 3, 1, 2) for t in (weights, g, y.relu_()))


def right(shape: ConvShape, weights: Tensor, g: Tensor, mask: Tensor | None) -> Tensor:
    (top, bottom), (left, right) = shape.padding
    height, width = shape.size
    wide = torch.zeros(len(g), shape.channels, height + top + bottom, width + left + right)
    g = g.double() if mask is None else g.double() * (mask > 0)
    places = (shape.strides, [0, 0], shape.dilation, False, [0, 0], 1)
    found = torch.ops.aten.convolution_backward(
        g, wide.double(), weights.double(), [shape.filters], *places, [True, False, False]
    )
    return found[0][:, :, top : top + height, left : left + width]


@pytest.mark.parametrize("images", [1, 7])
@pytest.mark.parametrize("shape", SHAPES, ids=repr)
def test_it_is_the_gradient(shape: ConvShape, images: int) -> None:
    weights, g, y = values(shape, images)
    gradient = StridedGradient(shape)
    packed = gradient.pack(weights)
    for mask in (None, y):
        first = gradient(g, packed, mask)
        equal(first, right(shape, weights, g, mask))
        for threads in (2, 3):
            torch.set_num_threads(threads)
            assert torch.equal(gradient(g, gradient.pack(weights), mask), first)
        torch.set_num_threads(1)
    assert first.permute(0, 2, 3, 1).is_contiguous()


def test_no_images_have_an_empty_gradient() -> None:
    block = shape(3, 20, (9, 9), 3, 2)
    weights, g, y = values(block, 0)
    gradient = StridedGradient(block)
    assert gradient(g, gradient.pack(weights), y).shape == (0, 3, 9, 9)


def test_maps_may_lie_otherwise_and_the_result_in_a_wider_one() -> None:
    block = shape(20, 24, (8, 7), 3, 2)
    weights, g, y = values(block, 2)
    gradient = StridedGradient(block)
    packed = gradient.pack(weights)
    one = gradient(g, packed, y)
    assert torch.equal(gradient(g.contiguous(), packed, y.contiguous()), one)
    wide = torch.full((2, *block.result, 30), torch.nan)
    wide[..., 3:27] = y.permute(0, 2, 3, 1)
    assert torch.equal(StridedGradient(replace(block, y_row=30))(g, packed, wide[..., 3:27]), one)


@pytest.mark.parametrize("index", range(0, len(SHAPES), 3))
def test_nothing_outside_is_read_or_written(index: int) -> None:
    block = SHAPES[index]
    weights, g, y = (at_the_end_of_memory(t) for t in values(block, 3))
    gradient = StridedGradient(block)
    dx, memory = guarded((3, block.channels, *block.size))
    gradient(g, gradient.pack(weights), y, out=dx)
    equal(dx, right(block, weights, g, y))
    assert (memory[:64] == 12345).all()
    assert (memory[-64:] == 12345).all()


def test_a_nan_stays_visible() -> None:
    block = shape(4, 18, (6, 6), 3, 2, 0)
    weights, g, y = values(block, 1)
    y[0, 3, 1, 1] = torch.nan
    g[0, 3, 1, 1] = torch.nan
    gradient = StridedGradient(block)
    dx = gradient(g, gradient.pack(weights), y)
    assert dx[:, :, 2:5, 2:5].isnan().all()
    assert not dx[:, :, :2].isnan().any()


def test_pooling_is_refused() -> None:
    with pytest.raises(KernelError) as error:
        StridedGradient(replace(shape(16, 16, (28, 28), 3, 2), pool=2))
    assert str(error.value) == (
        "strided_gradient: the kernel does no pooling. Got pool=2. Expected pool=1."
    )


def test_it_is_made_for_strides() -> None:
    assert suitable(shape(16, 16, (28, 28), 3, 2))
    assert not suitable(shape(16, 16, (28, 28), 3, 1))
    assert not suitable(replace(shape(16, 16, (28, 28), 3, 2), pool=2))
