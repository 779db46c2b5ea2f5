from __future__ import annotations

import numpy as np
import pytest
import torch

from striate import Input, Model, Sequential, layers
from striate.errors import ArgumentError
from striate.models import model_from_json
from tests import oracle
from tests.layers.messages import Wrong

pytestmark = pytest.mark.torch

IMAGE = np.random.default_rng(0).normal(size=(2, 6, 5, 3)).astype("float32")


def singular(layer: layers.Layer) -> float:
    kernel = layer.get_weights()[0]
    return float(np.linalg.svd(kernel.reshape(-1, kernel.shape[-1]), compute_uv=False)[0])


@pytest.mark.parametrize("inner", [layers.Conv2D(4, 3), layers.Dense(4)], ids=str)
def test_training_brings_the_largest_singular_value_to_one(inner: layers.Layer) -> None:
    layer = layers.SpectralNormalization(inner, power_iterations=20)
    layer(IMAGE)
    before = singular(inner)
    layer(IMAGE)
    assert singular(inner) == before, "inference leaves the kernel alone"
    layer(IMAGE, training=True)
    assert singular(inner) == pytest.approx(1.0, abs=1e-3)


def test_a_kernel_of_zeros_stays() -> None:
    layer = layers.SpectralNormalization(layers.Dense(4, kernel_initializer="zeros"))
    assert not layer(IMAGE, training=True).any()


def test_a_shared_layer_can_be_called_twice_before_the_backward_pass() -> None:
    layer = layers.SpectralNormalization(layers.Dense(3, use_bias=False))
    layer.train()
    x = torch.from_numpy(IMAGE)
    layer(layer(x)).sum().backward()
    assert all(w.grad is not None for w in layer.trainable_weights)


def test_weight_standardization_convolves_with_the_standardized_kernel() -> None:
    inner = layers.Conv2D(4, 3, padding="same", bias_initializer="random_normal")
    out = layers.WeightStandardization(inner, epsilon=0.01)(IMAGE).detach().numpy()
    kernel, bias = inner.get_weights()
    kernel = oracle.standardized(kernel, (0, 1, 2), 0.01)
    wanted = oracle.conv(IMAGE, kernel, bias, (1, 1), "same", (1, 1))
    np.testing.assert_allclose(out, wanted, rtol=1e-4, atol=1e-5)
    assert not np.array_equal(inner.get_weights()[0], kernel), "the layer keeps its own kernel"


def net() -> Model:
    x = Input((6, 5, 3))
    y = layers.SpectralNormalization(layers.Conv2D(4, 3))(x)
    y = layers.WeightStandardization(layers.Conv2D(2, 1, activation="relu"))(y)
    return Model(x, layers.Flatten()(y))


def test_weights_inside_are_counted_and_frozen_with_the_layer_or_alone() -> None:
    model = net()
    assert model.count_params() == 3 * 3 * 3 * 4 + 4 + 4 + 4 * 2 + 2
    assert model.graph.num_trainable == model.count_params() - 4
    model.layers[1].layer.trainable = False
    assert model.graph.num_trainable == 4 * 2 + 2
    model.layers[2].trainable = False
    assert model.graph.num_trainable == 0 == len(model.trainable_weights)


def test_a_model_comes_back_with_the_layers_inside_as_they_were() -> None:
    model = net()
    model.layers[1].layer.trainable = False
    again = model_from_json(model.to_json())
    again.set_weights(model.get_weights())
    assert again.graph == model.graph
    assert [w.requires_grad for w in again.weights] == [w.requires_grad for w in model.weights]
    assert torch.equal(again(IMAGE), model(IMAGE))


class Residual(layers.Wrapper):
    def call(self, inputs: torch.Tensor) -> torch.Tensor:
        return inputs + self.layer(inputs)


def test_a_wrapper_of_the_user_holds_the_weights_of_its_layer() -> None:
    model = Sequential([Input((6, 5, 3)), Residual(layers.Conv2D(3, 3, padding="same"))])
    assert model.count_params() == 3 * 3 * 3 * 3 + 3
    again = model_from_json(model.to_json(), {"Residual": Residual})
    again.set_weights(model.get_weights())
    assert torch.equal(again(IMAGE), model(IMAGE))


WRONG = [
    Wrong(
        lambda: layers.SpectralNormalization(layers.Dense(3), power_iterations=0),
        ArgumentError,
        "spectral_normalization (SpectralNormalization): `power_iterations` is not valid."
        " Got power_iterations=0. Expected a positive whole number.",
    ),
    Wrong(
        lambda: layers.SpectralNormalization(layers.Flatten())(Input((4, 4, 3))),
        ArgumentError,
        "spectral_normalization (SpectralNormalization): the layer inside has no kernel."
        " Got layer='flatten (Flatten)'. Expected a layer with a weight `kernel` or `embeddings`,"
        " such as Conv2D or Dense.\n"
        "How it came to this:\n"
        "  input_layer (InputLayer) (None, 4, 4, 3)",
    ),
    Wrong(
        lambda: layers.WeightStandardization(layers.Dense(3), epsilon=0),
        ArgumentError,
        "weight_standardization (WeightStandardization): `epsilon` is not valid. Got epsilon=0."
        " Expected a number above 0.",
    ),
    Wrong(
        lambda: layers.WeightStandardization(layers.PReLU())(IMAGE),
        ArgumentError,
        "weight_standardization (WeightStandardization): the kernel of the layer inside does not"
        " end with its output channels. Got layer='p_re_lu (PReLU)'. Expected a convolution or a"
        " Dense layer.",
    ),
    Wrong(
        lambda: layers.WeightStandardization(layers.Dense),
        ArgumentError,
        "weight_standardization (WeightStandardization): `layer` is not a layer."
        " Got layer='Dense'. Expected a layer such as layers.Conv2D(8, 3).",
    ),
    Wrong(
        lambda: Residual(3),
        ArgumentError,
        "residual (Residual): `layer` is not a layer. Got layer=3."
        " Expected a layer such as layers.Conv2D(8, 3).",
    ),
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_a_wrong_use_is_named(wrong: Wrong) -> None:
    wrong.check()
