"""Blocks of our own kernels in training plans: values, gradients, what the plan says of them."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import pytest
import torch

import striate as st
from striate import layers
from striate.kernels import library
from striate.kernels.block import HALF_OBSTACLE, Block, obstacle
from striate.kernels.shapes import ConvShape
from tests.plan.compare import check_equal, trained
from tests.plan.random_models import random_model
from tests.plan.test_again import check_same

pytestmark = [
    pytest.mark.torch,
    pytest.mark.native,
    pytest.mark.skipif(bool(library.missing()), reason=f"no kernels: {library.missing()}"),
]


@pytest.fixture(autouse=True)
def blocks_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small blocks, too, where torch's kernels would be faster."""
    rule = importlib.import_module("striate.plan.rules.native_blocks")
    monkeypatch.setattr(rule, "obstacle", lambda shape: "")


def stack(*given: layers.Layer, size: tuple[int, int, int] = (9, 8, 3)) -> st.Model:
    torch.manual_seed(0)
    return st.Sequential([st.Input(size), *given])


def conv(filters: int = 5, size: Any = 3, **kwargs: Any) -> layers.Layer:
    kwargs.setdefault("bias_initializer", "uniform")
    return layers.Conv2D(filters, size, **kwargs)


STACKS: dict[str, tuple[Callable[[], list[layers.Layer]], str]] = {
    "relu": (lambda: [conv(activation="relu")], "relu"),
    "relu6 layer": (lambda: [conv(padding="same"), layers.Activation("relu6")], "relu6"),
    "capped layer": (lambda: [conv(padding="same"), layers.ReLU(0.5)], "capped_relu"),
    "leaky": (lambda: [conv(activation="leaky_relu")], "leaky_relu"),
    "leaky layer": (
        lambda: [conv(size=(2, 4), padding="same"), layers.LeakyReLU(0.1)],
        "leaky_relu",
    ),
    "alone": (lambda: [conv(use_bias=False), layers.BatchNormalization()], "channels"),
    "pooled": (lambda: [conv(activation="relu"), layers.MaxPooling2D()], "relu"),
    "pooled, odd": (
        lambda: [conv(padding="same", use_bias=False), layers.ReLU(), layers.MaxPooling2D()],
        "relu",
    ),
    "pooled, same": (
        lambda: [conv(size=(2, 3)), layers.MaxPooling2D(padding="same"), layers.LeakyReLU(0.2)],
        "leaky_relu",
    ),
    "pooled alone": (lambda: [conv(), layers.MaxPooling2D(), layers.ELU()], "max-pooling"),
    "strided": (lambda: [conv(strides=2, padding="same", activation="relu")], "relu"),
    "strided, valid": (lambda: [conv(strides=(2, 3), activation="relu6")], "relu6"),
    "dilated": (lambda: [conv(dilation_rate=2, padding="same", activation="relu")], "relu"),
    "full": (lambda: [conv(padding="full", activation="relu")], "relu"),
    "padded": (lambda: [layers.ZeroPadding2D((2, 1)), conv(activation="relu")], "relu"),
    "1x1": (lambda: [conv(size=1, activation="relu"), conv(size=1)], "relu"),
    "many channels": (
        lambda: [
            conv(32, 1),
            conv(32, activation="relu", use_bias=False),
            conv(48, padding="same", use_bias=False),
            layers.LeakyReLU(0.1),
            conv(32, padding="same", use_bias=False, activation="relu"),
            layers.MaxPooling2D(),
        ],
        "channels",
    ),
    "many channels, biased": (
        lambda: [
            conv(32, 1, activation="relu"),
            conv(64, padding="same", activation="relu"),
            conv(32, padding="same"),
            layers.ELU(),
        ],
        "channels",
    ),
    "two": (lambda: [conv(activation="relu"), conv(activation="relu"), layers.MaxPooling2D()], ""),
}


@pytest.mark.parametrize("images", [1, 4])
@pytest.mark.parametrize("case", STACKS)
def test_values_and_gradients_are_those_of_the_layers(case: str, images: int) -> None:
    build, text = STACKS[case]
    model = stack(*build())
    plan = model.plan(training=True)
    blocks = [op for op in plan.operations if op.block is not None]
    assert len(blocks) == sum(isinstance(x, layers.Conv2D) for x in model.layers)
    assert text in plan.steps[0].text
    # Winograd's form, chosen for many channels, agrees to 1e-5 where the others do to 1e-6
    check_equal(model, torch.randn(images, 9, 8, 3), 1e-4 if "many" in case else 2e-5)


@pytest.mark.parametrize("seed", range(20))
def test_random_networks_give_the_same(seed: int) -> None:
    model = random_model(seed)
    torch.manual_seed(seed)
    check_equal(model, torch.randn(3, 8, 8, 3))


@pytest.mark.parametrize("seed", range(6))
def test_values_computed_again_are_the_same(seed: int) -> None:
    check_same(random_model(seed), torch.randn(3, 8, 8, 3))
    made = [conv(4, padding="same", activation="relu") for _ in range(6)]
    check_same(stack(*made, layers.MaxPooling2D()), torch.randn(2, 9, 8, 3))


def test_frozen_weights_get_no_gradient_and_the_data_none_unless_asked() -> None:
    model = stack(conv(activation="relu"), conv(activation="relu"), layers.MaxPooling2D()).train()
    x = torch.randn(2, 9, 8, 3)
    model.layers[0].trainable = False
    model(x).sum().backward()
    assert [p.grad is not None for p in model.parameters()] == [False, False, True, True]
    model.layers[0].trainable = True
    model.layers[1].trainable = False
    x.requires_grad_()
    model.zero_grad()
    model(x).sum().backward()
    assert [p.grad is not None for p in model.parameters()] == [True, True, False, False]
    assert x.grad is not None


def test_gradients_lie_in_memory_as_their_weights() -> None:
    model = stack(conv(activation="relu"), layers.MaxPooling2D()).train()
    model(torch.randn(2, 9, 8, 3)).sum().backward()
    for weight in model.parameters():
        assert weight.grad is not None
        assert weight.grad.stride() == weight.stride()


def test_gradients_have_gradients() -> None:
    found = []
    for plan in (True, False):
        model = stack(conv(activation="leaky_relu"), layers.MaxPooling2D(), conv(2, 2)).train()
        x = torch.linspace(-1, 1, 2 * 9 * 8 * 3).reshape(2, 9, 8, 3).sin().requires_grad_()
        with model.executing(plan, "float32", "float32", "test"):
            out = model(x).square().sum()
            (g,) = torch.autograd.grad(out, x, create_graph=True)
            g.square().sum().backward()
        found.append([x.grad, *(p.grad for p in model.parameters())])
    for ours, right in zip(*found, strict=True):
        torch.testing.assert_close(ours, right, rtol=1e-4, atol=1e-5)


@pytest.mark.filterwarnings("ignore:.*torch.jit.script.*:DeprecationWarning")
def test_transforms_and_other_types_are_computed_by_torch() -> None:
    model = stack(conv(activation="relu"), layers.MaxPooling2D()).train()
    x = torch.randn(3, 9, 8, 3)
    expected = model(x)
    names, weights = zip(*model.named_parameters(), strict=True)

    def loss(given: tuple[torch.Tensor, ...], one: torch.Tensor) -> torch.Tensor:
        out = torch.func.functional_call(model, dict(zip(names, given, strict=True)), (one[None],))
        return out.sum()

    each = torch.func.vmap(torch.func.grad(loss), (None, 0))(weights, x)
    expected.sum().backward()
    for got, weight in zip(each, weights, strict=True):
        torch.testing.assert_close(got.sum(0), weight.grad, rtol=1e-4, atol=1e-5)
    with torch.autograd.forward_ad.dual_level():
        dual = torch.autograd.forward_ad.make_dual(x, torch.ones_like(x))
        assert torch.autograd.forward_ad.unpack_dual(model(dual)).tangent is not None
    with torch.autocast("cpu", torch.bfloat16):
        assert model(x).dtype is torch.bfloat16
    double = model.double()
    torch.testing.assert_close(double(x.double()).float(), expected)


def test_hooks_penalties_groups_and_volumes_stay_as_they_are() -> None:
    model = stack(
        conv(4, activation="relu", activity_regularizer="l2"), conv(4, groups=2), conv(3, 1)
    ).train()
    model.layers[-1].register_forward_hook(lambda *_: None)
    plan = model.plan(training=True)
    assert [op.block is not None for op in plan.operations] == [True, False, False, False]
    assert plan.operations[0].block.activation == "linear"  # type: ignore[union-attr]
    notes = {n.nodes: n.text for n in plan.refused if n.rule == "one block"}
    assert notes == {("conv2d_1",): "the kernels have no groups of channels"}
    check_equal(model, torch.randn(2, 9, 8, 3))


def test_the_plan_names_the_kernels() -> None:
    model = stack(conv(16, activation="relu"), layers.MaxPooling2D())
    plan = model.plan(training=True)
    assert plan.steps[0].kernels
    assert "(our kernels: " in str(plan)
    assert any("one step by our own kernels: " in n.text for n in plan.applied)
    plan = model.plan(training=True, precision="float16")
    assert "(our kernels: " not in str(plan)
    assert "our own kernels know bfloat16 and float32" in [n.text for n in plan.refused]


@pytest.mark.parametrize(("size", "half"), [(3, False), (1, True)])
def test_auto_is_either_blocks_or_half_types(
    monkeypatch: pytest.MonkeyPatch, size: int, half: bool
) -> None:
    for name in ("native_blocks", "bfloat16_products"):
        rule = importlib.import_module(f"striate.plan.rules.{name}")
        monkeypatch.setattr(rule, "fast_half", lambda device: ("bfloat16", ""))
    rule = importlib.import_module("striate.plan.rules.native_blocks")
    monkeypatch.setattr(rule, "obstacle", obstacle)
    made = [conv(64, size, padding="same") for _ in range(3)]
    model = stack(conv(64, activation="relu"), *made, layers.Flatten(), size=(18, 18, 32))
    plan = model.plan(training=True, precision="auto")
    operations = [op for op in plan.operations if op.part == "product"]
    joined = {op.block is not None and not op.block.half for op in operations}
    assert joined == {not half}
    assert {op.precision for op in operations} == {"bfloat16" if half else "float32"}
    notes = [n.text for n in plan.refused]
    if half:
        assert HALF_OBSTACLE in notes
    else:
        text = "our own kernels are sooner with them for most of this network"
        assert f"products stay float32: {text}" not in notes  # none is left to stay so
        assert plan.precision == "float32"


def test_losses_of_a_run_agree_with_those_of_the_layers() -> None:
    x = torch.rand(60, 9, 8, 3)
    y = torch.randint(0, 3, (60,))
    losses = []
    for plan in (True, False):
        made = [conv(8, activation="relu"), layers.MaxPooling2D(), layers.Flatten()]
        model = stack(*made, layers.Dense(3))
        loss = st.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile("adam", loss)
        settings: dict[str, Any] = {"plan": plan, "precision": "float32", "seed": 0, "verbose": 0}
        history = model.fit(x, y, batch_size=16, epochs=5, **settings)  # the last batch is short
        losses.append(history.history["loss"])
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


def test_a_training_pass_runs_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[bool] = []
    forward = Block.forward

    def watched(self: Block, *args: Any) -> Any:
        calls.append(args[3])
        return forward(self, *args)

    monkeypatch.setattr(Block, "forward", watched)
    trained(stack(conv(activation="relu"), conv()), torch.randn(2, 9, 8, 3), True)
    assert calls == [True, True]


def test_few_images_are_not_worth_weights_in_a_large_form_of_their_own() -> None:
    block = Block(ConvShape(512, 512, (7, 7), (3, 3), padding=((1, 1), (1, 1))))
    assert [block.suits(n) for n in (1, 10, 11, 64)] == [False, False, True, True]
    small = Block(ConvShape(64, 64, (7, 7), (3, 3), padding=((1, 1), (1, 1))))
    assert small.suits(1)


def test_strides_get_blocks_of_their_own_on_small_maps() -> None:
    def strided(pixels: int) -> str:
        ends = ((0, 1), (0, 1))
        return obstacle(ConvShape(32, 32, (pixels, pixels), (3, 3), (2, 2), padding=ends))

    assert strided(14) == ""
    assert strided(56) == "torch's kernels are as fast for these sizes"
    assert Block(ConvShape(32, 32, (14, 14), (3, 3), (2, 2))).names == (
        *("direct", "strided backward", "direct weights' gradient"),
    )
