"""Folders and series as datasets: Keras's order, labels, words and errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import striate as st
from striate.data.images import img_to_array, load_img
from striate.errors import ArgumentError, UnknownNameError
from striate.keras.utils import image_dataset_from_directory, timeseries_dataset_from_array

pytestmark = pytest.mark.torch


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    random = np.random.RandomState(0)
    for name, count in (("cat", 7), ("dog", 6)):
        (tmp_path / name).mkdir()
        for number in range(count):
            pixels = random.randint(0, 256, (12, 10 + number, 3)).astype("uint8")
            Image.fromarray(pixels).save(tmp_path / name / f"{number}.png")
    return tmp_path


def test_batches_in_order(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = image_dataset_from_directory(folder, image_size=(8, 9), batch_size=5, shuffle=False)
    assert capsys.readouterr().out == "Found 13 files belonging to 2 classes.\n"
    assert data.class_names == ["cat", "dog"]
    assert (len(data), int(data.cardinality())) == (3, 3)
    images, labels = zip(*data, strict=True)
    assert torch.cat(labels).tolist() == [0] * 7 + [1] * 6
    assert (labels[0].dtype, images[0].dtype) == (torch.int32, torch.float32)
    assert [tuple(x.shape) for x in images] == [(5, 8, 9, 3), (5, 8, 9, 3), (3, 8, 9, 3)]
    resize = st.layers.Resizing(8, 9)
    for path, found in zip(data.file_paths, torch.cat(images), strict=True):
        pixels = torch.from_numpy(img_to_array(load_img(path)))[None]
        np.testing.assert_allclose(found.numpy(), resize(pixels)[0].numpy(), atol=1e-4)


@pytest.mark.parametrize(
    ("label_mode", "first", "dtype"),
    [("categorical", [1.0, 0.0], torch.float32), ("binary", [0.0], torch.float32)],
)
def test_forms_of_labels(folder: Path, label_mode: str, first: Any, dtype: Any) -> None:
    data = image_dataset_from_directory(folder, label_mode=label_mode, shuffle=False, verbose=False)
    _, labels = next(iter(data))
    assert (labels[0].tolist(), labels.dtype) == (first, dtype)


def test_images_alone_and_labels_of_ones_own(folder: Path) -> None:
    data = image_dataset_from_directory(folder, labels=None, image_size=8)
    assert next(iter(data)).shape == (13, 8, 8, 3)
    assert data.class_names is None
    data = image_dataset_from_directory(folder, labels=list(range(13)), shuffle=False)
    assert next(iter(data))[1].tolist() == list(range(13))
    image, label = next(iter(image_dataset_from_directory(folder, batch_size=None, image_size=8)))
    assert (tuple(image.shape), tuple(label.shape)) == ((8, 8, 3), ())


@pytest.mark.parametrize("ratio", ["crop_to_aspect_ratio", "pad_to_aspect_ratio"])
@pytest.mark.parametrize("interpolation", ["bilinear", "nearest", "bicubic", "lanczos3"])
def test_proportions_colours_and_axes(folder: Path, ratio: str, interpolation: str) -> None:
    data = image_dataset_from_directory(
        folder,
        color_mode="grayscale",
        image_size=(6, 6),
        interpolation=interpolation,
        data_format="channels_first",
        **{ratio: True},
    )
    assert next(iter(data))[0].shape == (13, 1, 6, 6)


def test_the_same_seed_splits_without_overlap(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options: dict[str, Any] = {"validation_split": 0.3, "seed": 5, "image_size": 8}
    train = image_dataset_from_directory(folder, subset="training", **options)
    held = image_dataset_from_directory(folder, subset="validation", **options)
    assert capsys.readouterr().out.splitlines()[1::2] == [
        "Using 10 files for training.",
        "Using 3 files for validation.",
    ]
    assert len(set(train.file_paths) | set(held.file_paths)) == 13
    both = image_dataset_from_directory(folder, subset="both", **options)
    assert [d.file_paths for d in both] == [train.file_paths, held.file_paths]


def test_each_iteration_has_an_order_of_its_own_and_a_seed_repeats_them(folder: Path) -> None:
    def orders() -> list[list[int]]:
        labels = list(range(13))
        data = image_dataset_from_directory(folder, labels, image_size=8, seed=1, verbose=False)
        return [next(iter(data))[1].tolist() for _ in range(2)]

    first, second = orders()
    assert first != second
    assert sorted(first) == sorted(second) == list(range(13))
    assert orders() == [first, second]


def test_a_script_trains_on_it(folder: Path) -> None:
    data = image_dataset_from_directory(folder, image_size=(8, 8), batch_size=4, verbose=False)
    ready = data.map(lambda x, y: (x / 255.0, y)).cache().shuffle(100).prefetch(-1)
    for images, labels in data.take(1):
        assert images[0].numpy().astype("uint8").shape == (8, 8, 3)
        assert data.class_names[int(labels[0])] in ("cat", "dog")
    model = st.Sequential([st.layers.Flatten(input_shape=(8, 8, 3)), st.layers.Dense(2)])
    model.compile("sgd", loss=st.losses.SparseCategoricalCrossentropy(from_logits=True))
    history = model.fit(ready, validation_data=data, epochs=2, verbose=0)
    assert len(history.history["val_loss"]) == 2
    assert model.predict(ready, verbose=0).shape == (13, 2)


@pytest.mark.parametrize(
    ("options", "kind", "text"),
    [
        (
            {"label_mode": "one_hot"},
            UnknownNameError,
            "image_dataset_from_directory: unknown label_mode. Got 'one_hot'. "
            "Known: binary, categorical, int.",
        ),
        (
            {"interpolation": "gaussian"},
            UnknownNameError,
            "image_dataset_from_directory: unknown interpolation. Got 'gaussian'. "
            "Known: bicubic, bilinear, lanczos3, lanczos5, nearest.",
        ),
        (
            {"label_mode": "binary", "class_names": ["dog"]},
            ArgumentError,
            'image_dataset_from_directory: label_mode="binary" needs two classes. '
            "Got class_names=['dog']. Expected 2 classes. "
            'Use label_mode="int" or "categorical".',
        ),
    ],
)
def test_errors(folder: Path, options: dict[str, Any], kind: type[Exception], text: str) -> None:
    with pytest.raises(kind) as error:
        image_dataset_from_directory(folder, **options)
    assert str(error.value) == text


def test_windows_of_a_series() -> None:
    series = np.arange(20.0)
    data = timeseries_dataset_from_array(series, series[3:], sequence_length=3, batch_size=8)
    batches = list(data)
    assert [tuple(x.shape) for x, _ in batches] == [(8, 3), (8, 3), (1, 3)]
    assert batches[0][1].tolist() == [3, 4, 5, 6, 7, 8, 9, 10]
    mixed = timeseries_dataset_from_array(series, None, 3, shuffle=True, seed=1, batch_size=None)
    assert sorted(int(x[0]) for x in mixed) == list(range(18))


def test_steps_of_old_may_be_a_quotient(folder: Path) -> None:
    from striate import keras

    generator = keras.preprocessing.image.ImageDataGenerator(rescale=1 / 255)
    flow = generator.flow_from_directory(folder, target_size=(8, 8), batch_size=4)
    model = keras.Sequential([keras.layers.Flatten(input_shape=(8, 8, 3)), keras.layers.Dense(2)])
    model.compile("sgd", "mse")
    assert model.predict_generator(flow, steps=np.ceil(flow.samples / 4)).shape == (13, 2)
    assert model.evaluate_generator(flow, steps=13 / 4) >= 0
