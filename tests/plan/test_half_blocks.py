"""Blocks between maps of bfloat16: when they are chosen, values, gradients, what the plan says."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
import torch
from torch import Tensor

import striate as st
from striate import layers
from striate.kernels import library
from striate.kernels.block import HALF_OBSTACLE, Block
from striate.kernels.shapes import ConvShape
from striate.plan.blocks import BlockFunction, plain

pytestmark = [
    pytest.mark.torch,
    pytest.mark.native,
    pytest.mark.skipif(bool(library.missing()), reason=f"no kernels: {library.missing()}"),
]

SAME = ((1, 1), (1, 1))
SHAPES = [
    ConvShape(16, 32, (16, 12), (3, 3), padding=SAME, half=True),
    ConvShape(32, 16, (16, 12), (3, 3), padding=SAME, activation="relu", half=True),
    ConvShape(16, 16, (16, 16), (3, 3), pool=2, activation="relu", half=True),
    ConvShape(16, 16, (16, 16), (3, 3), pool=2, half=True),
    ConvShape(32, 32, (8, 8), (3, 3), padding=SAME, activation="capped_relu", number=6, half=True),
    ConvShape(16, 32, (12, 12), (3, 3), activation="leaky_relu", number=0.2, half=True),
]


@pytest.fixture(autouse=True)
def bfloat16_is_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a processor that multiplies bfloat16, whatever this one does."""
    for name in ("native_blocks", "bfloat16_products"):
        rule = importlib.import_module(f"striate.plan.rules.{name}")
        monkeypatch.setattr(rule, "fast_half", lambda device: ("bfloat16", ""))


def weights(shape: ConvShape) -> tuple[Tensor, Tensor]:
    """A kernel, whose outputs come first in memory as in a layer, and a bias."""
    torch.manual_seed(1)
    outputs_first = torch.randn(shape.filters, 3, 3, shape.channels) / 12
    return outputs_first.permute(1, 2, 3, 0), torch.randn(shape.filters)


def gradients(
    function: Any, shape: ConvShape, kernel: Tensor, bias: Tensor, images: int = 5
) -> list[Tensor]:
    """The result, and the gradients of input, kernel and bias."""
    torch.manual_seed(2)
    x = torch.randn(images, *shape.size, shape.channels).bfloat16().permute(0, 3, 1, 2)
    g = torch.randn(images, *shape.result, shape.filters).bfloat16().permute(0, 3, 1, 2)
    x.requires_grad_()
    y = function(x)
    return [y, *torch.autograd.grad(y, (x, kernel, bias), g.to(y.dtype))]


@pytest.mark.parametrize("shape", SHAPES)
def test_values_and_gradients_are_the_definitions(shape: ConvShape) -> None:
    """Those in float64 of the same bfloat16 input; the result and what follows are rounded once."""
    kernel, bias = (t.requires_grad_() for t in weights(shape))
    found = gradients(BlockFunction(shape, lambda: (kernel, bias)), shape, kernel, bias)
    assert [t.dtype for t in found] == [torch.bfloat16, torch.bfloat16, *[torch.float32] * 2]
    from_float = ConvShape(**{**vars_of(shape), "half": False})
    right = gradients(
        lambda x: plain(from_float, x.double(), kernel.double(), bias.double()), shape, kernel, bias
    )
    for ours, exact in zip(found, right, strict=True):
        error = (ours.double() - exact.double()).norm() / exact.double().norm()
        assert error < 3e-3  # half of a unit in the last of 8 bits is 2e-3


def vars_of(shape: ConvShape) -> dict[str, Any]:
    return {name: getattr(shape, name) for name in shape.__dataclass_fields__}


def test_a_gradient_has_gradients() -> None:
    shape = SHAPES[1]
    kernel, bias = (t.requires_grad_() for t in weights(shape))
    function = BlockFunction(shape, lambda: (kernel, bias))
    x = torch.randn(2, shape.channels, *shape.size).bfloat16().requires_grad_()
    found = []
    for way in (function, lambda x: plain(shape, x, kernel, bias)):
        (first,) = torch.autograd.grad(way(x).float().square().sum(), x, create_graph=True)
        found.append(torch.autograd.grad(first.float().square().sum(), kernel)[0])
    error = (found[0] - found[1]).norm() / found[1].norm()
    assert error < 2e-2


def test_where_kernels_cannot_see_torch_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    shape = SHAPES[0]
    kernel, bias = weights(shape)
    function = BlockFunction(shape, lambda: (kernel, bias))
    x = torch.randn(4, shape.channels, *shape.size)  # float32 is rounded on the way in
    ours = function(x)
    assert ours.dtype is torch.bfloat16
    monkeypatch.setattr(Block, "forward", None)  # whoever calls it now fails
    monkeypatch.setattr(Block, "suits", lambda self, images: False)
    few = function(x)
    mapped = torch.vmap(lambda image: function(image[None])[0])(x)
    for other in (few, mapped):
        assert other.dtype is torch.bfloat16
        torch.testing.assert_close(other.float(), ours.float(), rtol=2e-2, atol=2e-2)


def residual(pixels: int = 16, filters: int = 48, **after: Any) -> st.Model:
    """Convolutions, each with a batch normalisation, and a sum; the first one sees an image."""
    torch.manual_seed(0)
    image = st.Input((pixels, pixels, 3))
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(image)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    y = x
    for _ in range(4):
        y = layers.Conv2D(filters, 3, padding="same", use_bias=False, **after)(y)
        y = layers.ReLU()(layers.BatchNormalization()(y))
    y = layers.Add()([x, y])
    y = layers.Conv2D(filters, 3, padding="same", use_bias=False)(y)
    y = layers.GlobalAveragePooling2D()(layers.BatchNormalization()(y))
    return st.Model(image, layers.Dense(10, activation="softmax")(y))


def halves(plan: Any) -> list[bool | None]:
    """Of each convolution, whether it is a block between half maps; None: torch's."""
    found = [op for op in plan.operations if op.part == "product" and "conv" in op.name]
    return [None if op.block is None else op.block.half for op in found]


def test_normalised_maps_are_half_by_default() -> None:
    model = residual()
    plan = model.plan(training=True, precision="auto")
    assert halves(plan) == [None, *[True] * 5]
    assert plan.precision == "bfloat16 products"
    products_in = [step.precision for step in plan.steps if step.operations[0].startswith("conv")]
    assert products_in == ["bfloat16", *["float32"] * 5]  # the first one is torch's
    told = {n.text for n in plan.applied if n.rule == "one block"}
    assert told == {
        "one step by our own kernels: winograd + winograd backward; it multiplies in float32"
    }
    assert ("one block", HALF_OBSTACLE) in {(n.rule, n.text) for n in plan.refused}
    assert halves(model.plan(training=True, precision="float32")) == [None, *[False] * 5]
    assert halves(model.plan()) == [None] * 6  # of inference


def test_what_blocks_of_float32_do_inside_stays_float32() -> None:
    assert True not in halves(residual(activation="relu").plan(training=True, precision="auto"))
    asked = residual(activation="relu").plan(training=True, precision="bfloat16")
    assert halves(asked) == [None, *[True] * 5]
    assert [op.block.activation for op in asked.operations if op.block][:1] == ["relu"]


def test_without_kernels_or_in_float16_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(halves(residual().plan(training=True, precision="float16"))) == {None}
    monkeypatch.setattr(library, "missing", lambda: "they are for another day")
    assert set(halves(residual().plan(training=True, precision="bfloat16"))) == {None}


def test_training_runs_as_without_a_plan() -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(96, 16, 16, 3, generator=generator)
    y = (x[..., 0].mean((1, 2)) > x[..., 1].mean((1, 2))).long()
    losses = {}
    for plan, precision in ((True, "auto"), (True, "bfloat16"), (False, "float32")):
        model = residual()
        model.compile(st.optimizers.SGD(0.05), "sparse_categorical_crossentropy")
        settings: dict[str, Any] = {"plan": plan, "precision": precision, "verbose": 0, "seed": 0}
        history = model.fit(x, y, batch_size=32, epochs=6, **settings)
        losses[plan, precision] = history.history["loss"]
        assert all(p.dtype is torch.float32 for p in model.parameters())
    right = losses.pop((False, "float32"))
    assert right[-1] < right[0]
    for found in losses.values():
        assert found == pytest.approx(right, rel=0.05)
