"""Weights that wait until they are read: what is made when, and that nobody can tell."""

from __future__ import annotations

import copy
import io
import pickle
import threading
from typing import Any

import numpy as np
import pytest
import torch

import striate as st
from striate import initializers, layers
from striate.layers.waiting import LATER, WaitingWeights
from striate.ops.modules import parts

pytestmark = pytest.mark.torch


def waiting(module: torch.nn.Module) -> list[str]:
    return [
        name
        for part in parts(module)
        if isinstance(part, WaitingWeights)
        for name in part.__dict__["_waiting"]
    ]


def network(seed: int = 3) -> st.Model:
    st.training.set_seed(seed)
    x = st.Input((8, 8, 3))
    y = layers.Conv2D(4, 3, kernel_initializer="he_normal", name="conv")(x)
    y = layers.BatchNormalization(name="norm")(y)
    y = layers.Dense(5, name="dense")(layers.GlobalAveragePooling2D()(y))
    return st.Model(x, layers.Dense(2, activation="softmax", name="out")(y))


NUM_WEIGHTS = 10  # 2 of each layer with a kernel, 4 of the normalization


def values(model: st.Model) -> dict[str, np.ndarray]:
    return {name: weight.detach().numpy().copy() for name, weight in model.named_weights()}


def same(a: dict[str, Any], b: dict[str, Any]) -> bool:
    return a.keys() == b.keys() and all(np.array_equal(a[n], b[n]) for n in a)


def test_what_is_known_from_the_graph_makes_no_weight() -> None:
    model = network()
    model.summary(print_fn=lambda text: None)
    assert model.count_params() == sum(layer.count_params() for layer in model.layers)
    assert "convolution 3x3" in str(model.plan(training=True))
    model.cost(), model.memory(), model.receptive_field(), model.to_json()
    model.get_layer("conv").trainable = False
    model.weight_specs(), model.weight_shapes(), model.get_layer("dense").get_config()
    repr(model)
    assert len(waiting(model)) == NUM_WEIGHTS


def test_reading_one_weight_makes_those_of_its_layer() -> None:
    model = network()
    assert model.get_layer("conv").kernel.shape == (3, 3, 3, 4)
    assert len(waiting(model)) == NUM_WEIGHTS - 2
    assert model.get_layer("norm").moving_mean.shape == (4,)
    assert len(waiting(model)) == NUM_WEIGHTS - 6


READERS: dict[str, Any] = {
    "parameters": lambda m: list(m.parameters()),
    "state_dict": lambda m: m.state_dict(),
    "weights": lambda m: m.weights,
    "get_weights": lambda m: m.get_weights(),
    "call": lambda m: m(np.zeros((1, 8, 8, 3), "float32")),
    "predict": lambda m: m.predict(np.zeros((1, 8, 8, 3), "float32"), verbose=0),
    "double": lambda m: m.double().float(),
    "deepcopy": copy.deepcopy,
    "pickle": pickle.dumps,
    "torch.save": lambda m: torch.save(m, io.BytesIO()),
    "share_memory": lambda m: m.share_memory(),
    "named_members": lambda m: [dict(m.named_parameters()), dict(m.named_buffers())],
}


@pytest.mark.parametrize("reader", list(READERS))
def test_every_reader_finds_the_same_weights(reader: str) -> None:
    model = network()
    READERS[reader](model)
    assert waiting(model) == []
    assert same(values(model), values(network()))
    assert all(type(p) is torch.nn.Parameter and p.requires_grad for p in model.parameters())


@pytest.mark.parametrize("how", ["deepcopy", "pickle", "torch.save"])
def test_a_copy_has_the_weights_of_its_original(how: str) -> None:
    model = network()
    if how == "deepcopy":
        again = copy.deepcopy(model)
    elif how == "pickle":
        again = pickle.loads(pickle.dumps(model))  # noqa: S301 - our own
    else:
        file = io.BytesIO()
        torch.save(model, file)
        file.seek(0)
        again = torch.load(file, weights_only=False)
    assert same(values(again), values(model))
    assert type(again.get_layer("conv").__dict__["_parameters"]) is dict


@pytest.mark.parametrize("how", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])  # noqa: S301 - our own
def test_a_deep_network_is_copied(how: Any) -> None:
    x = given = st.Input((8,))
    for _ in range(400):
        x = layers.Activation("relu")(x)
    model = st.Model(given, layers.Dense(2)(x))
    assert same(values(how(model)), values(model))


def test_the_order_of_reading_changes_no_number() -> None:
    forward, backward = network(), network()
    for layer in reversed(backward.layers):
        layer.get_weights()
    assert same(values(forward), values(backward))


def test_reading_draws_nothing_from_torchs_generator() -> None:
    model = network()
    before = torch.get_rng_state()
    model.get_weights()
    assert torch.equal(before, torch.get_rng_state())


def test_another_seed_gives_other_weights_and_equal_layers_differ() -> None:
    assert not same(values(network(1)), values(network(2)))
    st.training.set_seed(0)
    a, b = layers.Dense(4), layers.Dense(4)
    a.build((None, 4)), b.build((None, 4))
    assert not torch.equal(a.kernel, b.kernel)


def test_an_initializer_with_a_seed_gives_what_it_gives_alone() -> None:
    own = initializers.HeNormal(seed=5)
    layer = layers.Dense(4, kernel_initializer=own)
    state = torch.get_rng_state()
    layer.build((None, 6))
    assert torch.equal(layer.kernel, own((6, 4)))
    assert torch.equal(state, torch.get_rng_state())


def test_an_initializer_of_the_users_runs_when_the_layer_is_built() -> None:
    called = []

    class Mine(initializers.HeNormal):
        def __call__(self, shape: Any, dtype: Any = None) -> torch.Tensor:
            called.append(tuple(shape))
            return torch.full(tuple(shape), 2.0)

    layer = layers.Dense(3, kernel_initializer=Mine())
    layer.build((None, 2))
    assert called == [(2, 3)]
    assert torch.equal(layer.kernel, torch.full((2, 3), 2.0))
    assert called == [(2, 3)]


def test_a_users_layer_reads_its_weight_in_build() -> None:
    class Mine(layers.Layer):
        def build(self, input_shape: Any) -> None:
            self.first = self.add_weight(shape=(2, 2), name="first")
            self.size = float(self.first.detach().abs().sum())
            self.second = self.add_weight(shape=(2,), name="second", trainable=False)

        def call(self, inputs: Any) -> Any:
            return inputs @ self.first + self.second

    layer = Mine()
    layer.build((None, 2))
    assert layer.size > 0
    assert [n for n, _ in layer.named_parameters()] == ["first"]
    assert [n for n, _ in layer.named_buffers()] == ["second"]


def test_what_a_layer_holds_beside_its_weights_is_found() -> None:
    layer = layers.GRU(2, dropout=0.5, seed=1)
    layer.build((None, 3, 2))
    assert waiting(layer)
    assert int(layer.draws) == 0
    assert "draws" in layer.state_dict()


@pytest.mark.parametrize("later", [False, True])
def test_trainable_holds_for_weights_made_later(later: bool) -> None:
    model = network()
    if not later:
        model.get_weights()
    model.get_layer("conv").trainable = False
    frozen = {n for n, p in model.named_parameters() if not p.requires_grad}
    assert frozen == {"conv.kernel", "conv.bias"}
    model.get_layer("conv").trainable = True
    assert all(p.requires_grad for p in model.parameters())


def test_a_shared_layer_has_one_set_of_weights() -> None:
    shared, x = layers.Dense(4, name="shared"), st.Input((4,))
    model = st.Model(x, shared(shared(x)))
    assert len(waiting(model)) == 2
    assert [n for n, _ in model.named_parameters()] == ["shared.kernel", "shared.bias"]
    other = st.Model(x, shared(x))
    assert other.get_layer("shared").kernel is model.get_layer("shared").kernel


def test_two_threads_that_read_at_once_find_one_tensor() -> None:
    for _ in range(20):
        layer = layers.Dense(64)
        layer.build((None, 64))
        found: list[Any] = []
        gate = threading.Barrier(4)

        def read(layer: Any = layer, found: Any = found, gate: Any = gate) -> None:
            gate.wait()
            found.append((layer.kernel, dict(layer.named_parameters())["bias"]))

        threads = [threading.Thread(target=read) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 4
        assert all(k is layer.kernel and b is layer.bias for k, b in found)


def test_weights_first_read_without_gradients_can_be_trained() -> None:
    model = network()
    with torch.inference_mode():
        model(torch.zeros(1, 8, 8, 3))
    assert not any(p.is_inference() for p in model.parameters())
    model(torch.ones(1, 8, 8, 3))[0, 0].backward()
    assert model.get_layer("conv").kernel.grad is not None


def test_a_device_that_holds_no_values_gets_none() -> None:
    with torch.device("meta"):
        model = network()
    assert {w.device.type for w in model.weights} == {"meta"}
    assert {w.device.type for w in network().to("meta").weights} == {"meta"}


def test_the_device_is_that_of_the_recording() -> None:
    model = network()
    with torch.device("meta"):
        assert {w.device.type for w in model.weights} == {"cpu"}
    assert same(values(model), values(network()))


def test_torchs_functional_call_takes_weights_from_outside() -> None:
    model, x = network(), torch.ones(2, 8, 8, 3)
    given = {n: torch.zeros_like(p) for n, p in model.named_parameters()}
    out = torch.func.functional_call(model, given, (x,))
    assert torch.equal(out, torch.full((2, 2), 0.5))


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    calls: list[Any] = []
    for cls in LATER:
        original = cls.__call__

        def call(self: Any, shape: Any, dtype: Any = None, original: Any = original) -> Any:
            calls.append(shape)
            return original(self, shape, dtype)

        monkeypatch.setattr(cls, "__call__", call)
    return calls


def test_weights_that_are_loaded_are_not_initialised(tmp_path: Any, counted: list[Any]) -> None:
    model = network(1)
    model.save(tmp_path / "m.striate")
    model.save_weights(tmp_path / "w.safetensors")
    wanted, state, arrays = values(model), model.state_dict(), model.get_weights()
    counted.clear()
    assert same(values(st.load_model(tmp_path / "m.striate")), wanted)
    for fill in (
        lambda m: m.load_weights(tmp_path / "w.safetensors"),
        lambda m: m.load_state_dict(state),
        lambda m: m.set_weights(arrays),
    ):
        other = network(2)
        fill(other)
        assert same(values(other), wanted)
    assert counted == []


def test_what_is_refused_leaves_the_weights_as_they_would_have_been(tmp_path: Any) -> None:
    small = st.Sequential([layers.Dense(2, input_shape=(3,))])
    small.save_weights(tmp_path / "w.safetensors")
    model = network()
    with pytest.raises(st.errors.FormatError):
        model.load_weights(tmp_path / "w.safetensors")
    with pytest.raises(st.errors.ShapeError):
        model.set_weights(small.get_weights())
    with pytest.raises(RuntimeError):
        model.load_state_dict(small.state_dict())
    model.load_weights(tmp_path / "w.safetensors", skip_mismatch=True)
    assert same(values(model), values(network()))


def test_half_a_state_dict_leaves_the_rest_initialised() -> None:
    model, full = network(), network(1).state_dict()
    part = {n: v for n, v in full.items() if n.startswith("conv.") or n == "dense.bias"}
    model.load_state_dict(part, strict=False)
    expected = {**values(network()), "conv/kernel": full["conv.kernel"].numpy()}
    assert same(values(model), expected)
