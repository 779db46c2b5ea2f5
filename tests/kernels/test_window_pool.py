"""Max-pooling by windows is torch's, with its choice among equals; nothing outside is touched."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from striate.errors import KernelError, message
from striate.kernels import library
from striate.kernels.shapes import ConvShape
from striate.kernels.window_pool import WindowPool, obstacle
from tests.kernels.test_pooled_backward import at_the_end_of_memory, equal

pytestmark = [
    pytest.mark.torch,
    pytest.mark.native,
    pytest.mark.skipif(bool(library.missing()), reason=f"no kernels: {library.missing()}"),
]

Pair = tuple[int, int]
NONE = ((0, 0), (0, 0))


def shape(
    channels: int, size: Pair, window: Pair, strides: Pair, padding: tuple[Pair, Pair] = NONE
) -> ConvShape:
    return ConvShape(channels, channels, size, window, strides, padding=padding, activation="relu")


SHAPES = [
    *(shape(c, (9, 8), (3, 3), (2, 2)) for c in (1, 7, 16, 17, 48, 70)),
    shape(20, (8, 9), (3, 3), (2, 2), ((0, 1), (1, 1))),
    shape(20, (7, 6), (2, 2), (2, 2)),
    shape(5, (7, 9), (2, 3), (1, 2), ((0, 1), (1, 1))),
    shape(16, (6, 6), (3, 3), (1, 1), ((1, 1), (1, 1))),
    shape(16, (9, 10), (2, 2), (3, 4)),  # values that no window sees
    shape(3, (15, 17), (15, 17), (1, 1)),
    shape(4, (1, 1), (3, 3), (2, 2), ((1, 1), (1, 1))),
]


def values(shape: ConvShape, images: int) -> tuple[Tensor, Tensor]:
    """An input with many equal values, and a gradient."""
    torch.manual_seed(0)
    x = torch.randint(-3, 3, (images, *shape.size, shape.channels)).float() / 2
    g = torch.randn(images, *shape.convolved, shape.channels)
    return x.permute(0, 3, 1, 2), g.permute(0, 3, 1, 2)


def right(shape: ConvShape, x: Tensor, g: Tensor) -> tuple[Tensor, Tensor]:
    """Result and gradient by torch in float64."""
    x = x.double().requires_grad_()
    (top, bottom), (left, rest) = shape.padding
    wide = F.pad(x, (left, rest, top, bottom), value=-torch.inf)
    y = F.max_pool2d(wide, shape.kernel, shape.strides)
    y = F.relu(y) if shape.activation == "relu" else y
    return y.detach(), torch.autograd.grad(y, x, g.double())[0]


@pytest.mark.parametrize("images", [1, 4])
@pytest.mark.parametrize("activation", ["relu", "linear"])
@pytest.mark.parametrize("shape", SHAPES, ids=repr)
def test_result_and_gradient(shape: ConvShape, activation: str, images: int) -> None:
    shape = replace(shape, activation=activation)
    x, g = values(shape, images)
    y, dx = right(shape, x, g)
    pool = WindowPool(shape)
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        found, code = pool.forward(x)
        assert torch.equal(found.double(), y)
        equal(pool.backward(code, g), dx)
    torch.set_num_threads(1)


@pytest.mark.parametrize("shape", SHAPES, ids=repr)
def test_nothing_outside_is_read(shape: ConvShape) -> None:
    x, g = values(shape, 2)
    y, dx = right(shape, x, g)
    pool = WindowPool(shape)
    found, code = pool.forward(at_the_end_of_memory(x))
    assert torch.equal(found.double(), y)
    equal(pool.backward(at_the_end_of_memory(code), at_the_end_of_memory(g)), dx)


def test_nothing_outside_is_written() -> None:
    block = shape(17, (5, 5), (3, 3), (2, 2))
    x, g = values(block, 2)
    run = WindowPool(block)
    count = 2 * 17 * 4
    y, code = torch.full((count + 128,), 12345.0), torch.full((count + 128,), 77, dtype=torch.uint8)
    dx = torch.full((x.numel() + 128,), 12345.0)
    run._call(run._run, x, y[64:], code[64:].view(torch.uint8))
    run._call(run._gradient, code[64 : 64 + count].view(2, 2, 2, 17), g, dx[64:])
    for memory, guard in ((y, 12345.0), (code, 77), (dx, 12345.0)):
        assert (memory[:64] == guard).all()
        assert (memory[-64:] == guard).all()


def test_a_nan_stays_visible_and_takes_its_gradient() -> None:
    block = shape(4, (5, 5), (3, 3), (2, 2))
    x, g = values(block, 1)
    x[0, 1, 2, 2] = x[0, 1, 1, 1] = torch.nan
    pool = WindowPool(block)
    y, code = pool.forward(x)
    assert y[0, 1].isnan().all()
    assert not y[0, 0].isnan().any()
    dx = pool.backward(code, g)
    expected = right(block, x, g)[1]
    equal(dx[:, 1], expected[:, 1])


def test_no_images() -> None:
    block = shape(4, (5, 5), (3, 3), (2, 2))
    y, code = WindowPool(block).forward(values(block, 0)[0])
    assert y.shape == (0, 4, 2, 2)
    assert WindowPool(block).backward(code, y).shape == (0, 4, 5, 5)


def test_other_shapes_are_refused() -> None:
    block = shape(4, (20, 20), (16, 16), (2, 2))
    assert obstacle(block) == "its windows have more places than a byte has numbers"
    assert not obstacle(shape(4, (20, 20), (15, 17), (2, 2)))
    for other in (block, replace(block, kernel=(3, 3), activation="leaky_relu")):
        with pytest.raises(KernelError) as error:
            WindowPool(other)
        fault = "the kernel does not do this shape"
        assert str(error.value) == message("window_pool", fault, got={"shape": other})
