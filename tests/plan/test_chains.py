"""Blocks in one call in training: values, gradients, what the plan says of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

import striate as st
from striate import layers
from striate.kernels import library
from tests.plan.compare import check_equal

pytestmark = [
    pytest.mark.torch,
    pytest.mark.native,
    pytest.mark.skipif(bool(library.missing()), reason=f"no kernels: {library.missing()}"),
]

Build = Callable[[], list[layers.Layer]]


def conv(filters: int = 20, size: int = 3, strides: int = 2, **kwargs: object) -> layers.Layer:
    given = {"padding": "same", "activation": "relu", "bias_initializer": "uniform", **kwargs}
    return layers.Conv2D(filters, size, strides=strides, **given)


def model(*given: layers.Layer, size: tuple[int, int, int] = (13, 11, 2)) -> st.Model:
    torch.manual_seed(0)
    return st.Sequential([st.Input(size), *given])


STACKS: dict[str, Build] = {
    "same": lambda: [conv(), conv(18), layers.Flatten(), layers.Dense(9, activation="relu")],
    "valid": lambda: [conv(padding="valid"), conv(33, padding="valid"), layers.Flatten()],
    "by three": lambda: [conv(strides=3), conv(7, 3, 3, padding="valid")],
    "1, 5, 7": lambda: [conv(9, 1), conv(24, 5), conv(17, 7), layers.GlobalMaxPooling2D()],
    "pooled": lambda: [conv(16, strides=1), layers.MaxPooling2D(), conv(8), layers.Flatten()],
    "no bias": lambda: [
        *(conv(use_bias=False), conv(use_bias=False), layers.Flatten()),
        layers.Dense(5, use_bias=False),
    ],
    "penalties": lambda: [
        conv(kernel_regularizer="l2", bias_regularizer="l1"),
        *(conv(), layers.Flatten(), layers.Dense(4, kernel_regularizer="l2")),
    ],
    "dense after dense": lambda: [
        *(conv(), conv(), layers.Flatten(), layers.Dense(31, activation="relu")),
        *(layers.Dense(6, activation="relu"), layers.Dense(3, activation="softmax")),
    ],
    "other activations": lambda: [conv(), conv(activation="elu"), conv(activation="relu6")],
    "one pixel": lambda: [conv(strides=3), conv(strides=3), conv(strides=3), conv(size=1)],
}


@pytest.mark.parametrize("images", [1, 6])
@pytest.mark.parametrize("name", STACKS)
def test_values_and_gradients_are_those_of_the_layers(name: str, images: int) -> None:
    check_equal(model(*STACKS[name]()), torch.randn(images, 13, 11, 2))


def gradients(net: st.Model, x: torch.Tensor) -> list[torch.Tensor | None]:
    net.zero_grad()
    net(x).square().sum().backward()
    return [p.grad for p in net.parameters()]


def small() -> st.Model:
    return model(conv(), conv(16), layers.Flatten(), layers.Dense(5)).train()


def chained(net: st.Model) -> bool:
    return bool(net.plan(training=True).chains)


def test_the_plan_says_what_one_call_runs() -> None:
    plan = small().plan(training=True)
    assert [(c.start, c.stop) for c in plan.chains] == [(0, len(plan.operations))]
    assert "one native call runs them forward, and one backward [one call]" in str(plan)
    assert not small().plan(training=False).chains
    assert "chains" not in plan.to_dict()


def test_who_looks_at_a_layer_ends_a_chain() -> None:
    net = model(conv(), conv(), conv(), layers.Flatten(), layers.Dense(5))
    net.layers[1].register_forward_hook(lambda *_: None)
    assert [(c.start, c.stop) for c in net.plan(training=True).chains] == [(2, 5)]


def test_frozen_weights_get_no_gradient() -> None:
    x = torch.randn(3, 13, 11, 2)
    expected = gradients(small(), x)
    for frozen in range(3):
        net = small()
        for layer in net.layers[:frozen]:
            layer.trainable = False
        assert chained(net)
        found = gradients(net, x)
        assert [g is None for g in found] == [i < 2 * frozen for i in range(6)]
        for ours, theirs in zip(found, expected, strict=True):
            assert ours is None or (theirs is not None and torch.equal(ours, theirs))


def test_gradients_lie_as_their_weights_and_add_up() -> None:
    net, x = small(), torch.randn(3, 13, 11, 2)
    once = [g.clone() for g in gradients(net, x) if g is not None]
    loss = net(x).square().sum()
    loss.backward(retain_graph=True)
    loss.backward()
    for p, g in zip(net.parameters(), once, strict=True):
        assert p.grad is not None
        assert p.grad.stride() == p.stride()
        assert torch.allclose(p.grad, 3 * g, rtol=1e-5)


def test_gradients_have_gradients() -> None:
    x = torch.randn(2, 13, 11, 2)
    found = []
    for plan in (True, False):
        net = small()
        with net.executing(plan, "float32", "float32", "test"):
            (kernel,) = torch.autograd.grad(
                net(x).square().sum(), [net.layers[0].kernel], create_graph=True
            )
            found.append(torch.autograd.grad(kernel.square().sum(), list(net.parameters())))
    for ours, theirs in zip(*found, strict=True):
        assert (ours - theirs).abs().max() <= 1e-4 * theirs.abs().max()


def test_other_number_types_and_transforms_go_by_torch() -> None:
    net, x = small(), torch.randn(3, 13, 11, 2)
    expected = net(x)
    assert torch.allclose(small().double()(x.double()).float(), expected, atol=1e-5)
    mapped = torch.func.vmap(lambda image: net(image[None])[0])(x)
    assert torch.allclose(mapped, expected, atol=1e-5)
    assert net(x[:0]).shape == (0, 5)


def test_changed_weights_are_noticed_before_the_backward_pass() -> None:
    net = small()
    loss = net(torch.randn(3, 13, 11, 2)).sum()
    with torch.no_grad():
        net.layers[1].kernel.mul_(2.0)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_fit_learns_the_same() -> None:
    x, y = torch.rand(40, 13, 11, 2), torch.randint(0, 5, (40,))
    losses = []
    for plan in (True, False):
        net = model(conv(), conv(16), layers.Flatten(), layers.Dense(5, activation="softmax"))
        net.compile(st.optimizers.RMSprop(clipnorm=1.0), "sparse_categorical_crossentropy")
        run = net.fit(
            x, y, batch_size=16, epochs=3, plan=plan, precision="float32", seed=0, verbose=0
        )
        losses.append(run.history["loss"])
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
