"""The same amounts through the real Keras: same images. And the same arguments, in its order."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

from striate import layers
from striate.layers.augmentation.base import Amounts
from striate.ops import geometry
from tests.contract.keras_parity import assert_close, numbers
from tests.keras_oracle import keras

pytestmark = [pytest.mark.torch, pytest.mark.keras]

Keras = Callable[[Any, torch.Tensor, Amounts], Any]


def column(values: torch.Tensor) -> torch.Tensor:
    return values.view(-1, 1, 1, 1)


class Row(NamedTuple):
    """A layer, its arguments, and our amounts as the transformation that Keras would draw."""

    name: str
    arguments: dict[str, Any]
    theirs: Keras

    def __str__(self) -> str:
        return f"{self.name}({self.arguments})".replace(" ", "")


def shift(keras_layer: Any, x: torch.Tensor, own: Amounts) -> Any:
    moves = torch.stack([own["right"] * x.shape[2], own["down"] * x.shape[1]], dim=1)
    return {"translations": moves, "input_shape": tuple(x.shape)}


def turn(keras_layer: Any, x: torch.Tensor, own: Amounts) -> Any:
    degrees, zeros = own["angle"] * (180 / math.pi), torch.zeros(len(x))
    matrix = keras_layer._compute_affine_matrix(
        0.5, 0.5, degrees, zeros, zeros, zeros + 1, zeros, zeros, x.shape[1], x.shape[2]
    )
    return {"rotation_matrix": matrix}


def zoom(keras_layer: Any, x: torch.Tensor, own: Amounts) -> Any:
    return {"height_zoom": own["tall"][:, None], "width_zoom": own["wide"][:, None]}


def shear(keras_layer: Any, x: torch.Tensor, own: Amounts) -> Any:
    return {"shear_factor": torch.stack([own["along_x"], own["along_y"]], dim=1)}


def perspective(keras_layer: Any, x: torch.Tensor, own: Amounts) -> Any:
    start = geometry.corners(x.permute(0, 3, 1, 2)).repeat(len(x), 1, 1)
    chosen = {"apply_perspective": own["chosen"]}
    return {**chosen, "start_points": start, "end_points": own["end"]}


def erase(keras_layer: Any, x: torch.Tensor, own: Amounts) -> Any:
    top, bottom, left, right = own["box"].unbind(1)
    masks = keras_layer._generate_batch_mask(tuple(x.shape), (left, right, top, bottom))
    filling = own["filling"].movedim(1, -1).expand_as(x)
    return {"batch_masks": masks, "apply_erasing": own["chosen"], "fill_value": filling}


def mix(keras_layer: Any, x: torch.Tensor, own: Amounts) -> Any:
    return {"mix_weight": own["share"], "permutation_order": own["order"]}


def cut(keras_layer: Any, x: torch.Tensor, own: Amounts) -> Any:
    return {**mix(keras_layer, x, own), "batch_masks": own["mask"].movedim(1, -1)}


def factor(keras_layer: Any, x: torch.Tensor, own: Amounts) -> Any:
    return {"factor": own["factor"]}


def solar(keras_layer: Any, x: torch.Tensor, own: Amounts) -> Any:
    return {"additions": column(own["addition"]), "thresholds": column(own["threshold"])}


def moving_rows() -> list[Row]:
    rows = []
    for fill_mode in ("reflect", "constant", "nearest", "wrap"):
        for interpolation in ("bilinear", "nearest"):
            how = {"fill_mode": fill_mode, "interpolation": interpolation, "fill_value": 30.0}
            factors = {"height_factor": 0.6, "width_factor": (-0.3, 0.7)}
            rows += [
                Row("RandomTranslation", {**factors, **how}, shift),
                Row("RandomRotation", {"factor": (-0.3, 0.4), **how}, turn),
                Row("RandomZoom", {**factors, **how}, zoom),
                Row("RandomShear", {"x_factor": (0.1, 0.5), "y_factor": (0.2, 0.3), **how}, shear),
            ]
    return rows


ROWS = [
    *moving_rows(),
    Row(
        "RandomFlip",
        {"mode": "horizontal"},
        lambda k, x, own: {"flips": column(own["left_right"]), "input_shape": tuple(x.shape)},
    ),
    Row(
        "RandomFlip",
        {"mode": "vertical"},
        lambda k, x, own: {"flips": column(own["top_bottom"]), "input_shape": tuple(x.shape)},
    ),
    Row("RandomZoom", {"height_factor": (-0.4, 0.5)}, zoom),
    Row("RandomPerspective", {"factor": (0.7, 0.9), "fill_value": 9.0}, perspective),
    Row("RandomPerspective", {"scale": 0.4, "interpolation": "nearest"}, perspective),
    Row(
        "RandomBrightness",
        {"factor": 0.8},
        lambda k, x, own: {"rgb_delta": column(own["factor"]) * 255},
    ),
    Row(
        "RandomContrast",
        {"factor": (0.9, 0.8)},
        lambda k, x, own: {"contrast_factor": column(own["factor"])},
    ),
    Row("RandomSaturation", {"factor": (0.2, 0.8), "value_range": (0, 1)}, factor),
    Row("RandomSaturation", {"factor": (0.0, 0.5)}, factor),
    Row("RandomHue", {"factor": (0.3, 1.0)}, factor),
    Row("RandomHue", {"factor": (0.3, 1.0), "value_range": (0, 1)}, factor),
    Row(
        "RandomColorDegeneration",
        {"factor": (0.2, 0.8)},
        lambda k, x, own: {"factor": column(own["factor"])},
    ),
    Row("RandomGrayscale", {}, lambda k, x, own: column(own["chosen"])),
    Row("RandomSharpness", {"factor": 1.0}, factor),
    Row(
        "RandomPosterization",
        {"factor": (1, 8)},
        lambda k, x, own: {"shift_factor": (8 - own["bits"]).to(torch.uint8)},
    ),
    Row(
        "RandomPosterization",
        {"factor": (2, 7), "value_range": (0, 1)},
        lambda k, x, own: {"shift_factor": (8 - own["bits"]).to(torch.uint8)},
    ),
    Row("RandomInvert", {}, lambda k, x, own: {"apply_inversion": own["chosen"]}),
    Row("Solarization", {}, solar),
    Row("Solarization", {"addition_factor": 0.6, "threshold_factor": (0.2, 0.9)}, solar),
    Row("Solarization", {"threshold_factor": 0.9, "value_range": (0, 1)}, solar),
    Row("RandomErasing", {"factor": (0.7, 0.9)}, erase),
    Row("RandomErasing", {"factor": (1.0, 1.0), "fill_value": (1, 300, -5)}, erase),
    Row("RandomErasing", {"scale": (0.1, 0.9), "fill_value": 7.0}, erase),
    Row("MixUp", {}, mix),
    Row("CutMix", {}, cut),
]


def images(arguments: dict[str, Any], shape: tuple[int, ...] = (6, 9, 8, 3)) -> torch.Tensor:
    values = np.random.default_rng(0).uniform(0, 255, shape).astype("float32")
    values[0] = values[0].round()
    high = arguments.get("value_range", (0, 255))[1]
    return torch.from_numpy(values / 255 if high == 1 else values)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_same_amounts_give_the_images_of_keras(row: Row) -> None:
    ours = getattr(layers, row.name)(**row.arguments, seed=7)
    theirs = getattr(keras.layers, row.name)(**row.arguments)
    x = images(row.arguments)
    inner = x.permute(0, 3, 1, 2)
    amounts = ours.draw(inner, ours.stream(x))
    out = ours.transform(inner, amounts).permute(0, 2, 3, 1)
    wanted = theirs.transform_images(x.clone(), row.theirs(theirs, x, amounts), training=True)
    assert_close(numbers(out), numbers(wanted), "images")


@pytest.mark.parametrize("name", ["MixUp", "CutMix"])
def test_the_same_amounts_give_the_labels_of_keras(name: str) -> None:
    ours, theirs = getattr(layers, name)(seed=3), getattr(keras.layers, name)()
    x, labels = images({}), torch.eye(6)
    amounts = ours.draw(x.permute(0, 3, 1, 2), ours.stream(x))
    wanted = theirs.transform_labels(labels, mix(theirs, x, amounts))
    assert_close(numbers(ours.transform_labels(labels, amounts)), numbers(wanted), "labels")


@pytest.mark.parametrize("size", [3, 7])
def test_a_blur_of_one_width_is_that_of_keras(size: int) -> None:
    ours = layers.RandomGaussianBlur((0.6, 0.8), size, (0.3, 1.0), seed=3)
    theirs = keras.layers.RandomGaussianBlur((0.6, 0.8), size, (0.3, 1.0))
    x = images({})
    amounts = ours.draw(x.permute(0, 3, 1, 2), ours.stream(x))
    amounts["sigma"] = amounts["sigma"][:1].expand(len(x), 2)  # Keras has one pair for all
    out = ours.transform(x.permute(0, 3, 1, 2), amounts).permute(0, 2, 3, 1)
    sigma = amounts["sigma"][0].flip(0)  # columns first
    how = {"should_apply_blur": amounts["chosen"], "blur_factor": sigma}
    assert_close(numbers(out), numbers(theirs.transform_images(x, how)), "images")


@pytest.mark.filterwarnings("ignore:Tensor.T is deprecated on 0-D tensors:UserWarning")
@pytest.mark.parametrize("bins", [256, 40])
@pytest.mark.parametrize("values", ["whole", "fractions", "one"])
def test_equalization_is_that_of_keras_on_each_image(values: str, bins: int) -> None:
    x = images({}, (3, 9, 8, 3))
    x = {"whole": x.round(), "fractions": x, "one": x * 0 + 3}[values]
    out = layers.Equalization(bins=bins)(x)
    theirs = keras.layers.Equalization(bins=bins)
    wanted = [numbers(theirs(image[None], training=True)) for image in x]
    assert_close(numbers(out), np.concatenate(wanted), "images")


@pytest.mark.parametrize(
    ("shape", "limit", "grid"),
    [
        # on torch, Keras cuts the limit to whole counts: here limit times tile size / 256 is one;
        # and it repeats the last row where it says that it mirrors: one row is the same
        ((2, 32, 48, 1), 4.0, (2, 3)),
        ((3, 31, 31, 3), 2.0, (2, 2)),
        ((3, 17, 13, 3), 0.0, (3, 2)),
        ((1, 3, 5, 2), 0.0, (2, 3)),
    ],
)
def test_equalization_by_tiles_is_that_of_keras(
    shape: tuple[int, ...], limit: float, grid: tuple[int, int]
) -> None:
    name = "ContrastLimitedAdaptiveHistogramEqualization"
    x = images({}, shape)
    x[0] = x[0] // 8  # a dark one
    ours, theirs = (getattr(m, name)((0, 255), limit, grid) for m in (layers, keras.layers))
    assert_close(numbers(ours(x)), numbers(theirs(x)), "images")


def test_color_jitter_is_its_four_parts_in_keras_order() -> None:
    arguments = {
        "value_range": (0, 1),
        "brightness_factor": (0.1, 0.1),
        "saturation_factor": (0.7, 0.7),
        "hue_factor": (0.0, 0.0),
    }
    x = images(arguments)
    ours = layers.RandomColorJitter(**arguments)(x, training=True)
    theirs = keras.layers.RandomColorJitter(**arguments)(x, training=True)
    assert_close(numbers(ours), numbers(theirs), "images")


NAMES = sorted({row.name for row in ROWS} | {"RandomGaussianBlur", "RandomElasticTransform"})
NAMES += ["RandomCrop", "RandomColorJitter", "RandAugment", "AugMix", "AutoContrast"]
NAMES += ["Equalization", "ContrastLimitedAdaptiveHistogramEqualization"]


@pytest.mark.parametrize("name", NAMES)
def test_arguments_are_those_of_keras(name: str) -> None:
    def arguments(cls: type) -> dict[str, Any]:
        found = inspect.signature(cls.__init__).parameters.values()  # type: ignore[misc]
        return {p.name: p.default for p in list(found)[1:] if p.kind != p.VAR_KEYWORD}

    theirs = arguments(getattr(keras.layers, name))
    ours = arguments(getattr(layers, name))
    wanted = [n for n in theirs if n != "name"]
    assert [n for n in ours if n in theirs] == wanted
    assert {n: ours[n] for n in wanted} == {n: theirs[n] for n in wanted}
    extra = {n: d for n, d in ours.items() if n not in theirs}
    assert set(extra) <= {"data_format", "fill_mode"}


RANGES: list[tuple[str, dict[str, Any], dict[str, str]]] = [
    ("RandomTranslation", {"height_factor": 0.4, "width_factor": (-0.1, 0.3)}, {}),
    ("RandomRotation", {"factor": 0.2}, {"angle": "angle"}),
    ("RandomZoom", {"height_factor": (-0.3, 0.1)}, {"tall": "height_zoom", "wide": "width_zoom"}),
    ("RandomBrightness", {"factor": (-0.2, 0.5)}, {"factor": "rgb_delta"}),
    ("RandomContrast", {"factor": (0.3, 0.9)}, {"factor": "contrast_factor"}),
    ("RandomSaturation", {"factor": (0.2, 0.7)}, {"factor": "factor"}),
    ("RandomHue", {"factor": 0.7}, {"factor": "factor"}),
    ("RandomColorDegeneration", {"factor": (0.2, 0.7)}, {"factor": "factor"}),
    ("RandomSharpness", {"factor": 0.7}, {"factor": "factor"}),
    ("Solarization", {"addition_factor": 0.4}, {"addition": "additions"}),
]
UNITS = {"angle": 180 / math.pi, "rgb_delta": 255.0}


@pytest.mark.parametrize(("name", "arguments", "pairs"), RANGES, ids=lambda v: str(v))
def test_amounts_have_the_range_of_keras(
    name: str, arguments: dict[str, Any], pairs: dict[str, str]
) -> None:
    ours, theirs = getattr(layers, name)(**arguments), getattr(keras.layers, name)(**arguments)
    x = torch.zeros(4000, 3, 10, 20)
    torch.manual_seed(0)
    own = ours.draw(x, None)
    keras.utils.set_random_seed(0)
    other = theirs.get_random_transformation(x.permute(0, 2, 3, 1), training=True)
    found = [(own[mine] * UNITS.get(his, 1.0), other[his]) for mine, his in pairs.items()]
    if name == "RandomTranslation":
        found = [
            (own["right"] * 20, other["translations"][:, 0]),
            (own["down"] * 10, other["translations"][:, 1]),
        ]
    for mine, his in found:
        a, b = numbers(mine).reshape(-1), numbers(his).reshape(-1)
        spread = max(1e-6, float(np.ptp(b)))
        shares = (0.0, 0.25, 0.5, 0.75, 1.0)
        gap = np.abs(np.quantile(a, shares) - np.quantile(b, shares)) / spread
        assert gap.max() < 0.04, (np.quantile(a, shares), np.quantile(b, shares))
