"""A model with a temperature says softmax(logits / T), saved and loaded, whatever its ending."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import striate as st
from striate import layers
from striate.errors import ArgumentError

pytestmark = pytest.mark.torch

X = np.random.default_rng(0).normal(size=(20, 6, 6, 2)).astype(np.float32)


def ended_by(*last: Any) -> st.Model:
    return st.Sequential([layers.Conv2D(4, 3, activation="relu", input_shape=(6, 6, 2)), *last])


class Own(st.Model):
    def __init__(self) -> None:
        super().__init__()
        self.dense = layers.Dense(3)

    def call(self, x: Any) -> Any:
        return self.dense(x)


ENDINGS: dict[str, Callable[[], st.Model]] = {
    "dense softmax": lambda: ended_by(layers.Flatten(), layers.Dense(3, activation="softmax")),
    "dense sigmoid": lambda: ended_by(layers.Flatten(), layers.Dense(1, activation="sigmoid")),
    "dense logits": lambda: ended_by(layers.Flatten(), layers.Dense(3)),
    "no bias": lambda: ended_by(layers.Flatten(), layers.Dense(3, use_bias=False)),
    "softmax layer": lambda: ended_by(
        layers.Conv2D(3, 1), layers.GlobalAveragePooling2D(), layers.Softmax()
    ),
    "activation layer": lambda: ended_by(
        layers.SeparableConv2D(3, 3), layers.GlobalMaxPooling2D(), layers.Activation("softmax")
    ),
    "pooled logits": lambda: ended_by(layers.Conv2D(3, 1), layers.GlobalAveragePooling2D()),
    "nested": lambda: ended_by(
        st.Sequential([layers.Flatten(), layers.Dense(3, activation="softmax")])
    ),
}


def logits_of(model: st.Model) -> np.ndarray:
    y = np.zeros(20, int)
    return st.evaluate_classifier(model, X, y).logits


@pytest.mark.parametrize("name", list(ENDINGS))
def test_logits_are_divided_and_the_model_can_be_saved(name: str, tmp_path: Path) -> None:
    model = ENDINGS[name]()
    model.metadata["preprocessing"] = {"range": [0, 1]}
    before = logits_of(model)
    scaled = st.scale_temperature(model, 2.5)
    assert np.allclose(logits_of(scaled), before / 2.5, atol=1e-5)
    assert (logits_of(model) == before).all(), "the model itself stays as it is"
    scaled.save(tmp_path / "calibrated.striate")
    again = st.load_model(tmp_path / "calibrated.striate")
    assert (again.predict(X, verbose=0) == scaled.predict(X, verbose=0)).all()
    assert again.metadata == {"preprocessing": {"range": [0, 1]}, "temperature": 2.5}


def test_a_fitted_temperature_makes_the_model_less_sure_and_truer() -> None:
    rng = np.random.default_rng(0)
    model = ended_by(layers.Flatten(), layers.Dense(3, activation="softmax"))
    model.layers[-1].kernel.data.mul_(20)
    y = np.where(rng.random(20) < 0.7, logits_of(model).argmax(1), rng.integers(0, 3, 20))
    scaling = st.evaluate_classifier(model, X, y).temperature_scaling()
    after = st.evaluate_classifier(scaling.apply(model), X, y).calibration()
    assert scaling.temperature > 1
    assert after.log_loss == pytest.approx(scaling.after.log_loss, rel=1e-4)
    assert after.log_loss < scaling.before.log_loss


@pytest.mark.parametrize("temperature", [0, -1.0, float("nan"), float("inf")])
def test_what_is_no_temperature(temperature: float) -> None:
    with pytest.raises(ArgumentError) as caught:
        st.scale_temperature(ENDINGS["dense logits"](), temperature)
    assert str(caught.value) == (
        f"scale_temperature: this is not a temperature. Got temperature={temperature}. "
        "Expected a finite number above 0."
    )


def two_outputs() -> st.Model:
    x = st.Input((4,))
    return st.Model(x, [layers.Dense(2)(x), layers.Dense(2)(x)])


def built_own() -> st.Model:
    model = Own()
    model.build((None, 4))
    return model


@pytest.mark.parametrize(
    ("make", "kind"),
    [(two_outputs, "Model"), (built_own, "Own"), (lambda: torch.nn.Linear(2, 2), "Linear")],
)
def test_models_whose_logits_cannot_be_reached(make: Callable[[], Any], kind: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        st.scale_temperature(make(), 2.0)
    assert str(caught.value) == (
        f"scale_temperature: the logits of this model cannot be divided. Got model='{kind}'. "
        "Expected a Sequential or functional model with one output. "
        "Divide them in its own code, or use evaluation.with_temperature(...)."
    )
