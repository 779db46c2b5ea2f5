"""Batches made ahead are the same batches, whoever makes them, and nothing outlives the epoch."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
import torch

import striate as st
from striate import data
from striate.training import ahead
from striate.training.passes import batches_of

pytestmark = pytest.mark.torch
CPU = torch.device("cpu")
X = np.arange(40 * 4, dtype=np.float32).reshape(40, 2, 2, 1)


class Slow:
    """Batches that take a while."""

    num_batches, num_samples, batch_size = 60, 60, 1
    independent = True

    def __init__(self, seconds: float = 0.002, fails_at: int = -1) -> None:
        self.seconds, self.fails_at = seconds, fails_at
        self.threads: list[str] = []

    def batches(self, epoch: int, start: int = 0) -> Iterator[tuple[int, None, None]]:
        for step in range(start, 60):
            if self.seconds:
                time.sleep(self.seconds)
            if step == self.fails_at:
                raise OSError("the disk is gone")
            self.threads.append(threading.current_thread().name)
            yield step, None, None


def taken(
    source: object, start: int = 0, steps: int | None = None, busy_s: float = 0.002
) -> list[int]:
    """The batches, each followed by some work."""
    found = []
    with batches_of(source, 0, start, steps, CPU) as batches:
        for x, _, _ in batches:
            found.append(x)
            time.sleep(busy_s)
    return found


def test_slow_data_are_read_by_a_thread_in_the_same_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "GAIN", 10.0)  # on a busy machine it may gain nothing
    source = Slow()
    assert taken(source, start=3) == list(range(3, 60))
    assert source.threads[0] == "MainThread"
    assert source.threads[-1] == "striate batches"


def test_quick_data_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "SHARE", 0.5)  # on a busy machine nothing is quick
    source = Slow(0.0)
    taken(source)
    assert set(source.threads) == {"MainThread"}


def test_a_thread_that_saves_nothing_is_given_up_and_no_batch_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ahead, "GAIN", 0.0)
    source = Slow()
    assert taken(source) == list(range(60))
    assert "striate batches" in source.threads
    assert source.threads[-1] == "MainThread"


def test_data_that_draw_global_random_numbers_are_not() -> None:
    source = Slow()
    source.independent = False
    taken(source)
    assert set(source.threads) == {"MainThread"}


def test_leaving_early_ends_the_thread() -> None:
    with batches_of(Slow(), 0, 0, None, CPU) as batches:
        for step, _ in enumerate(batches):
            time.sleep(0.002)
            if step == 30:
                break
    assert "striate batches" not in {t.name for t in threading.enumerate()}


def test_steps_end_the_thread_too() -> None:
    assert taken(Slow(), steps=40) == list(range(40))
    assert "striate batches" not in {t.name for t in threading.enumerate()}


def test_an_error_in_the_thread_reaches_the_reader() -> None:
    with pytest.raises(OSError, match="the disk is gone"):
        taken(Slow(fails_at=50))


def test_arrays_are_independent_and_sets_that_draw_are_not() -> None:
    assert data.source(X).independent
    assert not hasattr(data.augmented(data.source(X), lambda x, y: (x, y)), "independent")


def test_a_fit_with_a_thread_is_the_fit_without(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.default_rng(0).normal(size=(400, 4, 4, 1)).astype("float32")
    y = np.arange(400) % 3
    losses = []
    for share in (2.0, -1.0):  # never, always
        monkeypatch.setattr(ahead, "SHARE", share)
        st.set_seed(1)
        layers = st.layers
        model = st.Sequential([layers.Flatten(), layers.Dropout(0.5), layers.Dense(3)])
        model.compile("sgd", st.losses.SparseCategoricalCrossentropy(from_logits=True))
        history = model.fit(x, y, batch_size=8, epochs=2, seed=5, verbose=0, device="cpu")
        losses.append(history.history["loss"])
    assert losses[0] == losses[1]
