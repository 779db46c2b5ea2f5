"""A depthwise convolution of a training step and its gradients are torch's."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from striate.errors import KernelError, message
from striate.kernels import library
from striate.kernels.depthwise import Depthwise, suitable
from striate.kernels.shapes import ConvShape

pytestmark = [
    pytest.mark.torch,
    pytest.mark.native,
    pytest.mark.skipif(bool(library.missing()), reason=f"no kernels: {library.missing()}"),
]

SAME = ((1, 1), (1, 1))
SHAPES = {
    "3x3": ConvShape(16, 16, (8, 8), (3, 3), padding=SAME),
    "3x3, channels over": ConvShape(41, 41, (9, 6), (3, 3), padding=SAME),
    "3x3, valid": ConvShape(32, 32, (7, 5), (3, 3)),
    "3x3 by 2": ConvShape(40, 40, (9, 7), (3, 3), (2, 2), padding=((0, 1), (0, 1))),
    "3x3 by 2, same": ConvShape(16, 16, (8, 8), (3, 3), (2, 2), padding=SAME),
    "5x5": ConvShape(20, 20, (9, 9), (5, 5), padding=((2, 2), (2, 2))),
    "5x5 by 2": ConvShape(33, 33, (11, 8), (5, 5), (2, 2), padding=((1, 2), (2, 2))),
    "3x2 by (2, 1), dilated": ConvShape(
        *(24, 24, (12, 10), (3, 2), (2, 1), (1, 2)), padding=((1, 0), (1, 1))
    ),
    "dilated": ConvShape(16, 16, (9, 9), (3, 3), (1, 1), (2, 2), padding=((2, 2), (2, 2))),
    "9x9 by 3": ConvShape(16, 16, (20, 20), (9, 9), (3, 3), padding=((4, 4), (4, 4))),
    "a row is all": ConvShape(16, 16, (1, 1), (3, 3), padding=SAME),
}


def values(shape: ConvShape, images: int) -> tuple[Tensor, ...]:
    """Input, weights, bias and gradient of the result; maps have numbers that bfloat16 has."""
    torch.manual_seed(0)
    x = torch.randn(images, *shape.size, shape.channels).bfloat16().to(shape.dtype)
    g = torch.randn(images, *shape.result, shape.filters).bfloat16().to(shape.dtype)
    weights = torch.randn(*shape.kernel, shape.channels)
    return x.permute(0, 3, 1, 2), weights, torch.randn(shape.channels), g.permute(0, 3, 1, 2)


def torchs(shape: ConvShape, x: Tensor, w: Tensor, b: Tensor, g: Tensor) -> tuple[Tensor, ...]:
    """Result and gradients of input, weights and bias in float64."""
    x, w, b = (t.double().requires_grad_() for t in (x, w, b))
    (top, bottom), (left, right) = shape.padding
    kernel = w.permute(2, 0, 1).unsqueeze(1)
    wide = F.pad(x, (left, right, top, bottom))
    y = F.conv2d(wide, kernel, b, shape.strides, 0, shape.dilation, shape.channels)
    return y.detach(), *torch.autograd.grad(y, (x, w, b), g.double())


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("images", [1, 5])
@pytest.mark.parametrize("half", [False, True])
def test_it_is_torchs(shape: ConvShape, images: int, half: bool) -> None:
    shape = replace(shape, half=half)
    x, w, b, g = values(shape, images)
    kernels = Depthwise(shape)
    found = (kernels.forward(x, w, b), kernels.data(w, g), *kernels.filters(x, g))
    maps, numbers = found[:2], found[2:]
    assert {t.dtype for t in maps} == {shape.dtype}
    assert {t.dtype for t in numbers} == {torch.float32}
    for ours, right in zip(found, torchs(shape, x, w, b, g), strict=True):
        assert ours.shape == right.shape
        limit = 2**-8 if ours.dtype is torch.bfloat16 else 1e-6
        assert (ours.double() - right).abs().max() <= limit * right.abs().max()


@pytest.mark.parametrize("half", [False, True])
def test_any_number_of_threads_does(half: bool) -> None:
    before = torch.get_num_threads()
    shape = replace(SHAPES["3x3 by 2"], half=half)
    x, w, b, g = values(shape, 3)
    found = []
    try:
        for threads in (1, 2, 3, 64):
            torch.set_num_threads(threads)
            kernels = Depthwise(shape)
            found.append((kernels.forward(x, w, b), kernels.data(w, g), *kernels.filters(x, g)))
    finally:
        torch.set_num_threads(before)
    for other in found[1:]:
        assert torch.equal(other[0], found[0][0])
        assert torch.equal(other[1], found[0][1])
        torch.testing.assert_close(other[2:], found[0][2:], rtol=1e-5, atol=1e-5)


def test_no_images_give_zeros() -> None:
    shape = SHAPES["3x3"]
    empty = torch.empty(0, 16, 8, 8)
    assert all(not t.any() for t in Depthwise(shape).filters(empty, empty))


@pytest.mark.parametrize("bad", [torch.nan, torch.inf])
def test_what_is_not_finite_stays_visible(bad: float) -> None:
    shape = SHAPES["3x3 by 2, same"]
    x, w, _, g = values(shape, 2)
    g[1, 7, 2, 2] = bad
    weights, bias = Depthwise(shape).filters(x, g)
    assert not weights[..., 7].isfinite().any()
    assert not bias[7].isfinite()
    assert weights[..., :7].isfinite().all()
    dx = Depthwise(shape).data(w, g)
    assert (~dx.isfinite()).sum() == 9
    assert not dx[1, 7, 3:6, 3:6].isfinite().any()


@pytest.mark.parametrize("other", [{"filters": 32}, {"activation": "relu"}, {"pool": 2}])
def test_what_it_does_not_do(other: dict[str, object]) -> None:
    shape = replace(SHAPES["3x3"], **other)  # type: ignore[arg-type]
    assert not suitable(shape)
    with pytest.raises(KernelError) as caught:
        Depthwise(shape)
    fault = "the kernel does not do this shape"
    assert str(caught.value) == message("depthwise", fault, got={"shape": shape})
