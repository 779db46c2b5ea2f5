"""Blocks that are put side by side: values, gradients, what the plan says of them."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import pytest
import torch

import striate as st
from striate import layers
from striate.kernels import library
from striate.kernels.side_by_side import SideBySide
from tests.plan.compare import check_equal
from tests.plan.test_again import check_same

pytestmark = [
    pytest.mark.torch,
    pytest.mark.native,
    pytest.mark.skipif(bool(library.missing()), reason=f"no kernels: {library.missing()}"),
]
RULE = "side by side"


@pytest.fixture(autouse=True)
def blocks_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small blocks, too, where torch's kernels would be faster."""
    rule = importlib.import_module("striate.plan.rules.native_blocks")
    monkeypatch.setattr(rule, "obstacle", lambda shape: "")


def conv(filters: int, size: int = 1, **kwargs: Any) -> layers.Layer:
    kwargs = {"bias_initializer": "uniform", "padding": "same", "activation": "relu", **kwargs}
    return layers.Conv2D(filters, size, **kwargs)


Join = Callable[[Any], list[Any]]


def model_of(join: Join, size: tuple[int, int, int] = (9, 8, 16), axis: int = -1) -> st.Model:
    torch.manual_seed(0)
    given = st.Input(size)
    x = conv(16, 3)(given)
    joined = layers.Concatenate(axis=axis)(join(x))
    return st.Model(given, conv(5)(joined))


CASES: dict[str, Join] = {
    "1x1 and 3x3": lambda x: [conv(16)(x), conv(32, 3)(x)],
    "3x3 first": lambda x: [conv(16, 3)(x), conv(7)(x)],
    "widths that fill no vector": lambda x: [conv(3)(x), conv(16, 3)(x), conv(21)(x)],
    "two of 3x3": lambda x: [conv(16, 3)(x), conv(16, 3)(x)],
    "without bias": lambda x: [conv(8, use_bias=False)(x), conv(16, 3, use_bias=False)(x)],
    "without activation": lambda x: [conv(8, activation=None)(x), conv(8)(x)],
    "layers of their own": lambda x: [layers.ReLU()(conv(8, activation=None)(x)), conv(8)(x)],
}


@pytest.mark.parametrize("images", [1, 3])
@pytest.mark.parametrize("size", [(9, 8, 16), (13, 5, 16)])
@pytest.mark.parametrize("case", CASES)
def test_values_and_gradients_are_those_of_the_layers(
    case: str, size: tuple[int, int, int], images: int
) -> None:
    model = model_of(CASES[case], size)
    plan = model.plan(training=True)
    (joined,) = (op for op in plan.operations if op.beside)
    assert len(joined.beside) in (2, 3)
    check_equal(model, torch.randn(images, *size))


def test_values_computed_again_are_the_same() -> None:
    check_same(model_of(CASES["1x1 and 3x3"]), torch.randn(2, 9, 8, 16))


def test_gradients_have_gradients() -> None:
    found = []
    for plan in (True, False):
        model = model_of(CASES["1x1 and 3x3"]).train()
        x = torch.linspace(-1, 1, 2 * 9 * 8 * 16).reshape(2, 9, 8, 16).sin().requires_grad_()
        with model.executing(plan, "float32", "float32", "test"):
            (g,) = torch.autograd.grad(model(x).square().sum(), x, create_graph=True)
            g.square().sum().backward()
        found.append([x.grad, *(p.grad for p in model.parameters())])
    for ours, right in zip(*found, strict=True):
        largest = right.abs().max()  # type: ignore[union-attr]
        torch.testing.assert_close(ours / largest, right / largest, rtol=1e-4, atol=2e-5)


def test_frozen_weights_get_no_gradient() -> None:
    model = model_of(CASES["1x1 and 3x3"]).train()
    _, first, narrow, wide, _, last = model.layers
    x = torch.randn(2, 9, 8, 16)
    first.trainable = narrow.trainable = False
    model(x).sum().backward()
    assert all(p.grad is None for layer in (first, narrow) for p in layer.parameters())
    assert all(p.grad is not None for layer in (wide, last) for p in layer.parameters())
    right = [p.grad for p in wide.parameters()]
    with model.executing(False, "float32", "float32", "test"):
        model.zero_grad()
        model(x).sum().backward()
    for ours, weight in zip(right, wide.parameters(), strict=True):
        torch.testing.assert_close(ours, weight.grad, rtol=1e-4, atol=1e-4)


def test_transforms_and_other_types_are_computed_by_torch() -> None:
    model = model_of(CASES["1x1 and 3x3"]).train()
    x = torch.randn(2, 9, 8, 16)
    expected = model(x)
    each = torch.func.vmap(lambda one: model(one[None])[0])(x)
    torch.testing.assert_close(each, expected, rtol=1e-4, atol=1e-5)
    with torch.autocast("cpu", torch.bfloat16):
        assert model(x).dtype is torch.bfloat16
    double = model.double()
    torch.testing.assert_close(double(x.double()).float(), expected, rtol=1e-4, atol=1e-5)


def test_a_nan_stays_visible() -> None:
    model = model_of(CASES["1x1 and 3x3"]).train()
    x = torch.randn(2, 9, 8, 16)
    x[1, 4, 4, 3] = torch.nan
    out = model(x)
    assert out[1].isnan().any()
    assert not out[0].isnan().any()


def refused(model: st.Model) -> list[str]:
    plan = model.plan(training=True)
    assert not any(op.beside for op in plan.operations)
    check_equal(model, torch.randn(2, 9, 8, 16))
    return [n.text for n in plan.refused if n.rule == RULE]


def test_what_is_left_as_it_is_and_why() -> None:
    assert refused(model_of(lambda x: [conv(8)(x), conv(8)(conv(4)(x))])) == [
        "they do not read the same map"
    ]
    assert refused(model_of(lambda x: [conv(8)(x), conv(8)(x)], axis=1)) == [
        "they are not put side by side along the channels"
    ]
    assert refused(model_of(lambda x: [conv(8)(x), conv(8, 5)(x)])) == [
        "not all its parts are convolutions that only our own kernels compute"
    ]
    assert refused(model_of(lambda x: [conv(8)(x), conv(8, activation="relu6")(x)])) == [
        "only convolutions with ReLU or without activation are put side by side at once"
    ]

    def shared(x: Any) -> list[Any]:
        part = conv(8)(x)
        return [part, part]

    assert refused(model_of(shared)) == ["they do not read the same map"]
    model = model_of(CASES["1x1 and 3x3"])
    next(layer for layer in model.layers if "concat" in layer.name).register_forward_hook(
        lambda *_: None
    )
    assert refused(model) == ["someone looks at the concatenation"]
    assert refused(model_of(lambda x: [x, conv(8)(x)])) == ["others read a part, too"]
    assert refused(model_of(lambda x: [layers.Dropout(0.0)(x), layers.ReLU()(x)])) == []


def test_the_plan_names_the_kernels_and_the_sum_of_the_sizes() -> None:
    plan = model_of(CASES["1x1 and 3x3"]).plan(training=True, batch_size=4)
    (step,) = (s for s in plan.steps if "side by side" in s.text)
    assert step.shape == (4, 9, 8, 48)
    assert step.kernels == ("one by one", "winograd", "winograd backward")
    assert step.text == (
        "convolution 1x1 to 16 channels + bias, relu, and convolution 3x3 to 32 channels + bias,"
        " relu, side by side"
    )
    (note,) = (n for n in plan.applied if n.rule == RULE)
    assert note.text == (
        "each writes its part of the result, one step by our own kernels: one by one + winograd +"
        " winograd backward"
    )


def test_auto_counts_them_as_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("native_blocks", "bfloat16_products"):
        rule = importlib.import_module(f"striate.plan.rules.{name}")
        monkeypatch.setattr(rule, "fast_half", lambda device: ("bfloat16", ""))
    plan = model_of(CASES["1x1 and 3x3"]).plan(training=True, precision="auto")
    assert plan.precision == "float32"
    assert any(op.beside for op in plan.operations)


def test_a_training_pass_runs_them_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    forward = SideBySide.forward

    def watched(self: SideBySide, *args: Any) -> Any:
        calls.append(len(self.blocks))
        return forward(self, *args)

    monkeypatch.setattr(SideBySide, "forward", watched)
    model_of(CASES["1x1 and 3x3"]).train()(torch.randn(2, 9, 8, 16)).sum().backward()
    assert calls == [2]
