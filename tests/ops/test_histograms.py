from __future__ import annotations

import numpy as np
import pytest
import torch

from striate.ops import histograms
from tests import image_oracle

pytestmark = pytest.mark.torch


def images(seed: int = 0) -> np.ndarray:
    values = np.random.default_rng(seed).integers(40, 90, (3, 6, 5, 2)).astype("float32")
    values[1, :, :, 1] = 50  # one value
    return values


def inner(values: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(values).permute(0, 3, 1, 2)


@pytest.mark.parametrize(("low", "high"), [(0.0, 255.0), (0.0, 1.0)])
def test_stretching_reaches_both_ends_and_leaves_flat_channels(low: float, high: float) -> None:
    values = images() / 255 * high
    out = histograms.stretch(inner(values), (low, high))
    assert out.is_contiguous(memory_format=torch.channels_last)
    for n, c in np.ndindex(3, 2):
        channel, result = values[n, :, :, c], out[n, c].numpy()
        if (n, c) == (1, 1):
            np.testing.assert_array_equal(result, channel)
            continue
        share = (channel - channel.min()) / (channel.max() - channel.min())
        np.testing.assert_allclose(result, share * high, atol=1e-4)


@pytest.mark.parametrize("bins", [256, 16])
def test_equalizing_gives_ranks_image_by_image(bins: int) -> None:
    values = images()
    out = histograms.equalize(inner(values), bins, (0.0, 255.0))
    assert out.is_contiguous(memory_format=torch.channels_last)
    for n, c in np.ndindex(3, 2):
        wanted = image_oracle.equalized(values[n, :, :, c], bins)
        np.testing.assert_array_equal(out[n, c].numpy(), wanted)


def test_equalizing_knows_the_range() -> None:
    values = images()
    out = histograms.equalize(inner(values / 255), 256, (0.0, 1.0)) * 255
    wanted = histograms.equalize(inner(values), 256, (0.0, 255.0))
    torch.testing.assert_close(out, wanted, atol=1e-3, rtol=0)


def test_tiles_are_mirrored_to_fit() -> None:
    values = images()[:, :, :3]  # two columns of tiles of two: one column is missing, mirrored
    padded = np.concatenate([values, values[:, :, 2:]], axis=2)
    out = histograms.equalize_tiles(inner(values), (1, 2), 0.0, (0.0, 255.0))
    assert out.is_contiguous(memory_format=torch.channels_last)
    whole = histograms.equalize_tiles(inner(padded), (1, 2), 0.0, (0.0, 255.0))
    torch.testing.assert_close(out, whole[:, :, :, :3])


def test_a_limit_bounds_the_contrast() -> None:
    values = np.random.default_rng(1).integers(100, 108, (1, 32, 32, 1)).astype("float32")
    spans = []
    for limit in (0.0, 40.0, 4.0, 0.01):
        out = histograms.equalize_tiles(inner(values), (2, 2), limit, (0.0, 255.0))
        spans.append((out.max() - out.min()).item())
    assert spans[0] > 200
    assert spans == sorted(spans, reverse=True)
    assert spans[-1] == pytest.approx(7.0, abs=0.1)  # all counts alike: the values stay
