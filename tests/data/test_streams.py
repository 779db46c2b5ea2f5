"""Iterables start anew each epoch, generators go on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from striate.data.sources import source
from striate.data.streams import GeneratorSource, IterableSource
from striate.errors import DataError

pytestmark = pytest.mark.torch


def _batch(value: int) -> tuple[Any, Any]:
    return np.full((2, 1), value), np.full(2, value)


class _Numbers:
    """Batches 0, 1, 2... that can be iterated anew; without a length."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __iter__(self) -> Iterator[Any]:
        return (_batch(value) for value in range(self.count))


def _values(batches: Iterator[Any]) -> list[int]:
    return [int(y[0]) for _, y, _ in batches]


def test_an_iterable_starts_anew_each_epoch() -> None:
    stream = source(_Numbers(3))
    assert isinstance(stream, IterableSource)
    assert (stream.num_batches, stream.num_samples, stream.batch_size) == (None, None, None)
    assert _values(stream.batches(0)) == [0, 1, 2]
    assert _values(stream.batches(1)) == [0, 1, 2]
    assert _values(stream.batches(4, 2)) == [2]


def test_steps_cut_epochs_that_go_on_behind_each_other() -> None:
    stream = IterableSource(_Numbers(5), steps=3)
    assert stream.num_batches == 3
    assert [_values(stream.batches(epoch)) for epoch in range(3)] == [
        [0, 1, 2],
        [3, 4, 0],
        [1, 2, 3],
    ]


def test_a_fresh_stream_finds_the_place_of_a_resumed_run() -> None:
    for epoch in range(4):
        for start in range(3):
            stream = IterableSource(_Numbers(5), steps=3)
            expected = [(epoch * 3 + step) % 5 for step in range(start, 3)]
            assert _values(stream.batches(epoch, start)) == expected


def test_an_epoch_given_up_half_way_is_made_up_for() -> None:
    stream = IterableSource(_Numbers(5), steps=3)
    next(stream.batches(0))
    assert _values(stream.batches(1)) == [3, 4, 0]
    assert _values(stream.batches(0)) == [0, 1, 2]


def test_a_list_of_batches_is_an_iterable_with_a_length() -> None:
    stream = source([_batch(0), _batch(1)])
    assert stream.num_batches == 2
    assert _values(stream.batches(0)) == [0, 1]


def test_random_numbers_drawn_by_an_iterable_repeat_with_the_epoch() -> None:
    class Shuffled(_Numbers):
        def __iter__(self) -> Iterator[Any]:
            return (_batch(int(value)) for value in np.random.permutation(self.count))

    first = [_values(IterableSource(Shuffled(20), seed=1).batches(epoch)) for epoch in (0, 1)]
    np.random.seed(99)
    again = [_values(IterableSource(Shuffled(20), seed=1).batches(epoch)) for epoch in (0, 1)]
    assert first == again
    assert first[0] != first[1]


@pytest.mark.parametrize("steps", [None, 2])
def test_an_iterable_without_batches_is_an_error(steps: int | None) -> None:
    with pytest.raises(DataError) as caught:
        list(IterableSource(_Numbers(0), steps=steps).batches(0))
    assert str(caught.value) == ("data: the iterable gave no batch. Expected at least one batch.")


def test_class_weights_reach_the_batches() -> None:
    stream = source([(np.zeros((2, 1)), np.array([0, 1]))], class_weight={0: 2.0, 1: 5.0})
    ((_, _, weights),) = stream.batches(0)
    assert weights.tolist() == [2, 5]


def test_a_generator_goes_on_from_epoch_to_epoch() -> None:
    stream = source((_batch(value) for value in range(100)), steps=3)
    assert isinstance(stream, GeneratorSource)
    assert (stream.num_batches, stream.rewindable) == (3, False)
    assert [_values(stream.batches(epoch)) for epoch in range(2)] == [[0, 1, 2], [3, 4, 5]]


def test_a_generator_skips_batches_at_the_start_of_an_epoch() -> None:
    stream = GeneratorSource(iter(_Numbers(100)), steps=4)
    assert _values(stream.batches(0, 2)) == [2, 3]
    batches = stream.batches(1)
    assert [int(next(batches)[1][0]) for _ in range(3)] == [4, 5, 6]
    assert _values(stream.batches(1, 3)) == [7]


def test_a_generator_is_brought_to_the_place_of_a_resumed_run() -> None:
    stream = GeneratorSource(iter(_Numbers(100)), steps=4)
    stream.skip(2 * 4)
    assert _values(stream.batches(2, 1)) == [9, 10, 11]
    stream.skip(1000)


def test_validation_takes_the_next_batches_each_time() -> None:
    stream = GeneratorSource(iter(_Numbers(100)), steps=2)
    assert _values(stream.batches(0)) == [0, 1]
    assert _values(stream.batches(0)) == [2, 3]


def test_a_generator_that_ends_early_warns() -> None:
    stream = GeneratorSource(iter(_Numbers(3)), steps=5)
    with pytest.warns(UserWarning, match="ran out of data") as caught:
        assert _values(stream.batches(0)) == [0, 1, 2]
    assert str(caught[0].message) == (
        "the generator ran out of data after 3 batches of this epoch, 5 were asked for; let it "
        "give steps_per_epoch * epochs batches, or loop for ever"
    )


def test_without_steps_an_epoch_is_what_the_generator_gives() -> None:
    stream = GeneratorSource(iter(_Numbers(3)))
    assert stream.num_batches is None
    assert _values(stream.batches(0)) == [0, 1, 2]
    with pytest.warns(UserWarning, match="after 0 batches of this epoch, at least one"):
        assert _values(stream.batches(1)) == []


def test_a_wrong_batch_names_its_place() -> None:
    stream = source(iter([_batch(0), "text"]))
    with pytest.raises(DataError) as caught:
        list(stream.batches(0))
    assert str(caught.value) == (
        "batch 1 of epoch 0: this is no batch. Got type='str'. Expected x, (x,), (x, y) or "
        "(x, y, sample_weight). For several inputs write ((x1, x2), y)."
    )
