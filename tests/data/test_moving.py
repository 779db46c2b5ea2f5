"""`moved`: every image is mirrored in one of two epochs, shifts repeat, borders are mirrored."""

from __future__ import annotations

import numpy as np
import pytest

from striate import data
from striate.data.batches import BatchSource

pytestmark = pytest.mark.torch


def numbered(count: int = 16, side: int = 4) -> np.ndarray:
    """Images whose first column is 1 more than the others; the last channel is their number."""
    x = np.zeros((count, side, side, 2), np.uint8)
    x[:, :, 0, 0] = 1
    x[..., 1] = np.arange(count)[:, None, None]
    return x


def all_of(source: BatchSource, epoch: int) -> np.ndarray:
    return np.concatenate([batch[0].numpy() for batch in source.batches(epoch)])


def mirrored(source: BatchSource, epoch: int) -> dict[int, bool]:
    found = all_of(source, epoch)
    return {int(image[0, 0, 1]): bool(image[0, -1, 0] == 1) for image in found}


@pytest.mark.parametrize("shuffle", [True, False])
def test_each_image_is_mirrored_in_every_second_epoch(shuffle: bool) -> None:
    plain = data.source(numbered(), np.zeros(16), batch_size=5, shuffle=shuffle)
    source = data.moved(plain, flip=True, shift=0, seed=3)
    first, second, third = (mirrored(source, epoch) for epoch in (0, 1, 2))
    assert first == third
    assert all(first[i] != second[i] for i in range(16))
    assert 0 < sum(first.values()) < 16


def test_shifts_are_whole_pixels_with_mirrored_borders() -> None:
    x = np.arange(25, dtype=np.float32).reshape(1, 5, 5, 1).repeat(40, 0)
    plain = data.source(x, np.zeros(40), batch_size=40)
    (moved,) = (b[0].numpy() for b in data.moved(plain, flip=False, shift=2).batches(0))
    padded = np.pad(x[0, :, :, 0], 2, mode="reflect")
    windows = [padded[i : i + 5, j : j + 5] for i in range(5) for j in range(5)]
    found = {next(k for k, w in enumerate(windows) if (w == m[..., 0]).all()) for m in moved}
    assert len(found) > 10, "different images are shifted differently"


def test_batches_depend_on_seed_epoch_and_step_alone() -> None:
    plain = data.source(numbered(), np.arange(16), batch_size=4)
    whole = list(data.moved(plain, flip=True, shift=1, seed=1).batches(2))
    resumed = list(data.moved(plain, flip=True, shift=1, seed=1).batches(2, start=2))
    assert all((a[0] == b[0]).all() for a, b in zip(whole[2:], resumed, strict=True))
    other = list(data.moved(plain, flip=True, shift=1, seed=2).batches(2))
    assert any((a[0] != b[0]).any() for a, b in zip(whole, other, strict=True))


def test_batches_made_elsewhere_are_mirrored_at_random() -> None:
    batches = [(numbered(), np.arange(16))]
    source = data.moved(data.source(batches), flip=True, shift=0)
    sides = mirrored(source, 0)
    assert 0 < sum(sides.values()) < 16
    assert mirrored(source, 0) == sides


def test_the_data_stay_as_they_are() -> None:
    x = numbered()
    before = x.copy()
    all_of(data.moved(data.source(x, np.zeros(16)), flip=True, shift=1), 0)
    assert (x == before).all()
