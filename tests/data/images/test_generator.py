"""`ImageDataGenerator` against Keras's: with one seed the same numbers, and the same pixels."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from striate.data.images import ImageDataGenerator
from striate.data.images.affine import FILL_MODES
from striate.errors import ArgumentError, DataError
from tests.keras_oracle import keras as _keras

from keras.src.legacy.preprocessing import image as oracle  # isort: skip

pytestmark = [
    pytest.mark.keras,
    # Keras takes scipy's function from where it stood before
    pytest.mark.filterwarnings("ignore:Please import `affine_transform`:DeprecationWarning"),
]

assert _keras.backend.backend() == "torch"

X = (np.random.RandomState(0).random_sample((12, 10, 14, 3)) * 255).astype("float32")
Y = np.arange(12)
MOVES: dict[str, Any] = {
    "rotation_range": 40,
    "width_shift_range": 0.2,
    "height_shift_range": 0.2,
    "shear_range": 20,
    "zoom_range": 0.3,
    "horizontal_flip": True,
    "vertical_flip": True,
}
CASES: dict[str, dict[str, Any]] = {
    "nothing": {},
    "moves": MOVES,
    "nearest pixel": {**MOVES, "interpolation_order": 0},
    "cubic": {**MOVES, "interpolation_order": 3},
    "pixels": {"width_shift_range": 4, "height_shift_range": [-3, 0, 2]},
    "fractions": {"width_shift_range": [0.1, 0.5], "height_shift_range": 1.0},
    "zoom": {"zoom_range": [0.5, 2.0]},
    "colours": {"channel_shift_range": 50.0, "brightness_range": (0.4, 1.7)},
    "all": {**MOVES, "channel_shift_range": 20.0, "brightness_range": [0.8, 1.2], "rescale": 0.5},
    "rescale": {"rescale": 1 / 255},
    "own mean": {"samplewise_center": True},
    "own scale": {"samplewise_center": True, "samplewise_std_normalization": True},
    "function": {"preprocessing_function": lambda image: image[::-1] * 2, "rescale": 0.1},
    "double": {**MOVES, "dtype": "float64"},
    **{mode: {**MOVES, "fill_mode": mode, "cval": 9.0} for mode in FILL_MODES},
}


def compared(options: dict[str, Any], x: Any, steps: int = 3, fit: Any = None) -> None:
    theirs, ours = oracle.ImageDataGenerator(**options), ImageDataGenerator(**options)
    if fit is not None:
        theirs.fit(fit)
        ours.fit(fit)
    flows = (g.flow(x, Y, batch_size=5, seed=3) for g in (theirs, ours))
    for _, (a, b) in zip(range(steps), zip(*flows, strict=False), strict=False):
        assert b[0].dtype == a[0].dtype
        np.testing.assert_array_equal(b[1], a[1])
        np.testing.assert_allclose(b[0], a[0], rtol=2e-5, atol=2e-4)


@pytest.mark.parametrize("case", CASES)
def test_gives_the_pixels_of_keras(case: str) -> None:
    compared(CASES[case], X)


def test_images_outside_0_to_255_are_brightened_in_their_own_range() -> None:
    compared({"brightness_range": (0.5, 1.5)}, X * 3 - 200)


def test_transparency_is_not_brightened() -> None:
    rgba = np.concatenate([X, X[..., :1]], axis=-1)
    compared({"brightness_range": (0.5, 1.5)}, rgba)


def test_bytes_and_grey_images() -> None:
    compared(MOVES, X[..., :1].astype("uint8"))


def test_channels_first() -> None:
    compared({**MOVES, "data_format": "channels_first"}, np.moveaxis(X, 3, 1).copy())


@pytest.mark.parametrize(
    "options",
    [
        {"featurewise_center": True},
        {"featurewise_center": True, "featurewise_std_normalization": True, "rescale": 0.1},
    ],
)
def test_statistics_of_a_set(options: dict[str, Any]) -> None:
    compared(options, X, fit=X)


@pytest.mark.parametrize("count", [20, 100])  # fewer and more images than numbers in one
def test_whitening(count: int) -> None:
    x = np.random.RandomState(1).random_sample((count, 4, 4, 3)).astype("float32")
    options = {"featurewise_center": True, "zca_whitening": True, "zca_epsilon": 0.1}
    theirs, ours = oracle.ImageDataGenerator(**options), ImageDataGenerator(**options)
    theirs.fit(x)
    ours.fit(x)
    expected = theirs.standardize(x.copy())
    np.testing.assert_allclose(ours.standardize(x.copy()), expected, rtol=2e-3, atol=2e-3)


def test_statistics_of_changed_images() -> None:
    options = {**MOVES, "featurewise_center": True}
    theirs, ours = oracle.ImageDataGenerator(**options), ImageDataGenerator(**options)
    for generator in (theirs, ours):
        generator.fit(X, augment=True, rounds=2, seed=5)
    np.testing.assert_allclose(ours.mean, theirs.mean, rtol=1e-5)


def test_one_image_at_a_time() -> None:
    theirs, ours = oracle.ImageDataGenerator(**CASES["all"]), ImageDataGenerator(**CASES["all"])
    drawn = ours.get_random_transform(X[0].shape, seed=4)
    assert drawn == theirs.get_random_transform(X[0].shape, seed=4)
    expected = theirs.apply_transform(X[0], drawn)
    np.testing.assert_allclose(ours.apply_transform(X[0], drawn), expected, atol=2e-4)
    expected = theirs.random_transform(X[0], seed=4)
    np.testing.assert_allclose(ours.random_transform(X[0], seed=4), expected, atol=2e-4)
    expected = theirs.standardize(X[0].copy())
    np.testing.assert_allclose(ours.standardize(X[0].copy()), expected)


def test_standardize_changes_floats_in_place_and_takes_whole_numbers_too() -> None:
    generator = ImageDataGenerator(rescale=0.5)
    image = X[0].copy()
    assert generator.standardize(image) is image
    assert generator.standardize(np.full((2, 2, 1), 4, "uint8")).tolist() == [[[2.0]] * 2] * 2


def test_a_class_that_replaces_a_step_has_it_called() -> None:
    class Inverted(ImageDataGenerator):
        def standardize(self, x: Any) -> Any:
            return 255 - x

    x, _ = next(Inverted().flow(X, Y, shuffle=False))
    np.testing.assert_array_equal(x, 255 - X)


def test_without_a_seed_numpys_global_numbers_decide() -> None:
    flow = ImageDataGenerator(**MOVES).flow(X, batch_size=12)
    found = []
    for _ in range(2):
        np.random.seed(1)
        found.append(next(flow))
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"zca_whitening": True}, ["`zca_whitening` sets `featurewise_center` to True"]),
        (
            {"featurewise_std_normalization": True},
            ["`featurewise_std_normalization` sets `featurewise_center` to True"],
        ),
        (
            {"samplewise_std_normalization": True},
            ["`samplewise_std_normalization` sets `samplewise_center` to True"],
        ),
        (
            {"zca_whitening": True, "featurewise_std_normalization": True},
            [
                "`zca_whitening` sets `featurewise_std_normalization` to False",
                "`zca_whitening` sets `featurewise_center` to True",
            ],
        ),
    ],
)
def test_a_scale_turns_on_what_it_needs(options: dict[str, Any], expected: list[str]) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ours, theirs = ImageDataGenerator(**options), oracle.ImageDataGenerator(**options)
    assert [str(w.message) for w in caught[: len(expected)]] == expected
    for name in ("featurewise_center", "featurewise_std_normalization", "samplewise_center"):
        assert getattr(ours, name) == getattr(theirs, name)


def test_statistics_that_are_missing_are_named() -> None:
    text = (
        "^`featurewise_center` needs the statistics of the images, which are not known: the "
        r"images stay as they are; call `fit\(x\)` of the generator first$"
    )
    with pytest.warns(UserWarning, match=text):
        ImageDataGenerator(featurewise_center=True).standardize(X.copy())


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            {"validation_split": 1.5},
            "ImageDataGenerator: this is no part of the data. Got validation_split=1.5. "
            "Expected 0 < validation_split < 1.",
        ),
        (
            {"zoom_range": [1, 2, 3]},
            "ImageDataGenerator: zoom_range is no range. Got zoom_range=[1, 2, 3]. "
            "Expected a number, or two numbers, the lowest and the highest.",
        ),
        (
            {"brightness_range": 0.5},
            "ImageDataGenerator: brightness_range is no range. Got brightness_range=0.5. "
            "Expected two numbers, the lowest and the highest.",
        ),
        (
            {"data_format": "NHWC"},
            "data_format: there are two orders of axes. Got data_format='NHWC'. "
            'Expected "channels_last" or "channels_first".',
        ),
    ],
)
def test_what_a_generator_cannot_be(options: dict[str, Any], text: str) -> None:
    with pytest.raises(ArgumentError) as error:
        ImageDataGenerator(**options)
    assert str(error.value) == text


def test_fit_wants_images() -> None:
    with pytest.raises(DataError) as error:
        ImageDataGenerator(featurewise_center=True).fit(np.zeros((3, 4)))
    assert str(error.value) == (
        "ImageDataGenerator.fit: these are not images. Got shape=(3, 4). "
        "Expected (samples, height, width, channels)."
    )


def test_a_function_must_keep_the_shape() -> None:
    with pytest.raises(DataError) as error:
        next(ImageDataGenerator(preprocessing_function=lambda image: image[:2]).flow(X))
    assert str(error.value) == (
        "preprocessing_function: it changes the shape of an image. Got returned=(2, 14, 3). "
        "Expected (10, 14, 3)."
    )


def test_options_of_old_change_nothing(tmp_path: Any) -> None:
    generator = ImageDataGenerator()
    with (
        pytest.warns(DeprecationWarning, match="`sort` changes nothing any more"),
        pytest.raises(DataError),
    ):
        generator.flow_from_dataframe({"filename": [], "class": []}, tmp_path, sort=True)
