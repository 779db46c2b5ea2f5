"""Passes without updates: where outputs are gathered, and in which mode a module is left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from striate import training
from striate.training.callbacks import Callback
from striate.training.passes import batches_of, evaluation_mode, skip_taken
from tests.training.small_runs import Batches, Line, SmallCNN, compiled_line, line_data

pytestmark = pytest.mark.torch


def test_modes_come_back_and_gradients_are_off() -> None:
    module = SmallCNN()
    with evaluation_mode(module):
        assert not module.training
        assert not torch.is_grad_enabled()
    assert module.training
    module.eval()
    with pytest.raises(KeyError), evaluation_mode(module):
        raise KeyError
    assert not module.training


def test_the_iterator_of_a_source_is_closed() -> None:
    closed: list[bool] = []

    class Source:
        def batches(self, epoch: int, start: int = 0) -> Iterator[int]:
            try:
                yield from range(start, 10)
            finally:
                closed.append(True)

    with batches_of(Source(), 0, 2, 5, torch.device("cpu")) as batches:
        assert list(batches) == [2, 3, 4]
    assert closed == [True]


def test_generators_skip_what_was_taken() -> None:
    class Source:
        rewindable = False
        skipped = 0

        def skip(self, count: int) -> None:
            self.skipped += count

    source = Source()
    skip_taken(source, 5)
    skip_taken(None, 5)
    skip_taken(line_data(), 5)
    assert source.skipped == 5


class Reused(nn.Module):
    """Gives the same tensor for every batch, with other values."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("place", torch.zeros(4, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.place[: len(x)].copy_(x)


@pytest.mark.parametrize("known", [True, False])
def test_outputs_are_copied_when_they_come(known: bool) -> None:
    source = line_data(10, batch_size=4, known=known)
    found = training.predict(Reused(), source, verbose=0, device="cpu")
    np.testing.assert_array_equal(found, source.x.numpy())


def test_a_source_that_says_too_few_samples() -> None:
    source = line_data(20, batch_size=4)
    source.num_samples = 6
    found = training.predict(Line(), source, verbose=0, device="cpu")
    assert found.shape == (20, 1)
    source.num_samples = 30
    assert training.predict(Line(), source, verbose=0, device="cpu").shape == (20, 1)


def test_half_precision_outputs_become_float32() -> None:
    class Half(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.bfloat16()

    assert training.predict(Half(), line_data(), verbose=0, device="cpu").dtype == np.float32


class Watch(Callback):
    def __init__(self) -> None:
        self.calls: list[Any] = []

    def on_predict_begin(self, logs: Any = None) -> None:
        self.calls.append("begin")

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        self.calls.append((batch, tuple(logs["outputs"].shape)))

    def on_predict_end(self, logs: Any = None) -> None:
        self.calls.append("end")

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        self.calls.append(batch)


def test_hooks_of_prediction_and_evaluation() -> None:
    watch, source = Watch(), line_data(12)
    training.predict(Line(), source, verbose=0, device="cpu", callbacks=watch)
    assert watch.calls == ["begin", (0, (8, 1)), (1, (4, 1)), "end"]
    watch.calls.clear()
    module = Line()
    training.evaluate(
        module, compiled_line(module), source, steps=1, verbose=0, device="cpu", callbacks=watch
    )
    assert watch.calls == [0]


def test_several_inputs() -> None:
    class Sum(nn.Module):
        def forward(self, x: Any) -> torch.Tensor:
            a, b = x.values() if isinstance(x, dict) else x
            return a + b

    a, b = torch.rand(10, 2), torch.rand(10, 2)
    for x in ((a, b), {"a": a, "b": b}):
        found = training.predict(Sum(), Batches(x), verbose=0, device="cpu")
        np.testing.assert_array_equal(found, (a + b).numpy())
