"""Winograd's gradient of the kernels is torch's, and it touches nothing beside its values."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from striate.errors import KernelError, message
from striate.kernels import library
from striate.kernels.shapes import ConvShape
from striate.kernels.winograd_filter import WinogradFilterGradient, suitable

pytestmark = [
    pytest.mark.torch,
    pytest.mark.native,
    pytest.mark.skipif(bool(library.missing()), reason=f"no kernels: {library.missing()}"),
]

# Of the largest result, as for the convolution: its transforms subtract what nearly cancels.
TOLERANCE = 1e-5

SHAPES = [
    ConvShape(64, 64, (13, 13), (3, 3)),
    ConvShape(32, 48, (8, 8), (3, 3), padding=((1, 1), (1, 1))),
    ConvShape(48, 32, (9, 11), (3, 3), padding=((0, 2), (1, 0))),
    ConvShape(80, 128, (10, 7), (3, 3), padding=((2, 2), (2, 2)), x_row=85, y_row=131),
    ConvShape(32, 192, (5, 5), (3, 3)),
    ConvShape(512, 352, (4, 4), (3, 3), padding=((1, 1), (1, 1))),  # sums that no cache holds
]


def rows(
    images: int,
    channels: int,
    size: tuple[int, int],
    row: int,
    seed: int,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """Random (N, C, H, W) that bfloat16 has; between pixels of `row` values there is NaN."""
    generator = torch.Generator().manual_seed(seed)
    wide = torch.full((images, *size, max(row, channels)), torch.nan, dtype=dtype)
    numbers = torch.randn((images, *size, channels), generator=generator)
    wide[..., :channels] = numbers.bfloat16()
    return wide[..., :channels].permute(0, 3, 1, 2)


def check(shape: ConvShape, images: int, masked: bool) -> None:
    x = rows(images, shape.channels, shape.size, shape.x_row, 0)
    g = rows(images, shape.filters, shape.convolved, shape.y_row, 1)
    mask = rows(images, shape.filters, shape.convolved, shape.y_row, 2) if masked else None
    kernel = torch.zeros(shape.filters, shape.channels, 3, 3, dtype=torch.float64)
    kernel.requires_grad_()
    (top, bottom), (left, right) = shape.padding
    y = F.conv2d(F.pad(x.double(), (left, right, top, bottom)), kernel)
    wanted = g.double() if mask is None else g.double() * (mask > 0)
    y.backward(wanted)
    found, bias = WinogradFilterGradient(shape)(x, g, mask)
    assert kernel.grad is not None
    assert found.is_contiguous(memory_format=torch.channels_last)
    for ours, right_one in ((found, kernel.grad), (bias, wanted.sum((0, 2, 3)))):
        error = (ours.double() - right_one).abs()
        assert error.max() <= TOLERANCE * right_one.abs().max(), (
            f"off by {error.max():.3g} at {torch.unravel_index(error.argmax(), error.shape)}, "
            f"norm {error.norm():.3g} of {right_one.norm():.3g}"
        )


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("images", [1, 9])
@pytest.mark.parametrize("masked", [False, True])
def test_it_is_torchs(shape: ConvShape, images: int, masked: bool) -> None:
    check(shape, images, masked)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("masked", [False, True])
def test_of_bfloat16_it_is_the_same(shape: ConvShape, masked: bool) -> None:
    results = []
    for half in (False, True):
        dtype = torch.bfloat16 if half else torch.float32
        sizes = (
            (shape.channels, shape.size, shape.x_row, 0, dtype),
            *((shape.filters, shape.convolved, shape.y_row, seed, dtype) for seed in (1, 2)),
        )
        x, g, mask = (rows(3, *size) for size in sizes)
        gradient = WinogradFilterGradient(replace(shape, half=half))
        results.append(gradient(x, g, mask if masked else None))
    right, found = results
    assert all(t.dtype is torch.float32 for t in found)
    assert torch.equal(found[0], right[0])
    assert torch.equal(found[1], right[1])


@pytest.mark.parametrize("threads", [1, 2, 3, 4])
def test_any_number_of_threads_does(threads: int) -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(threads)
        check(SHAPES[0], 5, masked=True)  # the threads split the tiles
        check(SHAPES[3], 1, masked=False)  # and here the filters, or both
        check(replace(SHAPES[4], size=(6, 6)), 1, masked=True)
    finally:
        torch.set_num_threads(before)


def test_the_same_threads_give_the_same_bits() -> None:
    shape = SHAPES[0]
    x, g = rows(4, 64, shape.size, 0, 0), rows(4, 64, shape.convolved, 0, 1)
    gradient = WinogradFilterGradient(shape)
    first, again = gradient(x, g), gradient(x, g)
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1], again[1])


def test_no_images_give_zeros() -> None:
    shape = SHAPES[1]
    kernel, bias = WinogradFilterGradient(shape)(torch.empty(0, 32, 8, 8), torch.empty(0, 48, 8, 8))
    assert not kernel.any()
    assert not bias.any()


@pytest.mark.parametrize("bad", [torch.nan, torch.inf])
def test_what_is_not_finite_stays_visible(bad: float) -> None:
    shape = SHAPES[0]
    x, g = rows(2, 64, shape.size, 0, 0), rows(2, 64, shape.convolved, 0, 1)
    g[1, 7, 3, 4] = bad
    kernel, bias = WinogradFilterGradient(shape)(x, g)
    assert not kernel[7].isfinite().any()
    assert not bias[7].isfinite()
    assert kernel[:7].isfinite().all()
    x[0, 9, 5, 5] = bad
    kernel, _ = WinogradFilterGradient(shape)(x, g)
    assert not kernel[:, 9].isfinite().any()


@pytest.mark.parametrize(
    "other",
    [{"kernel": (5, 5)}, {"strides": (1, 2)}, {"channels": 40}, {"pool": 2}, {"size": (4, 4)}],
)
def test_what_it_does_not_do(other: dict[str, object]) -> None:
    shape = replace(SHAPES[0], **other)  # type: ignore[arg-type]
    assert not suitable(shape)
    with pytest.raises(KernelError) as caught:
        WinogradFilterGradient(shape)
    fault = "the kernel does not do this shape"
    assert str(caught.value) == message("winograd_filter", fault, got={"shape": shape})
