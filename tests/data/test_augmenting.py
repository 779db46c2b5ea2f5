from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
import torch

import striate as st
from striate import data, layers
from striate.errors import DataError

pytestmark = pytest.mark.torch

X = np.random.default_rng(0).uniform(0, 1, (20, 6, 6, 1)).astype("float32")
Y = np.eye(4, dtype="float32")[np.arange(20) % 4]


def mixed(seed: int = 0, **arguments: Any) -> data.Augmented:
    plain = data.source(X, Y, batch_size=8, **arguments)
    return data.augmented(plain, layers.CutMix((1, 1)).augment, seed=seed)


def equal(a: Any, b: Any) -> bool:
    return all(torch.equal(p, q) for p, q in zip(a[:2], b[:2], strict=True))


def test_batches_are_changed_and_counted_as_before() -> None:
    source = mixed()
    assert (source.num_batches, source.num_samples, source.batch_size) == (3, 20, 8)
    assert isinstance(source, data.BatchSource)
    assert source.rewindable
    for (x, y, _), (a, b, _) in zip(source.batches(0), source.source.batches(0), strict=True):
        assert x.shape == a.shape
        assert not torch.equal(x, a)
        assert not torch.equal(y, b)


def test_a_batch_is_a_function_of_seed_epoch_and_step() -> None:
    torch.manual_seed(1)
    first = list(mixed().batches(2))
    torch.manual_seed(2)
    random.random()
    assert all(equal(a, b) for a, b in zip(first, mixed().batches(2), strict=True))
    assert all(equal(a, b) for a, b in zip(first[1:], mixed().batches(2, start=1), strict=True))
    assert not equal(first[0], next(mixed(seed=1).batches(2)))
    plain = {"shuffle": False}
    assert not equal(next(mixed(**plain).batches(0)), next(mixed(**plain).batches(1)))


def test_the_generators_outside_go_on_as_before() -> None:
    torch.manual_seed(3)
    wanted = torch.rand(1)
    torch.manual_seed(3)
    list(mixed().batches(0))
    assert torch.equal(torch.rand(1), wanted)


def test_a_model_trains_on_it() -> None:
    model = st.Sequential([st.Input((6, 6, 1)), layers.Flatten(), layers.Dense(4, "softmax")])
    model.compile("adam", "categorical_crossentropy")
    history = model.fit(mixed(), epochs=2, verbose=0)
    assert np.isfinite(history.history["loss"]).all()


@pytest.mark.parametrize(
    ("augment", "text"),
    [
        (
            lambda x, y: x,
            "augment: it does not return images and labels. Got returned='Tensor'."
            " Expected a tuple (x, y).",
        ),
        (
            lambda x, y: (x[:3], y[:3]),
            "augment: it changes the number of samples of a batch. Got samples=3. Expected 8.",
        ),
    ],
)
def test_another_result_is_refused(augment: Any, text: str) -> None:
    with pytest.raises(DataError) as caught:
        next(data.augmented(data.source(X, Y, batch_size=8), augment).batches(0))
    assert str(caught.value) == text
