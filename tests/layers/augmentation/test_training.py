"""A run that was stopped and resumed ends with the weights of one that was not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import striate as st
from striate import data, layers

pytestmark = pytest.mark.torch

X = np.random.default_rng(0).integers(0, 256, (24, 8, 8, 3), dtype="uint8")
Y = np.eye(3, dtype="float32")[np.arange(24) % 3]


def network() -> st.Sequential:
    torch.manual_seed(0)
    model = st.Sequential(
        [
            st.Input((8, 8, 3)),
            layers.RandomFlip(),
            layers.RandomCrop(6, 6, seed=3),
            layers.RandomRotation(0.2, seed=4),
            layers.TrivialAugment(),
            layers.Rescaling(1 / 255),
            layers.RandomErasing(value_range=(0, 1)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile("sgd", "categorical_crossentropy")
    return model


def trained(epochs: int, folder: Path, resume: bool = False) -> list[np.ndarray]:
    model = network()
    batches = data.augmented(data.source(X, Y, batch_size=8), layers.MixUp(0.4).augment)
    model.fit(
        batches,
        epochs=epochs,
        seed=5,
        verbose=0,
        device="cpu",
        checkpoint_dir=folder,
        resume=resume,
        precision="float32",
    )
    return model.get_weights()


def test_a_resumed_run_is_exact(tmp_path: Path) -> None:
    whole = trained(4, tmp_path / "whole")
    trained(2, tmp_path / "parts")
    torch.manual_seed(99)
    resumed = trained(4, tmp_path / "parts", resume=True)
    assert all(np.array_equal(a, b) for a, b in zip(whole, resumed, strict=True))


def test_the_saved_model_augments_in_training_only(tmp_path: Path) -> None:
    model = network()
    model.save(tmp_path / "model.striate")
    again = st.load_model(tmp_path / "model.striate")
    assert again.to_json() == model.to_json()
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))
    assert again.input_shape == (None, 8, 8, 3)
    windows = again.get_layer("random_crop").output_shape
    assert windows == (None, 6, 6, 3)
