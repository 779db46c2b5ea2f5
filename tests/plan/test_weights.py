"""Weights that a plan computes from others follow them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import striate as st
from striate import layers
from tests.plan.compare import close, inferred

pytestmark = pytest.mark.torch


def normalised() -> st.Model:
    torch.manual_seed(0)
    model = st.Sequential(
        [
            layers.Conv2D(4, 3, input_shape=(8, 8, 3)),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Flatten(),
            layers.Dense(5, use_bias=False),
            layers.BatchNormalization(scale=False),
        ]
    )
    for weight in model.non_trainable_weights:
        weight.uniform_(0.5, 2.0)
    return model


def agree(model: st.Model, x: torch.Tensor) -> None:
    close(inferred(model, x, True), inferred(model, x, False), 1e-5, "folded")


def test_the_plan_says_that_normalisation_is_in_the_weights() -> None:
    plan = normalised().plan()
    assert [n.nodes for n in plan.applied if n.rule == "normalisation in weights"] == [
        ("conv2d", "batch_normalization"),
        ("dense", "batch_normalization_1"),
    ]


def test_in_training_it_stays_and_the_plan_says_why() -> None:
    plan = normalised().plan(training=True)
    assert {n.text for n in plan.refused if n.rule == "normalisation in weights"} == {
        "in training it normalises by the statistics of the batch"
    }


@pytest.mark.parametrize("index", range(9))
def test_a_write_to_any_weight_is_followed(index: int) -> None:
    model, x = normalised(), torch.randn(2, 8, 8, 3)
    agree(model, x)
    before = inferred(model, x, True)
    with torch.no_grad():
        model.weights[index].add_(0.25)
    assert not torch.equal(inferred(model, x, True), before)
    agree(model, x)


def test_training_steps_and_loaded_weights_are_followed() -> None:
    model, x = normalised(), torch.randn(4, 8, 8, 3)
    agree(model, x)
    model.compile("adam", "mse")
    model.fit(x.numpy(), np.ones((4, 5), "float32"), epochs=2, verbose=0)
    agree(model, x)
    model.load_state_dict(normalised().state_dict())
    agree(model, x)


def test_a_write_around_torch_is_seen_by_the_next_predict() -> None:
    model, x = normalised(), np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("float32")
    before = model.predict(x, verbose=0)
    model.weights[0].data.mul_(2.0)  # torch does not count this one
    assert not np.allclose(model.predict(x, verbose=0), before)


def test_gradients_in_inference_mode_reach_the_layers_own_weights() -> None:
    model = normalised().eval()
    model(torch.randn(2, 8, 8, 3)).sum().backward()
    assert all(p.grad is not None for p in model.parameters())
