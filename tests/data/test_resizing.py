"""`resized`: the size of images by epoch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from striate import data
from striate.data.resizing import smaller

pytestmark = pytest.mark.torch


def test_epochs_have_their_sizes_and_everything_else_stays() -> None:
    x = np.arange(4 * 8 * 6 * 3, dtype=np.float32).reshape(4, 8, 6, 3)
    plain = data.source(x, np.arange(4), batch_size=3, shuffle=False)
    small = data.resized(plain, {1: (4, 3)})
    shapes = [[tuple(x.shape) for x, _, _ in small.batches(epoch)] for epoch in (0, 1, 2)]
    whole, halved = [(3, 8, 6, 3), (1, 8, 6, 3)], [(3, 4, 3, 3), (1, 4, 3, 3)]
    assert shapes == [whole, halved, whole]
    assert (small.num_batches, small.num_samples, small.batch_size) == (2, 4, 3)
    ((_, y, _),) = small.batches(1, start=1)
    assert y.tolist() == [3]


def test_half_the_size_weighs_each_pixel_by_its_distance() -> None:
    """The window of a pixel at half the size is a triangle over four pixels: 1, 3, 3, 1."""
    row = torch.tensor([0.0, 8, 16, 0, 0, 8, 0, 0])
    images = row[None, None, :, None].expand(1, 8, 8, 1)
    inner = [(8 + 3 * 16 + 0 + 0) / 8, (0 + 0 + 3 * 8 + 0) / 8]
    ends = [(3 * 0 + 3 * 8 + 16) / 7, (8 + 0 + 0) / 7]  # a weight beyond the border is left out
    found = smaller(images, (4, 4))
    assert found.shape == (1, 4, 4, 1)
    torch.testing.assert_close(found[0, 0, :, 0], torch.tensor([ends[0], *inner, ends[1]]))


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.float64])
def test_numbers_stay_in_their_range(dtype: type) -> None:
    images = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3)).astype(dtype)
    found = smaller(images, (7, 9))
    right = smaller(images.astype(np.float64), (7, 9))
    assert found.dtype is (torch.uint8 if dtype is np.uint8 else torch.as_tensor(right).dtype) or (
        dtype is np.int32 and found.dtype is torch.float32
    )
    torch.testing.assert_close(
        found.double(), right, atol=1.0 if dtype is np.uint8 else 1e-3, rtol=0
    )
