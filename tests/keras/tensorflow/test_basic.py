"""tf.*, tf.math and tf.nn: TensorFlow's names and arguments, NumPy's values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import striate.keras.tensorflow as tf
from striate import Input, Model

pytestmark = pytest.mark.torch

RNG = np.random.default_rng(5)
A = RNG.uniform(0.1, 0.9, size=(2, 4, 6, 3)).astype("float32")
ROWS = RNG.normal(size=(5, 4)).astype("float32")
Y = np.array([3, 0, 1, 1, 2])


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


# on tensors and symbols (2, 4, 6, 3) -> NumPy's
SAME: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "reduce_mean": (lambda x: tf.reduce_mean(x, axis=[1, 2]), lambda x: x.mean((1, 2))),
    "keywords": (lambda x: tf.reduce_sum(input_tensor=x, axis=1, name="s"), lambda x: x.sum(1)),
    "keep_dims": (
        lambda x: tf.reduce_max(x, reduction_indices=[1], keep_dims=True),
        lambda x: x.max(1, keepdims=True),
    ),
    "std": (lambda x: tf.math.reduce_std(x, 1), lambda x: x.std(1)),
    "concat": (lambda x: tf.concat([x, x], axis=-1), lambda x: np.concatenate([x, x], -1)),
    "reshape": (lambda x: tf.reshape(x, [-1, 12, 6]), lambda x: x.reshape(-1, 12, 6)),
    "transpose": (lambda x: tf.transpose(x, perm=[0, 3, 1, 2]), lambda x: x.transpose(0, 3, 1, 2)),
    "expand": (lambda x: tf.expand_dims(x, axis=-1), lambda x: x[..., None]),
    "newaxis": (lambda x: x[:, tf.newaxis], lambda x: x[:, None]),
    "bgr": (lambda x: x[..., ::-1], lambda x: x[..., ::-1]),
    "clip": (lambda x: tf.clip_by_value(x, 0.3, 0.6), lambda x: x.clip(0.3, 0.6)),
    "pad": (
        lambda x: tf.pad(x, [[0, 0], [1, 1], [2, 0], [0, 0]], "REFLECT"),
        lambda x: np.pad(x, [[0, 0], [1, 1], [2, 0], [0, 0]], "reflect"),
    ),
    "tile": (lambda x: tf.tile(x, [1, 2, 1, 1]), lambda x: np.tile(x, (1, 2, 1, 1))),
    "reverse": (lambda x: tf.reverse(x, [1]), lambda x: x[:, ::-1]),
    "add_n": (lambda x: tf.add_n([x, x, x]), lambda x: 3 * x),
    "relu": (lambda x: tf.nn.relu(x - 0.5), lambda x: np.maximum(x - 0.5, 0)),
    "leaky": (
        lambda x: tf.nn.leaky_relu(x - 0.5),
        lambda x: np.where(x > 0.5, x - 0.5, 0.2 * (x - 0.5)),
    ),
    "softmax": (lambda x: tf.nn.softmax(x), softmax),
    "l2": (
        lambda x: tf.math.l2_normalize(x, axis=-1),
        lambda x: x / np.sqrt((x**2).sum(-1, keepdims=True)),
    ),
    "max_pool": (
        lambda x: tf.nn.max_pool2d(x, ksize=2, strides=2, padding="VALID"),
        lambda x: x.reshape(2, 2, 2, 3, 2, 3).max((2, 4)),
    ),
    "avg_pool": (
        lambda x: tf.nn.avg_pool(x, [1, 2, 2, 1], [1, 2, 2, 1], "SAME"),
        lambda x: x.reshape(2, 2, 2, 3, 2, 3).mean((2, 4)),
    ),
    "squared": (lambda x: tf.math.squared_difference(x, x * 2), lambda x: x**2),
    "where": (
        lambda x: tf.where(tf.greater(x, 0.5), x, 0.0),
        lambda x: np.where(x > 0.5, x, 0),
    ),
    "split": (lambda x: tf.split(x, [1, 2], axis=-1)[1], lambda x: x[..., 1:]),
    "argmax": (lambda x: tf.argmax(x, axis=-1), lambda x: x.argmax(-1)),
    "matmul": (lambda x: tf.matmul(x, x, transpose_b=True), lambda x: x @ x.swapaxes(-1, -2)),
    "lrn": (
        lambda x: tf.nn.lrn(x, depth_radius=1, bias=1.0, alpha=0.1, beta=0.75),
        lambda x: (
            x
            / (
                1
                + 0.1
                * np.stack([(x[..., max(0, c - 1) : c + 2] ** 2).sum(-1) for c in range(3)], -1)
            )
            ** 0.75
        ),
    ),
    "old": (lambda x: tf.to_float(tf.log(x)), np.log),
}


@pytest.mark.parametrize("name", SAME)
def test_a_function_is_numpys_on_data_and_on_symbols(name: str) -> None:
    ours, numpys = SAME[name]
    found = ours(tf.constant(A))
    np.testing.assert_allclose(found.numpy(), numpys(A), 1e-5, 1e-6)
    x = Input((4, 6, 3), batch_size=2)
    np.testing.assert_allclose(np.asarray(Model(x, ours(x))(A)), numpys(A), 1e-5, 1e-6)


def onehot(n: int = 4) -> np.ndarray:
    return np.eye(n, dtype="float32")[Y]


DATA: dict[str, tuple[Callable[[], Any], Any]] = {
    "argmax": (lambda: tf.argmax(ROWS), ROWS.argmax(0)),
    "argsort": (lambda: tf.argsort(ROWS, direction="DESCENDING"), (-ROWS).argsort(-1)),
    "one_hot": (lambda: tf.one_hot(Y, depth=4), onehot()),
    "on and off": (lambda: tf.one_hot([1], 3, on_value=5.0, off_value=-1.0), [[-1, 5, -1]]),
    "gather": (lambda: tf.gather(ROWS, [2, 0]), ROWS[[2, 0]]),
    "gather of rows": (
        lambda: tf.gather(ROWS, [[0], [1], [0], [3], [2]], batch_dims=1),
        ROWS[np.arange(5), [0, 1, 0, 3, 2]][:, None],
    ),
    "gather_nd": (lambda: tf.gather_nd(ROWS, [[0, 1], [4, 3]]), ROWS[[0, 4], [1, 3]]),
    "boolean_mask": (lambda: tf.boolean_mask(ROWS, Y > 1), ROWS[Y > 1]),
    "scatter_nd": (lambda: tf.scatter_nd([[1], [3]], [5.0, 6.0], [5]), [0, 5, 0, 6, 0]),
    "cumsum": (
        lambda: tf.cumsum(tf.constant([1.0, 2.0, 3.0]), exclusive=True, reverse=True),
        [5, 3, 0],
    ),
    "clip_by_norm": (lambda: tf.clip_by_norm(tf.constant([3.0, 4.0]), 1.0), [0.6, 0.8]),
    "global norm": (
        lambda: tf.clip_by_global_norm([tf.constant([3.0]), tf.constant([4.0])], 2.5)[0][1],
        [2.0],
    ),
    "fill": (lambda: tf.fill([2, 2], 3), np.full((2, 2), 3)),
    "range": (lambda: tf.range(2, 8, 3), [2, 5]),
    "linspace": (lambda: tf.linspace(0.0, 1.0, 3), [0, 0.5, 1]),
    "eye": (lambda: tf.eye(2), np.eye(2)),
    "norm": (lambda: tf.norm(ROWS, axis=1), np.linalg.norm(ROWS, axis=1)),
    "unique": (lambda: tf.unique(tf.constant([3, 1, 3]))[1], [0, 1, 0]),
    "mask": (lambda: tf.sequence_mask([1, 3], 3, "int32"), [[1, 0, 0], [1, 1, 1]]),
    "einsum": (lambda: tf.einsum("ij,kj->ik", ROWS, ROWS), ROWS @ ROWS.T),
    "map_fn": (lambda: tf.map_fn(lambda row: tf.reduce_sum(row), tf.constant(ROWS)), ROWS.sum(1)),
    "while_loop": (
        lambda: tf.while_loop(lambda i: i < 5, lambda i: [i + 2], [tf.constant(0)])[0],
        6,
    ),
    "cond": (lambda: tf.cond(tf.constant(1) > 0, lambda: tf.ones(1), lambda: tf.zeros(1)), [1]),
    "numpy_function": (lambda: tf.numpy_function(lambda a: a * 2, [ROWS], tf.float32), ROWS * 2),
    "py_function": (
        lambda: tf.py_function(lambda a: a.numpy() + 1, [tf.constant(1.0)], tf.float32),
        2,
    ),
    "confusion": (
        lambda: tf.math.confusion_matrix([0, 1, 1], [0, 0, 1]),
        [[1, 0], [1, 1]],
    ),
    "top_k": (lambda: tf.math.top_k(ROWS, 2)[0], -np.sort(-ROWS, -1)[:, :2]),
    "sparse loss": (
        lambda: tf.nn.sparse_softmax_cross_entropy_with_logits(labels=Y, logits=ROWS),
        -np.log(softmax(ROWS))[np.arange(5), Y],
    ),
    "loss": (
        lambda: tf.nn.softmax_cross_entropy_with_logits(labels=onehot(), logits=ROWS),
        -np.log(softmax(ROWS))[np.arange(5), Y],
    ),
    "sigmoid loss": (
        lambda: tf.nn.sigmoid_cross_entropy_with_logits(labels=onehot(), logits=ROWS),
        np.log1p(np.exp(ROWS)) - onehot() * ROWS,
    ),
    "weighted loss": (
        lambda: tf.nn.weighted_cross_entropy_with_logits(onehot(), ROWS, 2.0),
        (1 - onehot()) * ROWS + (1 + onehot()) * np.log1p(np.exp(-ROWS)),
    ),
    "conv2d": (
        lambda: tf.nn.conv2d(
            A, np.ones((1, 1, 3, 2), "float32"), strides=[1, 2, 2, 1], padding="SAME"
        ),
        np.repeat(A[:, ::2, ::2].sum(-1, keepdims=True), 2, -1),
    ),
    "moments": (lambda: tf.nn.moments(A, [0, 1, 2])[1], A.var((0, 1, 2))),
    "bias_add": (lambda: tf.nn.bias_add(A, [1.0, 2.0, 3.0]), A + np.array([1, 2, 3])),
    "batch_normalization": (
        lambda: tf.nn.batch_normalization(ROWS, ROWS.mean(0), ROWS.var(0), None, None, 0.0),
        (ROWS - ROWS.mean(0)) / ROWS.std(0),
    ),
    "average loss": (
        lambda: tf.nn.compute_average_loss(tf.constant([1.0, 3.0]), global_batch_size=4),
        1.0,
    ),
    "crelu": (lambda: tf.nn.crelu(tf.constant([[-1.0, 2.0]])), [[0, 2, 1, 0]]),
}


@pytest.mark.parametrize("name", DATA)
def test_a_function_of_data(name: str) -> None:
    call, wanted = DATA[name]
    found = call()
    np.testing.assert_allclose(np.asarray(found), np.asarray(wanted), 1e-4, 1e-5)


def test_types_compare_with_torchs_and_numpys() -> None:
    x = tf.constant([1.0])
    assert x.dtype == tf.float32
    assert tf.float32 == x.dtype == torch.float32
    assert tf.uint8 == np.uint8
    assert tf.float32 != tf.float64
    assert np.zeros(2, dtype=tf.int64).dtype == "int64"
    assert (tf.uint8.max, tf.uint8.min, tf.float32.is_floating, tf.int32.is_integer) == (
        255,
        0,
        True,
        True,
    )
    assert tf.as_dtype("float32").as_numpy_dtype is np.float32
    assert repr(tf.bool) == "tf.bool"


def test_numbers_become_int32_and_float32() -> None:
    assert tf.constant(3).dtype == tf.int32
    assert tf.constant([1.5]).dtype == tf.float32
    assert tf.constant(np.ones(2)).dtype == tf.float64
    assert tf.constant(1, shape=(2, 2)).numpy().tolist() == [[1, 1], [1, 1]]
    assert tf.convert_to_tensor([[1, 2]], dtype=tf.float32).dtype == tf.float32


def test_a_tensor_has_tensorflows_habits() -> None:
    x = tf.constant([[1.0, 2.0]])
    assert isinstance(x, tf.Tensor)
    assert isinstance(x * 2, tf.Tensor)
    assert x.shape.as_list() == [1, 2]
    assert x.get_shape().rank == 2
    assert x.shape.num_elements() == 2
    assert x.requires_grad_().numpy().tolist() == [[1.0, 2.0]]
    assert f"{tf.constant(2.5):.1f}" == "2.5"
    assert str(tf.constant(3)) == "tf.Tensor(3, shape=(), dtype=int32)"
    assert repr(x) == (
        "<tf.Tensor: shape=(1, 2), dtype=float32, numpy=array([[1., 2.]], dtype=float32)>"
    )
    assert np.asarray(x).tolist() == [[1.0, 2.0]]
    assert tf.is_tensor(x)
    assert not tf.is_tensor(1)
    assert (tf.rank(x), tf.size(x), tuple(tf.shape(x))) == (2, 2, (1, 2))


def test_operators_take_arrays_and_lists() -> None:
    x = tf.constant([1.0, 2.0])
    for found in (x * np.array([2.0, 3.0]), np.array([2.0, 3.0]) * x, [2.0, 3.0] * x):
        assert isinstance(found, tf.Tensor)
        assert (found.dtype, found.numpy().tolist()) == (tf.float32, [2.0, 6.0])
    assert (x == np.array([1, 3])).numpy().tolist() == [True, False]
    assert (1 - x).numpy().tolist() == [0.0, -1.0]
    assert (x + np.float32(1)).numpy().tolist() == [2.0, 3.0]
    assert hash(x) == hash(x)


def test_a_model_called_by_a_script_gives_such_a_tensor() -> None:
    model = Model(x := Input((4,)), x * 2)
    assert isinstance(model(ROWS), tf.Tensor)
    assert isinstance(model(tf.constant(ROWS), training=False), tf.Tensor)
    assert type(model(torch.tensor(ROWS))) is torch.Tensor


def test_a_variable_is_assigned_to() -> None:
    v = tf.Variable([1.0, 2.0], name="v")
    v.assign_sub([0.5, 0.5])
    assert v.numpy().tolist() == [0.5, 1.5]
    assert not isinstance(v * 2, tf.Variable)
    assert v.value().numpy().tolist() == v.read_value().numpy().tolist()
    assert repr(v) == (
        "<tf.Variable 'v' shape=(2,) dtype=float32, numpy=array([0.5, 1.5], dtype=float32)>"
    )
    assert not tf.Variable(1, trainable=False).requires_grad


def test_text_is_text() -> None:
    path = tf.constant("/data/cat/1.jpg")
    assert path.numpy() == b"/data/cat/1.jpg"
    assert tf.strings.split(path, "/")[-2] == "cat"
    assert tf.strings.regex_replace(path, "cat", "dog") == "/data/dog/1.jpg"
    assert tf.strings.join(["a", "b"], "/") == "a/b"
    assert int(tf.strings.length("abc")) == 3
    assert float(tf.strings.to_number("2.5")) == 2.5
    assert tf.strings.upper("a") == "A"
    assert tf.strings.substr("abc", 1, 1) == "b"


def test_a_wrong_shape_is_refused() -> None:
    assert tf.ensure_shape(tf.constant(ROWS), (None, 4)).shape == (5, 4)
    with pytest.raises(ValueError, match=r"ensure_shape: the shape is \(5, 4\), not \(5, 3\)"):
        tf.ensure_shape(tf.constant(ROWS), (5, 3))


def test_random_numbers_follow_the_seed() -> None:
    tf.random.set_seed(3)
    first = tf.random.normal((3,))
    tf.set_random_seed(3)
    assert (tf.random.normal((3,)) == first).all()
    assert (
        tf.random.stateless_uniform((2,), (1, 2)) == tf.random.stateless_uniform((2,), (1, 2))
    ).all()
    drawn = tf.random.uniform((500,), 0, 10, dtype=tf.int32)
    assert set(drawn.numpy().tolist()) == set(range(10))
    own = tf.random.Generator.from_seed(1)
    assert not (own.normal((2,)) == own.normal((2,))).all()
    assert own.make_seeds(2).shape == (2, 2)
    assert sorted(tf.random.shuffle(tf.range(9)).numpy().tolist()) == list(range(9))
    assert tf.nn.dropout(tf.ones(1000), rate=0.5).numpy().max() == 2.0
