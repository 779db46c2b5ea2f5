"""Loss scaling: overflow leaves a step out and halves the scale, quiet steps double it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import striate as st
from striate import layers, training
from striate.training import loss_scaling
from striate.training.step import Stepper

pytestmark = pytest.mark.torch
CPU = torch.device("cpu")
X = np.random.default_rng(0).normal(size=(64, 8, 8, 1)).astype("float32")
Y = (X.mean((1, 2, 3)) > 0).astype(int)


class Half(nn.Module):
    """A weight whose gradient passes through float16: from 65504 on it overflows."""

    scales_loss = True

    def __init__(self, factor: float = 1.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))
        self.factor = factor

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return ((x * self.weight).half() * self.factor).float()


def stepper(module: nn.Module, **arguments: Any) -> Stepper:
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
    return Stepper(module, training.compile(optimizer, "mse", **arguments), CPU, "fit")


def test_overflow_leaves_the_step_out_and_halves_the_scale() -> None:
    module = Half()
    steps = stepper(module)
    x = torch.full((1, 1), 100.0)
    before = [module.weight.item()]
    for _ in range(3):  # the gradient of the product is 2 * 100 * scale: 65504 is far
        steps.train(x, torch.zeros(1, 1), None)
        before.append(module.weight.item())
    assert before == [1.0] * 4
    assert steps.scaling is not None
    assert steps.scaling.get_scale() == loss_scaling.FIRST / 8


def test_the_scale_is_found_and_the_step_is_that_of_float32() -> None:
    module = Half()
    steps = stepper(module)
    for _ in range(20):
        if module.weight.item() == 1.0:
            steps.train(torch.full((1, 1), 2.0), torch.zeros(1, 1), None)
    assert module.weight.item() == pytest.approx(1.0 - 0.1 * 2 * 2 * 2, rel=1e-3)


def test_quiet_steps_double_the_scale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loss_scaling, "GROWTH_STEPS", 3)
    monkeypatch.setattr(loss_scaling, "FIRST", 2.0)
    steps = stepper(Half())
    for _ in range(3):
        steps.train(torch.ones(1, 1), torch.zeros(1, 1), None)
    assert steps.scaling is not None
    assert steps.scaling.get_scale() == 4.0


def test_it_can_be_forbidden_and_an_own_factor_replaces_it() -> None:
    assert stepper(Half(), auto_scale_loss=False).scaling is None
    assert stepper(nn.Linear(1, 1)).scaling is None
    module = Half()
    own = training.compile(st.optimizers.SGD(0.1, loss_scale_factor=4.0), "mse")
    assert Stepper(module, own, CPU, "fit").scaling is None


def small() -> st.Sequential:
    st.set_seed(2)
    conv = layers.Conv2D(4, 3, activation="relu", input_shape=(8, 8, 1))
    model = st.Sequential([conv, layers.BatchNormalization(), layers.Flatten()])
    model.add(layers.Dense(2, activation="softmax"))
    model.compile(st.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    return model


def fit(model: st.Model, **options: Any) -> list[float]:
    settings = {"batch_size": 16, "seed": 4, "verbose": 0, "device": "cpu", **options}
    found: list[float] = model.fit(X, Y, **settings).history["loss"]
    return found


def test_float16_trains_as_float32_does() -> None:
    half = fit(small(), epochs=3, precision="float16")
    full = fit(small(), epochs=3, precision="float32")
    assert half != full
    assert half == pytest.approx(full, rel=0.02)


def test_a_resumed_run_has_the_scale_of_the_one_that_stopped(tmp_path: Path) -> None:
    whole = fit(small(), epochs=4, precision="float16")
    fit(small(), epochs=2, precision="float16", checkpoint_dir=tmp_path)
    model = small()
    rest = fit(model, epochs=4, precision="float16", checkpoint_dir=tmp_path, resume=True)
    assert rest == whole
