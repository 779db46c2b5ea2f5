"""torch's default type is for tensors that users make: the plan's are what the model is."""

from __future__ import annotations

import pytest
import torch

import striate as st
from striate import layers

pytestmark = pytest.mark.torch


def network() -> st.Model:
    """Something of each of the kernels that training has."""
    given = st.Input((18, 18, 3))
    x = layers.Conv2D(16, 3, padding="same", activation="relu")(given)
    x = layers.MaxPooling2D()(x)
    same = x
    x = layers.Conv2D(16, 3, padding="same", use_bias=False)(x)
    x = layers.ReLU()(layers.Add()([layers.BatchNormalization()(x), same]))
    parts = [layers.Conv2D(8, size, padding="same", activation="relu")(x) for size in (1, 3)]
    x = layers.MaxPooling2D(3, 2)(layers.Concatenate()(parts))
    x = layers.Conv2D(12, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Conv2D(12, 3, strides=2, padding="same", activation="relu")(x)
    return st.Model(given, layers.Dense(5, activation="relu")(layers.Flatten()(x)))


def test_another_default_type_changes_no_gradient() -> None:
    torch.manual_seed(0)
    model, x = network().train(), torch.rand(7, 18, 18, 3)
    weights = list(model.parameters())

    def gradients() -> tuple[torch.Tensor, ...]:
        with model.executing(True, "float32", "float32", "test"):
            return torch.autograd.grad(model(x).square().sum(), weights)

    usual = gradients()
    torch.set_default_dtype(torch.float64)
    try:
        found = gradients()
    finally:
        torch.set_default_dtype(torch.float32)
    assert all(torch.equal(a, b) for a, b in zip(usual, found, strict=True))
