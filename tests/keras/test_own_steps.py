"""Models that write `train_step` and `test_step` themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import striate.keras as keras
import striate.keras.tensorflow as tf
from striate.errors import ArgumentError

pytestmark = pytest.mark.torch

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 4)).astype("float32")
Y = X.sum(1, keepdims=True)


def parts() -> tuple[Any, Any]:
    x = keras.Input((4,))
    return x, keras.layers.Dense(1, kernel_initializer="ones", use_bias=False)(x) * 0.5


class ByTape(keras.Model):
    """Keras 2's training step, as its guide has it."""

    def train_step(self, data: Any) -> Any:
        x, y = data
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compiled_loss(y, y_pred, regularization_losses=self.losses)
        variables = self.trainable_variables
        gradients = tape.gradient(loss, variables)
        self.optimizer.apply_gradients(zip(gradients, variables, strict=True))
        self.compiled_metrics.update_state(y, y_pred)
        self._loss_tracker().update_state(loss)
        return {m.name: m.result() for m in self.metrics}


class Usual(keras.Model):
    """The default step, with something added."""

    calls = 0

    def train_step(self, data: Any) -> Any:
        self.calls += 1
        return super().train_step(data)

    def test_step(self, data: Any) -> Any:
        return {**super().test_step(data), "twice": tf.constant(2.0)}


class Pair(keras.Model):
    """Two networks against each other, with an optimizer each."""

    def __init__(self) -> None:
        super().__init__()
        self.critic = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
        self.maker = keras.Sequential([keras.Input((2,)), keras.layers.Dense(4)])
        self.tracker = keras.metrics.Mean(name="critic_loss")

    def compile(self, critic_optimizer: Any, maker_optimizer: Any, loss_fn: Any) -> None:
        super().compile()
        self.critic_optimizer = critic_optimizer
        self.maker_optimizer = maker_optimizer
        self.loss_fn = loss_fn

    def train_step(self, real: Any) -> Any:
        noise = tf.random.normal(shape=(len(real), 2))
        with tf.GradientTape() as tape, tf.GradientTape() as other:
            made = self.maker(noise, training=True)
            of_real, of_made = self.critic(real), self.critic(made)
            critic_loss = self.loss_fn(tf.ones_like(of_real), of_real) + self.loss_fn(
                tf.zeros_like(of_made), of_made
            )
            maker_loss = self.loss_fn(tf.ones_like(of_made), of_made)
        first, second = self.critic.trainable_weights, self.maker.trainable_weights
        of_critic, of_maker = (
            tape.gradient(critic_loss, first),
            other.gradient(maker_loss, second),
        )
        self.critic_optimizer.apply_gradients(zip(of_critic, first, strict=True))
        self.maker_optimizer.apply_gradients(zip(of_maker, second, strict=True))
        self.tracker.update_state(critic_loss)
        return {"critic_loss": self.tracker.result(), "maker_loss": maker_loss}


def trained(kind: Any) -> tuple[Any, Any]:
    keras.utils.set_random_seed(0)
    model = kind(*parts())
    model.compile(keras.optimizers.SGD(0.1), "mse", metrics=["mae"])
    history = model.fit(X, Y, 10, epochs=3, shuffle=False, verbose=0, validation_data=(X, Y))
    return model, history.history


def test_a_step_by_a_tape_trains_as_the_usual_one() -> None:
    usual, wanted = trained(keras.Model)
    for kind in (ByTape, Usual):
        model, found = trained(kind)
        np.testing.assert_allclose(model.get_weights()[0], usual.get_weights()[0], 1e-5)
        for key in wanted:
            np.testing.assert_allclose(found[key], wanted[key], 1e-4, err_msg=key)


def test_the_default_steps_can_be_called() -> None:
    model, history = trained(Usual)
    assert model.calls == 12
    assert history["val_twice"] == [2.0] * 3
    assert model.evaluate(X, Y, verbose=0, return_dict=True)["twice"] == 2.0
    assert 2.0 in model.evaluate(X, Y, verbose=0)
    assert model.own_steps == ("train_step", "test_step")
    assert keras.Model(*parts()).own_steps == ()


def test_two_networks_against_each_other() -> None:
    pair = Pair()
    pair.compile(
        keras.optimizers.Adam(1e-2),
        keras.optimizers.Adam(1e-2),
        keras.losses.BinaryCrossentropy(from_logits=True),
    )
    before = [w.copy() for w in (*pair.critic.get_weights(), *pair.maker.get_weights())]
    data = tf.data.Dataset.from_tensor_slices(X).batch(10)
    history = pair.fit(data, epochs=2, verbose=0).history
    assert sorted(history) == ["critic_loss", "maker_loss"]
    after = [*pair.critic.get_weights(), *pair.maker.get_weights()]
    assert all(not np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_a_step_that_measures_nothing_is_refused() -> None:
    class Silent(keras.Model):
        def train_step(self, data: Any) -> Any:
            return None

    model = Silent(*parts())
    model.compile("sgd", "mse")
    with pytest.raises(ArgumentError) as caught:
        model.fit(X, Y, verbose=0)
    assert str(caught.value) == (
        "Silent.train_step: it does not return what it measured. Got returned='NoneType'. Expected "
        'a dict of numbers by name, such as {"loss": loss}.'
    )
