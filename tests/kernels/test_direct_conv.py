"""The direct kernel computes the block's definition, whatever the sizes."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from striate.kernels import library
from striate.kernels.conv import ConvKernel, choose
from striate.kernels.shapes import ConvShape
from tests.kernels.arena import Guarded, at_the_end

pytestmark = [
    pytest.mark.torch,
    pytest.mark.native,
    pytest.mark.skipif(bool(library.missing()), reason=f"no kernels: {library.missing()}"),
]

SAME = ((1, 1), (1, 1))
SHAPES = {
    "one channel": ConvShape(1, 64, (28, 28), (3, 3), pool=2, activation="relu"),
    "one channel, 7x7": ConvShape(1, 33, (13, 12), (7, 7), padding=((3, 3), (3, 3)), pool=2),
    "colours": ConvShape(3, 16, (11, 9), (3, 3), padding=SAME, activation="leaky_relu", number=0.2),
    "7x7 by two": ConvShape(3, 24, (23, 31), (7, 7), (2, 2), padding=((3, 2), (3, 3))),
    "blocks of filters": ConvShape(16, 70, (7, 7), (3, 3), padding=SAME, pool=2, activation="relu"),
    "deep": ConvShape(280, 48, (5, 6), (3, 3), padding=SAME, activation="capped_relu", number=9.0),
    "1x1": ConvShape(64, 40, (6, 5), (1, 1), activation="relu"),
    "1x1 to more": ConvShape(64, 100, (9, 7), (1, 1), x_row=66, y_row=101),
    "1x1 of many": ConvShape(600, 130, (3, 5), (1, 1), activation="relu"),
    "1x1 by two": ConvShape(18, 17, (7, 9), (1, 1), (2, 2)),
    "1x1, cut blocks": ConvShape(40, 144, (4, 4), (1, 1), activation="capped_relu", number=1.0),
    "1x1 over many": ConvShape(4100, 16, (2, 2), (1, 1)),
    "dense": ConvShape(100, 10, (1, 1), (1, 1)),
    "dilated": ConvShape(5, 20, (12, 13), (3, 2), (1, 1), (2, 3), ((2, 2), (0, 3)), pool=2),
    "dilated in place": ConvShape(6, 20, (12, 13), (3, 2), dilation=(2, 3)),
    "rows of a wider map": ConvShape(16, 16, (6, 7), (3, 3), x_row=21, y_row=37, pool=2),
    "the whole map": ConvShape(20, 12, (4, 5), (4, 5)),
    "low": ConvShape(32, 40, (7, 7), (3, 3), padding=SAME, activation="relu"),
    "low by two": ConvShape(9, 32, (14, 11), (3, 3), (2, 2), padding=((0, 1), (1, 1)), y_row=33),
    "low by two, all around": ConvShape(6, 48, (7, 7), (3, 3), (2, 2), padding=SAME),
    "low, far zeros": ConvShape(8, 16, (3, 5), (3, 3), padding=((4, 3), (1, 1))),
    "low, dilated": ConvShape(7, 16, (6, 9), (3, 1), (1, 1), (3, 1), ((3, 3), (0, 0))),
    "large map": ConvShape(2, 8, (150, 250), (3, 3), padding=SAME),
}
# Few images; of low maps also as many as fill a tile, and more.
CASES = [(title, n) for title in SHAPES for n in ((1, 3, 7, 26) if "low" in title else (1, 3))]


def values(shape: ConvShape, images: int, seed: int = 0) -> dict[str, Tensor]:
    """What a block of a shape is called with, each ending where memory ends."""
    draw = torch.Generator().manual_seed(seed)

    def drawn(channels: int, row: int, size: tuple[int, int]) -> Tensor:
        row = row or channels
        flat = torch.randn(images * size[0] * size[1] * row, generator=draw)
        end = at_the_end(flat[: len(flat) - row + channels])
        strides = (size[0] * size[1] * row, 1, size[1] * row, row)
        return end.as_strided((images, channels, *size), strides, end.storage_offset())

    kernel = torch.randn(shape.filters, *shape.kernel, shape.channels, generator=draw)
    return {
        "x": drawn(shape.channels, shape.x_row, shape.size),
        "mask": drawn(shape.channels, shape.x_row, shape.size),
        "add": drawn(shape.filters, shape.y_row, shape.convolved),
        "kernel": kernel.permute(0, 3, 1, 2),
        "bias": at_the_end(torch.randn(shape.filters, generator=draw)),
    }


def run(
    name: str, shape: ConvShape, given: dict[str, Tensor], extras: tuple[str, ...]
) -> tuple[Tensor, Tensor]:
    """A kernel's result and winner codes; nothing else may have been written."""
    sizes = (len(given["x"]), shape.filters, *shape.result)
    y, code = Guarded(sizes, shape.y_row), Guarded(sizes, dtype=torch.uint8)
    kernel = ConvKernel(name, shape)
    packed = at_the_end(kernel.pack(given["kernel"]))
    arguments = {extra: given[extra] for extra in extras}
    codes = code.map if shape.pool == 2 else None
    kernel(given["x"], packed, y=y.map, code=codes, **arguments)
    assert y.untouched
    assert code.untouched
    return y.map, code.map


@pytest.mark.parametrize("extras", [("bias",), (), ("bias", "mask", "add")], ids=len)
@pytest.mark.parametrize(("title", "images"), CASES)
def test_it_computes_the_definition(title: str, extras: tuple[str, ...], images: int) -> None:
    # A sum of `depth` products of about 1 in size is rounded as often, by half an epsilon of the
    # sum so far, which is about sqrt(depth); rounding errors grow like a root, too.
    shape = SHAPES[title]
    given = values(shape, images)
    right, winner = run("plain_conv", shape, given, extras)
    found, code = run("direct_conv", shape, given, extras)
    depth = shape.channels * shape.kernel[0] * shape.kernel[1]
    near = 4 * 2**-24 * (depth + 8)
    torch.testing.assert_close(found, right, rtol=0, atol=near)
    assert torch.equal(code, winner)


@pytest.mark.parametrize(("title", "images"), [case for case in CASES if case[1] in (3, 7)])
def test_threads_change_no_bit(title: str, images: int) -> None:
    shape, threads = SHAPES[title], torch.get_num_threads()
    given, found = values(shape, images), []
    try:
        for number in (1, 2, 3):
            torch.set_num_threads(number)
            found.append(run("direct_conv", shape, given, ("bias",)))
    finally:
        torch.set_num_threads(threads)
    for y, code in found[1:]:
        assert torch.equal(y, found[0][0])
        assert torch.equal(code, found[0][1])


def test_a_result_that_no_cache_holds_goes_past_them() -> None:
    shape = ConvShape(2, 64, (300, 220), (1, 1), activation="capped_relu", number=1.5)
    given = values(shape, 1)
    right = F.conv2d(given["x"], given["kernel"], given["bias"]).clamp(0, 1.5)
    kernel = ConvKernel("direct_conv", shape)
    packed = kernel.pack(given["kernel"])
    for start in (0, 1):  # aligned, and not
        y = torch.empty(right.numel() + 1)[start:][: right.numel()].view(1, 300, 220, 64)
        found = kernel(given["x"], packed, given["bias"], y=y.permute(0, 3, 1, 2))
        torch.testing.assert_close(found, right, rtol=1e-6, atol=1e-6)


def test_it_is_as_near_to_float64_as_torch() -> None:
    shape = ConvShape(64, 64, (13, 13), (3, 3))
    given = values(shape, 8)
    x, kernel, bias = (given[name] for name in ("x", "kernel", "bias"))
    right = F.conv2d(x.double(), kernel.double(), bias.double())
    found, _ = run("direct_conv", shape, given, ("bias",))
    theirs = F.conv2d(x, kernel, bias)
    assert (found - right).abs().max() < 2 * (theirs - right).abs().max()


@pytest.mark.parametrize("pool", [1, 2])
@pytest.mark.parametrize("activation", ["linear", "relu", "capped_relu", "leaky_relu"])
def test_a_nan_stays_visible(activation: str, pool: int) -> None:
    shape = ConvShape(1, 17, (6, 6), (1, 1), pool=pool, activation=activation, number=0.5)
    for pixel in range(4):
        given = values(shape, 1)
        given["x"][0, 0, pixel // 2, pixel % 2] = torch.nan
        found, _ = run("direct_conv", shape, given, ("bias",))
        sick = found.isnan()
        row, column = (0, 0) if pool == 2 else (pixel // 2, pixel % 2)
        assert sick[0, :, row, column].all()
        assert sick.sum() == shape.filters


@pytest.mark.parametrize("kernel", [(3, 3), (1, 1), (2, 5)])
def test_it_computes_input_gradients_with_turned_weights(kernel: tuple[int, int]) -> None:
    padding = tuple((k // 2, k - 1 - k // 2) for k in kernel)
    shape = ConvShape(20, 35, (9, 8), kernel, padding=(padding[0], padding[1])).gradient()
    given = values(shape, 2)
    kernels = [ConvKernel(name, shape) for name in ("plain_conv", "direct_conv")]
    turned = torch.randn(shape.channels, *kernel, shape.filters).permute(0, 3, 1, 2)
    right, found = (k(given["x"], k.pack(turned, turned=True), mask=given["mask"]) for k in kernels)
    torch.testing.assert_close(found, right, rtol=1e-5, atol=1e-4)


def test_it_is_chosen() -> None:
    assert choose(SHAPES["1x1"]).name == "direct_conv"
    assert choose(replace(SHAPES["deep"], filters=1)).name == "direct_conv"
