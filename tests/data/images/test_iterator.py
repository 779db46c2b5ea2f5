"""What all iterators over images share."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from striate.data.images import ImageDataGenerator
from striate.data.images.iterator import ImageIterator

pytestmark = pytest.mark.torch


def test_a_seed_leaves_numpys_global_numbers_alone() -> None:
    flow = ImageDataGenerator(rotation_range=9).flow(np.zeros((4, 3, 3, 1)), seed=1)
    np.random.seed(5)
    expected = np.random.random_sample()
    np.random.seed(5)
    next(flow)
    assert np.random.random_sample() == expected


def test_next_from_several_threads_gives_every_sample_once() -> None:
    flow = ImageDataGenerator().flow(np.zeros((40, 2, 2, 1)), np.arange(40), batch_size=1)
    with ThreadPoolExecutor(4) as pool:
        labels = [y.item() for _, y in pool.map(lambda _: next(flow), range(40))]
    assert sorted(labels) == list(range(40))


def test_iteration_has_no_end() -> None:
    flow = ImageDataGenerator().flow(np.zeros((5, 2, 2, 1)), batch_size=2)
    assert iter(flow) is flow
    sizes = [len(x) for x, _ in zip(flow, range(7), strict=False)]
    assert sizes == [2, 2, 1, 2, 2, 1, 2]


def test_the_base_has_no_samples() -> None:
    with pytest.raises(TypeError) as error:
        next(ImageIterator(3, 2, False, None))
    assert str(error.value) == "ImageIterator has no samples of its own"
