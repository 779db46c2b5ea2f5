"""The shortest way through a model gives what the usual way gives, and gives way to it."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import torch

import striate as st
from striate import layers
from striate.kernels import library
from striate.models.direct import directly

pytestmark = [
    pytest.mark.torch,
    pytest.mark.native,
    pytest.mark.skipif(bool(library.missing()), reason=f"no kernels: {library.missing()}"),
]
X = np.random.default_rng(0).random((3, 8, 8, 2), dtype=np.float32)


def network() -> st.Model:
    st.set_seed(0)
    model = st.Sequential([st.Input((8, 8, 2)), layers.Conv2D(4, 3, activation="relu")])
    model.add(layers.BatchNormalization())
    model.add(layers.Dropout(0.5))
    model.add(layers.Flatten())
    model.add(layers.Dense(3, activation="softmax"))
    return model


def usual(model: st.Model, x: Any) -> np.ndarray:
    return np.asarray(model.predict(x, verbose=0, plan=False))


def test_it_is_inference_whatever_the_mode_and_follows_the_weights() -> None:
    model = network().train()
    for _ in range(2):
        found = directly(model, X)
        assert found is not None
        assert not found.requires_grad
        np.testing.assert_allclose(found.numpy(), usual(model, X), rtol=1e-5)
        np.testing.assert_allclose(model.predict_on_batch(X), usual(model, X), rtol=1e-5)
        assert model.training
        with torch.no_grad():
            model.layers[0].kernel.mul_(2.0)
            model.layers[1].moving_mean.add_(0.5)


@pytest.mark.parametrize(
    "given",
    [
        X.astype("float64"),
        X[:, ::-1],
        [X],
        torch.from_numpy(X).double(),
        torch.from_numpy(X).transpose(1, 2),
        (X * 255).astype("uint8"),
    ],
    ids=["float64", "turned", "a list", "a double tensor", "another order", "bytes"],
)
def test_other_inputs_go_the_usual_way(given: Any) -> None:
    model = network()
    assert directly(model, given) is None
    plain = given[0] if isinstance(given, list) else np.asarray(given, dtype="float32")
    found = model.predict_on_batch(given)
    np.testing.assert_allclose(found, usual(model, np.ascontiguousarray(plain)), atol=1e-6)


def test_hooks_that_come_later_are_called() -> None:
    model = network()
    fast = model.optimize(device="cpu")
    assert directly(model, X) is not None
    seen: list[Any] = []
    for one in (model, fast.model):
        one.layers[0].register_forward_hook(lambda *given: seen.append(given))
    model.predict_on_batch(X)
    fast(X)
    assert len(seen) == 2


def test_copies_know_their_own_way() -> None:
    model = network()
    right = model.predict_on_batch(X)
    other = copy.deepcopy(model)
    same = copy.deepcopy(model)
    with torch.no_grad():
        other.layers[-1].bias.add_(torch.tensor([3.0, 0.0, 0.0]))
    np.testing.assert_array_equal(model.predict_on_batch(X), right)
    np.testing.assert_allclose(same.predict_on_batch(X), right, rtol=1e-6)
    assert np.abs(other.predict_on_batch(X) - right).max() > 0.1


def test_several_inputs_or_outputs_go_the_usual_way() -> None:
    x = st.Input((8, 8, 2))
    y = layers.Conv2D(4, 3)(x)
    model = st.Model(x, [y, layers.Flatten()(y)])
    assert directly(model, X) is None
    assert [len(found) for found in model.predict_on_batch(X)] == [3, 3]
