"""A folder per class as batches, in Keras's order and words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from striate.data.images import ImageDataGenerator
from striate.errors import ArgumentError, DataError, UnknownNameError
from tests.keras_oracle import keras as _keras

from keras.src.legacy.preprocessing import image as oracle  # isort: skip

pytestmark = pytest.mark.keras

assert _keras.backend.backend() == "torch"

ATTRIBUTES = (
    "n",
    "samples",
    "num_classes",
    "class_indices",
    "filenames",
    "filepaths",
    "image_shape",
    "target_size",
    "color_mode",
    "class_mode",
    "directory",
    "batch_size",
)


def flows(folder: Path, split: float = 0.0, **options: Any) -> tuple[Any, Any]:
    made = (g(validation_split=split) for g in (oracle.ImageDataGenerator, ImageDataGenerator))
    theirs, ours = (g.flow_from_directory(str(folder), **options) for g in made)
    return theirs, ours


@pytest.mark.parametrize("class_mode", ["categorical", "binary", "sparse", "input", None])
def test_batches_are_those_of_keras(
    pets: Path, class_mode: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    options: dict[str, Any] = {"target_size": (8, 9), "batch_size": 5, "seed": 1}
    theirs, ours = flows(pets, class_mode=class_mode, **options)
    assert capsys.readouterr().out == "Found 12 images belonging to 3 classes.\n" * 2
    for name in ATTRIBUTES:
        assert getattr(ours, name) == getattr(theirs, name), name
    np.testing.assert_array_equal(ours.classes, theirs.classes)
    np.testing.assert_array_equal(ours.labels, theirs.labels)
    for _ in range(3):
        a, b = next(theirs), next(ours)
        if class_mode is None:
            a, b = (a,), (b,)
        for expected, found in zip(a, b, strict=True):
            assert found.dtype == expected.dtype
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    "options",
    [
        {"classes": ["owl", "cat"]},
        {"color_mode": "grayscale", "interpolation": "bilinear"},
        {"color_mode": "rgba", "keep_aspect_ratio": True},
        {"split": 0.4, "subset": "training"},
        {"split": 0.4, "subset": "validation"},
        {"classes": ["."], "class_mode": None},
    ],
)
def test_options_are_those_of_keras(pets: Path, options: dict[str, Any]) -> None:
    theirs, ours = flows(pets, target_size=(8, 8), shuffle=False, **options)
    assert ours.filenames == theirs.filenames
    assert ours.class_indices == theirs.class_indices
    a, b = next(theirs), next(ours)
    np.testing.assert_array_equal(b[0], a[0])


def test_channels_first(pets: Path) -> None:
    generator = ImageDataGenerator(data_format="channels_first")
    flow = generator.flow_from_directory(pets, target_size=(8, 9))
    assert flow.image_shape == (3, 8, 9)
    assert next(flow)[0].shape == (12, 3, 8, 9)


def test_links_are_followed_if_asked(pets: Path, tmp_path: Path) -> None:
    link = tmp_path / "linked" / "cat"
    link.mkdir(parents=True)
    (link / "inside").symlink_to(pets / "cat")
    generator = ImageDataGenerator()
    with pytest.raises(DataError):
        generator.flow_from_directory(tmp_path / "linked")
    assert generator.flow_from_directory(tmp_path / "linked", follow_links=True).n == 5


@pytest.mark.parametrize(
    ("options", "kind", "text"),
    [
        (
            {"classes": ["cat", "cow"]},
            DataError,
            "{folder}: a class has no folder. Got class='cow'. Expected one of cat, dog, owl.",
        ),
        (
            {"class_mode": "multi"},
            UnknownNameError,
            "flow: unknown class_mode. Got 'multi'. "
            "Known: None, binary, categorical, input, sparse.",
        ),
        (
            {"color_mode": "grey"},
            UnknownNameError,
            "flow: unknown color_mode. Got 'grey'. Known: grayscale, rgb, rgba.",
        ),
        (
            {"interpolation": "nearst"},
            UnknownNameError,
            "flow: unknown interpolation. Got 'nearst'. Did you mean 'nearest' or 'bilinear'?",
        ),
        (
            {"target_size": (8.5, 8)},
            ArgumentError,
            "flow: target_size is no size of images. Got target_size=(8.5, 8). "
            "Expected (height, width) in pixels.",
        ),
    ],
)
def test_errors(pets: Path, options: dict[str, Any], kind: type[Exception], text: str) -> None:
    with pytest.raises(kind) as error:
        ImageDataGenerator().flow_from_directory(str(pets), **options)
    assert str(error.value) == text.replace("{folder}", str(pets))


def test_a_missing_folder() -> None:
    with pytest.raises(DataError) as error:
        ImageDataGenerator().flow_from_directory("nowhere")
    assert str(error.value) == "nowhere: there is no such folder."


def test_images_beside_the_class_folders(pets: Path) -> None:
    with pytest.raises(DataError) as error:
        ImageDataGenerator().flow_from_directory(str(pets / "cat" / "more"))
    assert str(error.value) == (
        f"{pets / 'cat' / 'more'}: there are no images in the folders of its classes. "
        "Got classes=(). Expected files that end with .png, .jpg, .jpeg, .bmp, .ppm, .tif, .tiff. "
        "The images lie in the folder itself: give classes=['.']."
    )
