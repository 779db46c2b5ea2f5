"""keras.backend: arithmetic with the arguments of Keras 1 and 2."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from striate import Input, Model
from striate.errors import ArgumentError
from striate.keras import backend as K
from striate.keras.tensors import Tensor

pytestmark = pytest.mark.torch

RNG = np.random.default_rng(3)
A = RNG.uniform(0.1, 0.9, size=(2, 4, 6, 3)).astype("float32")
ROWS = RNG.uniform(0.1, 0.9, size=(5, 4)).astype("float32")

# ours on tensors or symbols -> NumPy's
SAME: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "mean": (lambda x: K.mean(x, axis=[1, 2]), lambda x: x.mean((1, 2))),
    "keep_dims": (lambda x: K.sum(x, axis=-1, keep_dims=True), lambda x: x.sum(-1, keepdims=True)),
    "argmax": (lambda x: K.argmax(x), lambda x: x.argmax(-1)),
    "clip": (lambda x: K.clip(x, 0.3, 0.5), lambda x: x.clip(0.3, 0.5)),
    "pow": (lambda x: K.pow(x, 2), lambda x: x**2),
    "concatenate": (lambda x: K.concatenate([x, x]), lambda x: np.concatenate([x, x], -1)),
    "expand_dims": (lambda x: K.expand_dims(x), lambda x: x[..., None]),
    "cumsum": (lambda x: K.cumsum(x, 1), lambda x: x.cumsum(1)),
    "batch_flatten": (lambda x: K.batch_flatten(x), lambda x: x.reshape(len(x), -1)),
    "flatten": (lambda x: K.flatten(x), lambda x: x.ravel()),
    "permute": (lambda x: K.permute_dimensions(x, (0, 3, 1, 2)), lambda x: x.transpose(0, 3, 1, 2)),
    "reverse": (lambda x: K.reverse(x, 1), lambda x: x[:, ::-1]),
    "repeat": (lambda x: K.repeat_elements(x, 2, 1), lambda x: x.repeat(2, 1)),
    "relu": (
        lambda x: K.relu(x - 0.5, 0.1, 0.3),
        lambda x: np.minimum(np.where(x > 0.5, x - 0.5, 0.1 * (x - 0.5)), 0.3),
    ),
    "threshold": (lambda x: K.relu(x, threshold=0.5), lambda x: np.where(x > 0.5, x, 0)),
    "l2_normalize": (
        lambda x: K.l2_normalize(x, -1),
        lambda x: x / np.sqrt((x**2).sum(-1, keepdims=True)),
    ),
    "pool": (
        lambda x: K.pool2d(x, (2, 2), (2, 2)),
        lambda x: x.reshape(2, 2, 2, 3, 2, 3).max((2, 4)),
    ),
    "mean pool": (
        lambda x: K.pool2d(x, (2, 2), (2, 2), pool_mode="avg"),
        lambda x: x.reshape(2, 2, 2, 3, 2, 3).mean((2, 4)),
    ),
    "resize": (lambda x: K.resize_images(x, 2, 3), lambda x: x.repeat(2, 1).repeat(3, 2)),
    "padding": (
        lambda x: K.spatial_2d_padding(x, ((1, 0), (0, 2))),
        lambda x: np.pad(x, ((0, 0), (1, 0), (0, 2), (0, 0))),
    ),
    "switch": (lambda x: K.switch(K.greater(x, 0.5), x, x * 0), lambda x: np.where(x > 0.5, x, 0)),
    "identity": (lambda x: K.identity(x), lambda x: x),
    "std": (lambda x: K.std(x, axis=1), lambda x: x.std(1)),
    "gather": (lambda x: K.squeeze(K.max(x, axis=1, keepdims=True), 1), lambda x: x.max(1)),
}


@pytest.mark.parametrize("name", SAME)
def test_a_function_is_numpys_on_data_and_on_symbols(name: str) -> None:
    ours, numpys = SAME[name]
    found = ours(K.constant(A))
    assert isinstance(found, Tensor)
    np.testing.assert_allclose(found.numpy(), numpys(A), 1e-5, 1e-6)
    x = Input((4, 6, 3), batch_size=2)
    np.testing.assert_allclose(np.asarray(Model(x, ours(x))(A)), numpys(A), 1e-5, 1e-6)


def test_sums_over_samples_of_two_batches() -> None:
    x, y = RNG.normal(size=(2, 5, 3, 4)).astype("float32")[..., 0], np.ones((2, 3, 6), "float32")
    np.testing.assert_allclose(K.batch_dot(x, y).numpy(), x @ y, 1e-5, 1e-5)
    a = RNG.normal(size=(2, 7)).astype("float32")
    np.testing.assert_allclose(K.batch_dot(a, a, axes=1).numpy()[:, 0], (a * a).sum(1), 1e-5)


def test_losses_take_targets_first() -> None:
    y, p = np.eye(4, dtype="float32")[[0, 2, 1, 3, 3]], ROWS / ROWS.sum(-1, keepdims=True)
    wanted = -(y * np.log(p)).sum(-1)
    np.testing.assert_allclose(K.categorical_crossentropy(y, p).numpy(), wanted, 1e-5)
    sparse = K.sparse_categorical_crossentropy(y.argmax(-1), p)
    np.testing.assert_allclose(sparse.numpy(), wanted, 1e-5)
    binary = -(y * np.log(ROWS) + (1 - y) * np.log(1 - ROWS))
    np.testing.assert_allclose(K.binary_crossentropy(y, ROWS).numpy(), binary, 1e-5)
    assert K.in_top_k(ROWS, ROWS.argmax(-1), 1).numpy().all()


def test_random_numbers_follow_their_seed() -> None:
    assert (K.random_normal((3,), seed=1) == K.random_normal((3,), seed=1)).all()
    drawn = K.random_uniform((1000,), 2.0, 3.0, seed=0)
    assert 2.0 <= float(drawn.min()) < 2.01 < 2.99 < float(drawn.max()) < 3.0
    assert abs(float(K.mean(K.random_binomial((4000,), 0.25, seed=0))) - 0.25) < 0.03
    assert abs(float(K.std(K.truncated_normal((4000,), seed=0)))) < 1.0


def test_tensors_from_nothing() -> None:
    assert K.zeros((2, 2)).numpy().tolist() == [[0, 0], [0, 0]]
    assert K.ones((2,), dtype="int32").numpy().tolist() == [1, 1]
    assert K.eye(2).numpy().tolist() == [[1, 0], [0, 1]]
    assert K.arange(3).numpy().tolist() == [0, 1, 2]
    assert K.constant(2, shape=(2,)).numpy().tolist() == [2.0, 2.0]
    assert K.one_hot([1], 3).numpy().tolist() == [[0, 1, 0]]


def test_functions_of_samples() -> None:
    assert K.map_fn(lambda row: K.sum(row), K.constant(ROWS)).shape == (5,)
    assert float(K.foldl(lambda a, b: a + b, K.constant([1, 2, 3]))) == 6.0


def test_an_unknown_way_to_pool_is_refused() -> None:
    with pytest.raises(ArgumentError) as caught:
        K.pool2d(A, (2, 2), pool_mode="median")
    assert str(caught.value) == (
        "keras.backend.pool2d: an unknown mode. Got pool_mode='median'. Expected 'max' or 'avg'."
    )
