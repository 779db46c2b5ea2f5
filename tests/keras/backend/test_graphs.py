"""keras.backend: functions between symbols, gradients of them, values of variables."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import striate as st
from striate.errors import ArgumentError, GraphError
from striate.keras import backend as K
from striate.layers import Conv2D, Dense, Dropout, Flatten, GlobalAveragePooling2D

pytestmark = pytest.mark.torch

X = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("float32")


def network() -> st.Model:
    return st.Sequential(
        [
            Conv2D(4, 3, activation="relu", name="last", input_shape=(8, 8, 3)),
            GlobalAveragePooling2D(),
            Dense(5),
        ]
    )


def test_a_function_computes_what_a_layer_returns() -> None:
    model = network()
    see = K.function([model.input], [model.get_layer("last").output, model.output])
    features, out = see([X])
    np.testing.assert_allclose(out, model.predict(X, verbose=0), 1e-5, 1e-6)
    np.testing.assert_allclose(features.mean((1, 2)) @ model.get_weights()[2], out, 1e-4, 1e-5)
    assert K.function([model.input], model.output)(X).shape == (2, 5)


def test_the_phase_is_an_input() -> None:
    model = st.Sequential([Dropout(0.5, input_shape=(100,))])
    run = K.function([model.input, K.learning_phase()], [model.output])
    ones = np.ones((1, 100), "float32")
    assert (run([ones, 0])[0] == 1).all()
    assert 0 < (run([ones, 1])[0] == 0).sum() < 100


def test_a_class_activation_script_of_keras_2_runs() -> None:
    model = network()
    last = model.get_layer("last")
    output = model.output[:, 3]
    grads = K.gradients(output, last.output)[0]
    pooled = K.mean(grads, axis=(0, 1, 2))
    iterate = K.function([model.input], [pooled, last.output[0], K.mean(output)])
    values, features, mean = iterate([X[:1]])
    assert features.shape == (6, 6, 4)
    assert mean.shape == ()
    # the gradient of a mean of features is the dense kernel by the number of places
    np.testing.assert_allclose(values, model.get_weights()[2][:, 3] / 36, 1e-4, 1e-7)


def test_a_saliency_is_the_gradient_of_the_input() -> None:
    model = st.Sequential([Flatten(input_shape=(8, 8, 3)), Dense(1)])
    grads = K.gradients(K.sum(model.output), model.input)[0]
    found = K.function([model.input], [grads])([X])[0]
    wanted = np.broadcast_to(model.get_weights()[0][:, 0].reshape(8, 8, 3), X.shape)
    np.testing.assert_allclose(found, wanted, 1e-5)


def test_gradients_of_tensors_are_computed_at_once() -> None:
    v = K.variable([3.0])
    assert K.gradients(v * v, [v])[0].numpy().tolist() == [6.0]


def test_values_of_variables_and_weights() -> None:
    v = K.variable([1.0, 2.0])
    K.set_value(v, [3.0, 4.0])
    assert K.get_value(v).tolist() == [3.0, 4.0]
    assert K.get_value(K.update_add(v, 1.0)).tolist() == [4.0, 5.0]
    assert K.get_value(K.moving_average_update(v, [0.0, 0.0], 0.5)).tolist() == [2.0, 2.5]
    layer = Dense(2)
    layer.build((None, 1))
    K.batch_set_value([(layer.kernel, [[5.0, 6.0]])])
    assert K.batch_get_value([layer.kernel])[0].tolist() == [[5.0, 6.0]]
    assert K.eval(K.constant(2.0)) == 2.0
    assert K.is_variable(v)
    assert not K.is_variable(K.constant(1.0))


def test_what_can_be_assigned_to_is_set() -> None:
    class Held:
        number = 0.0

        def assign(self, value: float) -> None:
            self.number = value

    rate = Held()
    K.set_value(rate, 0.25)
    assert rate.number == 0.25
    assert K.get_value(0.25) == 0.25


def test_shapes() -> None:
    x = K.placeholder((None, 4, 3))
    assert K.int_shape(x) == (None, 4, 3)
    assert K.ndim(x) == 3
    assert K.dtype(x) == "float32"
    assert K.is_keras_tensor(x)
    assert K.is_tensor(x)
    assert not K.is_keras_tensor(X)
    assert K.placeholder(ndim=2).shape == (None, None)
    assert K.count_params(torch.zeros(2, 3)) == 6
    assert not K.is_sparse(x)


def test_what_cannot_be_done_is_said() -> None:
    model = network()
    with pytest.raises(GraphError) as of_weights:
        K.gradients(model.output, model.trainable_weights)
    assert str(of_weights.value) == (
        "keras.backend.gradients: a gradient with respect to a weight cannot be recorded. Got "
        "variable='Parameter'. Expected symbols such as model.input and layer.output. Use "
        "tf.GradientTape: with tf.GradientTape() as tape: loss = ...; tape.gradient(loss, "
        "model.trainable_weights)."
    )
    with pytest.raises(ArgumentError) as of_nothing:
        K.placeholder()
    assert str(of_nothing.value) == (
        "keras.backend.placeholder: nothing says how many axes it has. Got shape=None, ndim=None. "
        "Expected one of them."
    )
    with pytest.raises(ArgumentError) as of_a_number:
        K.set_value(3, 4)
    assert str(of_a_number.value) == (
        "keras.backend.set_value: it holds no value that could be changed. Got variable=3. "
        "Expected a variable, a weight or optimizer.lr."
    )
