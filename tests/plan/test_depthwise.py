"""Depthwise convolutions in training plans: values, gradients, what the plan says of them."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import striate as st
from striate import layers
from striate.kernels import library
from striate.kernels.depthwise import Depthwise
from striate.kernels.shapes import ConvShape
from striate.plan.depthwise import DepthwiseFunction, plain
from tests.plan.compare import check_equal, trained

pytestmark = [
    pytest.mark.torch,
    pytest.mark.native,
    pytest.mark.skipif(bool(library.missing()), reason=f"no kernels: {library.missing()}"),
]


def model(**kwargs: Any) -> st.Model:
    """A depthwise convolution between two others, all normalised."""
    torch.manual_seed(0)
    kwargs.setdefault("padding", "same")
    made = [
        layers.Conv2D(20, 1, use_bias=False),
        layers.BatchNormalization(),
        layers.ReLU(6),
        layers.DepthwiseConv2D(3, bias_initializer="uniform", **kwargs),
        layers.BatchNormalization(),
        layers.ReLU(6),
        layers.Conv2D(8, 1, use_bias=False),
    ]
    return st.Sequential([st.Input((9, 8, 3)), *made])


GIVEN: dict[str, dict[str, Any]] = {
    "plain": {},
    "valid": {"padding": "valid"},
    "strided": {"strides": 2},
    "dilated": {"dilation_rate": 2},
    "activated": {"activation": "relu"},
    "penalised": {"depthwise_regularizer": "l2"},
}


@pytest.mark.parametrize("given", GIVEN.values(), ids=GIVEN)
def test_values_and_gradients_are_the_layers(given: dict[str, Any]) -> None:
    made = model(**given)
    (op,) = [op for op in made.plan(training=True).operations if op.depthwise]
    assert op.depthwise is not None
    assert not op.depthwise.half
    alone = [layer for layer in made.layers if not isinstance(layer, layers.BatchNormalization)]
    check_equal(st.Sequential([st.Input((9, 8, 3)), *alone]), torch.randn(3, 9, 8, 3))
    check_equal(model(**given, use_bias=False), torch.randn(3, 9, 8, 3), 1e-4)


def test_the_kernels_run(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    for name in ("forward", "data", "filters"):
        right = getattr(Depthwise, name)

        def watched(*args: Any, name: str = name, right: Any = right) -> Any:
            calls.append(name)
            return right(*args)

        monkeypatch.setattr(Depthwise, name, watched)
    trained(model(), torch.randn(2, 9, 8, 3), True)
    assert calls == ["forward", "data", "filters"]


def test_the_plan_names_them_and_what_it_left() -> None:
    plan = model().plan(training=True)
    (step,) = [s for s in plan.steps if "depthwise" in s.kernels]
    assert step.kernels == ("depthwise", "depthwise backward", "batch norm")
    assert step.text == "depthwise convolution 3x3 + bias, normalise, relu6"
    told = [n.text for n in plan.applied if n.rule == "depthwise"]
    assert told == ["one step by our own kernels, forward and backward"]
    several = model(depth_multiplier=2).plan(training=True)
    assert {n.text for n in several.refused if n.rule == "depthwise"} == {
        "the kernels have one result a channel"
    }
    hooked = model()
    hooked.layers[3].register_forward_hook(lambda *_: None)
    assert not any(op.depthwise for op in hooked.plan(training=True).operations)
    assert not any(op.depthwise for op in model().plan().operations)


def test_images_of_an_open_size_and_rows_are_left_to_torch() -> None:
    wide = st.Sequential([st.Input((None, 8, 4)), layers.DepthwiseConv2D(3)])
    rows = st.Sequential([st.Input((8, 4)), layers.DepthwiseConv1D(3)])
    texts = [
        {n.text for n in m.plan(training=True).refused if n.rule == "depthwise"}
        for m in (wide, rows)
    ]
    assert texts == [{"the size of the image is open"}, {"the kernels are for images"}]


def test_of_bfloat16_maps_stay_so_on_their_way() -> None:
    plan = model().plan(training=True, precision="bfloat16")
    (op,) = [op for op in plan.operations if op.depthwise]
    assert op.depthwise is not None
    assert op.depthwise.half
    assert op.precision == "bfloat16"
    x, y = torch.rand(64, 9, 8, 3), torch.rand(64, 9, 8, 8)
    losses = []
    for given in ({"plan": True, "precision": "bfloat16"}, {"plan": False}):
        made = model()
        made.compile("sgd", "mse")
        settings: dict[str, Any] = {"precision": "float32", "seed": 0, "verbose": 0, **given}
        losses.append(made.fit(x, y, batch_size=16, epochs=4, **settings).history["loss"])
        assert all(p.dtype is torch.float32 for p in made.parameters())
    assert losses[0] == pytest.approx(losses[1], rel=2e-2)


@pytest.mark.parametrize("half", [False, True])
def test_where_kernels_cannot_see_torch_computes(half: bool) -> None:
    shape = ConvShape(8, 8, (6, 6), (3, 3), padding=((1, 1), (1, 1)), half=half)
    torch.manual_seed(0)
    kernel, bias = torch.randn(3, 3, 8, 1, requires_grad=True), torch.randn(8, requires_grad=True)
    function = DepthwiseFunction(shape, lambda: (kernel, bias))
    x = torch.randn(4, 8, 6, 6)
    ours = function(x)
    mapped = torch.vmap(lambda image: function(image[None])[0])(x)
    assert mapped.dtype is ours.dtype is shape.dtype
    torch.testing.assert_close(mapped, ours, rtol=2e-2 if half else 1e-5, atol=1e-2 * half + 1e-5)


def test_a_gradient_has_gradients() -> None:
    shape = ConvShape(8, 8, (6, 6), (3, 3), (2, 2), padding=((0, 1), (0, 1)))
    torch.manual_seed(0)
    kernel, bias = torch.randn(3, 3, 8, 1, requires_grad=True), torch.randn(8, requires_grad=True)
    function = DepthwiseFunction(shape, lambda: (kernel, bias))
    x = torch.randn(2, 8, 6, 6, requires_grad=True)
    found = []
    for way in (function, lambda x: plain(shape, x, kernel, bias)):
        (first,) = torch.autograd.grad(way(x).square().sum(), x, create_graph=True)
        found.append(torch.autograd.grad(first.square().sum(), (kernel, bias)))
    torch.testing.assert_close(found[0], found[1], rtol=1e-5, atol=1e-3)  # of up to 300
