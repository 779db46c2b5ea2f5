"""Masks on their way: from the layer that gives them, through others, into models and losses."""

from __future__ import annotations

import copy
import re
from typing import Any

import numpy as np
import pytest
import torch

from striate import Input, Model, Sequential, layers
from striate.errors import ArgumentError, GraphError
from striate.models import load_model, model_from_json
from tests.layers.messages import Wrong

pytestmark = pytest.mark.torch

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 5, 4)).astype("float32")
X[0, 3:] = X[1, :2] = 0.0
MASK = np.array([[1, 1, 1, 0, 0], [0, 0, 1, 1, 1], [1, 1, 1, 1, 1]], dtype=bool)
WORDS = np.array([[3, 1, 2, 0, 0], [0, 0, 4, 1, 2], [1, 2, 3, 4, 1]])


def masked(layer: Any = None, size: tuple[int, ...] = (5, 4)) -> Any:
    """A symbol with a mask, behind a layer."""
    h = layers.Masking()(Input(size))
    return h if layer is None else layer(h)


# who gives one, who passes it on ----------------------------------------------------------------


def test_the_mask_is_an_edge_of_the_graph() -> None:
    x = Input((5, 4))
    model = Model(x, layers.LSTM(3)(layers.Dropout(0.1)(layers.Masking()(x))))
    assert [str(p) for p in model.graph["lstm"].inputs] == ["dropout", "masking:1"]


def test_embedding_says_that_zeros_do_not_count() -> None:
    layer = layers.Embedding(5, 4, mask_zero=True)
    assert layer(WORDS)._striate_mask.tolist() == MASK.tolist()
    assert layers.Embedding(5, 4)(Input((5,), dtype="int64")).mask is None


@pytest.mark.parametrize(
    "layer",
    [
        layers.Dense(3),
        layers.Activation("relu"),
        layers.Dropout(0.5),
        layers.LayerNormalization(),
        layers.TimeDistributed(layers.Dense(3)),
        layers.LSTM(3, return_sequences=True),
        layers.Bidirectional(layers.GRU(3, return_sequences=True)),
        layers.RNN(layers.GRUCell(3), return_sequences=True),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_layers_that_work_step_by_step_pass_it_on(layer: layers.Layer) -> None:
    out = masked(layer)
    assert out.mask is not None
    assert out.mask.shape == (None, 5)
    eager = layer(layers.Masking()(X))
    assert eager._striate_mask.tolist() == MASK.tolist()


@pytest.mark.parametrize(
    "layer",
    [
        layers.LSTM(3),
        layers.Bidirectional(layers.LSTM(3)),
        layers.GlobalAveragePooling1D(),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_layers_that_use_it_up_return_none(layer: layers.Layer) -> None:
    assert masked(layer).mask is None


def test_another_layer_drops_it_and_says_so() -> None:
    said = (
        "conv1d (Conv1D): it does not know masks, so the layers behind it count masked steps, too."
        " Put the layers that need the mask before it."
    )
    with pytest.warns(UserWarning, match=f"^{re.escape(said)}$"):
        out = masked(layers.Conv1D(3, 2))
    assert out.mask is None


def test_only_the_sequence_has_it_not_the_states() -> None:
    out, h, c = masked(layers.LSTM(3, return_sequences=True, return_state=True))
    assert out.mask is not None
    assert h.mask is None
    assert c.mask is None


# what it does ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["SimpleRNN", "LSTM", "GRU"])
def test_masked_steps_at_the_end_are_as_if_they_were_not_there(name: str) -> None:
    layer = getattr(layers, name)(3)
    found = layer(layers.Masking()(X))
    torch.testing.assert_close(found[0], layer(X[:1, :3])[0])
    torch.testing.assert_close(found[1], layer(X[1:2, 2:])[0])
    torch.testing.assert_close(found[2], layer(X[2:])[0])


def test_an_outputs_masked_steps_repeat_or_are_zero() -> None:
    repeats = layers.GRU(3, return_sequences=True)
    zeros = layers.GRU(3, return_sequences=True, zero_output_for_mask=True)
    h = layers.Masking()(X)
    a = repeats(h)
    zeros(h)
    zeros.set_weights(repeats.get_weights())
    b = zeros(h)
    assert torch.equal(a[0, 2], a[0, 4])
    assert not b[0, 3:].any()
    assert torch.equal(a[0, :3], b[0, :3])


def test_a_mean_over_steps_leaves_them_out() -> None:
    layer = layers.GlobalAveragePooling1D()
    found = layer(X, mask=MASK)
    np.testing.assert_allclose(found[0], X[0, :3].mean(0), rtol=1e-5)
    np.testing.assert_allclose(found[1], X[1, 2:].mean(0), rtol=1e-5)
    assert not layer(X, mask=np.zeros((3, 5), dtype=bool)).any()


def test_a_mask_of_numbers_counts_where_it_is_not_zero() -> None:
    layer = layers.LSTM(3)
    assert torch.equal(layer(X, mask=MASK), layer(X, mask=MASK.astype("float32")))


# models ------------------------------------------------------------------------------------------


def reader() -> Model:
    return Sequential(
        [Input((5, 4)), layers.LSTM(3, return_sequences=True), layers.Dense(2)], name="reader"
    )


def test_it_enters_a_model_inside_another_and_comes_out(tmp_path: Any) -> None:
    inner = reader()
    x = Input((5, 4))
    model = Model(x, inner(layers.Masking()(x)))
    assert [str(p) for p in model.graph["reader"].inputs] == ["masking", "masking:1"]
    lstm, dense = inner.layers
    wanted = dense(lstm(X, mask=MASK))
    torch.testing.assert_close(model(X), wanted)
    assert model(X)._striate_mask.tolist() == MASK.tolist()
    assert not torch.allclose(inner(X), wanted), "without a mask all steps count"
    torch.testing.assert_close(inner(X, mask=MASK), wanted)
    torch.testing.assert_close(inner(layers.Masking()(X)), wanted)
    model.save(tmp_path / "masked.striate")
    again = model_from_json(model.to_json())
    again.set_weights(model.get_weights())
    for other in (again, load_model(tmp_path / "masked.striate"), copy.deepcopy(model)):
        assert other.graph == model.graph
        assert torch.equal(other(X), model(X))


def test_models_two_deep_with_several_inputs() -> None:
    a, b = Input((5, 4)), Input((5, 4))
    middle = Model([a, b], layers.Add()([reader()(b), layers.Dense(2)(a)]), name="middle")
    x, y = Input((5, 4)), Input((5, 4))
    out = layers.GlobalAveragePooling1D()(middle([x, layers.Masking()(y)]))
    model = Model([x, y], out)
    assert model.graph["middle"].kind.masked == (1,)
    plain, inner = middle.layers[-2], middle.layers[-3]
    if not isinstance(inner, Model):
        plain, inner = inner, plain
    lstm, dense = inner.layers
    wanted = dense(lstm(X, mask=MASK)) + plain(X)
    torch.testing.assert_close(model([X, X]), wanted.mean(1))


def test_a_model_that_does_not_use_it_runs_as_always() -> None:
    inner = Sequential([Input((5, 4)), layers.LSTM(3, go_backwards=True)], name="inner")
    blind = Sequential([Input((5, 4)), layers.Flatten()], name="blind")
    x = Input((5, 4))
    h = layers.Masking()(x)
    with pytest.warns(UserWarning, match="does not know masks"):
        out = blind(h)
    model = Model(x, out)
    assert model.graph["blind"].kind.masked == ()
    torch.testing.assert_close(model(X), torch.from_numpy(X.reshape(3, -1)))
    assert masked(inner).mask is None


def test_words_inside_sentences_are_masked_inside() -> None:
    words = Input((4,), dtype="int64")
    embedded = layers.Embedding(5, 3, mask_zero=True)(words)
    sentence = Model(words, layers.LSTM(2)(embedded), name="sentence")
    text = Input((3, 4), dtype="int64")
    model = Model(text, layers.GRU(2)(layers.TimeDistributed(sentence)(text)))
    x = RNG.integers(1, 5, (2, 3, 4))
    x[:, :, 2:] = 0
    short = sentence.layers[2](sentence.layers[1](x[:, 0])[:, :2])
    torch.testing.assert_close(model.layers[1](x)[:, 0], short)


def test_hooks_on_the_layers_change_nothing() -> None:
    inner = reader()
    x = Input((5, 4))
    model = Model(x, inner(layers.Masking()(x)))
    wanted = model(X)
    seen: list[str] = []
    for layer in model.layers[1:]:
        layer.register_forward_hook(lambda m, a, b: seen.append(m.name))
    torch.testing.assert_close(model(X), wanted)
    assert model(X)._striate_mask.tolist() == MASK.tolist()
    assert seen[:2] == ["masking", "reader"]


def test_a_frozen_model_inside_is_frozen_in_its_masked_form() -> None:
    inner = reader()
    x = Input((5, 4))
    model = Model(x, inner(layers.Masking()(x)))
    inner.layers[0].trainable = False
    graphs = model.graph["reader"].kind
    assert not graphs.graph["lstm"].trainable
    assert not graphs.masked_graph["lstm"].trainable
    assert model.graph.num_trainable == 3 * 2 + 2


def test_a_model_cut_behind_the_mask_has_none() -> None:
    x = Input((5, 4))
    h = layers.Masking()(x)
    y = layers.Dense(3)(h)
    assert Model(y, layers.Dense(2)(y)).graph.output_masks == ()


# losses and metrics ------------------------------------------------------------------------------


def tagger(last: str) -> Model:
    x = Input((5,), dtype="int64")
    h = layers.Embedding(5, 4, mask_zero=True)(x)
    return Model(x, layers.Dense(3, activation=last)(layers.GRU(6, return_sequences=True)(h)))


@pytest.mark.parametrize("last", ["softmax", "linear"])
def test_fit_counts_only_the_steps_that_count(last: str) -> None:
    model = tagger(last)
    loss = "sparse_categorical_crossentropy" if last == "softmax" else "mse"
    labels = RNG.integers(0, 3, (3, 5))
    y = labels if last == "softmax" else np.eye(3, dtype="float32")[labels]
    model.compile("sgd", loss, metrics=["accuracy"])
    p = model.predict(WORDS, verbose=0)
    if last == "softmax":
        values = -np.log(np.take_along_axis(p, labels[..., None], -1)[..., 0])
    else:
        values = ((p - y) ** 2).mean(-1)
    found = model.evaluate(WORDS, y, verbose=0, return_dict=True)
    assert found["loss"] == pytest.approx(float(values[MASK].mean()), rel=1e-5)
    right = p.argmax(-1) == labels
    assert found["accuracy"] == pytest.approx(float(right[MASK].mean()), rel=1e-5)
    history = model.fit(WORDS, y, verbose=0, epochs=1)
    assert history.history["loss"][0] == pytest.approx(found["loss"], rel=1e-5)
    assert history.history["accuracy"][0] == pytest.approx(found["accuracy"], rel=1e-5)


def test_targets_of_masked_steps_have_no_influence() -> None:
    model = tagger("softmax")
    model.compile("sgd", "sparse_categorical_crossentropy")
    y = RNG.integers(0, 3, (3, 5))
    other = np.where(MASK, y, (y + 1) % 3)
    assert model.evaluate(WORDS, y, verbose=0) == model.evaluate(WORDS, other, verbose=0)


# messages ----------------------------------------------------------------------------------------

WRONG = [
    Wrong(
        lambda: reader()([Input((5, 4))], mask=[None, None]),
        ArgumentError,
        "reader (Sequential): another number of masks than of inputs. Got masks=2, inputs=1."
        " Expected one for each input, or None.",
    ),
    Wrong(
        lambda: cut(),
        GraphError,
        "model: it begins with one output of `masking`, but `lstm` reads another one, such as its"
        " mask. Expected an input before `masking`.",
    ),
    Wrong(
        lambda: layers.TimeDistributed(layers.LSTM(3))(
            layers.Embedding(9, 4, mask_zero=True)(Input((5, 7), dtype="int64"))
        ),
        ArgumentError,
        "time_distributed (TimeDistributed): its mask is for parts of a step. Got mask='of its"
        " input'. Expected an input of which all steps count. Put the layer that gives the mask"
        " inside: layers.TimeDistributed(st.Sequential([layers.Embedding(..., mask_zero=True),"
        " layers.LSTM(32)])).",
    ),
    Wrong(
        lambda: masked(layers.BatchNormalization()),
        ArgumentError,
        "batch_normalization (BatchNormalization): it cannot leave masked steps out of the"
        " statistics of a batch. Got mask='of its input'. Expected an input of which all steps"
        " count. Put it before the mask, or use layers.LayerNormalization().",
    ),
]


def cut() -> Model:
    h = masked()
    return Model(h, layers.LSTM(3)(h), name="model")


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_says_what_is_wrong(wrong: Wrong) -> None:
    wrong.check()
