"""keras.preprocessing.image: its names, and the arguments of Keras 1 and 2."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from striate.data import images
from striate.errors import DataError
from striate.keras import config
from striate.keras.preprocessing import image
from tests.keras_oracle import keras

pytestmark = pytest.mark.keras


@pytest.fixture
def photo(tmp_path: Path) -> str:
    pixels = np.random.RandomState(0).randint(0, 256, (20, 31, 3))
    images.save_img(tmp_path / "a.png", pixels, scale=False)
    return str(tmp_path / "a.png")


@pytest.mark.parametrize(
    ("arguments", "options", "shape"),
    [
        ((), {}, (20, 31, 3)),
        ((True,), {}, (20, 31, 1)),
        ((False, (4, 5)), {}, (4, 5, 3)),
        ((), {"grayscale": True, "target_size": (4, 5)}, (4, 5, 1)),
        ((False, "rgba", (4, 5)), {}, (4, 5, 4)),
        ((False, "rgba"), {}, (20, 31, 4)),
        (("grayscale", (4, 5), "bilinear"), {}, (4, 5, 1)),
        ((), {"color_mode": "rgba", "target_size": (4, 5)}, (4, 5, 4)),
    ],
)
def test_load_img_of_every_age(photo: str, arguments: Any, options: Any, shape: Any) -> None:
    assert image.img_to_array(image.load_img(photo, *arguments, **options)).shape == shape


def test_axes_are_in_the_order_that_is_set(photo: str) -> None:
    picture = image.load_img(photo)
    config.set_image_data_format("channels_first")
    try:
        assert image.img_to_array(picture).shape == (3, 20, 31)
        assert image.array_to_img(np.zeros((3, 4, 5))).size == (5, 4)
        assert image.ImageDataGenerator().data_format == "channels_first"
        assert image.ImageDataGenerator(data_format="channels_last").channel_axis == 3
        image.save_img(io.BytesIO(), np.zeros((3, 4, 5)), file_format="png")
    finally:
        config.set_image_data_format("channels_last")
    assert image.img_to_array(picture, dim_ordering="th").shape == (3, 20, 31)
    assert image.array_to_img(np.zeros((3, 4, 5)), dim_ordering="th").size == (5, 4)
    assert image.ImageDataGenerator(dim_ordering="th").channel_axis == 1
    assert image.ImageDataGenerator().data_format == "channels_last"


def test_a_generator_is_that_of_data() -> None:
    generator = image.ImageDataGenerator(rotation_range=20, zoom_range=[0.9, 1.1])
    assert isinstance(generator, images.ImageDataGenerator)
    flow = generator.flow(np.ones((4, 3, 3, 1)), batch_size=3)
    assert isinstance(flow, image.NumpyArrayIterator)
    assert isinstance(flow, image.Iterator)
    assert next(flow).shape == (3, 3, 3, 1)


@pytest.mark.parametrize("shape", [(20, 31, 3), (2, 30, 12, 1)])
@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras's own
def test_smart_resize_is_keras_s(shape: Any, interpolation: str, data_format: str) -> None:
    x = np.random.RandomState(0).random_sample(shape).astype("float32")
    x = x if data_format == "channels_last" else np.moveaxis(x, -1, -3).copy()
    options = {"size": (9, 14), "interpolation": interpolation, "data_format": data_format}
    expected = keras.preprocessing.image.smart_resize(x, **options)
    found = image.smart_resize(x, **options)
    if interpolation == "nearest":  # torch's, which Keras uses here, takes other pixels
        assert found.shape == expected.shape
        return
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_smart_resize_wants_images() -> None:
    with pytest.raises(DataError) as error:
        image.smart_resize(np.zeros((3, 4)), (2, 2))
    assert str(error.value) == (
        "smart_resize: this is no image and no batch of images. Got shape=(3, 4). "
        "Expected three or four axes."
    )
