"""Attention against its definition, its two forms against each other, masks, wrong uses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import striate as st
from striate import Input, errors, layers
from striate.layers.masks import attach, mask_of
from striate.ops import attention
from tests import attention_oracle as slow
from tests.layers.messages import Wrong

pytestmark = pytest.mark.torch

RNG = np.random.default_rng(5)
QUERY = RNG.normal(size=(2, 4, 3)).astype("float32")
VALUE = RNG.normal(size=(2, 5, 2)).astype("float32")
KEY = RNG.normal(size=(2, 5, 4)).astype("float32")
SOME = RNG.random((2, 4, 5)) > 0.5
SOME[1, 2] = False  # one place may look nowhere
STEPS = np.array([[1, 1, 0, 1, 0], [1, 1, 1, 1, 0]], dtype=bool)
QUERIES = np.array([[1, 1, 0, 1], [1, 0, 1, 1]], dtype=bool)
ALL = np.ones((2, 4, 5), dtype=bool)
BEFORE = np.tril(ALL)
NEAR = np.abs(np.arange(4)[:, None] - np.arange(5)) < 2

# arguments, arguments of the call, who may look where
MASKS: dict[str, tuple[dict[str, Any], dict[str, Any], np.ndarray]] = {
    "none": ({}, {}, ALL),
    "attention": ({}, {"attention_mask": SOME}, SOME),
    "numbers": ({}, {"attention_mask": SOME.astype("int64")}, SOME),
    "value": ({}, {"value_mask": STEPS}, ALL & STEPS[:, None]),
    "key": ({}, {"key_mask": STEPS}, ALL & STEPS[:, None]),
    "query": ({}, {"query_mask": QUERIES}, ALL & QUERIES[..., None]),
    "causal": ({}, {"use_causal_mask": True}, BEFORE),
    "window": ({"sliding_window": 2}, {}, ALL & NEAR),
    "many": (
        {"sliding_window": 2},
        {"attention_mask": SOME, "value_mask": STEPS, "use_causal_mask": True},
        SOME & STEPS[:, None] & BEFORE & NEAR,
    ),
}


@pytest.mark.parametrize("case", MASKS)
@pytest.mark.parametrize("scores", [False, True])
def test_multi_head_attention_is_its_definition(case: str, scores: bool) -> None:
    arguments, call, may_look = MASKS[case]
    layer = layers.MultiHeadAttention(2, 3, value_dim=4, **arguments)
    layer.build(QUERY.shape, VALUE.shape, KEY.shape)
    weights = [RNG.normal(size=w.shape) for w in layer.weights]
    layer.set_weights(weights)
    found = layer(QUERY, VALUE, KEY, return_attention_scores=scores, **call)
    out, looked = slow.multi_head(QUERY, VALUE, KEY, weights, may_look)
    assert np.allclose((found[0] if scores else found).detach(), out, atol=1e-5)
    if scores:
        assert np.allclose(found[1].detach(), looked, atol=1e-5)


@pytest.mark.parametrize("masked", [False, True])
def test_the_kernel_of_torch_is_the_plain_form(masked: bool) -> None:
    found = []
    for form in (attention.attend, lambda *a: attention.plain_attend(*a)[0]):
        torch.manual_seed(1)
        q, k, v = (torch.randn(2, 3, n, 4, requires_grad=True) for n in (5, 6, 6))
        mask = torch.rand(2, 1, 5, 6) > 0.5 if masked else None
        if mask is not None:
            mask[0, 0, 1] = False
        out = form(q, k, v, mask, 0.7)
        out.square().sum().backward()
        found.append([out.detach(), q.grad, k.grad, v.grad])
    for a, b in zip(*found, strict=True):
        assert torch.allclose(a, b, atol=1e-5)


def test_attention_over_the_places_of_an_image_is_attention_over_them_in_a_row() -> None:
    x = torch.randn(2, 3, 4, 6)
    layer, flat = layers.MultiHeadAttention(2, 3), layers.MultiHeadAttention(2, 3)
    out, scores = layer(x, x, return_attention_scores=True)
    row = x.flatten(1, 2)
    flat.build(row.shape, row.shape)
    flat.set_weights(layer.get_weights())
    expected, looked = flat(row, row, return_attention_scores=True)
    assert torch.allclose(out.flatten(1, 2), expected, atol=1e-6)
    assert scores.shape == (2, 2, 3, 4, 3, 4)
    assert torch.allclose(scores.reshape(looked.shape), looked, atol=1e-6)
    mask = torch.rand(2, 12, 12) > 0.3
    wide = layer(x, x, attention_mask=mask.reshape(2, 3, 4, 3, 4))
    assert torch.allclose(wide.flatten(1, 2), flat(row, row, attention_mask=mask), atol=1e-6)


def test_masks_that_values_carry_are_used_and_that_of_the_query_goes_on() -> None:
    layer = layers.MultiHeadAttention(2, 3)
    query = attach(torch.tensor(QUERY), torch.tensor(QUERIES))
    value = attach(torch.tensor(VALUE), torch.tensor(STEPS))
    out = layer(query, value)
    named = layer(QUERY, VALUE, query_mask=QUERIES, value_mask=STEPS)
    assert torch.equal(out, named)
    assert torch.equal(mask_of(out), torch.tensor(QUERIES))
    assert mask_of(layer(torch.tensor(QUERY), value)) is None


def test_a_model_of_words_and_an_image() -> None:
    words, image = Input((6,), dtype="int32"), Input((4, 4, 8))
    places = layers.Reshape((16, 8))(layers.Conv2D(8, 3, padding="same")(image))
    read = layers.Embedding(20, 8, mask_zero=True)(words)
    read = layers.Add()([read, layers.MultiHeadAttention(2, 4)(read, places)])
    out = layers.Dense(3)(layers.GlobalAveragePooling1D()(read))
    model = st.Model([words, image], out)
    x = [RNG.integers(0, 20, (4, 6)), RNG.normal(size=(4, 4, 4, 8)).astype("float32")]
    model.compile("adam", "mse")
    model.fit(x, np.zeros((4, 3), "float32"), verbose=0)
    again = st.models.model_from_json(model.to_json())
    again.set_weights(model.get_weights())
    assert np.array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))


@pytest.mark.parametrize("additive", [False, True])
def test_attention_masks_values_and_queries(additive: bool) -> None:
    layer = layers.AdditiveAttention() if additive else layers.Attention()
    value = KEY[..., :3]
    out, weights = layer([QUERY, value], mask=[QUERIES, STEPS], return_attention_scores=True)
    assert (weights.detach().numpy()[~np.broadcast_to(STEPS[:, None], (2, 4, 5))] == 0).all()
    assert np.allclose(weights.detach().sum(-1), 1.0, atol=1e-6)
    assert (out.detach().numpy()[~QUERIES] == 0).all()
    first = layer([QUERY, value], use_causal_mask=True)[:, 0]
    assert np.allclose(first.detach(), value[:, 0], atol=1e-6)


def test_dropped_weights_keep_their_mean() -> None:
    x = torch.ones(1, 200, 4)
    layer = layers.Attention(dropout=0.5, seed=3)
    assert torch.allclose(layer([x, x]), x)
    trained = layer([x, x], training=True)
    assert abs(float(trained.detach().mean()) - 1.0) < 0.02
    assert float(trained.detach().std()) > 0.01


T = Input((4, 3))
WRONG = [
    Wrong(
        lambda: layers.MultiHeadAttention(0, 3),
        errors.ArgumentError,
        "multi_head_attention (MultiHeadAttention): `num_heads` is not valid. Got num_heads=0."
        " Expected a positive whole number.",
    ),
    Wrong(
        lambda: layers.MultiHeadAttention(2, 3, value_dim=0),
        errors.ArgumentError,
        "multi_head_attention (MultiHeadAttention): `value_dim` is not valid. Got value_dim=0."
        " Expected a positive whole number.",
    ),
    Wrong(
        lambda: layers.MultiHeadAttention(2, 3, sliding_window=0),
        errors.ArgumentError,
        "multi_head_attention (MultiHeadAttention): `sliding_window` is not valid. Got"
        " sliding_window=0. Expected a positive whole number.",
    ),
    Wrong(
        lambda: layers.MultiHeadAttention(2, 3, attention_axes=0),
        errors.ArgumentError,
        "multi_head_attention (MultiHeadAttention): `attention_axes` is not valid. Got"
        " attention_axes=0. Expected axes between the batch and channels.",
    ),
    Wrong(
        lambda: layers.MultiHeadAttention(2, 3)(T),
        errors.ArgumentError,
        "multi_head_attention (MultiHeadAttention): it cannot be called so (missing a required"
        " argument: 'value'). Expected query, value, key, query_mask, value_mask, key_mask,"
        " attention_mask, return_attention_scores, use_causal_mask.",
    ),
    Wrong(
        lambda: layers.MultiHeadAttention(2, 3, attention_axes=2)(QUERY, VALUE),
        errors.ArgumentError,
        "multi_head_attention (MultiHeadAttention): `attention_axes` are not between the batch and"
        " the channels. Got attention_axes=(2,). Expected different ones of 1 to 1.",
    ),
    Wrong(
        lambda: layers.MultiHeadAttention(2, 3)(QUERY[:, None], QUERY[:, None], use_causal_mask=1),
        errors.ArgumentError,
        "multi_head_attention (MultiHeadAttention): what counts steps needs attention over one"
        " axis, the first. Got asked for='use_causal_mask', attention axes=(1, 2). Expected"
        " attention_axes=1, or an attention_mask of all places.",
    ),
    Wrong(
        lambda: layers.MultiHeadAttention(2, 3)(QUERY, VALUE[:, None]),
        errors.ShapeError,
        "multi_head_attention (MultiHeadAttention): query, value and key have different numbers of"
        " dimensions. Got query shape=(None, 4, 3), value shape=(None, 1, 5, 2). Expected"
        " shapes as (N, T, C), (N, S, V), (N, S, K).",
    ),
    Wrong(
        lambda: layers.MultiHeadAttention(2, 3)(QUERY, VALUE, KEY[:, 1:]),
        errors.ShapeError,
        "multi_head_attention (MultiHeadAttention): value and key differ besides their channels."
        " Got query shape=(None, 4, 3), value shape=(None, 5, 2), key shape=(None, 4, 4). Expected"
        " shapes as (N, T, C), (N, S, V), (N, S, K).",
    ),
    Wrong(
        lambda: layers.MultiHeadAttention(2, 3)(QUERY, VALUE, attention_mask=SOME[:, 1:]),
        errors.ShapeError,
        "multi_head_attention (MultiHeadAttention): `attention_mask` does not fit. Got mask"
        " shape=(None, 3, 5), scores=(None, 2, 4, 5). Expected (N, queries, keys), here"
        " (None, 4, 5).",
    ),
    Wrong(
        lambda: layers.MultiHeadAttention(2, 3)(QUERY, VALUE, value_mask=QUERIES),
        errors.ShapeError,
        "multi_head_attention (MultiHeadAttention): `value_mask` does not fit. Got mask"
        " shape=(None, 4), input shape=(None, 5, 2). Expected (None, 5), one value per step.",
    ),
    Wrong(
        lambda: layers.MultiHeadAttention(2, 3)(T, T, attention_mask=np.ones((1, 4, 4), bool)),
        errors.ArgumentError,
        "multi_head_attention (MultiHeadAttention): an array was passed beside symbols. Got"
        " attention_mask=ndarray of shape (1, 4, 4). Expected symbols for all that has values. Make"
        " it an input of the model: attention_mask=Input(...).",
    ),
    Wrong(
        lambda: layers.Attention()(QUERY),
        errors.ArgumentError,
        "attention (Attention): not called on a list of query, value and, if it is another, key."
        " Got inputs=1. Expected [query, value] or [query, value, key].",
    ),
    Wrong(
        lambda: layers.Attention()([QUERY, VALUE]),
        errors.ShapeError,
        "attention (Attention): query and key have different channels. Got query shape=(None, 4,"
        " 3), value shape=(None, 5, 2). Expected shapes as (N, T, C), (N, S, V), (N, S, K).",
    ),
    Wrong(
        lambda: layers.Attention(score_mode="cosine"),
        errors.ArgumentError,
        "attention (Attention): `score_mode` is not valid. Got score_mode='cosine'. Expected one of"
        " 'dot', 'concat'.",
    ),
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_wrong_uses_are_explained(wrong: Wrong) -> None:
    wrong.check()
