"""GradientTape: gradients by hand and by torch, through models, on the way and twice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import striate as st
import striate.keras.tensorflow as tf
from striate.errors import ArgumentError
from striate.layers import Conv2D, Dense, GlobalAveragePooling2D

pytestmark = pytest.mark.torch

X = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("float32")


def network() -> st.Model:
    layers: list[Any] = [
        Conv2D(4, 3, activation="relu", name="last", input_shape=(8, 8, 3)),
        GlobalAveragePooling2D(),
        Dense(5),
    ]
    return st.Sequential(layers)


def test_the_gradient_of_a_watched_tensor() -> None:
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
        z = tf.reduce_sum(y)
    assert tape.gradient(z, x).numpy().tolist() == [[2.0, 4.0], [6.0, 8.0]]
    assert tape.gradient(y, {"x": [x]})["x"][0].numpy().tolist() == [[2.0, 4.0], [6.0, 8.0]]
    assert tape.gradient(z, y).numpy().tolist() == [[1.0, 1.0], [1.0, 1.0]]
    weighted = tape.gradient(y, x, output_gradients=tf.constant([[1.0, 0.0], [0.0, 0.0]]))
    assert weighted.numpy().tolist() == [[2.0, 0.0], [0.0, 0.0]]
    assert tape.watched_variables() == (x,)


def test_what_does_not_depend_is_none_or_zeros() -> None:
    v, w = tf.Variable([1.0]), tf.Variable([2.0])
    with tf.GradientTape() as tape:
        y = v * 3
    assert tape.gradient(y, w) is None
    assert tape.gradient(tf.constant(1.0), v) is None
    zero = tape.gradient(y, w, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    assert zero.numpy().tolist() == [0.0]


def test_a_tape_in_a_tape_differentiates_twice() -> None:
    x = tf.Variable(3.0)
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = x * x * x
        first = inner.gradient(y, x)
    assert float(first) == 27.0
    assert float(outer.gradient(first, x)) == 18.0


def test_a_jacobian_has_a_row_per_value() -> None:
    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = x * x
    assert tape.jacobian(y, x).numpy().tolist() == [[2.0, 0.0], [0.0, 4.0]]


def test_what_is_computed_apart_has_no_gradient() -> None:
    x = tf.Variable([1.0])
    with tf.GradientTape() as tape, tape.stop_recording():
        y = x * 2
    tape.reset()
    assert tape.gradient(y, x) is None
    assert tape.watched_variables() == ()


def test_gradients_of_weights_are_torchs() -> None:
    model = network()
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(model(X, training=True)))
    found = tape.gradient(loss, model.trainable_variables)
    out = model(torch.tensor(X))
    wanted = torch.autograd.grad((out * out).mean(), model.trainable_weights)
    for ours, theirs in zip(found, wanted, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_a_class_activation_map_by_a_tape() -> None:
    model = network()
    cut = st.Model([model.inputs], [model.get_layer("last").output, model.output])
    with tf.GradientTape() as tape:
        features, out = cut(X)
        score = out[:, 3]
    grads = tape.gradient(score, features)
    assert grads.shape == features.shape == (2, 6, 6, 4)
    alive = features.numpy() >= 0
    wanted = np.broadcast_to(model.get_weights()[2][:, 3] / 36, grads.shape)
    np.testing.assert_allclose(grads.numpy()[alive], wanted[alive], 1e-4, 1e-7)


def test_a_saliency_by_a_tape() -> None:
    model = network()
    image = tf.Variable(X)
    with tf.GradientTape() as tape:
        score = tf.reduce_max(model(image), axis=-1)
    grads = tape.gradient(score, image)
    x = torch.tensor(X, requires_grad=True)
    model(x).amax(-1).sum().backward()
    np.testing.assert_allclose(grads.numpy(), x.grad.numpy(), 1e-5, 1e-7)


def test_a_gradient_of_ones_own() -> None:
    @tf.custom_gradient
    def guided(x: Any) -> Any:
        return tf.nn.relu(x), lambda dy: tf.cast(dy > 0, "float32") * tf.cast(x > 0, "float32") * dy

    x = tf.Variable([-1.0, 2.0])
    with tf.GradientTape() as tape:
        y = guided(x) * tf.constant([1.0, -3.0])
    assert tape.gradient(y, x).numpy().tolist() == [0.0, 0.0]


def test_whole_numbers_have_no_gradient() -> None:
    with tf.GradientTape() as tape, pytest.raises(ArgumentError) as caught:
        tape.watch(tf.constant([1, 2]))
    assert str(caught.value) == (
        "GradientTape.watch: only tensors of fractions have gradients. Got tensor='torch.int32'. "
        "Expected a tensor of floats. x = tf.cast(x, tf.float32) before tape.watch(x)."
    )
