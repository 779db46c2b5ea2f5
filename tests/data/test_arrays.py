"""Arrays become exactly the batches that (seed, epoch, start) say."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

from striate.data.arrays import ArraySource
from striate.data.order import epoch_order

pytestmark = pytest.mark.torch


def _seen(source: ArraySource, epoch: int, start: int = 0) -> list[list[int]]:
    return [x.flatten().tolist() for x, _, _ in source.batches(epoch, start)]


def _joined(lists: Iterable[list[Any]]) -> list[Any]:
    return list(itertools.chain.from_iterable(lists))


def test_every_sample_comes_once_and_the_last_short_batch_is_kept() -> None:
    source = ArraySource(np.arange(10), batch_size=4)
    assert (source.num_batches, source.num_samples, source.batch_size) == (3, 10, 4)
    batches = _seen(source, 0)
    assert [len(batch) for batch in batches] == [4, 4, 2]
    assert sorted(_joined(batches)) == list(range(10))


def test_order_is_that_of_seed_and_epoch_and_x_and_y_stay_together() -> None:
    source = ArraySource(np.arange(10), np.arange(10) * 2, batch_size=4, seed=3)
    order = epoch_order(10, seed=3, epoch=5)
    assert order is not None
    found = list(source.batches(5))
    assert _joined(x.tolist() for x, _, _ in found) == order.tolist()
    assert all((y == 2 * x).all() for x, y, _ in found)


@pytest.mark.parametrize("shuffle", [True, False, "batch"])
@pytest.mark.parametrize("steps", [None, 2])
def test_start_skips_exactly_that_many_batches(shuffle: Any, steps: int | None) -> None:
    source = ArraySource(np.arange(11), batch_size=3, shuffle=shuffle, steps=steps)
    for epoch in range(4):
        whole = _seen(source, epoch)
        for start in range(source.num_batches + 1):
            assert _seen(source, epoch, start) == whole[start:]


def test_short_epochs_pass_over_all_data_before_they_repeat() -> None:
    source = ArraySource(np.arange(9), batch_size=3, steps=2)
    assert source.num_batches == 2
    seen = _joined(_seen(source, epoch) for epoch in range(3))
    assert sorted(_joined(seen[:3])) == list(range(9))
    assert sorted(_joined(seen[3:])) == list(range(9))
    assert seen[:3] != seen[3:]


def test_more_steps_than_batches_are_cut_with_a_warning() -> None:
    with pytest.warns(UserWarning, match="the data give 3 batches, not the 5 steps asked for"):
        source = ArraySource(np.arange(9), batch_size=3, steps=5)
    assert source.num_batches == 3


def test_images_stay_bytes_labels_become_int64_doubles_become_floats() -> None:
    import torch

    x, y = np.zeros((5, 4, 4, 1), np.uint8), np.zeros(5, np.uint8)
    bx, by, bw = next(ArraySource(x, y, np.ones(5)).batches(0))
    assert (bx.dtype, by.dtype, bw.dtype) == (torch.uint8, torch.int64, torch.float32)
    (bx, _, _) = next(ArraySource(np.zeros((5, 2))).batches(0))
    assert bx.dtype == torch.float32


def test_structures_are_kept() -> None:
    a, b = np.arange(6), np.arange(6) + 10
    x, y, w = next(ArraySource((a, b), {"p": a, "q": b}, a, batch_size=6).batches(0))
    assert x[0].tolist() == [v - 10 for v in x[1].tolist()] == y["p"].tolist() == w.tolist()
    assert set(y) == {"p", "q"}
    x, y, w = next(ArraySource({"p": a}, b, batch_size=6).batches(0))
    assert isinstance(x, dict)
    assert w is None


@pytest.mark.parametrize("shuffle", [True, False])
def test_a_batch_shares_no_memory_with_the_data(shuffle: bool) -> None:
    x = np.zeros((6, 2), np.float32)
    for batch, _, _ in ArraySource(x, batch_size=3, shuffle=shuffle).batches(0):
        batch.add_(1)
    assert not x.any()


def test_channels_first_memory_gives_contiguous_nhwc_batches() -> None:
    x = np.arange(2 * 3 * 4 * 4, dtype=np.uint8).reshape(2, 3, 4, 4).transpose(0, 2, 3, 1)
    (batch, _, _) = next(ArraySource(x, batch_size=2, shuffle=False).batches(0))
    assert tuple(batch.shape) == (2, 4, 4, 3)
    np.testing.assert_array_equal(batch.numpy(), x)


def test_read_only_data_are_taken_without_a_warning() -> None:
    x = np.zeros((6, 2), np.uint8)
    x.flags.writeable = False
    assert len(list(ArraySource(x).batches(0))) == 1


def test_a_batch_of_64_small_images_costs_little() -> None:
    """About 20 us on one core; processor time, so that a busy machine does not count."""
    x = np.zeros((60_000, 28, 28, 1), np.uint8)
    source = ArraySource(x, np.zeros(60_000, np.uint8), batch_size=64)
    best = 1.0
    for epoch in range(5):
        start = time.process_time()
        for _ in source.batches(epoch):
            pass
        best = min(best, (time.process_time() - start) / source.num_batches)
    assert best < 50e-6, f"{best * 1e6:.0f} us per batch"
