"""Objects that give batches by number, Keras's own among them."""

from __future__ import annotations

import threading
import time
from typing import Any, ClassVar

import numpy as np
import pytest

from striate.data.sequences import SequenceSource, ahead
from striate.data.sources import source
from striate.errors import DataError

pytestmark = pytest.mark.torch


class _Sequence:
    def __init__(self, count: int = 5) -> None:
        self.count = count
        self.calls: list[str] = []

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        if not 0 <= index < self.count:
            raise IndexError
        return np.full((2, 1), index), np.full(2, index)

    def on_epoch_begin(self) -> None:
        self.calls.append("begin")

    def on_epoch_end(self) -> None:
        self.calls.append("end")


def _values(stream: Any, epoch: int, start: int = 0) -> list[int]:
    return [int(y[0]) for _, y, _ in stream.batches(epoch, start)]


def test_whole_batches_are_mixed_by_seed_and_epoch() -> None:
    stream = source(_Sequence())
    assert isinstance(stream, SequenceSource)
    assert stream.num_batches == 5
    first, second = _values(stream, 0), _values(stream, 1)
    assert sorted(first) == sorted(second) == [0, 1, 2, 3, 4]
    assert first != second
    assert _values(source(_Sequence()), 1, 2) == second[2:]
    assert _values(source(_Sequence(), shuffle=False), 0) == [0, 1, 2, 3, 4]


def test_the_object_is_told_of_each_epoch() -> None:
    sequence = _Sequence()
    _values(source(sequence), 0)
    assert sequence.calls == ["begin", "end"]


def test_steps_cut_epochs_that_go_on_behind_each_other() -> None:
    stream = source(_Sequence(3), steps=2, shuffle=False)
    assert [_values(stream, epoch) for epoch in range(3)] == [[0, 1], [2, 0], [1, 2]]
    with pytest.warns(UserWarning, match="the data give 3 batches, not the 9 steps"):
        assert source(_Sequence(3), steps=9).num_batches == 3


def test_an_endless_sequence_needs_steps() -> None:
    class Endless(_Sequence):
        num_batches = None

        def __getitem__(self, index: int) -> tuple[Any, Any]:
            return np.full((2, 1), index), np.full(2, index)

    with pytest.raises(DataError) as caught:
        source(Endless())
    assert str(caught.value) == (
        "Endless: it is endless. Expected the number of batches of an epoch. Give steps_per_epoch."
    )
    assert _values(source(Endless(), steps=2), 3) == [6, 7]


def test_a_sequence_without_batches_is_an_error() -> None:
    with pytest.raises(DataError) as caught:
        source(_Sequence(0))
    assert str(caught.value) == "_Sequence: it has no batches. Expected at least one batch."


def test_workers_make_batches_ahead_in_order() -> None:
    class Slow(_Sequence):
        workers = 4
        max_queue_size = 3
        threads: ClassVar[set[str]] = set()

        def __getitem__(self, index: int) -> tuple[Any, Any]:
            self.threads.add(threading.current_thread().name)
            time.sleep(0.002 * (index % 3))
            return super().__getitem__(index)

    assert _values(source(Slow(12), shuffle=False), 0) == list(range(12))
    assert len(Slow.threads) > 1


def test_working_ahead_is_bounded_and_ends_with_its_reader() -> None:
    asked: list[int] = []

    def ask(number: int) -> int:
        asked.append(number)
        return number

    results = ahead(ask, range(1000), workers=2, limit=5)
    assert next(results) == 0
    results.close()
    assert len(asked) <= 6
    assert threading.active_count() < 20


def test_an_error_in_a_worker_is_the_readers() -> None:
    class Broken(_Sequence):
        workers = 2

        def __getitem__(self, index: int) -> tuple[Any, Any]:
            raise RuntimeError("no such picture")

    with pytest.raises(RuntimeError, match="no such picture"):
        _values(source(Broken()), 0)


def test_random_numbers_drawn_for_a_batch_repeat_with_its_place() -> None:
    class Noisy(_Sequence):
        def __getitem__(self, index: int) -> Any:
            return np.random.rand(2, 1)

    whole = [float(x[0]) for x, _, _ in source(Noisy()).batches(1)]
    np.random.seed(4)
    later = [float(x[0]) for x, _, _ in source(Noisy()).batches(1, 3)]
    assert later == whole[3:]


@pytest.mark.keras
def test_a_keras_pydataset_is_taken() -> None:
    keras = pytest.importorskip("keras")

    class Data(keras.utils.PyDataset):  # type: ignore[misc,name-defined]
        def __len__(self) -> int:
            return 3

        def __getitem__(self, index: int) -> tuple[Any, Any]:
            return np.full((2, 1), index), np.full(2, index)

    stream = source(Data(workers=2, use_multiprocessing=False))
    assert stream.num_batches == 3
    assert sorted(_values(stream, 0)) == [0, 1, 2]
