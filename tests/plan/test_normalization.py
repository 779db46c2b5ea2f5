"""Batch normalisation by our own kernel in training plans: values, gradients, what is refused."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch

import striate as st
from striate import layers
from striate.kernels import library
from striate.kernels.batch_norm import BatchNorm
from tests.plan.compare import check_equal
from tests.plan.test_again import check_same

pytestmark = [
    pytest.mark.torch,
    pytest.mark.native,
    pytest.mark.skipif(bool(library.missing()), reason=f"no kernels: {library.missing()}"),
]

Layers = list[layers.Layer]
norm = layers.BatchNormalization


def conv(filters: int = 6, size: int = 3, **kwargs: Any) -> layers.Layer:
    # a bias before a normalisation has the gradient 0: what is left of it is rounding
    return layers.Conv2D(filters, size, padding="same", use_bias=False, **kwargs)


def stack(*given: layers.Layer, size: tuple[int, ...] = (8, 8, 3)) -> st.Model:
    torch.manual_seed(0)
    return varied(st.Sequential([st.Input(size), *given]))


def varied(model: st.Model) -> st.Model:
    """Gammas and betas that are not 1 and 0."""
    for name, p in model.named_parameters():
        if name.endswith(("gamma", "beta")):
            torch.nn.init.uniform_(p, -1.0, 1.5)
    return model


def residual(after: str = "relu", second: str = "linear", swapped: bool = False) -> st.Model:
    torch.manual_seed(0)
    given = st.Input((8, 8, 3))
    x = layers.ReLU()(norm()(conv()(given)))
    y = norm()(conv()(x))
    if second == "normalised":
        x = norm(name="shortcut")(conv(size=1)(x))
    x = layers.Add()([x, y] if swapped else [y, x])
    return varied(st.Model(given, conv(2)(layers.Activation(after)(x))))


STACKS: dict[str, tuple[Callable[[], Layers], str]] = {
    "relu": (lambda: [conv(), norm(), layers.ReLU()], "normalise, relu"),
    "relu6": (lambda: [conv(), norm(), layers.ReLU(6.0)], "normalise, relu6"),
    "capped": (lambda: [norm(), layers.ReLU(0.5)], "normalise, capped_relu"),
    "relu6 function": (lambda: [norm(), layers.Activation("relu6")], "normalise, relu6"),
    "leaky": (lambda: [conv(), norm(), layers.LeakyReLU(0.1)], "normalise, leaky_relu"),
    "leaky function": (
        lambda: [norm(), layers.Activation("leaky_relu")],
        "normalise, leaky_relu",
    ),
    "slope": (lambda: [norm(), layers.ReLU(negative_slope=0.3)], "normalise, leaky_relu"),
    "slope and cap": (lambda: [norm(), layers.ReLU(1.0, 0.3)], "normalise"),
    "alone": (lambda: [norm(), layers.Activation("gelu")], "normalise"),
    "overwritten": (lambda: [norm(), layers.ELU()], "normalise"),
    "without scale": (lambda: [norm(scale=False), layers.ReLU()], "normalise, relu"),
    "without offset": (lambda: [norm(center=False), layers.ReLU()], "normalise, relu"),
    "vectors": (
        lambda: [layers.Flatten(), layers.Dense(9), norm(), layers.ReLU()],
        "normalise, relu",
    ),
    "pooled": (lambda: [norm(), layers.MaxPooling2D(), layers.ReLU()], "normalise"),
}


def steps_of(model: st.Model) -> list[str]:
    plan = model.plan(training=True)
    return [n.text for n in plan.applied if n.rule == "one normalisation"]


@pytest.mark.parametrize("case", STACKS)
def test_values_gradients_and_statistics_are_those_of_the_layers(case: str) -> None:
    build, text = STACKS[case]
    model = stack(*build())
    assert steps_of(model) == [f"one step by our own kernel: {text}"]
    check_equal(model, torch.randn(3, 8, 8, 3))


@pytest.mark.parametrize("after", ["relu", "relu6", "leaky_relu", "linear", "gelu"])
@pytest.mark.parametrize("second", ["linear", "normalised"])
@pytest.mark.parametrize("swapped", [False, True])
def test_a_sum_with_another_map_is_part_of_it(after: str, second: str, swapped: bool) -> None:
    model = residual(after, second, swapped)
    assert any("normalise, sum" in text for text in steps_of(model))
    check_equal(model, torch.randn(3, 8, 8, 3))


def test_sequences_and_volumes_are_rows_of_channels_too() -> None:
    for size in ((7, 5), (4, 3, 5, 6)):
        model = stack(norm(), layers.ReLU(), size=size)
        assert len(steps_of(model)) == 1
        check_equal(model, torch.randn(2, *size))


def test_sums_that_it_does_not_know_stay_sums() -> None:
    given = st.Input((8, 8, 3))
    y = norm()(given)
    three = layers.Add()([y, given, given])
    twice = norm()(three)
    both = layers.Add()([twice, twice])
    read = norm()(both)
    wide = layers.Add()([read, layers.GlobalAveragePooling2D(keepdims=True)(given)])
    torch.manual_seed(0)
    model = st.Model(given, [layers.ReLU()(wide), norm(name="last")(wide)])
    texts = steps_of(model)
    assert texts == ["one step by our own kernel: normalise"] * 4
    x = torch.randn(2, 8, 8, 3)
    with model.train().executing(True, "float32", "float32", "test"):
        ours = model(x)
    fresh = copy.deepcopy(model)
    with fresh.executing(False, "float32", "float32", "test"):
        for a, b in zip(ours, fresh(x), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-5)


def test_what_is_refused_and_why() -> None:
    class Own(norm):  # type: ignore[misc, valid-type]
        pass

    hooked = norm(name="hooked")
    made = [norm(axis=1, name="rows"), hooked, layers.Softmax()]
    model = stack(*made)
    hooked.register_forward_hook(lambda *_: None)
    plan = model.plan(training=True)
    notes = {n.nodes: n.text for n in plan.refused if n.rule == "one normalisation"}
    assert notes == {
        ("rows",): "its axis is not the channels",
        ("hooked",): "someone set hooks on it",
    }
    check_equal(model, torch.randn(2, 8, 8, 3))


def test_bfloat16_values_stay_so_and_float16_is_left_to_torch() -> None:
    for precision, notes in (("bfloat16", {}), ("float16", {("norm",): "its values are float16"})):
        model = stack(conv(), norm(name="norm"), layers.ReLU(), conv())
        plan = model.plan(training=True, precision=precision)
        found = {n.nodes: n.text for n in plan.refused if n.rule == "one normalisation"}
        assert found == notes


@pytest.mark.parametrize("after", ["relu", "relu6", "leaky_relu", "linear"])
def test_bfloat16_is_as_near_to_float32_as_torchs(
    after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for missing, precision in (("", "bfloat16"), ("none", "bfloat16"), ("none", "float32")):
        monkeypatch.setattr(library, "missing", lambda missing=missing: missing)
        model = residual(after, "normalised").train()
        torch.manual_seed(1)
        x = torch.randn(4, 8, 8, 3)
        with model.executing(True, precision, precision, "test"):
            out = model(x)
            (out.float() * torch.linspace(-1, 1, out.numel()).reshape(out.shape)).sum().backward()
        found.append(
            [out.detach().float(), *(p.grad for p in model.parameters()), *model.buffers()]
        )
    for ours, half, right in zip(*found, strict=True):
        torchs = float((half - right).norm())  # 8 bits; some masks of the activation flip in both
        assert float((ours - right).norm()) <= max(0.02 * float(right.norm()), 1.5 * torchs)


def test_without_kernels_the_plan_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "missing", lambda: "there is no compiler")
    model = stack(norm(name="norm"), layers.ReLU())
    plan = model.plan(training=True)
    notes = {n.nodes: n.text for n in plan.refused if n.rule == "one normalisation"}
    assert notes == {("norm",): "torch's kernels run, not our own: there is no compiler"}
    on_card = st.plan.make_plan(
        model.graph,
        {layer.name: layer for layer in model.layers},
        st.plan.Request(training=True, device="cuda"),
    )
    texts = [n.text for n in on_card.refused if n.rule == "one normalisation"]
    assert texts == ["our own kernels are for CPUs"]


def test_inference_and_frozen_layers_use_the_moving_statistics() -> None:
    model = stack(norm(name="norm"), layers.ReLU())
    assert not [op for op in model.plan().operations if op.normalizes is not None]
    model.layers[0].trainable = False
    assert not [op for op in model.plan(training=True).operations if op.normalizes is not None]
    check_equal(model, torch.randn(2, 8, 8, 3))


def test_values_computed_again_are_the_same() -> None:
    check_same(residual(), torch.randn(3, 8, 8, 3))
    made = [x for _ in range(5) for x in (conv(), norm(), layers.ReLU(6.0))]
    check_same(stack(*made), torch.randn(3, 8, 8, 3))


@pytest.mark.parametrize("after", ["relu", "relu6", "leaky_relu", "linear"])
def test_gradients_have_gradients(after: str) -> None:
    found = []
    for plan in (True, False):
        model = residual(after).train()
        x = torch.linspace(-1, 1, 2 * 8 * 8 * 3).reshape(2, 8, 8, 3).sin().requires_grad_()
        with model.executing(plan, "float32", "float32", "test"):
            (g,) = torch.autograd.grad(model(x).square().sum(), x, create_graph=True)
            g.square().sum().backward()
        found.append([x.grad, *(p.grad for p in model.parameters())])
    for ours, right in zip(*found, strict=True):
        scale = float(right.abs().max())
        torch.testing.assert_close(ours, right, rtol=1e-3, atol=1e-4 * scale + 1e-5)


def test_only_the_gradients_asked_for_are_given() -> None:
    model = residual().train()
    last = [m for m in model.layers if isinstance(m, norm)][-1]
    last.gamma.requires_grad_(False)
    x = torch.randn(2, 8, 8, 3)
    model(x).sum().backward()
    assert last.gamma.grad is None
    assert last.beta.grad is not None
    assert x.grad is None


@pytest.mark.filterwarnings("ignore:.*torch.jit.script.*:DeprecationWarning")
def test_other_types_recordings_and_autocast_are_computed_by_torch() -> None:
    model = residual().train()
    x = torch.randn(3, 8, 8, 3)
    start = copy.deepcopy(model.state_dict())
    expected = model(x)
    with torch.autograd.forward_ad.dual_level():
        dual = torch.autograd.forward_ad.make_dual(x, torch.ones_like(x))
        assert torch.autograd.forward_ad.unpack_dual(model(dual)).tangent is not None
    with torch.autocast("cpu", torch.bfloat16):
        assert model(x).dtype is torch.bfloat16
    model.load_state_dict(start)
    torch.testing.assert_close(model.double()(x.double()).float(), expected, rtol=1e-4, atol=1e-5)


def test_a_layer_that_stops_training_uses_the_moving_statistics_at_once() -> None:
    found = []
    for plan in (True, False):
        model = residual().train()
        x = torch.linspace(-1, 1, 2 * 8 * 8 * 3).reshape(2, 8, 8, 3)
        with model.executing(plan, "float32", "float32", "test"):
            model(x)
            [m for m in model.layers if isinstance(m, norm)][-1].eval()
            found.append(model(x))
    torch.testing.assert_close(*found, rtol=1e-4, atol=1e-5)


def test_a_training_run_calls_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    for name in ("forward", "backward"):
        inner = getattr(BatchNorm, name)

        def call(self: BatchNorm, *given: Any, name: str = name, inner: Any = inner) -> Any:
            calls.append(name)
            return inner(self, *given)

        monkeypatch.setattr(BatchNorm, name, call)
    losses = []
    x, y = torch.rand(40, 8, 8, 3), torch.randint(0, 3, (40,))
    for plan in (True, False):
        model = stack(conv(), norm(), layers.ReLU(), layers.Flatten(), layers.Dense(3))
        loss = st.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile("adam", loss)
        settings: dict[str, Any] = {"plan": plan, "precision": "float32", "seed": 0, "verbose": 0}
        losses.append(model.fit(x, y, batch_size=16, epochs=4, **settings).history["loss"])
    assert calls == ["forward", "backward"] * 12
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
