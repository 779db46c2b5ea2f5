"""torch's data sets and loaders, with an order that repeats."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from striate.data.arrays import ArraySource
from striate.data.order import epoch_order
from striate.data.sources import source
from striate.data.torch_sets import DatasetSource, torch_kind
from striate.errors import DataError

pytestmark = pytest.mark.torch

torch = pytest.importorskip("torch")


class _Images(torch.utils.data.Dataset[Any]):
    def __init__(self, count: int = 10) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> tuple[Any, int]:
        return np.full((4, 4, 1), index, np.uint8), index


class _Stream(torch.utils.data.IterableDataset[Any]):
    def __iter__(self) -> Iterator[Any]:
        return ((np.full(3, value), value) for value in range(7))


def _labels(stream: Any, epoch: int, start: int = 0) -> list[int]:
    return [label for _, y, _ in stream.batches(epoch, start) for label in y.tolist()]


def test_samples_of_a_dataset_are_put_together_in_the_order_of_arrays() -> None:
    stream = source(_Images(), batch_size=4, seed=2)
    assert isinstance(stream, DatasetSource)
    assert (stream.num_batches, stream.num_samples, stream.batch_size) == (3, 10, 4)
    order = epoch_order(10, seed=2, epoch=1)
    assert order is not None
    assert _labels(stream, 1) == order.tolist()
    assert _labels(stream, 1, 2) == order.tolist()[8:]
    x, y, _ = next(stream.batches(0))
    assert (tuple(x.shape), x.dtype, y.dtype) == ((4, 4, 4, 1), torch.uint8, torch.int64)


def test_short_epochs_and_no_shuffle() -> None:
    stream = source(_Images(6), batch_size=2, steps=2, shuffle=False)
    assert [_labels(stream, epoch) for epoch in range(2)] == [[0, 1, 2, 3], [4, 5, 0, 1]]


def test_random_augmentation_repeats_with_its_place() -> None:
    class Noisy(_Images):
        def __getitem__(self, index: int) -> Any:
            return torch.rand(2)

    whole = [x.tolist() for x, _, _ in source(Noisy(), batch_size=3).batches(4)]
    torch.manual_seed(77)
    assert [x.tolist() for x, _, _ in source(Noisy(), batch_size=3).batches(4, 1)] == whole[1:]


def test_datasets_that_fetch_many_at_once_are_asked_so() -> None:
    class Fast(_Images):
        def __getitems__(self, indices: list[int]) -> list[Any]:
            return [(np.zeros(1), 100 + index) for index in indices]

    assert min(_labels(source(Fast()), 0)) == 100


def test_a_tensor_dataset_is_gathered_like_arrays() -> None:
    x, y = torch.zeros(6, 2), torch.arange(6)
    stream = source(torch.utils.data.TensorDataset(x, y), class_weight=dict.fromkeys(range(6), 2.0))
    assert isinstance(stream, ArraySource)
    ((_, labels, weights),) = stream.batches(0)
    assert sorted(labels.tolist()) == list(range(6))
    assert weights.tolist() == [2.0] * 6


def test_an_iterable_dataset_is_cut_into_batches() -> None:
    stream = source(_Stream(), batch_size=3)
    assert (stream.num_batches, stream.batch_size) == (None, 3)
    assert [y.tolist() for _, y, _ in stream.batches(0)] == [[0, 1, 2], [3, 4, 5], [6]]
    assert _labels(stream, 1) == list(range(7))


def test_a_loader_keeps_its_batches_and_its_order_repeats() -> None:
    loader = torch.utils.data.DataLoader(_Images(), batch_size=4, shuffle=True)
    stream = source(loader, batch_size=99, seed=1)
    assert (stream.num_batches, stream.num_samples, stream.batch_size) == (3, 10, 4)
    first, second = _labels(stream, 0), _labels(stream, 1)
    assert sorted(first) == sorted(second) == list(range(10))
    assert first != second
    torch.manual_seed(123)
    assert _labels(source(loader, seed=1), 1) == second
    assert _labels(source(loader, seed=1), 1, 2) == second[8:]
    assert _labels(source(loader, seed=2), 1) != second


def test_a_loader_with_worker_processes_repeats_too() -> None:
    loader = torch.utils.data.DataLoader(_Images(), batch_size=4, shuffle=True, num_workers=1)
    first = _labels(source(loader), 0)
    torch.manual_seed(5)
    assert _labels(source(loader), 0) == first


def test_steps_of_a_loader() -> None:
    loader = torch.utils.data.DataLoader(_Images(6), batch_size=2)
    stream = source(loader, steps=2)
    assert [_labels(stream, epoch) for epoch in range(3)] == [
        [0, 1, 2, 3],
        [4, 5, 0, 1],
        [2, 3, 4, 5],
    ]
    with pytest.warns(UserWarning, match="the data give 3 batches, not the 9 steps"):
        assert source(loader, steps=9).num_batches == 3
    endless = torch.utils.data.DataLoader(_Stream(), batch_size=2)
    assert source(endless, steps=2).num_batches == 2
    assert source(endless).num_batches is None


def test_a_distributed_sampler_learns_the_epoch() -> None:
    data = _Images(8)
    sampler = torch.utils.data.DistributedSampler(data, num_replicas=2, rank=0)
    loader = torch.utils.data.DataLoader(data, batch_size=2, sampler=sampler)
    assert _labels(source(loader), 0) != _labels(source(loader), 1)


def test_kinds_are_told_apart() -> None:
    assert torch_kind(_Images()) == "dataset"
    assert torch_kind(_Stream()) == "iterable dataset"
    assert torch_kind(torch.utils.data.DataLoader(_Images())) == "loader"
    assert torch_kind([1]) is None


def test_an_empty_dataset_is_an_error() -> None:
    with pytest.raises(DataError) as caught:
        source(_Images(0))
    assert str(caught.value) == "_Images: it is empty. Expected at least one sample."


def test_samples_that_are_not_yet_arrays_are_an_error() -> None:
    class Pictures(_Images):
        def __getitem__(self, index: int) -> Any:
            from PIL import Image

            return Image.new("L", (4, 4)), index

    with pytest.raises(DataError) as caught:
        next(source(Pictures()).batches(0))
    assert str(caught.value) == (
        "Pictures: its samples cannot be put together to a batch. Got type of the first='Image'. "
        "Expected arrays, tensors or numbers, of the same shape in every sample. Convert in "
        "`__getitem__`: `np.asarray(image)`, of shape (H, W, C)."
    )
