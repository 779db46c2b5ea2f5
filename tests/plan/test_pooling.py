"""Max-poolings by our kernel in training plans: values, gradients, what the plan says of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

import striate as st
from striate import layers
from striate.kernels import library
from tests.plan.compare import check_equal
from tests.plan.test_again import check_same

pytestmark = [
    pytest.mark.torch,
    pytest.mark.native,
    pytest.mark.skipif(bool(library.missing()), reason=f"no kernels: {library.missing()}"),
]
RULE = "pooling"


def stack(*given: layers.Layer, size: tuple[int, int, int] = (9, 8, 5)) -> st.Model:
    torch.manual_seed(0)
    return st.Sequential([st.Input(size), *given])


STACKS: dict[str, tuple[Callable[[], list[layers.Layer]], str]] = {
    "alone": (lambda: [layers.MaxPooling2D(3, 2)], "linear"),
    "relu before": (lambda: [layers.ReLU(), layers.MaxPooling2D(3, 2)], "relu"),
    "relu behind": (lambda: [layers.MaxPooling2D(3, 2, "same"), layers.ReLU()], "relu"),
    "other activation": (lambda: [layers.MaxPooling2D(3, 2), layers.Activation("relu6")], "linear"),
    "leaky": (lambda: [layers.MaxPooling2D(), layers.LeakyReLU(0.1)], "linear"),
    "capped": (lambda: [layers.MaxPooling2D(), layers.ReLU(max_value=1.0)], "linear"),
    "overlapping": (lambda: [layers.MaxPooling2D((2, 3), (1, 2), "same")], "linear"),
    "normalised": (
        lambda: [layers.BatchNormalization(), layers.ReLU(), layers.MaxPooling2D(2)],
        "relu",
    ),
}


@pytest.mark.parametrize("images", [1, 3])
@pytest.mark.parametrize("case", STACKS)
def test_values_and_gradients_are_those_of_the_layers(case: str, images: int) -> None:
    make, activation = STACKS[case]
    model = stack(*make())
    found = [op.pools for op in model.plan(training=True).operations if op.pools]
    assert [shape.activation for shape in found] == [activation]
    check_equal(model, torch.randn(images, 9, 8, 5))


FIRST: dict[str, Callable[[], list[layers.Layer]]] = {
    "relu before": lambda: [
        layers.Conv2D(7, 3, activation="relu", bias_initializer="uniform"),
        layers.MaxPooling2D(3, 2),
    ],
    "relu behind": lambda: [
        layers.Conv2D(16, 3, padding="same", use_bias=False),
        layers.MaxPooling2D(3, 2, "same"),
        layers.ReLU(),
    ],
    "rows that no window sees": lambda: [
        layers.Conv2D(5, 3, padding="same"),
        layers.MaxPooling2D(3, 2),
        layers.LeakyReLU(),
    ],
    "padded before": lambda: [
        layers.ZeroPadding2D(((0, 1), (2, 0))),
        layers.Conv2D(5, 3, activation="relu"),
        layers.MaxPooling2D(2, 3),
    ],
}


@pytest.mark.parametrize("images", [1, 3])
@pytest.mark.parametrize("size", [(9, 8, 5), (10, 13, 1)])
@pytest.mark.parametrize("case", FIRST)
def test_first_convolutions_are_pooled_at_once(
    case: str, size: tuple[int, int, int], images: int
) -> None:
    model = stack(*FIRST[case](), size=size)
    assert [op.pools is not None for op in model.plan(training=True).operations if op.block] == [
        True
    ]
    check_equal(model, torch.randn(images, *size))
    check_same(model, torch.randn(images, *size))


def check_second_gradients(build: Callable[[], list[layers.Layer]], near: float) -> st.Model:
    """Gradients of gradients are those of the plain execution; gives the model of that."""
    found = []
    for plan in (True, False):
        model = stack(*build()).train()
        x = torch.linspace(-1, 1, 2 * 9 * 8 * 5).reshape(2, 9, 8, 5).mul(70).sin().requires_grad_()
        with model.executing(plan, "float32", "float32", "test"):
            (g,) = torch.autograd.grad(model(x).square().sum(), x, create_graph=True)
            g.square().sum().backward()
        found.append([x.grad, *(p.grad for p in model.parameters())])
    for ours, right in zip(*found, strict=True):
        torch.testing.assert_close(ours, right, rtol=1e-4, atol=near)
    return model


def test_first_convolutions_have_gradients_of_gradients_and_are_seen_through() -> None:
    model = check_second_gradients(lambda: [*FIRST["relu before"](), layers.Dense(2)], 1e-4)
    x = torch.randn(2, 9, 8, 5)
    each = torch.func.vmap(lambda one: model(one[None])[0])(x)
    torch.testing.assert_close(each, model(x), rtol=1e-4, atol=1e-5)
    assert model.double()(x.double()).dtype is torch.float64


def test_the_plan_says_of_first_convolutions() -> None:
    model = stack(*FIRST["relu before"]())
    plan = model.plan(training=True, batch_size=2)
    (step,) = plan.steps
    assert step.text == "convolution 3x3 to 7 channels + bias, max-pooling 3x3, relu"
    assert step.kernels == ("direct", "window pool")
    assert step.shape == (2, 3, 2, 7)
    (note,) = (n for n in plan.applied if n.rule == "one block")
    assert note.text == "one step by our own kernels: direct + window pool"
    model.layers[1].register_forward_hook(lambda *_: None)
    assert not any(op.pools for op in model.plan(training=True).operations)
    check_equal(model, torch.randn(2, 9, 8, 5))


def test_gradients_have_gradients() -> None:
    check_second_gradients(
        lambda: [layers.MaxPooling2D(3, 2), layers.ReLU(), layers.Dense(2)], 1e-5
    )


def test_values_computed_again_are_the_same() -> None:
    check_same(
        stack(layers.Dense(4), layers.ReLU(), layers.MaxPooling2D(3, 2)), torch.randn(2, 9, 8, 5)
    )


def test_transforms_and_other_types_are_computed_by_torch() -> None:
    model = stack(layers.MaxPooling2D(3, 2), layers.ReLU()).train()
    x = torch.randn(2, 9, 8, 5)
    each = torch.func.vmap(lambda one: model(one[None])[0])(x)
    assert torch.equal(each, model(x))
    assert torch.equal(model(x.double()).float(), model(x))


def test_what_is_left_as_it_is_and_why() -> None:
    model = stack(layers.MaxPooling2D(3, 2))
    model.layers[0].register_forward_hook(lambda *_: None)
    cases = {
        "someone set hooks on it": model.plan(training=True),
        "the size of the image is open": stack(
            layers.MaxPooling2D(),
            size=(None, 8, 5),  # type: ignore[arg-type]
        ).plan(training=True),
        "its windows have more places than a byte has numbers": stack(
            layers.MaxPooling2D(16, 1), size=(18, 18, 2)
        ).plan(training=True),
        "its values are of a half type": stack(layers.Conv2D(4, 3), layers.MaxPooling2D()).plan(
            training=True, precision="bfloat16"
        ),
    }
    for text, plan in cases.items():
        assert not any(op.pools for op in plan.operations)
        assert text in [n.text for n in plan.refused if n.rule == RULE]


def test_the_plan_names_the_kernel() -> None:
    plan = stack(layers.ReLU(), layers.MaxPooling2D(3, 2)).plan(training=True)
    assert plan.steps[0].text == "max-pooling 3x3, relu"
    assert plan.steps[0].kernels == ("window pool",)
    (note,) = (n for n in plan.applied if n.rule == RULE)
    assert note.text == "one step by our own kernel: a byte says where each value came from"
    assert not any(op.pools for op in stack(layers.MaxPooling2D()).plan().operations)
