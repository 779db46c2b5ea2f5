"""The kernels of programs compute what torch computes in float64, and touch nothing else."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from striate.kernels import library
from striate.kernels.shapes import ConvShape, NativeShape, NativeValues, PointShape
from tests.kernels.arena import Guarded, at_the_end

pytestmark = [
    pytest.mark.torch,
    pytest.mark.native,
    pytest.mark.skipif(bool(library.missing()), reason=f"no kernels: {library.missing()}"),
]

SAME = ((1, 1), (1, 1))
WINDOWS = {
    "2x2": ConvShape(5, 5, (9, 7), (2, 2), (2, 2)),
    "3x3 by 2, same": ConvShape(70, 70, (8, 9), (3, 3), (2, 2), padding=((0, 1), (1, 1))),
    "3x2, overlapping": ConvShape(16, 16, (6, 7), (3, 2), padding=((1, 1), (0, 1))),
    "whole map": ConvShape(33, 33, (7, 5), (7, 5)),
    "rows of a wider map": ConvShape(17, 17, (6, 6), (3, 3), (2, 2), x_row=20, y_row=40),
    "larger than the map": ConvShape(3, 3, (2, 2), (3, 3), padding=SAME, activation="relu"),
}
DEPTHWISE = {
    "3x3": ConvShape(16, 16, (9, 12), (3, 3), padding=SAME, activation="capped_relu", number=1.0),
    "3x3, one row": ConvShape(5, 5, (1, 12), (3, 3), padding=SAME),
    "3x3 by 2": ConvShape(37, 37, (8, 9), (3, 3), (2, 2), padding=((0, 1), (0, 1))),
    "5x5": ConvShape(20, 20, (7, 15), (5, 5), padding=((2, 2), (2, 2)), activation="silu"),
    "5x5 by 2": ConvShape(8, 8, (9, 16), (5, 5), (2, 2), padding=((1, 2), (1, 2))),
    "7x3, dilated": ConvShape(4, 4, (15, 9), (7, 3), (1, 1), (2, 1), ((3, 3), (0, 0))),
    "narrow": ConvShape(3, 3, (5, 2), (3, 3), padding=SAME, activation="leaky_relu", number=0.1),
    "rows of a wider map": ConvShape(9, 9, (6, 6), (3, 3), x_row=16, y_row=11, padding=SAME),
    "whole vectors": ConvShape(96, 96, (17, 6), (3, 3), padding=SAME, activation="relu"),
    "whole vectors by 2": ConvShape(64, 64, (7, 7), (3, 3), (2, 2), padding=SAME),
    "valid": ConvShape(16, 16, (5, 5), (3, 3), activation="gelu"),
    "one column": ConvShape(32, 32, (6, 1), (3, 3), padding=SAME),
    "one place, 5x5 by 2": ConvShape(33, 33, (1, 1), (5, 5), (2, 2), padding=((2, 2), (2, 2))),
    "zeros before": ConvShape(48, 48, (4, 5), (3, 3), padding=((2, 0), (2, 0))),
    "zeros behind": ConvShape(17, 17, (4, 4), (5, 5), (2, 2), padding=((0, 4), (0, 4))),
    "more zeros than window": ConvShape(4, 4, (3, 3), (3, 3), padding=((3, 3), (4, 4))),
    "columns left out": ConvShape(16, 16, (8, 8), (3, 3), (2, 2), padding=((1, 0), (1, 0))),
}
FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "linear": lambda x: x,
    "relu": F.relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "silu": F.silu,
    "gelu": F.gelu,
    "hard_sigmoid": F.hardsigmoid,
    "hard_silu": F.hardswish,
    "exponential": torch.exp,
    "elu": lambda x: F.elu(x, 0.5),
    "leaky_relu": lambda x: F.leaky_relu(x, 0.5),
    "capped_relu": lambda x: x.clamp(0, 0.5),
}


def activated(name: str, number: float, x: Tensor) -> Tensor:
    if name == "capped_relu":
        return x.clamp(0, number)
    return F.leaky_relu(x, number) if name == "leaky_relu" else FUNCTIONS[name](x)


def drawn(images: int, channels: int, size: tuple[int, int], row: int = 0) -> Tensor:
    """A map that ends where memory ends."""
    row = row or channels
    flat = torch.randn(images * size[0] * size[1] * row)
    end = at_the_end(flat[: len(flat) - row + channels])
    strides = (size[0] * size[1] * row, 1, size[1] * row, row)
    return end.as_strided((images, channels, *size), strides, end.storage_offset())


def run(name: str, shape: Any, x: Tensor, threads: int, **others: Tensor) -> Tensor:
    """A kernel's result; nothing else may have been written."""
    if isinstance(shape, ConvShape):
        sizes = (len(x), shape.filters, *shape.result)
    else:
        sizes = (len(x), shape.channels, *x.shape[2:])
    y = Guarded(sizes, shape.y_row)
    places = {"x": x, "y": y.map, **others}
    values = NativeValues(**{k: t.data_ptr() for k, t in places.items()})
    kind = type(shape.native)
    arguments = ctypes.POINTER(kind), ctypes.c_int64, ctypes.POINTER(NativeValues), ctypes.c_int32
    library.check(library.function(name, *arguments)(shape.native, len(x), values, threads), name)
    assert y.untouched
    return y.map


def check(found: Tensor, right: Tensor, tolerance: float = 2e-6) -> None:
    """Sums of at most 49 products in float32: a few units of the last place of the largest."""
    assert found.shape == right.shape
    error = (found.double() - right).abs().max() / max(1e-3, float(right.abs().max()))
    assert float(error) <= tolerance


def bordered(shape: ConvShape, x: Tensor, value: float) -> Tensor:
    (top, bottom), (left, right) = shape.padding
    return F.pad(x.double(), (left, right, top, bottom), value=value)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", WINDOWS)
def test_poolings_are_the_largest_and_the_mean_of_each_window(name: str, threads: int) -> None:
    torch.manual_seed(0)
    shape = WINDOWS[name]
    x = drawn(2, shape.channels, shape.size, shape.x_row)
    right = F.max_pool2d(bordered(shape, x, -torch.inf), shape.kernel, shape.strides)
    check(run("max_pool", shape, x, threads), activated(shape.activation, 0.0, right))
    sums, counts = (
        F.avg_pool2d(bordered(shape, v, 0.0), shape.kernel, shape.strides, divisor_override=1)
        for v in (x, torch.ones_like(x))
    )
    check(run("average_pool", shape, x, threads), activated(shape.activation, 0.0, sums / counts))


@pytest.mark.parametrize("name", ["max_pool", "average_pool"])
def test_poolings_keep_what_is_no_number(name: str) -> None:
    shape = ConvShape(3, 3, (2, 2), (2, 2), (2, 2))
    for place in range(4):
        x = torch.zeros(1, 2, 2, 3)
        x.view(4, 3)[place, 1] = torch.nan
        found = run(name, shape, x.permute(0, 3, 1, 2), 1)
        assert found.isnan().flatten().tolist() == [False, True, False]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", DEPTHWISE)
@pytest.mark.parametrize("images", [1, 5])
def test_depthwise_convolution_is_one_window_per_channel(
    name: str, images: int, threads: int
) -> None:
    torch.manual_seed(0)
    shape = DEPTHWISE[name]
    x = drawn(images, shape.channels, shape.size, shape.x_row)
    packed = at_the_end(torch.randn(*shape.kernel, shape.channels))
    bias = at_the_end(torch.randn(shape.channels))
    weight = packed.permute(2, 0, 1).unsqueeze(1).double()
    right = F.conv2d(
        *(bordered(shape, x, 0.0), weight, bias.double(), shape.strides, 0, shape.dilation),
        groups=shape.channels,
    )
    right = activated(shape.activation, shape.number, right)
    found = run("depthwise_conv", shape, x, threads, packed=packed, bias=bias)
    check(found, right)
    alone = run("depthwise_conv", shape, x, 1, packed=packed, bias=bias)
    assert torch.equal(found, alone)


@pytest.mark.parametrize("activation", ["linear", "relu", "capped_relu", "silu"])
def test_depthwise_convolution_keeps_what_is_no_number(activation: str) -> None:
    shape = ConvShape(16, 16, (5, 6), (3, 3), padding=SAME, activation=activation, number=6.0)
    x = torch.zeros(1, 5, 6, 16)
    x[0, 0, 5, 3] = torch.nan
    found = run("depthwise_conv", shape, x.permute(0, 3, 1, 2), 1, packed=torch.ones(3, 3, 16))
    seen = torch.zeros(1, 16, 5, 6, dtype=torch.bool)
    seen[0, 3, :2, 4:] = True
    assert torch.equal(found.isnan(), seen)


def test_depthwise_convolution_says_what_it_does_not_do() -> None:
    size = library.function(
        "depthwise_conv_packed_size", ctypes.POINTER(NativeShape), result=ctypes.c_size_t
    )
    assert size(ConvShape(4, 8, (5, 5), (3, 3)).native) == 0
    assert size(ConvShape(4, 4, (5, 5), (3, 3)).native) == 36


@pytest.mark.parametrize("name", FUNCTIONS)
def test_activations(name: str) -> None:
    shape = PointShape(35, 19, 0, name, 0.5)
    x = (torch.randn(1, 5, 7, 19) * 8).permute(0, 3, 1, 2)
    x[0, :7, 0, 0] = torch.tensor([0.0, -0.0, 1e-6, -1e-6, 200.0, -200.0, 1e30])
    if name == "exponential":
        x = x.clamp(max=80.0).contiguous(memory_format=torch.channels_last)
    found, right = run("copy_map", shape, x, 1), FUNCTIONS[name](x.double())
    # exp is right to 2 units of the last place, erf to 2e-7
    torch.testing.assert_close(found.double(), right, rtol=4e-7, atol=6e-7)
    nothing = torch.full_like(x, torch.nan)
    assert bool(run("copy_map", shape, nothing, 1).isnan().all())


@pytest.mark.parametrize(("channels", "row"), [(19, 0), (19, 24), (32, 0)])
@pytest.mark.parametrize("spread", [False, True])
def test_sums_and_products_of_two_maps(channels: int, row: int, spread: bool) -> None:
    torch.manual_seed(0)
    added = (1, 1) if spread else (5, 7)
    shape = PointShape(35, channels, 1 if spread else 35, "relu", 0.0, row, row, 0)
    x, other = drawn(3, channels, (5, 7), row), drawn(3, channels, added)
    right = F.relu(x.double() + other.double())
    check(run("add_maps", shape, x, 2, add=other), right)
    right = F.relu(x.double() * other.double())
    check(run("multiply_maps", shape, x, 2, add=other), right)


def test_a_factor_and_an_offset_per_channel() -> None:
    torch.manual_seed(0)
    shape = PointShape(12, 19)
    packed, bias = at_the_end(torch.randn(19)), at_the_end(torch.randn(19))
    x = drawn(2, 19, (4, 3))
    right = x.double() * packed.double()[:, None, None] + bias.double()[:, None, None]
    check(run("scale_map", shape, x, 2, packed=packed, bias=bias), right)


@pytest.mark.parametrize("channels", [1, 10, 16, 1000])
def test_softmax(channels: int) -> None:
    torch.manual_seed(0)
    shape = PointShape(6, channels)
    x = drawn(2, channels, (2, 3)) * 30
    x = x.contiguous(memory_format=torch.channels_last)
    if channels > 1:
        x[0, 1, 0, 0] = torch.nan
        x[0, 1, 0, 1] = -torch.inf
        x[1, :, 0, 0] = 1e30
    found = run("softmax_map", shape, x, 2)
    torch.testing.assert_close(
        found.double(), x.double().softmax(1), rtol=4e-6, atol=1e-7, equal_nan=True
    )
