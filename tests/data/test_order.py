"""The order is a function of (seed, epoch, step) and of nothing else."""

from __future__ import annotations

import random

import numpy as np
import pytest

from striate.data.order import epoch_order, places, seeded


def test_order_is_a_permutation_that_depends_on_seed_and_epoch_alone() -> None:
    orders = [epoch_order(100, seed=seed, epoch=epoch) for seed in (0, 1, -1) for epoch in range(3)]
    for order in orders:
        assert order is not None
        assert order.dtype == np.int64
        assert sorted(order.tolist()) == list(range(100))
    assert len({tuple(order.tolist()) for order in orders if order is not None}) == 9
    np.random.seed(5)
    again = epoch_order(100, seed=1, epoch=2)
    assert again is not None
    expected = orders[5]
    assert expected is not None
    assert again.tolist() == expected.tolist()


def test_order_never_changes_between_versions() -> None:
    order = epoch_order(8, seed=7, epoch=3)
    assert order is not None
    assert order.tolist() == [6, 4, 5, 2, 1, 3, 7, 0]


def test_no_shuffle_means_no_order() -> None:
    assert epoch_order(5, seed=0, epoch=0, shuffle=False) is None


def test_shuffle_batch_mixes_inside_batches_only() -> None:
    order = epoch_order(10, seed=0, epoch=0, shuffle="batch", batch_size=4)
    assert order is not None
    assert sorted(order[:4].tolist()) == [0, 1, 2, 3]
    assert sorted(order[4:8].tolist()) == [4, 5, 6, 7]
    assert sorted(order[8:].tolist()) == [8, 9]
    assert order.tolist() != list(range(10))


def test_short_epochs_go_on_behind_each_other() -> None:
    assert list(places(0, 0, 2, 3)) == [(0, 0, 0), (1, 0, 1)]
    assert list(places(1, 0, 2, 3)) == [(0, 0, 2), (1, 1, 0)]
    assert list(places(1, 1, 2, 3)) == [(1, 1, 0)]
    assert list(places(2, 0, 2, None)) == [(0, 0, 4), (1, 0, 5)]


@pytest.mark.torch
def test_seeded_block_repeats_and_leaves_the_generators_as_they_were() -> None:
    import torch

    def draw() -> tuple[float, float, float]:
        return random.random(), float(np.random.rand()), float(torch.rand(()))

    def start() -> None:
        random.seed(1)
        np.random.seed(1)
        torch.manual_seed(1)

    start()
    untouched = draw()
    start()
    with seeded(0, 1, 2):
        inside = draw()
    assert draw() == untouched
    with seeded(0, 1, 2):
        assert draw() == inside
    with seeded(0, 1, 3):
        assert draw() != inside
