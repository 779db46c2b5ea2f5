"""Amounts are drawn as the documentation says: shares of chances, evenly over ranges."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from striate import layers

pytestmark = pytest.mark.torch

COUNT = 4000
NOISE = 4 / math.sqrt(4 * COUNT)  # four standard deviations of a share


def amounts(layer: Any, shape: tuple[int, ...] = (COUNT, 1, 8, 10)) -> dict[str, torch.Tensor]:
    found = layer.draw(torch.zeros(shape), torch.Generator().manual_seed(0))
    assert found is not None
    return found


def is_even(values: torch.Tensor, low: float, high: float) -> bool:
    sharpest = np.quantile((values.double().numpy() - low) / (high - low), np.linspace(0, 1, 11))
    return bool(np.abs(sharpest - np.linspace(0, 1, 11)).max() < 2 * NOISE)


def is_chance(values: torch.Tensor, chance: float) -> bool:
    return abs(values.float().mean().item() - chance) < NOISE


EVEN: list[tuple[str, dict[str, Any], str, float, float]] = [
    ("RandomTranslation", {"height_factor": 0.2, "width_factor": (-0.1, 0.4)}, "down", -0.2, 0.2),
    ("RandomTranslation", {"height_factor": 0.2, "width_factor": (-0.1, 0.4)}, "right", -0.1, 0.4),
    ("RandomRotation", {"factor": 0.25}, "angle", -math.pi / 2, math.pi / 2),
    ("RandomZoom", {"height_factor": 0.3, "width_factor": (0.1, 0.2)}, "tall", 0.7, 1.3),
    ("RandomZoom", {"height_factor": 0.3, "width_factor": (0.1, 0.2)}, "wide", 1.1, 1.2),
    ("RandomShear", {"x_factor": 0.3}, "along_x", -0.3, 0.3),
    ("RandomBrightness", {"factor": 0.3}, "factor", -0.3, 0.3),
    ("RandomContrast", {"factor": 0.3}, "factor", 0.7, 1.3),
    ("RandomContrast", {"factor": (0.6, 0.2)}, "factor", 0.4, 1.2),
    ("RandomHue", {"factor": 0.4}, "factor", -0.2, 0.2),
    ("RandomColorDegeneration", {"factor": 0.4}, "factor", 0.0, 0.4),
    ("RandomSharpness", {"factor": (0.9, 0.3)}, "factor", 0.3, 0.9),
    ("Solarization", {"addition_factor": (0.2, 0.4)}, "addition", 51.0, 102.0),
    ("Solarization", {"threshold_factor": 0.5}, "threshold", 0.0, 127.5),
    ("RandomGaussianBlur", {"sigma": (0.5, 2.0)}, "sigma", 0.5, 2.0),
]


@pytest.mark.parametrize(("name", "arguments", "amount", "low", "high"), EVEN)
def test_amounts_are_even_over_their_range(
    name: str, arguments: dict[str, Any], amount: str, low: float, high: float
) -> None:
    values = amounts(getattr(layers, name)(**arguments))[amount]
    assert values.shape[0] == COUNT
    assert is_even(values.flatten(), low, high)


CHANCES: list[tuple[str, dict[str, Any], str, float]] = [
    ("RandomFlip", {}, "left_right", 0.5),
    ("RandomFlip", {}, "top_bottom", 0.5),
    ("RandomGrayscale", {"factor": 0.2}, "chosen", 0.2),
    ("RandomInvert", {}, "chosen", 0.5),
    ("RandomInvert", {"factor": (0.6, 0.8)}, "chosen", 0.7),
    ("RandomErasing", {"factor": 0.6}, "chosen", 0.3),
    ("RandomErasing", {"factor": (1, 1)}, "chosen", 1.0),
    ("Cutout", {"size": 2, "factor": (0.4, 0.4)}, "chosen", 0.4),
    ("RandomGaussianBlur", {}, "chosen", 0.5),
    ("RandomPerspective", {"factor": (0.9, 0.9)}, "chosen", 0.9),
    ("RandomElasticTransform", {}, "chosen", 0.5),
]


@pytest.mark.parametrize(("name", "arguments", "amount", "chance"), CHANCES)
def test_images_are_chosen_with_their_chance(
    name: str, arguments: dict[str, Any], amount: str, chance: float
) -> None:
    assert is_chance(amounts(getattr(layers, name)(**arguments))[amount], chance)


def test_both_flips_are_drawn_apart() -> None:
    found = amounts(layers.RandomFlip())
    assert is_chance(found["left_right"] & found["top_bottom"], 0.25)
    assert set(amounts(layers.RandomFlip("vertical"))) == {"top_bottom"}


def test_windows_start_anywhere_they_fit() -> None:
    found = amounts(layers.RandomCrop(5, 10))
    counts = found["top"].bincount(minlength=4)
    assert len(counts) == 4
    assert all(is_chance(found["top"] == top, 0.25) for top in range(4))
    assert found["left"].unique().tolist() == [0]
    assert amounts(layers.RandomCrop(9, 3)) == {}


def test_bits_are_drawn_from_both_ends_on() -> None:
    bits = amounts(layers.RandomPosterization((3, 6)))["bits"]
    assert all(is_chance(bits == n, 0.25) for n in (3, 4, 5, 6))
    assert amounts(layers.RandomPosterization(4))["bits"].unique().tolist() == [4]


def test_erased_boxes_have_their_size_and_lie_inside() -> None:
    top, bottom, left, right = amounts(layers.RandomErasing(scale=(0.1, 0.5)))["box"].unbind(1)
    assert is_even(((bottom - top) / 8) ** 2, 0.1, 0.5)
    assert is_even(((right - left) / 10) ** 2, 0.1, 0.5)
    assert min(top.min(), left.min()) >= 0
    assert bottom.max() <= 8 + 1e-5
    assert right.max() <= 10 + 1e-5
    assert is_even(top / (8 - (bottom - top)), 0.0, 1.0)


def test_cut_squares_have_their_size_and_any_centre() -> None:
    box = amounts(layers.Cutout((3, 4)))["box"]
    assert (box[:, 1] - box[:, 0]).unique().tolist() == [3]
    assert (box[:, 3] - box[:, 2]).unique().tolist() == [4]
    assert (box[:, 0].min().item(), box[:, 0].max().item()) == (-1, 6)
    assert (box[:, 2].min().item(), box[:, 2].max().item()) == (-2, 7)


def test_noise_fills_up_to_the_range() -> None:
    found = amounts(layers.RandomErasing(value_range=(-1, 2)), (40, 3, 8, 10))["filling"]
    assert found.shape == (40, 3, 8, 10)
    assert (found.min().item(), found.max().item()) == (-1.0, 2.0)
    inside = found[(found > -1) & (found < 2)]
    assert abs(inside.numel() / found.numel() - 0.5328) < 0.02  # of 2 N(0, 1) between -1 and 2


def test_corners_move_by_half_their_distance_at_most() -> None:
    end = amounts(layers.RandomPerspective(scale=0.6))["end"]
    assert end[:, 0].abs().max() == 0
    assert is_even(end[:, 3, 0] / 9 - 1, -0.3, 0.3)
    assert is_even(end[:, 2, 1] / 7 - 1, -0.3, 0.3)


def test_saturation_is_a_ratio() -> None:
    factor = amounts(layers.RandomSaturation((0.2, 0.5)))["factor"]
    assert is_even(factor / (1 + factor), 0.2, 0.5)


def test_one_draw_serves_both_directions_of_a_zoom() -> None:
    found = amounts(layers.RandomZoom(0.3))
    assert found["wide"] is found["tall"]


def test_a_shear_has_one_side_for_both_directions() -> None:
    found = amounts(layers.RandomShear((0.1, 0.3), (0.1, 0.3)))
    assert torch.equal(found["along_x"] > 0, found["along_y"] > 0)
    assert is_chance(found["along_x"] > 0, 0.5)
