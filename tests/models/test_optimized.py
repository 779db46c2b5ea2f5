"""The frozen form gives what the model gives, says what was done, and stays where it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import striate as st
from striate import errors, layers
from striate.kernels import library
from striate.ops import packed

pytestmark = pytest.mark.torch
RNG = np.random.default_rng(0)
X = RNG.normal(size=(9, 12, 12, 3)).astype("float32")
TOLERANCES = {"float32": 1e-5, "bfloat16": 2e-2, "float16": 3e-3}


def trained_statistics(model: st.Model) -> st.Model:
    """Moving statistics and scales that are not those of the start."""
    generator = torch.Generator().manual_seed(1)
    for name, weight in model.named_weights():
        if "moving" in name or "gamma" in name or "beta" in name:
            with torch.no_grad():
                weight.copy_(torch.rand(weight.shape, generator=generator) + 0.5)
    return model


def plain() -> st.Model:
    st.set_seed(0)
    model = st.Sequential([st.Input((12, 12, 3)), layers.Rescaling(0.5)])
    model.add(layers.Conv2D(8, 3, padding="same", use_bias=False))
    model.add(layers.BatchNormalization())
    model.add(layers.ReLU())
    model.add(layers.Conv2D(8, 3, strides=2, padding="same", activation="silu"))
    model.add(layers.SeparableConv2D(8, 3, activation="tanh"))
    model.add(layers.Flatten())
    model.add(layers.Dropout(0.5))
    model.add(layers.Dense(16))
    model.add(layers.BatchNormalization())
    model.add(layers.Activation("gelu"))
    model.add(layers.Dense(4, activation="softmax"))
    return trained_statistics(model)


def branched() -> st.Model:
    """A shortcut, two outputs, and a model inside."""
    inner = st.Sequential([st.Input((12, 12, 8)), layers.Conv2D(8, 3, padding="same")], name="in")
    inner.add(layers.BatchNormalization())
    x = st.Input((12, 12, 3))
    y = layers.Conv2D(8, 1, groups=1)(x)
    z = layers.Add()([y, inner(y)])
    pooled = layers.GlobalAveragePooling2D()(layers.ReLU()(z))
    maps = layers.Conv2D(2, 3, padding="same", activation="sigmoid")(z)
    return trained_statistics(st.Model(x, {"class": layers.Dense(3)(pooled), "maps": maps}))


def error(found: Any, right: Any) -> float:
    a, b = np.asarray(found, np.float64), np.asarray(right, np.float64)
    return float(np.abs(a - b).max() / np.abs(b).max())


@pytest.mark.parametrize("precision", TOLERANCES)
@pytest.mark.parametrize("build", [plain, branched])
def test_outputs_are_those_of_the_model(build: Any, precision: str) -> None:
    model = build()
    right = model.predict(X, verbose=0, device="cpu", plan=False)
    fast = model.optimize(precision, device="cpu")
    for given in (X, X[:1]):
        found = fast.predict(given, verbose=0)
        called = fast(torch.from_numpy(given))
        for key in right if isinstance(right, dict) else (slice(None),):
            a = found[key] if isinstance(right, dict) else found
            b = right[key] if isinstance(right, dict) else right
            assert a.dtype == np.float32
            assert error(a, b[: len(given)]) <= TOLERANCES[precision]
            direct = called[key] if isinstance(right, dict) else called
            np.testing.assert_allclose(direct.numpy(), a, rtol=1e-3, atol=1e-3)


def test_the_plan_says_what_was_done_and_what_not() -> None:
    plan = plain().optimize(device="cpu").plan()
    done = {rule: [n.nodes for n in plan.applied if n.rule == rule] for rule in ("laid out",)}
    if not done["laid out"]:
        pytest.skip("this torch has no kernels for laid-out weights")
    assert [nodes[0] for nodes in done["laid out"]] == ["rescaling", "conv2d_1", "dense", "dense_1"]
    assert plan.purpose == "inference"
    half = plain().optimize("float16", device="cpu").plan()
    refused = {n.text for n in half.refused if n.rule == "laid out"}
    assert refused == {"the kernel knows float32 and bfloat16"}


def test_an_open_size_is_said() -> None:
    model = st.Sequential([st.Input((None, None, 3)), layers.Conv2D(4, 3, padding="same")])
    fast = model.optimize(device="cpu")
    assert "the size of the image is open" in {n.text for n in fast.plan().refused}
    assert error(fast(X), model(X).detach()) < 1e-5


def test_without_the_kernels_the_plain_form_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "_agree", lambda found, right: False)
    monkeypatch.setattr(library, "missing", lambda: "the test says so")
    model = plain()
    fast = model.optimize(device="cpu")
    assert "this torch has no kernel for it" in {n.text for n in fast.plan().refused}
    assert error(fast(X), model.predict(X, verbose=0, device="cpu")) < 1e-5


def test_it_is_a_copy() -> None:
    model = plain()
    fast = model.optimize(device="cpu")
    before = fast(X)
    model.set_weights([np.zeros_like(w) for w in model.get_weights()])
    assert torch.equal(fast(X), before)
    assert list(fast.parameters()) == []
    assert not fast(X).requires_grad


def test_evaluate_is_that_of_the_model() -> None:
    model, y = plain(), np.arange(9) % 4
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    right = model.evaluate(X, y, verbose=0, device="cpu")
    assert model.optimize(device="cpu").evaluate(X, y, verbose=0) == pytest.approx(right, rel=1e-4)
    found = model.optimize(device="cpu").evaluate(X, y, verbose=0, return_dict=True)
    assert list(found) == ["accuracy", "loss"]


def test_without_compile_evaluate_says_what_is_missing() -> None:
    with pytest.raises(errors.NotCompiledError):
        plain().optimize(device="cpu").evaluate(X, np.zeros(9), verbose=0)


def test_a_saved_one_comes_back_by_optimize(tmp_path: Path) -> None:
    model = plain()
    model.class_names = list("abcd")
    fast = model.optimize(device="cpu")
    fast.save(tmp_path / "fast.striate")
    opened = st.load_model(tmp_path / "fast.striate")
    assert not any(isinstance(x, layers.BatchNormalization) for x in opened.layers)
    assert opened.class_names == fast.class_names == list("abcd")
    assert error(opened.optimize(device="cpu")(X), fast(X)) < 1e-5


def test_moving_it_is_refused_with_the_way_out() -> None:
    fast = plain().optimize("bfloat16", device="cpu")
    assert fast.to("cpu") is fast
    with pytest.raises(errors.ArgumentError) as caught:
        fast.half()
    assert str(caught.value) == (
        "OptimizedModel: it is frozen for one device and precision. Got device='cpu',"
        " dtype='float16'. Expected cpu, bfloat16. Optimize the model again:"
        ' model.optimize(precision="bfloat16", device="cuda").'
    )


class Own(st.Model):
    """A model whose `call` is code."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = layers.Dense(2)

    def call(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.dense(inputs) if inputs.shape[0] else inputs


def test_code_of_ones_own_cannot_be_frozen() -> None:
    with pytest.raises(errors.ArgumentError) as caught:
        Own().optimize()
    assert str(caught.value) == (
        "own (Own): its `call` is code of its own, so there is no graph to freeze. Expected a"
        " Sequential, or Model(inputs, outputs). predict() runs it as it is."
    )


def test_shapes_names_and_words() -> None:
    fast = plain().optimize(device="cpu")
    assert fast.input_shape == (None, 12, 12, 3)
    assert fast.output_shape == (None, 4)
    assert repr(fast).startswith("OptimizedModel(sequential, float32 on cpu, ")
    assert branched().optimize(device="cpu").output_names == ["class", "maps"]
    with pytest.raises(errors.ArgumentError, match="optimize: unknown precision"):
        plain().optimize("float8")
    with pytest.raises(errors.NotBuiltError):
        st.Sequential([layers.Dense(2)]).optimize()
