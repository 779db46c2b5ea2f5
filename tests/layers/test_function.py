"""Lambda, and layers that users write, on tensors, symbols and in models."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import striate as st
from striate import errors, layers
from striate.layers.masks import mask_of
from tests.layers.messages import Wrong

pytestmark = pytest.mark.torch

X = torch.randn(4, 5, 3)


def flipped(x: torch.Tensor, times: int = 1) -> torch.Tensor:
    return x.flip(1) * times


def through_numpy(x: torch.Tensor) -> torch.Tensor:
    return torch.from_numpy(x.numpy()[:, :2])


def test_a_lambda_is_its_function_on_tensors_symbols_and_in_models() -> None:
    layer = layers.Lambda(flipped, arguments={"times": 3})
    x = st.Input((5, 3))
    model = st.Model(x, layer(x))
    assert model.output_shape == (None, 5, 3)
    for made in (layer(X), model(X), st.Sequential([st.Input((5, 3)), layer])(X)):
        assert torch.equal(made, X.flip(1) * 3)
    assert np.array_equal(layer(X.numpy()), flipped(X, 3))


def test_a_lambda_takes_lists_gives_several_outputs_and_knows_the_mode() -> None:
    a, b = st.Input((3,)), st.Input((3,))
    total, both = layers.Lambda(lambda v: [v[0] + v[1], torch.cat(v, 1)])([a, b])
    assert (total.shape, both.shape) == ((None, 3), (None, 6))
    noisy = layers.Lambda(lambda x, training: x * 2 if training else x)
    assert torch.equal(noisy(X, training=True), X * 2)
    assert torch.equal(noisy(X), X)


def test_a_function_that_needs_values_states_its_shape() -> None:
    for stated in ((2, 3), lambda shape: (shape[0], 2, shape[2])):
        x = st.Input((5, 3))
        model = st.Model(x, layers.Lambda(through_numpy, output_shape=stated)(x))
        assert model.output_shape == (None, 2, 3)
        assert torch.equal(model(X), X[:, :2])


def test_the_mask_of_a_lambda() -> None:
    x = layers.Masking()(X)
    with pytest.warns(UserWarning, match="it does not know masks"):
        layers.Lambda(flipped)(x)
    with pytest.warns(UserWarning, match="it does not know masks"):
        assert layers.Lambda(flipped)(layers.Masking()(st.Input((5, 3)))).mask is None
    seen = layers.Lambda(lambda x, mask: x * mask[..., None], mask=lambda inputs, mask: mask)(x)
    assert torch.equal(seen, X)
    assert mask_of(seen).shape == (4, 5)


def test_code_that_makes_tensors_or_needs_values_runs_on_zeros() -> None:
    class Own(layers.Layer):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.constant = torch.tensor([1.0, 2.0, 3.0])  # no weight, no buffer

        def call(self, inputs: torch.Tensor) -> torch.Tensor:
            return inputs * self.constant + torch.rand(3)

    before = torch.random.get_rng_state()
    made = [Own(), layers.Lambda(through_numpy), layers.Lambda(lambda x: x + torch.ones(3))]
    shapes = [st.Sequential([st.Input((5, 3)), layer]).output_shape for layer in made]
    assert shapes == [(None, 5, 3), (None, 2, 3), (None, 5, 3)]
    assert torch.equal(torch.random.get_rng_state(), before)


class Through(layers.Layer):
    """Needs values; says its shape."""

    def call(self, inputs: torch.Tensor) -> torch.Tensor:
        return through_numpy(inputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (input_shape[0], 2, input_shape[2])


class Block(layers.Layer):
    """As Keras users write one: layers in the constructor, arguments in get_config."""

    def __init__(self, filters: int, bend: Any = "relu", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.filters, self.bend = filters, st.activations.get(bend)
        self.conv = layers.Conv1D(filters, 3, padding="same")
        self.drop = layers.Dropout(0.5)

    def build(self, input_shape: Any) -> None:
        self.scale = self.add_weight(
            name="scale", shape=(self.filters,), initializer="ones", regularizer="l2"
        )
        super().build(input_shape)

    def call(self, inputs: torch.Tensor, training: bool | None = None) -> torch.Tensor:
        return self.drop(self.bend(self.conv(inputs)) * self.scale, training=training)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (*input_shape[:-1], self.filters)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "filters": self.filters}


def test_a_users_layer_works_alone_in_models_and_in_models_in_models() -> None:
    layer = Block(4)
    x = st.Input((5, 3))
    inner = st.Model(x, layer(x), name="inner")
    y = st.Input((5, 3))
    outer = st.Model(y, layers.Flatten()(inner(y)))
    assert outer.output_shape == (None, 20)
    assert torch.equal(outer(X), layer(X).flatten(1))
    outer.compile("sgd", "mse")
    before = layer.get_weights()
    outer.fit(X, torch.zeros(4, 20), verbose=0)
    assert all((a != b).any() for a, b in zip(before, layer.get_weights(), strict=True))
    assert st.clone_model(outer).count_params() == outer.count_params() == 44


def test_a_users_layer_that_needs_values_states_its_shape() -> None:
    model = st.Sequential([st.Input((5, 3)), Through(), layers.Flatten()])
    assert model.output_shape == (None, 6)
    assert torch.equal(model(X), X[:, :2].flatten(1))


class AlwaysDropout(layers.Dropout):
    """Monte Carlo dropout, as it is written with Keras."""

    def call(self, inputs: torch.Tensor, training: bool | None = None) -> torch.Tensor:
        return super().call(inputs, training=True)


class Doubled(layers.Conv1D):
    """A layer of striate's with more weights and another result."""

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        self.factor = self.add_weight(name="factor", shape=(), initializer="ones")

    def call(self, inputs: torch.Tensor) -> torch.Tensor:
        return super().call(inputs) * (1 + self.factor)


class Shaped(layers.Conv1D):
    """A layer of striate's under another constructor."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(4, 3, padding="same", **kwargs)


def test_a_subclass_of_a_layer_of_ours_computes_what_it_says() -> None:
    x = torch.ones(50, 40)
    model = st.Sequential([st.Input((40,)), AlwaysDropout(0.5)])
    for made in (AlwaysDropout(0.5)(x), model(x), torch.as_tensor(model.predict(x, verbose=0))):
        assert 0.4 < float((made == 0).float().mean()) < 0.6
    assert [op.part for op in model.plan().operations] == ["whole"]


def test_a_subclass_of_a_layer_of_ours_adds_weights() -> None:
    layer, plain = Doubled(4, 3, activation="sigmoid"), layers.Conv1D(4, 3, activation="sigmoid")
    model = st.Sequential([st.Input((5, 3)), layer])
    plain.build((None, 5, 3))
    plain.set_weights(layer.get_weights()[:2])
    assert model.output_shape == (None, 3, 4)
    assert model.logits_split() is None
    assert [n for n, _ in layer.named_weights()] == ["kernel", "bias", "factor"]
    assert torch.allclose(model(X), plain(X) * 2)
    copied = st.clone_model(model)
    copied.set_weights(model.get_weights())
    assert torch.equal(copied(X), model(X))


def test_a_subclass_with_another_constructor_is_the_layer_it_comes_from() -> None:
    model = st.Sequential([st.Input((5, 3)), Shaped()])
    assert model.output_shape == (None, 5, 4)
    assert type(st.clone_model(model).layers[0]) is layers.Conv1D


class Penalty(layers.Layer):
    def call(self, inputs: torch.Tensor) -> torch.Tensor:
        self.add_loss(inputs.sum() * 0.1)
        return inputs


def test_losses_are_those_of_one_call() -> None:
    x = st.Input((3,))
    dense = layers.Dense(2, kernel_initializer="ones", activity_regularizer="l1")
    total = layers.Add()([dense(x), dense(x)])  # called twice: two penalties
    model = st.Model(x, Penalty()(total))
    ones = torch.ones(1, 3)
    for _ in range(3):
        model(ones)
    assert sum(v.item() for v in model.losses) == pytest.approx(2 * 0.06 + 1.2)
    model.compile("sgd", "mse")
    model.predict(torch.ones(8, 3), verbose=0)
    assert model.evaluate(ones, torch.full((1, 2), 6.0), verbose=0) == pytest.approx(1.32)


class Plus(layers.Layer):
    def call(self, inputs: torch.Tensor, other: Any) -> torch.Tensor:
        return inputs + torch.as_tensor(other)


WRONG = [
    Wrong(
        lambda: Plus()(st.Input((3,)), np.ones(3)),
        errors.ArgumentError,
        "plus (Plus): it is called on something that a model cannot keep. Got ndarray=ndarray of"
        " shape (3,). Expected symbols, numbers, text, and lists of them. Pass it to the"
        " constructor, or make it an input: Input(...).",
    ),
    Wrong(
        lambda: layers.Lambda("relu"),
        errors.ArgumentError,
        "lambda (Lambda): `function` cannot be called. Got function='relu'. Expected a function"
        " of a tensor.",
    ),
    Wrong(
        lambda: layers.Lambda(lambda x, times: x * times),
        errors.ArgumentError,
        "lambda (Lambda): the function cannot be called so (missing a required argument:"
        " 'times'). Got arguments={}. Expected a function of the inputs that takes these arguments"
        " by name.",
    ),
    Wrong(
        lambda: layers.Lambda(lambda x: x @ torch.ones(7, 7))(st.Input((3,))),
        errors.ShapeError,
        "lambda (Lambda): its code cannot run on this input (RuntimeError: a and b must have same"
        " reduction dim, but got [29, 3] X [7, 7].). Got input shapes=((None, 3),). Expected a"
        " `call` of torch operations that fit these shapes.",
    ),
    Wrong(
        lambda: layers.Lambda(lambda x: x.tolist()[7])(st.Input((3,))),
        errors.ShapeError,
        "lambda (Lambda): its code cannot run on this input (IndexError: list index out of range)."
        " Got input shapes=((None, 3),). Expected a `call` of torch operations that fit these"
        " shapes. Or state the shape: Lambda(function, output_shape=...).",
    ),
    Wrong(
        lambda: layers.Lambda(lambda x: None)(st.Input((3,))),
        errors.ShapeError,
        "lambda (Lambda): its `call` does not return tensors. Got returned='NoneType'. Expected a"
        " tensor, or a list, tuple or dict of tensors.",
    ),
    Wrong(
        lambda: layers.register()(type("Dense", (layers.Layer,), {})),
        errors.ArgumentError,
        "register: this name is that of a layer of striate's. Got class='Dense'. Expected a name"
        " of its own.",
    ),
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_wrong_uses_are_explained(wrong: Wrong) -> None:
    wrong.check()
