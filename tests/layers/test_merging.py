from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from striate import Input, Model, layers
from striate.errors import ArgumentError, ShapeError
from tests.layers.messages import Wrong

pytestmark = pytest.mark.torch

RNG = np.random.default_rng(0)
A, B, C = (RNG.normal(size=(2, 4, 5, 3)).astype("float32") for _ in range(3))

REDUCTIONS: list[tuple[str, Any]] = [
    ("Add", lambda *x: sum(x)),
    ("Multiply", lambda *x: np.prod(x, axis=0)),
    ("Average", lambda *x: np.mean(x, axis=0)),
    ("Maximum", lambda *x: np.max(x, axis=0)),
    ("Minimum", lambda *x: np.min(x, axis=0)),
]


@pytest.mark.parametrize(("name", "function"), REDUCTIONS, ids=[n for n, _ in REDUCTIONS])
def test_a_merge_of_three_is_its_reduction(name: str, function: Any) -> None:
    out = getattr(layers, name)()([A, B, C])
    np.testing.assert_allclose(out.numpy(), function(A, B, C), rtol=1e-5, atol=1e-6)


def test_subtract_takes_the_second_from_the_first() -> None:
    assert np.array_equal(layers.Subtract()([A, B]).numpy(), A - B)


def test_missing_dimensions_go_behind_the_batch() -> None:
    gate = RNG.normal(size=(2, 3)).astype("float32")
    out = layers.Multiply()([A, gate])
    assert np.array_equal(out.numpy(), A * gate[:, None, None])
    assert layers.Multiply()([Input((4, 5, 3)), Input((3,))]).shape == (None, 4, 5, 3)


SHORT = [
    (layers.add, layers.Add),
    (layers.subtract, layers.Subtract),
    (layers.multiply, layers.Multiply),
    (layers.average, layers.Average),
    (layers.maximum, layers.Maximum),
    (layers.minimum, layers.Minimum),
    (layers.concatenate, layers.Concatenate),
]


@pytest.mark.parametrize(("function", "layer"), SHORT, ids=[f.__name__ for f, _ in SHORT])
def test_a_short_form_is_its_layer(function: Any, layer: Any) -> None:
    assert torch.equal(function([A, B]), layer()([A, B]))
    x, y = Input((4, 5, 3)), Input((4, 5, 3))
    model = Model([x, y], function([x, y], name="joint"))
    assert torch.equal(model([A, B]), layer()([A, B]))
    assert model.layers[-1].name == "joint"


def test_short_forms_pass_their_arguments_on() -> None:
    assert layers.concatenate([A, B], axis=1).shape == (2, 8, 5, 3)
    assert layers.dot([A[:, 0], B[:, 0]], axes=2).shape == (2, 5, 5)


@pytest.mark.parametrize("axes", [1, 2, (1, 2), (2, 1)], ids=str)
def test_dot_sums_products_along_its_axes(axes: Any) -> None:
    a, b = RNG.normal(size=(2, 4, 4, 5)).astype("float32")
    i, j = axes if isinstance(axes, tuple) else (axes, axes)
    a = np.swapaxes(a, 1, 2) if i == 2 else a
    b = np.swapaxes(b, 1, 2) if j == 2 else b
    wanted = np.stack([np.tensordot(x, y, (i - 1, j - 1)) for x, y in zip(a, b, strict=True)])
    out = layers.Dot(axes)([a, b])
    np.testing.assert_allclose(out.numpy(), wanted, rtol=1e-4, atol=1e-5)


def test_normalized_dot_is_the_cosine() -> None:
    a, b = RNG.normal(size=(2, 6, 8)).astype("float32")
    out = layers.Dot(1, normalize=True)([a, b]).numpy()[:, 0]
    wanted = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    np.testing.assert_allclose(out, wanted, rtol=1e-5)


X, Y = Input((4, 3)), Input((4, 3))
FROM = "\nHow it came to this:\n  input_layer (InputLayer) (None, 4, 3)"
WRONG = [
    Wrong(
        lambda: layers.Add()([X]),
        ShapeError,
        "add (Add): wrong number of inputs. Got inputs=1. Expected a list of two or more."
        " Call it on a list: Add()([a, b])." + FROM,
    ),
    Wrong(
        lambda: layers.Subtract()([X, Y, X]),
        ShapeError,
        "subtract (Subtract): wrong number of inputs. Got inputs=3. Expected 2." + FROM,
    ),
    *(
        Wrong(
            lambda name=name: getattr(layers, name)()([X, Input((5, 3))]),
            ShapeError,
            f"{name.lower()} ({name}): inputs of different shapes cannot be joined. Got input"
            " shapes=((None, 4, 3), (None, 5, 3)). Expected equal shapes, or sizes of 1 where they"
            " differ. A 1x1 Conv2D with strides brings a shortcut to the shape of its branch."
            + FROM,
        )
        for name in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")
    ),
    Wrong(
        lambda: layers.Concatenate()([X, Input((5, 3))]),
        ShapeError,
        "concatenate (Concatenate): inputs differ besides the axis they are joined on. Got axis=-1,"
        " input shapes=((None, 4, 3), (None, 5, 3)). Expected equal sizes on every other axis."
        + FROM,
    ),
    Wrong(
        lambda: layers.Dot(axes=(1, 2, 3)),
        ArgumentError,
        "dot (Dot): `axes` is not valid. Got axes=(1, 2, 3). Expected a whole number, or one for"
        " each input.",
    ),
    Wrong(
        lambda: layers.Dot(axes=3)([X, Y]),
        ShapeError,
        "dot (Dot): no such axis. Got axis=3, input shape=(None, 4, 3). Expected 1 to 2, or -1 to"
        " -2; axis 0 is the batch." + FROM,
    ),
    Wrong(
        lambda: layers.Dot(axes=(1, 2))([X, Y]),
        ShapeError,
        "dot (Dot): the axes that are summed over differ. Got axes=(1, 2), input shapes="
        "((None, 4, 3), (None, 4, 3)). Expected equal sizes there." + FROM,
    ),
    Wrong(
        lambda: layers.Permute((1, 3)),
        ArgumentError,
        "permute (Permute): `dims` is not valid. Got dims=(1, 3). Expected each of 1 to the number"
        " of dimensions once.",
    ),
    Wrong(
        lambda: layers.Permute((1,))(X),
        ShapeError,
        "permute (Permute): `dims` has another number of dimensions than the input. Got dims=(1,),"
        " input shape=(None, 4, 3). Expected 2 dimensions; the batch stays first and is not"
        " counted." + FROM,
    ),
    Wrong(
        lambda: layers.RepeatVector(0),
        ArgumentError,
        "repeat_vector (RepeatVector): `n` is not valid. Got n=0. Expected a positive whole"
        " number.",
    ),
    Wrong(
        lambda: layers.RepeatVector(2)(X),
        ShapeError,
        "repeat_vector (RepeatVector): wrong input rank. Got input shape=(None, 4, 3). Expected 2"
        " dimensions (N, C)." + FROM,
    ),
    Wrong(
        lambda: layers.Embedding(0, 4),
        ArgumentError,
        "embedding (Embedding): `input_dim` is not valid. Got input_dim=0. Expected a positive"
        " whole number.",
    ),
    Wrong(
        lambda: layers.Masking()(Input((4,))),
        ShapeError,
        "masking (Masking): wrong input rank. Got input shape=(None, 4). Expected at least 3"
        " dimensions.\nHow it came to this:\n  input_layer (InputLayer) (None, 4)",
    ),
    Wrong(
        lambda: layers.Dense(4)(X, mask=Y),
        ArgumentError,
        "dense (Dense): unknown argument of the call. Got argument='mask'. Expected the inputs, and"
        " `training`.",
    ),
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_a_wrong_use_is_named(wrong: Wrong) -> None:
    wrong.check()
