from __future__ import annotations

import functools

import numpy as np
import pytest
import torch

from striate import Input, Sequential, activations, layers
from striate.errors import ArgumentError, ShapeError, UnknownNameError
from striate.models import model_from_json
from tests.layers.messages import Wrong

pytestmark = pytest.mark.torch

IMAGE = np.random.default_rng(0).normal(size=(2, 5, 6, 4)).astype("float32")


def test_a_partial_is_saved_with_its_arguments() -> None:
    leaky = functools.partial(activations.leaky_relu, negative_slope=0.4)
    model = Sequential([Input((5, 6, 4)), layers.Conv2D(3, 1, activation=leaky)])
    again = model_from_json(model.to_json())
    again.set_weights(model.get_weights())
    assert torch.equal(again(IMAGE), model(IMAGE))
    assert (model(IMAGE) < 0).any()


def test_an_axis_is_counted_channels_last() -> None:
    rows = functools.partial(activations.softmax, axis=1)
    out = layers.Activation(rows)(IMAGE)
    np.testing.assert_allclose(out.sum(1).numpy(), 1.0, rtol=1e-5)


def test_glu_halves_the_channels() -> None:
    layer = layers.Activation("glu")
    assert layer(Input((5, 6, 4))).shape == (None, 5, 6, 2)
    assert layer(Input((5, 6, None))).shape == (None, 5, 6, None)
    wanted = IMAGE[..., :2] / (1 + np.exp(-IMAGE[..., 2:]))
    np.testing.assert_allclose(layer(IMAGE).numpy(), wanted, rtol=1e-5)


def test_maxout_takes_the_largest_of_neighbouring_channels() -> None:
    out = layers.Maxout(2)(IMAGE).numpy()
    assert np.array_equal(out[..., 0], IMAGE[..., :2].max(-1))
    assert np.array_equal(out[..., 1], IMAGE[..., 2:].max(-1))


def test_maxout_along_rows() -> None:
    x = np.moveaxis(IMAGE, 3, 1)
    out = layers.Maxout(2, axis=1)(x).numpy()
    assert np.array_equal(out, np.moveaxis(layers.Maxout(2)(IMAGE).numpy(), 3, 1))


def test_a_users_function_called_softmax_is_not_taken_for_ours() -> None:
    def softmax(x: torch.Tensor) -> torch.Tensor:
        return x * 2

    model = Sequential([Input((4,)), layers.Dense(3, activation=softmax)])
    assert model.logits_split() is None


WRONG = [
    Wrong(
        lambda: layers.Activation("relo"),
        UnknownNameError,
        "activation (Activation): unknown activation. Got 'relo'. Did you mean 'relu' or 'relu6' or"
        " 'elu'?",
    ),
    Wrong(
        lambda: layers.Activation("threshold"),
        ArgumentError,
        "activation (Activation): activation 'threshold' does not take these arguments (missing a"
        " required argument: 'threshold').",
    ),
    Wrong(
        lambda: layers.Activation({"class_name": "elu", "config": {"slope": 2}}),
        ArgumentError,
        "activation (Activation): activation 'elu' does not take these arguments (got an unexpected"
        " keyword argument 'slope').",
    ),
    Wrong(
        lambda: layers.Activation("glu")(Input((5, 3))),
        ShapeError,
        "activation (Activation): `glu` splits an axis in halves. Got axis=2, input shape="
        "(None, 5, 3). Expected an even size there.\n"
        "How it came to this:\n"
        "  input_layer (InputLayer) (None, 5, 3)",
    ),
    Wrong(
        lambda: layers.Dense(4, activation="glu"),
        ArgumentError,
        "dense (Dense): `glu` halves the channels, so it is a layer of its own."
        " Got activation='glu'. Expected an activation that keeps the shape."
        ' Put layers.Activation("glu") behind a layer with twice the channels.',
    ),
    Wrong(
        lambda: layers.ReLU(max_value=-1.0),
        ArgumentError,
        "re_lu (ReLU): `max_value` is not valid. Got max_value=-1.0. Expected a number >= 0 or"
        " None.",
    ),
    Wrong(
        lambda: layers.LeakyReLU(-0.1),
        ArgumentError,
        "leaky_re_lu (LeakyReLU): `negative_slope` is not valid. Got negative_slope=-0.1."
        " Expected a number >= 0.",
    ),
    Wrong(
        lambda: layers.ThresholdedReLU(-1.0),
        ArgumentError,
        "thresholded_re_lu (ThresholdedReLU): `theta` is not valid. Got theta=-1.0."
        " Expected a number >= 0.",
    ),
    Wrong(
        lambda: layers.Softmax(axis=3)(Input((5, 3))),
        ShapeError,
        "softmax (Softmax): no such axis. Got axis=3, input shape=(None, 5, 3)."
        " Expected 1 to 2, or -1 to -2; axis 0 is the batch.\n"
        "How it came to this:\n"
        "  input_layer (InputLayer) (None, 5, 3)",
    ),
    Wrong(
        lambda: layers.PReLU()(Input((None, 4, 3))),
        ShapeError,
        "p_re_lu (PReLU): a slope per position needs a known input size. Got input shape="
        "(None, None, 4, 3), shared_axes=None. Expected known sizes on the axes that are not"
        " shared. Share height and width: PReLU(shared_axes=[1, 2]).\n"
        "How it came to this:\n"
        "  input_layer (InputLayer) (None, None, 4, 3)",
    ),
    Wrong(
        lambda: layers.Maxout(0),
        ArgumentError,
        "maxout (Maxout): `num_units` is not valid. Got num_units=0. Expected a positive whole"
        " number.",
    ),
    Wrong(
        lambda: layers.Maxout(3)(Input((5, 4))),
        ShapeError,
        "maxout (Maxout): `num_units` does not divide the channels. Got num_units=3, input shape="
        "(None, 5, 4). Expected num_units times the number of pieces of each unit.\n"
        "How it came to this:\n"
        "  input_layer (InputLayer) (None, 5, 4)",
    ),
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_a_wrong_use_is_named(wrong: Wrong) -> None:
    wrong.check()
