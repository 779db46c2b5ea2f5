"""Random changes: how far their numbers reach, and that untouched images are not copied."""

from __future__ import annotations

import numpy as np
import pytest

from striate.data.images.affine import Border
from striate.data.images.transforms import Ranges, transformed

pytestmark = pytest.mark.torch


def test_shifts_of_every_kind() -> None:
    random = np.random.RandomState(0)
    fractions = [Ranges(height_shift=0.25).draw(8, 8, random)["tx"] for _ in range(200)]
    assert -2 <= min(fractions) < -1.5
    assert 1.5 < max(fractions) <= 2
    pixels = {int(Ranges(width_shift=3).draw(8, 8, random)["ty"]) for _ in range(200)}
    assert pixels == {-2, -1, 0, 1, 2}
    listed = {float(Ranges(width_shift=[0.5, 0.125]).draw(8, 8, random)["ty"]) for _ in range(99)}
    assert listed == {-4.0, -1.0, 1.0, 4.0}


def test_half_of_the_images_are_mirrored() -> None:
    ranges, random = Ranges(horizontal_flip=True), np.random.RandomState(0)
    drawn = [ranges.draw(4, 4, random) for _ in range(1000)]
    assert 450 < sum(d["flip_horizontal"] for d in drawn) < 550
    assert not any(d["flip_vertical"] for d in drawn)


def test_images_without_a_change_are_not_copied() -> None:
    images = np.zeros((2, 3, 3, 1), "float32")
    assert transformed(images, [Ranges().draw(3, 3, np.random)] * 2, Border()) is images


def test_a_change_leaves_the_images_it_was_given() -> None:
    images = np.arange(18, dtype="float32").reshape(2, 3, 3, 1)
    before = images.copy()
    parameters = [{"flip_horizontal": True, "channel_shift_intensity": 3.0}, {"brightness": 2.0}]
    found = transformed(images, parameters, Border())
    np.testing.assert_array_equal(images, before)
    assert found[0, 0, :, 0].tolist() == [5.0, 4.0, 3.0]
    assert found[1, 0, :, 0].tolist() == [18.0, 20.0, 22.0]
