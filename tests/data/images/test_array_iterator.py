"""Images in memory as batches: Keras's order, parts and errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from striate.data import source
from striate.data.images import ImageDataGenerator
from striate.errors import ArgumentError, DataError
from tests.keras_oracle import keras as _keras

from keras.src.legacy.preprocessing import image as oracle  # isort: skip

pytestmark = pytest.mark.keras

assert _keras.backend.backend() == "torch"

X = np.arange(11 * 4 * 4).reshape(11, 4, 4, 1).astype("float32")
Y = np.arange(11)


def test_batches_by_number_and_by_next_are_those_of_keras() -> None:
    theirs = oracle.ImageDataGenerator().flow(X, Y, batch_size=4, seed=2)
    ours = ImageDataGenerator().flow(X, Y, batch_size=4, seed=2)
    assert len(ours) == len(theirs) == 3
    for number in (2, 0, 1):
        np.testing.assert_array_equal(ours[number][1], theirs[number][1])
    for _ in range(7):
        np.testing.assert_array_equal(ours.next()[1], next(theirs)[1])
    for attribute in ("n", "batch_size", "seed", "shuffle", "batch_index", "total_batches_seen"):
        assert getattr(ours, attribute) == getattr(theirs, attribute)
    ours.reset()
    theirs.reset()
    assert ours.batch_index == theirs.batch_index == 0


def test_an_epoch_ends_and_the_next_has_another_order() -> None:
    flow = ImageDataGenerator().flow(X, Y, batch_size=11)
    first = flow[0][1]
    np.testing.assert_array_equal(flow[0][1], first)
    flow.on_epoch_end()
    assert (flow[0][1] != first).any()
    assert sorted(flow[0][1]) == list(range(11))


def test_one_input_many_inputs_and_weights() -> None:
    extra = np.arange(11) * 2.0
    flow = ImageDataGenerator().flow((X, [extra, Y]), Y, sample_weight=extra, shuffle=False)
    (x, a, b), y, w = next(flow)
    assert (x.shape, a[3], b[3], y[3], w[3]) == ((11, 4, 4, 1), 6.0, 3, 3, 6.0)
    assert len(next(ImageDataGenerator().flow([X, extra], shuffle=False))) == 2
    assert next(ImageDataGenerator().flow(X)).shape == X.shape


@pytest.mark.parametrize("subset", ["training", "validation"])
def test_parts_are_those_of_keras(subset: str) -> None:
    options: dict[str, Any] = {"subset": subset, "shuffle": False, "ignore_class_split": True}
    theirs = oracle.ImageDataGenerator(validation_split=0.3).flow(X, Y, **options)
    ours = ImageDataGenerator(validation_split=0.3).flow(X, Y, **options)
    np.testing.assert_array_equal(next(ours)[1], next(theirs)[1])


def test_the_training_loop_knows_the_length_and_repeats_exactly() -> None:
    def epochs() -> list[Any]:
        generator = ImageDataGenerator(rotation_range=30, horizontal_flip=True)
        batches = source(generator.flow(X, Y, batch_size=4), seed=7)
        assert batches.num_batches == 3
        return [batch for epoch in range(2) for batch in batches.batches(epoch)]

    first, second = epochs(), epochs()
    assert [len(x) for x, _, _ in first].count(4) == 4
    for (x, y, _), (again_x, again_y, _) in zip(first, second, strict=True):
        assert x.equal(again_x)
        assert y.equal(again_y)
    assert sorted(int(v) for _, y, _ in first[:3] for v in y) == list(range(11))


def test_saves_copies(tmp_path: Path) -> None:
    flow = ImageDataGenerator().flow(
        X[:2], shuffle=False, save_to_dir=tmp_path, save_prefix="aug", save_format="jpeg", seed=1
    )
    next(flow)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert [name.rsplit("_", 1)[0] for name in names] == ["aug_0", "aug_1"]
    with Image.open(tmp_path / names[0]) as image:
        assert image.format == "JPEG"


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (
            lambda: ImageDataGenerator().flow(X, Y[:3]),
            DataError,
            "ImageDataGenerator.flow: the arrays have different numbers of samples. "
            "Got x=11, y=3. Expected the same number in each.",
        ),
        (
            lambda: ImageDataGenerator().flow(X[..., 0], Y),
            DataError,
            "ImageDataGenerator.flow: these are not images. Got shape=(11, 4, 4). "
            "Expected (samples, height, width, channels). "
            "Grey images need a channel axis: `x[..., np.newaxis]`.",
        ),
        (
            lambda: ImageDataGenerator().flow(X[:0], Y[:0]),
            DataError,
            "ArrayIterator: there are no images. Expected at least one image.",
        ),
        (
            lambda: ImageDataGenerator(validation_split=0.5).flow(X, Y, subset="training"),
            DataError,
            "ImageDataGenerator.flow: the two subsets do not have the same classes. "
            "Got validation=5, training=6. Expected the first samples to have all classes. "
            "Mix x and y before, or give ignore_class_split=True.",
        ),
        (
            lambda: ImageDataGenerator().flow(X, Y, subset="validation"),
            ArgumentError,
            "subset: the generator has no validation part. Got subset='validation'. "
            "Give the generator a part: `ImageDataGenerator(validation_split=0.2)`.",
        ),
        (
            lambda: ImageDataGenerator(validation_split=0.5).flow(X, Y, subset="test"),
            ArgumentError,
            "subset: the data have no such part. Got subset='test'. "
            'Expected "training" or "validation".',
        ),
        (
            lambda: ImageDataGenerator().flow(X, save_to_dir="nowhere"),
            ArgumentError,
            "save_to_dir: there is no such folder. Got save_to_dir='nowhere'. "
            "Make it: `os.makedirs('nowhere')`.",
        ),
        (
            lambda: ImageDataGenerator().flow(X)[1],
            IndexError,
            "ArrayIterator: there is no such batch. Got index=1. Expected 0 to 0.",
        ),
    ],
)
def test_errors(call: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind) as error:
        call()
    assert str(error.value) == text
