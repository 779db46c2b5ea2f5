"""Freezing: what trains, what normalisations do meanwhile, and what is warned of."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

import striate as st
from striate import layers
from striate.errors import UnknownNameError

pytestmark = pytest.mark.torch

RNG = np.random.default_rng(0)
X = RNG.normal(size=(32, 12, 12, 3)).astype("float32")
Y = RNG.integers(0, 3, 32)


def network() -> st.Model:
    x = st.Input((12, 12, 3), name="image")
    y = x
    for i in (1, 2, 3):
        y = layers.Conv2D(4, 3, use_bias=False, name=f"conv{i}")(y)
        y = layers.BatchNormalization(momentum=0.5, name=f"bn{i}")(y)
        y = layers.ReLU(name=f"relu{i}")(y)
    y = layers.GlobalAveragePooling2D(name="mean")(y)
    model = st.Model(x, layers.Dense(3, activation="softmax", name="scores")(y))
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def trained(model: st.Model) -> set[str]:
    """The layers whose weights a fit changes."""
    before = {n: w.detach().clone() for n, w in model.named_weights()}
    model.fit(X, Y, epochs=1, verbose=0, seed=0)
    after = dict(model.named_weights())
    return {n.split("/")[0] for n, w in before.items() if not torch.equal(w, after[n])}


EVERY = {*(f"{kind}{i}" for kind in ("conv", "bn") for i in (1, 2, 3)), "scores"}


def test_a_frozen_backbone_stays_as_it_is_statistics_included() -> None:
    model = network()
    model.freeze()
    assert trained(model) == {"scores"}
    model.unfreeze()
    assert trained(model) == EVERY


def test_freezing_until_and_unfreezing_from_a_layer() -> None:
    model = network()
    model.freeze(until="bn2")
    assert trained(model) == {"conv3", "bn3", "scores"}
    model.unfreeze(from_="conv2", batch_normalization=False)
    assert trained(model) == {"conv2", "conv3", "bn3", "scores"}


def test_batch_normalisations_may_stay_frozen() -> None:
    model = network()
    model.freeze()
    model.unfreeze(batch_normalization=False)
    assert trained(model) == {"conv1", "conv2", "conv3", "scores"}


def test_what_an_optimizer_knows_of_frozen_weights_is_kept() -> None:
    model = network()
    model.fit(X, Y, epochs=1, verbose=0)
    kernel = model.get_layer("conv1").kernel
    before = model.optimizer.state[kernel]["velocity"].clone()
    optimizer = model.optimizer
    model.freeze()
    model.fit(X, Y, epochs=1, verbose=0)
    assert model.optimizer is optimizer
    assert torch.equal(optimizer.state[kernel]["velocity"], before)
    model.unfreeze()
    model.fit(X, Y, epochs=1, verbose=0)
    assert not torch.equal(optimizer.state[kernel]["velocity"], before)


def test_frozen_normalisation_ignores_training_true() -> None:
    model = network()
    model.freeze()
    with torch.no_grad():
        torch.testing.assert_close(model(X, training=True), model(X, training=False))


def test_layers_of_nested_models_are_named_by_path() -> None:
    inner = network()
    inner.name = "inner"
    inner.trainable = False
    outer = st.Sequential([layers.Rescaling(1.0, input_shape=(12, 12, 3)), inner])
    outer.compile("adam", "sparse_categorical_crossentropy")
    outer.unfreeze(from_="inner/conv3")
    assert inner.trainable
    assert {n.split("/")[0] for n, w in inner.named_weights() if w.requires_grad} == {
        "conv3",
        "bn3",
        "scores",
    }
    assert outer.graph.num_trainable == sum(w.numel() for w in outer.trainable_weights)
    with pytest.raises(UnknownNameError) as error:
        outer.freeze(until="inner/conv4")
    assert str(error.value).startswith("freeze: unknown layer. Got 'inner/conv4'. Did you mean")


def test_a_file_keeps_what_is_frozen(tmp_path: Path) -> None:
    model = network()
    model.freeze()
    model.save(tmp_path / "model.striate")
    assert trained(st.load_model(tmp_path / "model.striate")) == {"scores"}


def test_a_torch_module_inside_a_layer_is_frozen_with_it() -> None:
    class Wrapped(layers.Layer):
        def build(self, input_shape: tuple[int, ...]) -> None:
            self.inner = torch.nn.Linear(input_shape[-1], 4)

        def call(self, inputs: torch.Tensor) -> torch.Tensor:
            return self.inner(inputs)

    model = st.Sequential(
        [Wrapped(name="own", input_shape=(5,)), layers.Dense(2, name="scores")], name="two"
    )
    model.freeze(until="own")
    assert not any(p.requires_grad for p in model.get_layer("own").parameters())
    model.unfreeze()
    assert all(p.requires_grad for p in model.parameters())


def message_of(model: st.Model) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(X, Y, epochs=1, verbose=0)
    return [str(w.message) for w in caught]


def test_normalisations_left_out_of_freezing_are_named_once() -> None:
    model = network()
    for i in (1, 2, 3):
        model.get_layer(f"conv{i}").trainable = False
    (text,) = message_of(model)
    assert text == (
        "fit: batch normalisation of a frozen part goes on learning the statistics of these data. "
        "Got layers='bn1, bn2'. "
        "Expected trainable = False for these too, which keeps them in inference mode. "
        "model.freeze() freezes whole layers and normalisations alike."
    )
    assert message_of(model) == []


def test_normalisations_whose_weights_alone_are_frozen_are_named() -> None:
    model = network()
    for parameter in model.backbone.parameters():
        parameter.requires_grad_(False)
    (text,) = message_of(model)
    assert "Got layers='bn1, bn2, bn3'" in text


def test_nothing_is_warned_of_where_all_is_as_it_should_be() -> None:
    model = network()
    assert message_of(model) == []
    model.freeze()
    assert message_of(model) == []
    model.unfreeze(from_="bn2")
    assert message_of(model) == []
