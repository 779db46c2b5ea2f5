from __future__ import annotations

import math
from typing import Any

import pytest

from striate.graph import Spec, kinds

NAN = math.nan
IN_UNIT = "a number in [0, 1], or two of them"
AROUND = "a number in [-1, 1], or two of them"
RANGE = "two numbers, the lowest and highest value: (0, 255) or (0, 1)"

BAD: list[tuple[str, str, Any, str]] = [
    (
        "RandomFlip",
        "mode",
        "both",
        "one of 'horizontal', 'vertical', 'horizontal_and_vertical'",
    ),
    ("RandomFlip", "seed", -1, "a whole number >= 0"),
    ("RandomCrop", "height", 0, "a positive whole number"),
    ("RandomCrop", "width", 2.5, "a positive whole number"),
    ("RandomTranslation", "height_factor", 1.5, AROUND),
    ("RandomTranslation", "width_factor", (0.1, -1.2), AROUND),
    ("RandomTranslation", "fill_mode", "mirror", "one of 'reflect', 'constant', 'nearest', 'wrap'"),
    ("RandomTranslation", "interpolation", "cubic", "one of 'bilinear', 'nearest'"),
    ("RandomTranslation", "fill_value", None, "a number"),
    ("RandomRotation", "factor", (0.1, 0.2, 0.3), AROUND),
    ("RandomRotation", "factor", NAN, AROUND),
    (
        "RandomZoom",
        "height_factor",
        -1.0,
        "numbers in (-1, 1]: at -1 a single point would fill the image",
    ),
    ("RandomZoom", "width_factor", 2, AROUND),
    ("RandomShear", "x_factor", -0.1, IN_UNIT),
    ("RandomShear", "y_factor", (-0.1, 0.1), IN_UNIT),
    ("RandomPerspective", "factor", 1.1, IN_UNIT),
    ("RandomPerspective", "scale", (0.1, 0.2), "a number in [0, 1]"),
    ("RandomElasticTransform", "scale", 1.1, IN_UNIT),
    ("RandomElasticTransform", "value_range", (1, 1), RANGE),
    ("RandomGaussianBlur", "kernel_size", 4, "a positive odd number or two of them"),
    ("RandomGaussianBlur", "kernel_size", (3, -1), "a positive odd number or two of them"),
    ("RandomGaussianBlur", "sigma", -1.0, "a number >= 0, or two of them"),
    ("RandomErasing", "scale", 2, IN_UNIT),
    ("RandomErasing", "fill_value", "red", "a number, or one per channel"),
    ("Cutout", "size", 0, "a positive whole number"),
    ("Cutout", "size", (1, 2, 3), "a positive whole number or 2 of them"),
    ("Cutout", "fill_value", None, "a number, or one per channel"),
    ("RandomBrightness", "factor", (-2, 0), AROUND),
    ("RandomBrightness", "value_range", 255, RANGE),
    ("RandomContrast", "factor", 1.5, IN_UNIT),
    ("RandomContrast", "factor", (0.1, -0.1), IN_UNIT),
    ("RandomSaturation", "factor", True, IN_UNIT),
    ("RandomHue", "factor", -0.5, IN_UNIT),
    ("RandomColorDegeneration", "factor", 2, IN_UNIT),
    ("RandomSharpness", "factor", "much", IN_UNIT),
    ("RandomInvert", "factor", 2, IN_UNIT),
    ("RandomGrayscale", "factor", (0, 1), "a number in [0, 1]"),
    ("RandomPosterization", "factor", 9, "a whole number of bits, 1 to 8, or two of them"),
    ("RandomPosterization", "factor", 2.5, "a whole number of bits, 1 to 8, or two of them"),
    ("Solarization", "addition_factor", 2, IN_UNIT),
    ("Solarization", "threshold_factor", -1, IN_UNIT),
    ("RandomColorJitter", "brightness_factor", 2, AROUND),
    ("RandomColorJitter", "contrast_factor", 2, IN_UNIT),
    ("RandomColorJitter", "saturation_factor", 2, IN_UNIT),
    ("RandomColorJitter", "hue_factor", -1, IN_UNIT),
    ("AutoContrast", "value_range", (0, NAN), RANGE),
    ("Equalization", "bins", 1, "a whole number >= 2"),
    (
        "ContrastLimitedAdaptiveHistogramEqualization",
        "clip_limit",
        -1.0,
        "a number >= 0; 0 is no limit",
    ),
    (
        "ContrastLimitedAdaptiveHistogramEqualization",
        "tile_grid_size",
        (0, 8),
        "a positive whole number or 2 of them",
    ),
    ("RandAugment", "num_ops", 0, "a positive whole number"),
    ("RandAugment", "factor", 2, IN_UNIT),
    ("AugMix", "num_chains", 0, "a positive whole number"),
    ("AugMix", "chain_depth", 0, "a positive whole number"),
    ("AugMix", "alpha", 0, "a number > 0"),
    ("TrivialAugment", "num_magnitude_bins", 1, "a whole number >= 2"),
    ("MixUp", "alpha", 0.0, "a number > 0"),
    ("CutMix", "factor", 1.5, IN_UNIT),
]


@pytest.mark.parametrize(("kind", "field", "value", "expected"), BAD)
def test_a_bad_argument_is_refused(kind: str, field: str, value: object, expected: str) -> None:
    with pytest.raises(kinds.Fault) as caught:
        getattr(kinds, kind)(**{field: value})
    assert str(caught.value.at("here")) == (
        f"here: `{field}` is not valid. Got {field}={value!r}. Expected {expected}."
    )


NORMAL: list[tuple[str, str, Any, Any]] = [
    ("RandomRotation", "factor", 0.2, (-0.2, 0.2)),
    ("RandomRotation", "factor", -0.2, (-0.2, 0.2)),
    ("RandomRotation", "factor", (0.3, -0.1), (-0.1, 0.3)),
    ("RandomShear", "x_factor", 0.2, (0.0, 0.2)),
    ("RandomContrast", "factor", 0.2, (0.2, 0.2)),
    ("RandomContrast", "factor", (0.5, 0.2), (0.5, 0.2)),
    ("RandomPosterization", "factor", 4, (4, 4)),
    ("RandomPosterization", "factor", (6, 2), (2, 6)),
    ("RandomGaussianBlur", "kernel_size", 5, (5, 5)),
    ("RandomBrightness", "value_range", (1, -1), (-1.0, 1.0)),
    ("RandomColorJitter", "contrast_factor", 0.3, (0.3, 0.3)),
    ("Cutout", "size", 8, (8, 8)),
    ("RandomErasing", "fill_value", (1, 2, 3), (1.0, 2.0, 3.0)),
]


@pytest.mark.parametrize(("kind", "field", "value", "normal"), NORMAL)
def test_arguments_have_one_form(kind: str, field: str, value: object, normal: object) -> None:
    made = getattr(kinds, kind)(**{field: value})
    assert getattr(made, field) == normal
    assert getattr(kinds, kind)(**{field: normal}) == made
    assert type(made).from_config(made.to_config()) == made


def test_a_crop_changes_the_size_and_nothing_else_does() -> None:
    images = Spec((None, 32, None, 3), "uint8")
    assert kinds.RandomCrop(height=24, width=20).output(images) == Spec((None, 24, 20, 3))
    for name in ("RandomFlip", "RandomZoom", "RandomHue", "RandAugment", "MixUp", "Equalization"):
        assert getattr(kinds, name)().output(images) == Spec((None, 32, None, 3))


def test_images_have_four_dimensions() -> None:
    with pytest.raises(kinds.Fault) as caught:
        kinds.RandomFlip().check_inputs(Spec((None, 28, 28)))
    assert str(caught.value.at("here")) == (
        "here: wrong input rank. Got input shape=(None, 28, 28). Expected 4 dimensions"
        " (N, H, W, C). Images need a channel axis: x[..., None], or layers.Reshape((28, 28, 1))"
        " before it."
    )
