"""The pooled backward is torch's, of the gradient spread to the winners, in float64."""

from __future__ import annotations

import ctypes
import mmap
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from striate.errors import KernelError
from striate.kernels import library
from striate.kernels.pooled_backward import PooledBackward, suitable
from striate.kernels.shapes import ConvShape

pytestmark = [
    pytest.mark.torch,
    pytest.mark.native,
    pytest.mark.skipif(bool(library.missing()), reason=f"no kernels: {library.missing()}"),
]

SAME, UNEVEN = ((1, 1), (1, 1)), ((0, 1), (2, 1))


def shape(
    channels: int, filters: int, size: tuple[int, int], k: int | tuple[int, int], padding: object
) -> ConvShape:
    kernel = (k, k) if isinstance(k, int) else k
    if isinstance(padding, int):
        padding = ((padding, padding), (padding, padding))
    return ConvShape(
        channels,
        filters,
        size,
        kernel,
        padding=padding,  # type: ignore[arg-type]
        pool=2,
        activation="relu",
    )


SHAPES = [
    *(shape(c, 16, (8, 10), 3, 1) for c in (16, 32, 48, 64, 96)),  # whole blocks of channels
    *(shape(c, 20, (7, 9), 3, SAME) for c in (1, 2, 3, 5, 17, 40, 70)),  # and others
    *(shape(c, 24, (12, 11), k, k // 2) for c in (1, 3, 16, 24) for k in (1, 2, 5, 7)),
    *(shape(32, o, (6, 6), 3, 0) for o in (1, 7, 17, 64, 65, 130)),
    shape(16, 16, (2, 2), 1, 0),  # one cell
    shape(16, 16, (3, 3), 3, UNEVEN),
    shape(19, 18, (9, 8), (3, 2), UNEVEN),
    shape(4, 9, (9, 8), (1, 4), UNEVEN),
    shape(3, 8, (14, 40), 11, 5),  # runs longer than a pass
    shape(64, 16, (40, 90), 3, 1),  # tiles that split rows and columns
    shape(1, 64, (28, 28), 3, 0),
    shape(1, 33, (9, 40), 3, 1),
]


def spread(shape: ConvShape, code: Tensor, g: Tensor) -> Tensor:
    """The gradient of the convolution's result, in float64."""
    n, o, h, w = g.shape
    dense = torch.zeros(n, o, *shape.convolved, dtype=torch.float64)
    for i in range(4):
        target = dense[:, :, i // 2 :: 2, i % 2 :: 2][:, :, :h, :w]
        target += torch.where(code == i, g.double(), 0.0)
    return dense


def values(shape: ConvShape, images: int, alive: float = 0.6) -> tuple[Tensor, ...]:
    """An input, weights, codes and a gradient, laid out as the layers have them."""
    torch.manual_seed(0)
    last = torch.channels_last
    x = torch.randn(images, shape.channels, *shape.size)
    kernel = torch.randn(shape.filters, shape.channels, *shape.kernel)
    g = torch.randn(images, shape.filters, *shape.result)
    code = torch.randint(0, 4, g.shape, dtype=torch.uint8)
    code[torch.rand(g.shape) > alive] = 4
    return tuple(t.contiguous(memory_format=last) for t in (x, kernel, code, g))


def right(shape: ConvShape, x: Tensor, kernel: Tensor, code: Tensor, g: Tensor) -> list[Tensor]:
    """The gradients of the input, the weights and the bias, in float64."""
    (top, bottom), (left, right) = shape.padding
    wide = torch.nn.functional.pad(x.double(), (left, right, top, bottom))
    dense = spread(shape, code, g)
    arguments = ([1, 1], [0, 0], [1, 1], False, [0, 0], 1, [True, True, True])
    dx, dkernel, dbias = torch.ops.aten.convolution_backward(
        dense, wide, kernel.double(), [shape.filters], *arguments
    )
    h, w = shape.size
    return [dx[:, :, top : top + h, left : left + w], dkernel, dbias]


def equal(found: Tensor, expected: Tensor) -> None:
    """To float32's rounding of sums of some thousand products of values of about 1."""
    error = (found.double() - expected).abs()
    largest = max(1.0, expected.abs().max().item())
    assert error.max().item() <= 4e-6 * largest, f"norm {error.norm()}, at {error.argmax()}"


@pytest.mark.parametrize("images", [1, 5])
@pytest.mark.parametrize("shape", SHAPES, ids=repr)
def test_it_is_the_gradient(shape: ConvShape, images: int) -> None:
    x, kernel, code, g = values(shape, images)
    dx, dkernel, dbias = right(shape, x, kernel, code, g)
    backward = PooledBackward(shape)
    first = backward.data(kernel, code, g)
    equal(first, dx)
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        assert torch.equal(backward.data(kernel, code, g), first)
        found = backward.filters(x, code, g)
        equal(found[0], dkernel)
        equal(found[1], dbias)
        for one, other in zip(found, backward.filters(x, code, g), strict=True):
            assert torch.equal(one, other)
    torch.set_num_threads(1)
    assert first.permute(0, 2, 3, 1).is_contiguous()
    assert found[0].permute(0, 2, 3, 1).is_contiguous()


def test_large_weights_are_added_up_in_one_order() -> None:
    block = shape(64, 130, (6, 6), 3, 1)
    x, _, code, g = values(block, 20)
    backward = PooledBackward(block)
    one = backward.filters(x, code, g)
    torch.set_num_threads(2)
    two = backward.filters(x, code, g)
    torch.set_num_threads(1)
    assert all(torch.equal(*pair) for pair in zip(one, two, strict=True))


@pytest.mark.parametrize("alive", [0.0, 1.0])
def test_none_and_all_alive(alive: float) -> None:
    block = replace(shape(32, 20, (9, 9), 3, 1), activation="linear")
    x, kernel, code, g = values(block, 3, alive)
    expected = right(block, x, kernel, code, g)
    backward = PooledBackward(block)
    for found, its in zip(
        (backward.data(kernel, code, g), *backward.filters(x, code, g)), expected, strict=True
    ):
        equal(found, its)


def test_maps_may_lie_otherwise_and_x_in_a_wider_one() -> None:
    block = shape(20, 24, (8, 7), 3, 1)
    x, kernel, code, g = values(block, 2)
    right = PooledBackward(block)
    dx, (dkernel, dbias) = right.data(kernel, code, g), right.filters(x, code, g)
    packed = [t.contiguous() for t in (x, kernel, code, g)]
    assert torch.equal(right.data(*packed[1:]), dx)
    assert torch.equal(right.filters(packed[0], *packed[2:])[0], dkernel)
    wide = torch.full((2, 8, 7, 33), torch.nan)
    wide[..., 9:29] = x.permute(0, 2, 3, 1)
    found = PooledBackward(replace(block, x_row=33)).filters(wide[..., 9:29], code, g)
    assert torch.equal(found[0], dkernel)
    assert torch.equal(found[1], dbias)


@pytest.mark.parametrize("channels", [1, 32])
def test_no_images_have_no_gradient(channels: int) -> None:
    block = shape(channels, 20, (9, 9), 3, 1)
    x, kernel, code, g = values(block, 0)
    backward = PooledBackward(block)
    assert backward.data(kernel, code, g).shape == x.shape
    assert not any(t.any() for t in backward.filters(x, code, g))


def guarded(size: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """A map, and all of its memory: with 64 values before it and behind it that must stay."""
    count = torch.Size(size).numel()
    memory = torch.full((count + 128,), 12345.0)
    n, c, h, w = size
    return memory[64 : 64 + count].view(n, h, w, c).permute(0, 3, 1, 2), memory


def at_the_end_of_memory(t: Tensor) -> Tensor:
    """A copy, behind which the next page may not be read."""
    rows = t.permute(0, 2, 3, 1).contiguous()
    size = rows.numel() * rows.element_size()
    pages = -(-size // mmap.PAGESIZE) * mmap.PAGESIZE
    memory = mmap.mmap(-1, pages + mmap.PAGESIZE)
    whole = torch.frombuffer(memory, dtype=torch.uint8)
    protect(whole.data_ptr() + pages)
    copy = whole[pages - size : pages].view(t.dtype).view(rows.shape)
    copy.copy_(rows)
    return copy.permute(0, 3, 1, 2)


def protect(address: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.mprotect(ctypes.c_void_p(address), ctypes.c_size_t(mmap.PAGESIZE), 0) == 0


@pytest.mark.parametrize("index", range(0, len(SHAPES), 2))
def test_nothing_outside_is_read_or_written(index: int) -> None:
    block = SHAPES[index]
    x, kernel, code, g = (at_the_end_of_memory(t) for t in values(block, 3))
    backward = PooledBackward(block)
    dkernel, memory = guarded((block.filters, block.channels, *block.kernel))
    dbias, bias_memory = guarded((1, block.filters, 1, 1))
    found = backward.filters(x, code, g, out=(dkernel, dbias.view(-1)))
    assert found[0] is dkernel
    equal(dkernel, right(block, x, kernel, code, g)[1])
    for its in (memory, bias_memory):
        assert (its[:64] == 12345).all()
        assert (its[-64:] == 12345).all()
    equal(backward.data(kernel, code, g), right(block, x, kernel, code, g)[0])


def test_a_nan_stays_visible() -> None:
    block = shape(32, 16, (6, 6), 3, 1)
    x, kernel, code, g = values(block, 1)
    code[0, 3, 1, 1], g[0, 3, 1, 1] = 0, torch.nan
    backward = PooledBackward(block)
    dkernel, dbias = backward.filters(x, code, g)
    assert dkernel[3].isnan().all()
    assert dbias[3].isnan()
    assert not dkernel[4].isnan().any()
    assert backward.data(kernel, code, g)[0, :, 1:4, 1:4].isnan().all()


@pytest.mark.parametrize(
    "change",
    [
        {"pool": 1},
        {"strides": (2, 1)},
        {"dilation": (1, 2)},
        {"activation": "leaky_relu"},
        {"activation": "capped_relu"},
        {"size": (1, 8), "kernel": (1, 1)},
    ],
)
def test_other_blocks_are_refused(change: dict[str, object]) -> None:
    block = replace(shape(16, 16, (8, 8), 3, 0), **change)  # type: ignore[arg-type]
    assert not suitable(block)
    with pytest.raises(KernelError) as error:
        PooledBackward(block)
    assert str(error.value) == (
        "pooled_backward: the kernel does not do this shape. Got "
        f"strides={block.strides}, dilation={block.dilation}, pool={block.pool}, "
        f"activation='{block.activation}', result={block.result}. "
        "Expected strides and dilation 1, pool 2, activation linear or relu, a result."
    )
