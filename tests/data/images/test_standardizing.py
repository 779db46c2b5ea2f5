"""Statistics of images, against their definitions."""

from __future__ import annotations

import numpy as np
import pytest

from striate.data.images.standardizing import as_float, centred, statistics, whitened, whitening

X = np.random.RandomState(0).random_sample((60, 3, 3, 2))


@pytest.mark.parametrize("channel_axis", [1, 3])
def test_statistics_are_those_of_each_channel(channel_axis: int) -> None:
    mean, std = statistics(X, channel_axis)
    for channel in range(X.shape[channel_axis]):
        values = X.take(channel, channel_axis)
        assert mean.take(channel, channel_axis - 1).item() == pytest.approx(values.mean())
        assert std.take(channel, channel_axis - 1).item() == pytest.approx(values.std())


def test_each_image_by_itself() -> None:
    found = centred(X.copy(), (1, 2, 3), divide=True)
    np.testing.assert_allclose(found.mean((1, 2, 3)), 0, atol=1e-12)
    np.testing.assert_allclose(found.std((1, 2, 3)), 1, rtol=1e-4)


def test_whitened_pixels_are_uncorrelated_with_variance_one() -> None:
    x = X - X.mean(0)
    flat = whitened(x, whitening(x, 0.0)).reshape(60, -1)
    np.testing.assert_allclose(flat.T @ flat / 60, np.eye(18), atol=1e-9)


def test_only_whole_numbers_are_copied() -> None:
    assert as_float(X, "float32") is X
    assert as_float(np.ones(2, "uint8"), "float32").dtype == "float32"
