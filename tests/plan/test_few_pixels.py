"""Convolutions of few pixels by many weights: one product of matrices."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import striate as st
from striate import layers
from striate.ops.convolution import conv, conv_by_product
from striate.plan import binding
from tests.plan.compare import check_equal

pytestmark = pytest.mark.torch

WINDOWS: dict[str, tuple[int, int, int, Any]] = {
    "1x1": (1, 1, 1, "valid"),
    "1x1 by 2": (1, 1, 2, "valid"),
    "3x3": (3, 3, 1, "same"),
    "3x3 by 2": (3, 3, 2, "same"),
    "3x2 by 3": (3, 2, 3, "valid"),
    "3x3, given zeros": (3, 3, 2, ((1, 1), (0, 2))),
}


@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
@pytest.mark.parametrize("biased", [True, False])
def test_the_product_is_the_convolution(window: tuple[int, int, int, Any], biased: bool) -> None:
    height, width, stride, padding = window
    torch.manual_seed(0)
    outer_first = torch.randn(6, height, width, 5, dtype=torch.float64)
    kernel = outer_first.permute(1, 2, 3, 0).requires_grad_()
    x = torch.randn(3, 7, 8, 5, dtype=torch.float64).permute(0, 3, 1, 2).requires_grad_()
    bias = torch.randn(6, dtype=torch.float64, requires_grad=True) if biased else None
    given = [t for t in (x, kernel, bias) if t is not None]
    found = []
    for way in (conv_by_product, lambda *a: conv(*a, (1, 1))):
        y = way(x, kernel, bias, (stride, stride), padding)
        found.append([y, *torch.autograd.grad(y.square().sum(), given)])
    for ours, right in zip(*found, strict=True):
        torch.testing.assert_close(ours, right)
    assert found[0][0].is_contiguous(memory_format=torch.channels_last)


def model() -> st.Model:
    """Of one pixel in the end, with 1x1 and strided convolutions of many weights."""
    torch.manual_seed(0)
    made = [
        layers.Conv2D(32, 1, use_bias=False),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.Conv2D(64, 1, strides=2),
        layers.LeakyReLU(),
        layers.Conv2D(128, 1),
        layers.ZeroPadding2D(1),
        layers.Conv2D(256, 3, strides=2),
    ]
    return st.Sequential([st.Input((4, 4, 16)), *made])


def test_the_plan_says_up_to_how_many_images() -> None:
    plan = model().plan(training=True, precision="bfloat16")  # of float32 some have our kernels
    told = {n.nodes[-1]: n.text for n in plan.applied if n.rule == "few pixels"}
    text = "a product of matrices, of up to {} images: few pixels, many weights"
    # weights over pixels of an image and 256 or 16,384
    assert told == {
        "conv2d_1": text.format(32 * 64 // (256 * 4)),
        "conv2d_2": text.format(64 * 128 // (256 * 4)),
        "conv2d_3": text.format(9 * 128 * 256 // 16_384),
    }
    assert not any(op.product_images for op in model().plan().operations)


@pytest.mark.parametrize("images", [1, 2, 5, 9])
def test_values_and_gradients_are_the_layers(images: int) -> None:
    check_equal(model(), torch.randn(images, 4, 4, 16), 1e-4)


@pytest.mark.parametrize(("images", "count"), [(2, 3), (8, 2), (9, 1), (19, 0)])
def test_more_images_are_convolved(
    monkeypatch: pytest.MonkeyPatch, images: int, count: int
) -> None:
    calls: list[int] = []

    def watched(*args: Any) -> torch.Tensor:
        calls.append(1)
        return conv_by_product(*args)

    monkeypatch.setattr(binding, "conv_by_product", watched)
    made = model().train()
    with made.executing(True, "bfloat16", "float32", "test"):
        made(torch.randn(images, 4, 4, 16))
    assert len(calls) == count
