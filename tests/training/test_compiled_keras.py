"""Names, order and values of history and evaluation are those of the real Keras."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from striate import data, training
from tests.keras_oracle import keras

pytestmark = [
    pytest.mark.torch,
    pytest.mark.keras,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # Keras's own, with NumPy 2
]

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(40, 5)).astype(np.float32)
LABELS = RANDOM.integers(0, 3, 40)
VALUES = RANDOM.normal(size=(40, 1)).astype(np.float32)
WEIGHTS = RANDOM.uniform(0.1, 2.0, 40).astype(np.float32)


class Twin(nn.Module):
    """A dense layer per output, in plain torch, with the weights of a Keras model."""

    def __init__(self, model: Any, names: list[str], activations: list[str | None]) -> None:
        super().__init__()
        self.output_names = names
        self.activations = activations
        self.heads = nn.ModuleList()
        for name in names:
            kernel, bias = model.get_layer(name).get_weights()
            head = nn.Linear(*kernel.shape)
            head.weight = nn.Parameter(torch.from_numpy(kernel.T.copy()))
            head.bias = nn.Parameter(torch.from_numpy(bias.copy()))
            self.heads.append(head)

    def forward(self, x: torch.Tensor) -> Any:
        found = tuple(
            torch.softmax(head(x), -1) if activation == "softmax" else head(x)
            for head, activation in zip(self.heads, self.activations, strict=True)
        )
        return found if len(found) > 1 else found[0]


def models(*heads: tuple[str, int, str | None]) -> tuple[Any, Twin]:
    inputs = keras.Input((5,))
    outputs = [keras.layers.Dense(n, activation=a, name=name)(inputs) for name, n, a in heads]
    model = keras.Model(inputs, outputs if len(outputs) > 1 else outputs[0])
    return model, Twin(model, [h[0] for h in heads], [h[2] for h in heads])


def check(
    model: Any,
    twin: Twin,
    y: Any,
    weight: Any = None,
    repeated: int | None = None,
    **arguments: Any,
) -> None:
    """Trains both for two epochs and compares everything they report."""
    model.compile(keras.optimizers.SGD(0.1), **arguments)
    theirs = model.fit(
        X,
        y,
        sample_weight=weight,
        batch_size=16,
        epochs=2,
        shuffle=False,
        verbose=0,
        validation_data=(X[:10], _head(y, 10)),
    )
    compiled = training.compile(torch.optim.SGD(twin.parameters(), lr=0.1), **arguments)
    source = data.source(X, y, weight, batch_size=16, shuffle=False)
    validation = data.source(X[:10], _head(y, 10), batch_size=16, shuffle=False)
    ours = training.fit(
        twin, compiled, source, epochs=2, validation=validation, verbose=0, device="cpu"
    )
    assert list(ours.history) == list(theirs.history)
    for name, values in theirs.history.items():
        np.testing.assert_allclose(ours.history[name], values, rtol=2e-5, err_msg=name)
    expected = model.evaluate(X, y, sample_weight=weight, batch_size=16, verbose=0)
    found = training.evaluate(twin, compiled, source, verbose=0, device="cpu")
    # Keras gives a metric's value twice if a weighted one has the same name; we give it once.
    expected = expected if repeated is None else np.delete(expected, repeated)
    np.testing.assert_allclose(found, expected, rtol=2e-5)


def _head(y: Any, count: int) -> Any:
    if isinstance(y, dict):
        return {name: value[:count] for name, value in y.items()}
    return [value[:count] for value in y] if isinstance(y, list) else y[:count]


def test_one_output_with_a_metric() -> None:
    model, twin = models(("head", 3, "softmax"))
    check(model, twin, LABELS, loss="sparse_categorical_crossentropy", metrics=["accuracy"])


def test_one_output_with_a_loss_alone() -> None:
    model, twin = models(("head", 1, None))
    check(model, twin, VALUES, loss="mse")


def test_sample_weights_and_weighted_metrics() -> None:
    model, twin = models(("head", 3, "softmax"))
    check(
        model,
        twin,
        LABELS,
        WEIGHTS,
        repeated=2,
        loss="sparse_categorical_crossentropy",
        metrics=["acc"],
        weighted_metrics=["acc"],
    )


def test_two_outputs_with_lists() -> None:
    model, twin = models(("kind", 3, "softmax"), ("size", 1, None))
    check(
        model,
        twin,
        [LABELS, VALUES],
        loss=["sparse_categorical_crossentropy", "mse"],
        loss_weights=[1.0, 0.5],
        metrics=[["accuracy"], ["mae"]],
    )


def test_two_outputs_with_dicts() -> None:
    model, twin = models(("kind", 3, "softmax"), ("size", 1, None))
    check(
        model,
        twin,
        {"kind": LABELS, "size": VALUES},
        loss={"kind": "sparse_categorical_crossentropy", "size": "mae"},
        loss_weights={"kind": 0.3, "size": 2.0},
        metrics={"kind": "accuracy", "size": ["mse", "mae"]},
    )


def test_two_outputs_share_one_loss() -> None:
    model, twin = models(("one", 1, None), ("two", 1, None))
    check(model, twin, [VALUES, VALUES], loss="mse")
