"""Focal crossentropies against their definitions in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from striate.errors import ArgumentError, ShapeError
from striate.training import losses
from tests.training.losses.cases import CLASSES, draw

pytestmark = pytest.mark.torch


def test_binary_is_its_definition() -> None:
    y, p = draw("binary", 0)
    p = p.astype("float64")
    p_t = np.where(y == 1, p, 1 - p)
    balance = np.where(y == 1, 0.3, 0.7)
    wanted = (-balance * (1 - p_t) ** 1.5 * np.log(p_t)).mean(-1)
    got = losses.binary_focal_crossentropy(y, p, True, alpha=0.3, gamma=1.5)
    np.testing.assert_allclose(got, wanted, rtol=1e-6)


def test_categorical_is_its_definition() -> None:
    y, p = draw("rows", 0)
    p = p.astype("float64")
    alpha = np.linspace(0.1, 0.5, CLASSES)
    wanted = -(alpha * (1 - p) ** 3 * y * np.log(p)).sum(-1)
    got = losses.categorical_focal_crossentropy(y, p, alpha=alpha.tolist(), gamma=3.0)
    np.testing.assert_allclose(got, wanted, rtol=1e-6)


def test_without_focus_they_are_the_crossentropies() -> None:
    y, x = draw("rows_logits", 1)
    focal = losses.CategoricalFocalCrossentropy(alpha=1.0, gamma=0.0, from_logits=True)
    torch.testing.assert_close(focal(y, x), losses.CategoricalCrossentropy(from_logits=True)(y, x))
    binary = losses.BinaryFocalCrossentropy(gamma=0.0, from_logits=True)
    torch.testing.assert_close(binary(y, x), losses.BinaryCrossentropy(from_logits=True)(y, x))


def test_easy_samples_count_less() -> None:
    loss = losses.BinaryFocalCrossentropy(reduction=None)
    easy, hard = loss([[1.0], [1.0]], [[0.9], [0.1]])
    plain = losses.binary_crossentropy([[1.0], [1.0]], [[0.9], [0.1]])
    assert easy / plain[0] == pytest.approx(0.01)
    assert hard / plain[1] == pytest.approx(0.81)


@pytest.mark.parametrize(
    ("cls", "arguments", "text"),
    [
        (
            losses.BinaryFocalCrossentropy,
            {"alpha": 2.0},
            "binary_focal_crossentropy (BinaryFocalCrossentropy): alpha is out of range. "
            "Got alpha=2.0. Expected alpha in [0, 1].",
        ),
        (
            losses.CategoricalFocalCrossentropy,
            {"gamma": -1.0},
            "categorical_focal_crossentropy (CategoricalFocalCrossentropy): gamma is out of "
            "range. Got gamma=-1.0. Expected gamma >= 0.",
        ),
    ],
)
def test_arguments_out_of_range_are_errors(cls, arguments, text: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        cls(**arguments)
    assert str(caught.value) == text


def test_different_shapes_are_an_error() -> None:
    with pytest.raises(ShapeError, match=r"^binary_focal_crossentropy: targets and predictions"):
        losses.binary_focal_crossentropy([[1.0, 0.0]], [[0.5]])
    with pytest.raises(ShapeError, match=r"^categorical_focal_crossentropy: targets and pred"):
        losses.categorical_focal_crossentropy([[1.0, 0.0]], [[0.5]])
