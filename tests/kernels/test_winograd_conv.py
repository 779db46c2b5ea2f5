"""Winograd's F(4x4, 3x3) gives what the definition gives, and touches nothing beside it."""

from __future__ import annotations

import ctypes
import mmap
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from striate.errors import KernelError, message
from striate.kernels import library
from striate.kernels.conv import KERNELS, ConvKernel
from striate.kernels.shapes import ConvShape

pytestmark = [
    pytest.mark.torch,
    pytest.mark.native,
    pytest.mark.skipif(bool(library.missing()), reason=f"no kernels: {library.missing()}"),
]

# Of the largest result. The transforms subtract what nearly cancels, so that some 1e-6 to 4e-6 is
# usual where the definition gives 2e-7 to 1e-6.
TOLERANCE = 1e-5
GUARD = 64
SAME = ((1, 1), (1, 1))
VALID = ((0, 0), (0, 0))
FULL = ((2, 2), (2, 2))
SKEW = ((0, 2), (1, 0))

SHAPES = [
    ConvShape(64, 64, (13, 13), (3, 3), padding=VALID, pool=2, activation="relu"),
    ConvShape(32, 48, (8, 8), (3, 3), padding=SAME, activation="relu"),
    ConvShape(48, 32, (9, 11), (3, 3), padding=SKEW, activation="leaky_relu", number=0.2),
    ConvShape(64, 32, (7, 15), (3, 3), padding=SAME, pool=2, activation="capped_relu", number=30.0),
    ConvShape(32, 16, (10, 7), (3, 3), padding=FULL, pool=2),
    ConvShape(80, 64, (9, 9), (3, 3), padding=SAME, x_row=85, y_row=67, activation="relu"),
    ConvShape(512, 352, (4, 4), (3, 3), padding=SAME),  # its packed weights go past the caches
    ConvShape(16, 48, (23, 30), (3, 3), padding=FULL, x_row=32, y_row=80),
]


def values(*size: int, row: int = 0, seed: int = 0) -> Tensor:
    """Random (N, C, H, W) with channels-last strides, `row` floats from pixel to pixel."""
    n, c, h, w = size
    generator = torch.Generator().manual_seed(seed + sum(size))
    wide = torch.randn(n, h, w, max(row, c), generator=generator)
    return wide[..., :c].permute(0, 3, 1, 2)


def kernel_of(shape: ConvShape) -> Tensor:
    kernel = values(shape.filters, shape.channels, 3, 3, seed=1)
    return kernel.contiguous(memory_format=torch.channels_last)


def guarded(images: int, shape: ConvShape, dtype: torch.dtype, row: int) -> tuple[Tensor, Tensor]:
    """A map for results in the middle of a marked memory, and that memory."""
    h, w = shape.result
    memory = torch.full((2 * GUARD + images * h * w * row,), 77, dtype=dtype)
    inner = memory[GUARD:-GUARD].view(images, h, w, row)
    return inner[..., : shape.filters].permute(0, 3, 1, 2), memory


def run(name: str, shape: ConvShape, images: int, **given: Tensor | None) -> tuple[Tensor, Tensor]:
    """Result and code of a kernel, both guarded."""
    y, memory = guarded(images, shape, shape.dtype, shape.y_row or shape.filters)
    code, code_memory = guarded(images, shape, torch.uint8, shape.filters)
    kernel = ConvKernel(name, shape)
    x = rounded(values(images, shape.channels, *shape.size), shape.x_row, shape.dtype)
    bias = torch.randn(shape.filters, generator=torch.Generator().manual_seed(5))
    kernel(x, kernel.pack(kernel_of(shape)), bias, y=y, code=code, **given)
    for whole in (memory, code_memory):
        assert (whole[:GUARD] == 77).all()
        assert (whole[-GUARD:] == 77).all()
    wide = memory[GUARD:-GUARD].view(-1, shape.y_row or shape.filters)
    assert (wide[:, shape.filters :] == 77).all()
    return y, code


def rounded(t: Tensor, row: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    """Numbers that bfloat16 has, of either type, `row` values from pixel to pixel."""
    n, c, h, w = t.shape
    wide = torch.zeros(n, h, w, max(row, c), dtype=dtype)
    wide[..., :c] = t.bfloat16().permute(0, 2, 3, 1)
    return wide[..., :c].permute(0, 3, 1, 2)


def assert_near(found: Tensor, right: Tensor) -> None:
    right = right.double()
    error = (found.double() - right).abs()
    assert error.max() <= TOLERANCE * right.abs().max(), (
        f"off by {error.max():.3g} at {torch.unravel_index(error.argmax(), error.shape)}, "
        f"norm {error.norm():.3g} of {right.norm():.3g}"
    )


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("images", [1, 3])
@pytest.mark.parametrize("extras", [False, True])
def test_it_is_the_definition(shape: ConvShape, images: int, extras: bool) -> None:
    given: dict[str, Tensor | None] = {}
    if extras:
        whole = (images, shape.filters, *shape.convolved)
        given["add"] = values(*whole, row=shape.y_row, seed=2)
        given["mask"] = values(images, shape.channels, *shape.size, row=shape.x_row, seed=3)
    right, winner = run("plain_conv", shape, images, **given)
    found, code = run("winograd_conv", shape, images, **given)
    assert_near(found, right)
    if shape.pool == 2:
        assert (code != winner).double().mean() < 1e-3  # values that are equal but for the error


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("images", [1, 3])
@pytest.mark.parametrize("extras", [False, True])
def test_of_bfloat16_it_is_the_same_rounded(shape: ConvShape, images: int, extras: bool) -> None:
    results = []
    for half in (False, True):
        sizes, given = replace(shape, half=half), {}
        if extras:
            add = values(images, shape.filters, *shape.convolved, seed=2)
            mask = values(images, shape.channels, *shape.size, seed=3)
            given["add"] = rounded(add, shape.y_row, sizes.dtype)
            given["mask"] = rounded(mask, shape.x_row, sizes.dtype)
        results.append(run("winograd_conv", sizes, images, **given))
    (right, winner), (found, code) = results
    assert torch.equal(found, right.bfloat16())
    if shape.pool == 2:
        assert torch.equal(code, winner)


def test_a_large_result_is_torchs() -> None:
    """One that is written past the caches."""
    shape = ConvShape(16, 16, (513, 513), (3, 3), padding=SAME)
    kernel, x = ConvKernel("winograd_conv", shape), values(1, 16, 513, 513)
    right = torch.nn.functional.conv2d(x.double(), kernel_of(shape).double(), padding=1)
    assert_near(kernel(x, kernel.pack(kernel_of(shape))), right)
    half, x = ConvKernel("winograd_conv", replace(shape, half=True)), rounded(x)
    right = kernel(x, kernel.pack(kernel_of(shape)))
    assert torch.equal(half(x.bfloat16(), half.pack(kernel_of(shape))), right.bfloat16())


@pytest.mark.parametrize("shape", [SHAPES[1], SHAPES[2], SHAPES[7]])
def test_the_input_gradient_is_torchs(shape: ConvShape) -> None:
    (top, bottom), (left, right) = shape.padding
    x = values(2, shape.channels, *shape.size).double().requires_grad_()
    wide = torch.nn.functional.pad(x, (left, right, top, bottom))
    y = torch.nn.functional.conv2d(wide, kernel_of(shape).double())
    alive = values(2, shape.filters, *shape.convolved, row=shape.y_row, seed=4)
    g = values(2, shape.filters, *shape.convolved, row=shape.y_row, seed=5)
    y.backward(g.double() * (alive > 0))
    back = ConvKernel("winograd_conv", replace(shape, x_row=0).gradient())
    assert x.grad is not None
    assert_near(back(g, back.pack(kernel_of(shape), turned=True), mask=alive), x.grad)


@pytest.mark.parametrize("images", [1, 7])
def test_threads_change_nothing(images: int) -> None:
    before = torch.get_num_threads()
    shape = replace(SHAPES[0], filters=112)
    results = []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            results.append(run("winograd_conv", shape, images))
    finally:
        torch.set_num_threads(before)
    for y, code in results[1:]:
        assert torch.equal(y, results[0][0])
        assert torch.equal(code, results[0][1])


@pytest.mark.parametrize("bad", [torch.nan, torch.inf, -torch.inf])
@pytest.mark.parametrize("shape", [SHAPES[0], SHAPES[1], replace(SHAPES[4], activation="relu")])
def test_what_is_not_finite_stays_visible(bad: float, shape: ConvShape) -> None:
    kernel = ConvKernel("winograd_conv", replace(shape, activation="linear"))
    x = values(1, shape.channels, *shape.size)
    x[0, 3, 4, 5] = bad
    plain = ConvKernel("plain_conv", kernel.shape)
    found = kernel(x, kernel.pack(kernel_of(shape)))
    right = plain(x, plain.pack(kernel_of(shape)))
    assert not found.isfinite()[~right.isfinite()].any()


@pytest.mark.parametrize("half", [False, True])
def test_it_reads_nothing_beyond_its_inputs(half: bool) -> None:
    """Each input ends where memory that may not be touched begins."""
    shape = replace(SHAPES[1], half=half)
    page = mmap.PAGESIZE
    kernel = ConvKernel("winograd_conv", shape)
    x, weights = values(1, shape.channels, *shape.size).to(shape.dtype), kernel_of(shape)
    mask, add = values(*x.shape, seed=3), values(1, shape.filters, *shape.convolved)
    mask, add = mask.to(shape.dtype), add.to(shape.dtype)
    right = kernel(x, kernel.pack(weights), torch.zeros(shape.filters), mask=mask, add=add)
    protect = ctypes.CDLL(None).mprotect
    protect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    kept = []

    def at_the_end(tensor: Tensor) -> Tensor:
        flat = tensor.permute(0, 2, 3, 1).reshape(-1) if tensor.dim() == 4 else tensor
        size = (flat.nbytes + page - 1) // page * page
        memory = mmap.mmap(-1, size + page)
        place = torch.frombuffer(memory, dtype=torch.uint8)
        kept.append((memory, place))
        assert protect(place.data_ptr() + size, page, 0) == 0
        inner = place[size - flat.nbytes : size].view(tensor.dtype)
        inner.copy_(flat)
        if tensor.dim() != 4:
            return inner
        n, c, h, w = tensor.shape
        return inner.view(n, h, w, c).permute(0, 3, 1, 2)

    packed = at_the_end(kernel.pack(at_the_end(weights)))
    bias = at_the_end(torch.zeros(shape.filters))
    x, mask, add, y = (at_the_end(t) for t in (x, mask, add, torch.zeros_like(right)))
    assert torch.equal(kernel(x, packed, bias, mask=mask, add=add, y=y), right)
    for _memory, place in kept:  # before they are given back
        assert protect(place.data_ptr() + place.numel() - page, page, 3) == 0


@pytest.mark.parametrize(
    "other",
    [
        {"kernel": (5, 5)},
        {"strides": (2, 1)},
        {"dilation": (2, 2)},
        {"channels": 40},
        {"filters": 8},
        {"size": (4, 4)},
        {"size": (6, 6), "images": 1},  # the kernels are read for too few tiles
    ],
)
def test_what_it_does_not_do(other: dict[str, object]) -> None:
    shape = ConvShape(64, 64, (13, 13), (3, 3))
    ConvKernel("winograd_conv", shape)
    shape = replace(shape, **other)  # type: ignore[arg-type]
    with pytest.raises(KernelError) as caught:
        ConvKernel("winograd_conv", shape)
    fault = "the kernel does not do this shape"
    assert str(caught.value) == message("winograd_conv", fault, got={"shape": shape})


@pytest.mark.parametrize("name", [n for n in KERNELS if n != "winograd_conv"])
def test_of_bfloat16_no_other_kernel_reads_maps(name: str) -> None:
    if name == "direct_conv_bf16" and not library.bfloat16():
        pytest.skip("the processor does not multiply bfloat16")
    shape = ConvShape(64, 64, (13, 13), (3, 3))
    ConvKernel(name, shape)
    with pytest.raises(KernelError, match="does not do this shape"):
        ConvKernel(name, replace(shape, half=True))
