"""Image files read and written as Keras does it."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from striate.data.images import array_to_img, img_to_array, load_img, save_img
from striate.errors import ArgumentError, DataError, UnknownNameError
from tests.keras_oracle import keras

pytestmark = pytest.mark.keras

RGB = np.random.RandomState(0).randint(0, 256, (20, 31, 3)).astype("uint8")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(RGB).save(path)
    return path


@pytest.mark.parametrize("color_mode", ["rgb", "rgba", "grayscale"])
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic", "lanczos", "box"])
@pytest.mark.parametrize("keep", [False, True])
def test_reads_as_keras(photo: Path, color_mode: str, interpolation: str, keep: bool) -> None:
    options: dict[str, Any] = {
        "color_mode": color_mode,
        "target_size": (9, 16),
        "interpolation": interpolation,
        "keep_aspect_ratio": keep,
    }
    expected = keras.utils.img_to_array(keras.utils.load_img(photo, **options))
    found = img_to_array(load_img(str(photo), **options))
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


def test_grey_images_of_16_bits_stay_so(tmp_path: Path) -> None:
    path = tmp_path / "deep.png"
    Image.fromarray(np.full((2, 2), 40_000, "uint16")).save(path)
    assert img_to_array(load_img(path, "grayscale")).max() == 40_000


def test_reads_bytes() -> None:
    file = io.BytesIO()
    save_img(file, RGB, file_format="png", scale=False)
    np.testing.assert_array_equal(img_to_array(load_img(file)), RGB)


@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 1), (3, 4, 3)])
@pytest.mark.parametrize("data_format", [None, "channels_first"])
def test_to_array_as_keras(shape: tuple[int, ...], data_format: str | None) -> None:
    values = np.arange(np.prod(shape)).reshape(shape)
    expected = keras.utils.img_to_array(values, data_format=data_format)
    np.testing.assert_array_equal(img_to_array(values, data_format=data_format), expected)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("scale", [False, True])
def test_to_image_as_keras(channels: int, scale: bool) -> None:
    values = np.random.RandomState(1).random_sample((4, 5, channels)) * 200 + 20
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras gives Pillow an argument that it will drop
        expected = keras.utils.array_to_img(values, scale=scale)
    found = array_to_img(values, scale=scale)
    assert found.mode == expected.mode
    np.testing.assert_array_equal(np.asarray(found), np.asarray(expected))


def test_numbers_above_255_make_a_deep_grey_image() -> None:
    found = array_to_img(np.full((2, 2, 1), 300.0), scale=False)
    assert (found.mode, np.asarray(found).max()) == ("I", 300)


def test_a_flat_image_is_black() -> None:
    assert np.asarray(array_to_img(np.full((2, 2, 3), 7.0))).max() == 0


def test_saves_by_the_name(tmp_path: Path) -> None:
    save_img(tmp_path / "a.jpg", RGB)
    with Image.open(tmp_path / "a.jpg") as image:
        assert image.format == "JPEG"
    rgba = np.dstack([RGB, RGB[..., 0]])
    text = "^JPEG has no transparency: the image is saved as RGB$"
    with pytest.warns(UserWarning, match=text):
        save_img(tmp_path / "b.jpeg", rgba)


def test_what_is_no_image(tmp_path: Path) -> None:
    path = tmp_path / "text.png"
    path.write_text("no image")
    with pytest.raises(DataError) as error:
        load_img(path)
    assert str(error.value) == (
        f"{path}: this is not an image of a kind that can be read. "
        "Expected a PNG, JPEG, BMP, GIF, PPM, TIFF or WebP file."
    )


def test_a_truncated_image(photo: Path) -> None:
    content = photo.read_bytes()
    photo.write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match=f"^{photo}: the image cannot be read: .*[^.]\\.$"):
        load_img(photo)


def test_a_missing_file() -> None:
    with pytest.raises(FileNotFoundError):
        load_img("missing.png")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            {"color_mode": "rbg"},
            "load_img: unknown color_mode. Got 'rbg'. Did you mean 'rgb' or 'rgba'?",
        ),
        (
            {"interpolation": "cubic"},
            "load_img: unknown interpolation. Got 'cubic'. Did you mean 'bicubic'?",
        ),
    ],
)
def test_unknown_words(photo: Path, options: dict[str, str], text: str) -> None:
    with pytest.raises(UnknownNameError) as error:
        load_img(photo, **options)
    assert str(error.value) == text


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            lambda: img_to_array(np.zeros(3)),
            "img_to_array: this is no image. Got shape=(3,). "
            "Expected (height, width) or (height, width, channels).",
        ),
        (
            lambda: array_to_img(np.zeros((3, 3))),
            "array_to_img: this is not one image. Got shape=(3, 3). "
            "Expected (height, width, channels).",
        ),
        (
            lambda: array_to_img(np.zeros((3, 3, 2))),
            "array_to_img: no image has so many channels. Got channels=2. "
            "Expected 1, 3 or 4 channels.",
        ),
    ],
)
def test_shapes_that_are_no_image(call: Any, text: str) -> None:
    with pytest.raises(DataError) as error:
        call()
    assert str(error.value) == text


def test_an_unknown_order_of_axes() -> None:
    with pytest.raises(ArgumentError, match=r"^data_format: there are two orders of axes\."):
        img_to_array(RGB, data_format="channels_middle")
