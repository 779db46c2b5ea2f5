"""What fits: from the estimate, against the memory that is free, and tried."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import striate as st
from striate import errors, layers
from striate.models import capacity
from tests.plan.living import most_bytes

pytestmark = pytest.mark.torch
CPU = torch.device("cpu")
MIB = 2**20


def network() -> st.Sequential:
    st.set_seed(0)
    model = st.Sequential([st.Input((16, 16, 4))])
    for _ in range(8):
        model.add(layers.Conv2D(8, 3, padding="same", activation="tanh"))
        model.add(layers.BatchNormalization())
    model.add(layers.GlobalAveragePooling2D())
    model.add(layers.Dense(3, activation="softmax"))
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> Any:
    def set_free(size: int) -> None:
        monkeypatch.setattr(capacity, "available_bytes", lambda device: size)

    return set_free


@pytest.mark.parametrize("training", [True, False])
def test_the_largest_batch_fits_and_one_more_does_not(free: Any, training: bool) -> None:
    free(20 * MIB)
    model = network()
    size = model.largest_batch(training, device="cpu", precision="float32")
    room = capacity.room_bytes(model, CPU)
    found = model.memory(size, training=training)
    assert found.peak_of(size) <= room < found.peak_of(size + 1)
    assert 1 < model.largest_batch(device="cpu") <= model.largest_batch(False, device="cpu")


def test_recomputing_fits_more(free: Any) -> None:
    free(20 * MIB)
    model = network()
    kept, again = (model.largest_batch(device="cpu", recompute=r) for r in (False, True))
    assert again > 1.5 * kept


def test_what_recomputing_takes_is_at_most_what_is_said() -> None:
    model, x = network(), torch.randn(64, 16, 16, 4)
    said = capacity.recomputed_bytes(model, 64, "float32")

    def step() -> None:
        model.train()
        with model.executing(True, "float32", "float32", "test", True):
            model(x).sum().backward()

    step()
    assert 0.5 * said < most_bytes(step) < 1.1 * said


def test_nothing_fits_into_nothing(free: Any) -> None:
    free(0)
    model = network()
    model.cpu()
    assert model.largest_batch(device="cpu") == 0
    assert model.largest_batch(device="cpu", trial=True) == 0


def test_a_trial_leaves_the_model_as_it_was(free: Any) -> None:
    free(64 * MIB)
    model = network()
    weights, state = model.get_weights(), torch.get_rng_state()
    estimated = model.largest_batch(device="cpu")
    tried = model.largest_batch(device="cpu", trial=True)
    assert 0 < tried <= estimated
    assert all(p.grad is None for p in model.parameters())
    assert torch.equal(state, torch.get_rng_state())
    for a, b in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_trial_lowers_an_estimate_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    trial = capacity.Trial(network(), CPU, "float32", True, False)
    monkeypatch.setattr(capacity, "room_bytes", lambda model, device: 1000)
    monkeypatch.setattr(trial, "_took", lambda size: 100 + 20 * size)
    assert trial.largest(64) == 45
    assert trial.largest(32) == 32
    monkeypatch.setattr(trial, "_took", lambda size: None)  # a system that does not say
    assert trial.largest(64) == 64


def test_on_a_card_a_failed_trial_is_repeated_with_less(monkeypatch: pytest.MonkeyPatch) -> None:
    trial = capacity.Trial(network(), torch.device("cuda"), "float32", True, False)
    tried = []

    def step(size: int) -> None:
        tried.append(size)
        if size > 70:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(trial, "_step", step)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda device: None)
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    assert trial._until_it_fits(100) == 64
    assert tried == [100, 90, 81, 72, 64]


def fit(model: st.Model, capsys: pytest.CaptureFixture[str], **options: Any) -> str:
    x, y = np.zeros((64, 16, 16, 4), "float32"), np.zeros(64, int)
    model.fit(x, y, batch_size=32, verbose=2, device="cpu", precision="float32", **options)
    return capsys.readouterr().out


def test_fit_recomputes_where_a_step_would_not_fit_and_says_so(
    free: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "computed again" not in fit(network(), capsys)
    free(3 * MIB)
    out = fit(network(), capsys)
    assert out.startswith("A step of 32 samples would need 4.")
    assert "are free, so values are computed again in the backward pass: " in out
    assert "computed again" not in fit(network(), capsys, recompute=False)
    free(MIB)
    assert " That may still be too much; about " in fit(network(), capsys)


def test_open_sizes_are_not_estimated(free: Any) -> None:
    free(0)
    model = st.Sequential([st.Input((None, None, 3)), layers.Conv2D(4, 3)])
    assert capacity.needs_recompute(model, 32, "float32", CPU) == ""
    with pytest.raises(errors.ArgumentError, match="memory depends on a size that is open"):
        model.largest_batch(device="cpu")


def test_another_choice_is_an_error() -> None:
    with pytest.raises(errors.ArgumentError) as caught:
        network().fit(np.zeros((4, 16, 16, 4)), np.zeros(4), recompute="yes", verbose=0)
    assert str(caught.value) == (
        "fit: recompute is not understood. Got recompute='yes'. Expected \"auto\", True or False."
    )
