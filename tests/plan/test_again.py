"""Values computed again: the same gradients, numbers and statistics, in less memory."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import pytest
import torch

import striate as st
from striate import layers
from tests.plan.living import most_bytes
from tests.plan.random_models import random_model

pytestmark = pytest.mark.torch


def step(model: st.Model, x: torch.Tensor, again: bool) -> dict[str, torch.Tensor]:
    """What one training step's passes give: output, gradients, buffers, the next random number."""
    model = copy.deepcopy(model).train()
    torch.manual_seed(7)
    with model.executing(True, "float32", "float32", "test", again):
        out = model(x)
        loss = (out * torch.linspace(-1, 1, out.numel()).reshape(out.shape)).sum()
        total = loss + sum(model.training_losses())
        total.backward()
    found = {"output": out.detach(), "loss": total.detach(), "next": torch.rand(())}
    found.update({f"d {n}": p.grad for n, p in model.named_parameters() if p.grad is not None})
    found.update(dict(model.named_buffers()))
    return found


def check_same(model: st.Model, x: torch.Tensor) -> None:
    kept, again = step(model, x, False), step(model, x, True)
    assert kept.keys() == again.keys()
    for name in kept:
        assert torch.equal(kept[name], again[name]), name


def deep(seed: int | None = None) -> st.Sequential:
    st.set_seed(0)
    model = st.Sequential([st.Input((16, 16, 3))])
    for i in range(8):
        model.add(layers.Conv2D(8, 3, padding="same", activation="tanh"))
        model.add(layers.BatchNormalization())
        model.add(layers.ReLU())
        model.add(layers.Dropout(0.2, seed=None if seed is None else seed + i))
    model.add(layers.GlobalAveragePooling2D())
    model.add(layers.Dense(3))
    return model


@pytest.mark.parametrize("seed", [None, 5])
def test_random_layers_draw_the_same_numbers_and_statistics_move_once(seed: int | None) -> None:
    check_same(deep(seed), torch.randn(4, 16, 16, 3))


@pytest.mark.parametrize("seed", range(12))
def test_random_networks_have_the_same_gradients(seed: int) -> None:
    check_same(random_model(seed), torch.randn(3, 8, 8, 3))


@pytest.mark.parametrize("seed", range(6))
def test_vectors_of_power_iterations_are_put_back(seed: int) -> None:
    st.set_seed(seed)
    model = st.Sequential([st.Input((8, 8, 2))])
    for _ in range(4):
        model.add(layers.SpectralNormalization(layers.Conv2D(4, 3, padding="same")))
        model.add(layers.ReLU())
    check_same(model, torch.randn(2, 8, 8, 2))


class Counts(layers.Layer):
    """A layer that leaves something behind."""

    calls = 0

    def call(self, inputs: torch.Tensor) -> torch.Tensor:
        Counts.calls += 1
        return inputs * 2


def test_code_of_the_user_and_models_inside_are_not_run_twice() -> None:
    inner = deep()
    x = st.Input((16, 16, 3))
    y = layers.Conv2D(3, 3, padding="same")(x)
    for _ in range(3):
        y = layers.ReLU()(layers.Conv2D(3, 3, padding="same")(y))
    model = st.Model(x, layers.Dense(2)(inner(Counts()(y))))
    values = torch.randn(2, 16, 16, 3)
    check_same(model, values)
    Counts.calls = 0
    step(model, values, True)
    assert Counts.calls == 1
    notes = [n.text for n in model.plan(training=True, recompute=True).refused]
    assert "its values are kept: it is a model or code that may not be run twice" in notes


def test_the_plan_says_what_is_computed_again() -> None:
    plan = deep().plan(training=True, recompute=True)
    assert "computed again" in {n.rule for n in plan.applied}
    assert 3 <= len(plan.parts) <= 12
    assert plan.parts[0].start == 0
    assert plan.parts[-1].stop == len(plan.operations)
    assert not plan.parts[-1].again
    assert deep().plan(training=True).parts == ()
    one = st.Sequential([st.Input((8, 8, 3)), layers.Conv2D(4, 3)])
    notes = [n.text for n in one.plan(training=True, recompute=True).refused]
    assert "nothing is computed again: it would not save memory" in notes
    assert deep().plan(recompute=True).parts == ()  # inference keeps nothing anyway


def test_less_is_kept_at_a_time() -> None:
    model, x = deep(), torch.randn(8, 16, 16, 3)

    def train(again: bool) -> Callable[[], object]:
        return lambda: step(model, x, again)

    kept, again = most_bytes(train(False)), most_bytes(train(True))
    assert again < 0.6 * kept


def test_a_fit_is_the_same_fit() -> None:
    x = np.random.default_rng(0).normal(size=(24, 16, 16, 3)).astype("float32")
    y = np.arange(24) % 3
    found = []
    for recompute in (False, True):
        model = deep()
        model.compile("adam", st.losses.SparseCategoricalCrossentropy(from_logits=True))
        history = model.fit(
            x, y, batch_size=8, epochs=2, seed=3, verbose=0, device="cpu", recompute=recompute
        )
        found.append((history.history["loss"], model.get_weights()))
    assert found[0][0] == found[1][0]
    for a, b in zip(found[0][1], found[1][1], strict=True):
        np.testing.assert_array_equal(a, b)
