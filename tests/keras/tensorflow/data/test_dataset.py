"""tf.data: elements, their order and number; fit, evaluate and predict take them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import striate as st
import striate.keras.tensorflow as tf
from striate.errors import ArgumentError, DataError
from striate.layers import Dense

pytestmark = pytest.mark.torch

Dataset = tf.data.Dataset


def values(data: Any) -> list[Any]:
    return [v.tolist() if isinstance(v, np.ndarray) else v for v in data.as_numpy_iterator()]


def test_rows_of_arrays() -> None:
    data = Dataset.from_tensor_slices({"a": np.arange(3), "b": [[1.0], [2.0], [3.0]]})
    assert len(data) == 3
    rows = list(data.as_numpy_iterator())
    assert [int(r["a"]) for r in rows] == [0, 1, 2]
    assert rows[2]["b"].tolist() == [3.0]
    assert [int(v) for v in Dataset.range(2, 8, 2)] == [2, 4, 6]
    assert [v.shape for v in Dataset.from_tensors(np.zeros((2, 3)))] == [(2, 3)]


def test_batches_are_gathered_or_stacked_alike() -> None:
    rows = Dataset.range(7)
    for data in (rows, rows.map(lambda x: x)):
        assert [b.numpy().tolist() for b in data.batch(3)] == [[0, 1, 2], [3, 4, 5], [6]]
        assert [len(b) for b in data.batch(3, drop_remainder=True)] == [3, 3]
        assert (len(data.batch(3)), len(data.batch(3, drop_remainder=True))) == (3, 2)
        assert [int(v) for v in data.batch(3).unbatch()] == list(range(7))


def test_shuffling_draws_from_a_buffer() -> None:
    rows = Dataset.range(200)
    for data in (rows, rows.map(lambda x: x)):
        for buffer in (10, 500):
            mixed = data.shuffle(buffer, seed=1)
            first, second = [[int(v) for v in mixed] for _ in range(2)]
            assert sorted(first) == sorted(second) == list(range(200))
            assert first != second
            assert max(v - i for i, v in enumerate(first)) < buffer
        fixed = data.shuffle(200, seed=1, reshuffle_each_iteration=False)
        assert [int(v) for v in fixed] == [int(v) for v in fixed]
    tf.random.set_seed(1)
    one = [int(v) for v in rows.shuffle(200)]
    tf.random.set_seed(1)
    assert one == [int(v) for v in rows.shuffle(200)]


def test_parts_and_repetitions() -> None:
    rows = Dataset.range(5)
    for data in (rows, rows.map(lambda x: x)):
        assert [int(v) for v in data.take(2)] == [0, 1]
        assert [int(v) for v in data.skip(3)] == [3, 4]
        assert [int(v) for v in data.repeat(2)] == [0, 1, 2, 3, 4] * 2
        assert [int(v) for v in data.repeat().take(7)] == [0, 1, 2, 3, 4, 0, 1]
        assert [len(data.take(2)), len(data.skip(3)), len(data.repeat(2)), len(data.take(9))] == [
            2,
            2,
            10,
            5,
        ]
        assert int(data.repeat().cardinality()) == tf.data.INFINITE_CARDINALITY
        assert [int(v) for v in data.shard(2, 1)] == [1, 3]
        assert [int(v) for v in data.take(-1)] == [0, 1, 2, 3, 4]
        assert [int(v) for v in data.cache().prefetch(tf.data.AUTOTUNE)] == [0, 1, 2, 3, 4]
        assert [b.numpy().tolist() for b in data.repeat(2).batch(4)][1] == [4, 0, 1, 2]
        with pytest.raises(TypeError, match="is without end"):
            len(data.repeat())


def test_functions_of_elements() -> None:
    data = Dataset.from_tensor_slices((np.arange(4), np.arange(4) * 10))
    doubled = data.map(lambda x, y: (x * 2, {"y": y}), num_parallel_calls=tf.data.AUTOTUNE)
    assert [(int(x), int(y["y"])) for x, y in doubled] == [(0, 0), (2, 10), (4, 20), (6, 30)]
    assert [int(x) for x, _ in data.filter(lambda x, y: x > 1)] == [2, 3]
    assert next((int(i), int(x)) for i, (x, _) in data.enumerate(5)) == (5, 0)
    assert int(data.reduce(np.int64(0), lambda total, one: total + one[1])) == 60
    made = data.flat_map(lambda x, y: Dataset.from_tensors(x).repeat(2))
    assert [int(v) for v in made] == [0, 0, 1, 1, 2, 2, 3, 3]
    turns = data.interleave(lambda x, y: Dataset.from_tensors(x).repeat(2), cycle_length=2)
    assert [int(v) for v in turns] == [0, 1, 0, 1, 2, 3, 2, 3]
    assert [[int(v) for v in w] for w in Dataset.range(4).window(2)] == [[0, 1], [2, 3]]
    assert len(data.apply(tf.data.experimental.map_and_batch(lambda x, y: x, 2))) == 2
    assert len(data.with_options(tf.data.Options())) == 4


def test_several_side_by_side_and_behind_one_another() -> None:
    pair = Dataset.zip((Dataset.range(3), Dataset.range(10, 20)))
    assert len(pair) == 3
    assert [(int(a), int(b)) for a, b in pair] == [(0, 10), (1, 11), (2, 12)]
    both = Dataset.range(2).concatenate(Dataset.range(3))
    assert (len(both), [int(v) for v in both]) == (5, [0, 1, 0, 1, 2])


def test_a_generator_gives_what_it_says() -> None:
    def rows(n: Any) -> Any:
        for i in range(int(n)):
            yield [i, i], i

    data = Dataset.from_generator(rows, (tf.float32, tf.int64), args=(3,))
    assert [x.dtype for x, _ in data] == [tf.float32] * 3
    signature = (tf.TensorSpec((2,), tf.float32), tf.TensorSpec((), tf.int32))
    again = Dataset.from_generator(lambda: rows(2), output_signature=signature)
    assert [(x.numpy().tolist(), int(y)) for x, y in again] == [([0, 0], 0), ([1, 1], 1)]
    with pytest.raises(TypeError, match="is not known"):
        len(again)


def test_a_cache_is_filled_once() -> None:
    calls: list[int] = []

    def note(x: Any) -> Any:
        calls.append(int(x))
        return x

    data = Dataset.range(3).map(note).cache()
    assert [int(v) for v in data] == [int(v) for v in data] == [0, 1, 2]
    assert calls == [0, 1, 2]


def test_elements_of_different_sizes_are_padded() -> None:
    data = Dataset.from_generator(lambda: ([1] * n for n in (1, 3)), tf.int32)
    assert next(iter(data.padded_batch(2))).numpy().tolist() == [[1, 0, 0], [1, 1, 1]]


def test_the_spec_says_what_is_open() -> None:
    data = Dataset.from_tensor_slices((np.zeros((5, 8, 8, 3), "float32"), np.arange(5)))
    image, label = data.batch(2).element_spec
    assert (image, label) == (
        tf.TensorSpec((None, 8, 8, 3), tf.float32),
        tf.TensorSpec((None,), tf.int64),
    )
    assert data.element_spec[0].shape == (8, 8, 3)
    assert data.batch(2, drop_remainder=True).element_spec[0].shape.as_list() == [2, 8, 8, 3]


def test_files_and_text(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("1\n2\n", "utf-8")
    listed = Dataset.list_files(str(tmp_path / "*.txt"), shuffle=False)
    assert [Path(p.numpy().decode()).name for p in listed] == ["a.txt", "b.txt"]
    assert [bytes(tf.io.read_file(p)) for p in listed] == [b"1\n2\n"] * 2
    lines = tf.data.TextLineDataset(str(tmp_path / "a.txt"))
    assert [float(tf.strings.to_number(line)) for line in lines] == [1.0, 2.0]
    labelled = Dataset.from_tensor_slices((["x", "y"], [0, 1])).map(
        lambda p, y: (tf.strings.upper(p), y)
    )
    assert [(str(p), int(y)) for p, y in labelled.batch(1).unbatch()] == [("X", 0), ("Y", 1)]


def test_fit_evaluate_and_predict_take_it(capsys: pytest.CaptureFixture[str]) -> None:
    x = np.random.default_rng(0).normal(size=(40, 4)).astype("float32")
    y = (x.sum(1) > 0).astype("int32")
    data = Dataset.from_tensor_slices((x, y)).batch(16)
    model = st.Sequential([Dense(2, activation="softmax", input_shape=(4,))])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(data.shuffle(2), epochs=2, validation_data=data, verbose=2)
    assert "3/3" in capsys.readouterr().out
    assert len(history.history["val_loss"]) == 2
    assert model.evaluate(data, verbose=0) == pytest.approx(model.evaluate(x, y, verbose=0), 1e-5)
    np.testing.assert_allclose(model.predict(data, verbose=0), model.predict(x, verbose=0), 1e-5)
    model.fit(data.repeat(), epochs=1, steps_per_epoch=4, verbose=0)


def test_what_cannot_be_is_said() -> None:
    with pytest.raises(ArgumentError) as lengths:
        Dataset.from_tensor_slices((np.zeros(2), np.zeros(3)))
    assert str(lengths.value) == (
        "Dataset.from_tensor_slices: arrays of different lengths have no common rows. Got "
        "lengths=(2, 3). Expected one length."
    )
    with pytest.raises(ArgumentError) as files:
        Dataset.list_files("/nowhere/*.png")
    assert str(files.value) == (
        "Dataset.list_files: no file matches. Got file_pattern='/nowhere/*.png'."
    )
    model = st.Sequential([Dense(1, input_shape=(1,))])
    model.compile("sgd", "mse")
    with pytest.raises(DataError) as endless:
        model.fit(Dataset.from_tensor_slices((np.zeros((2, 1)), np.zeros(2))).batch(1).repeat())
    assert str(endless.value) == (
        "Dataset: it is endless. Expected the number of batches of an epoch. Give steps_per_epoch."
    )
