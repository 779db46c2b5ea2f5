"""Callbacks act at the same epochs, with the same values, as the real Keras's."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from striate import training
from striate.training.callbacks import EarlyStopping, LearningRateScheduler, ReduceLROnPlateau
from tests.keras_oracle import keras

pytestmark = [
    pytest.mark.torch,
    pytest.mark.keras,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # Keras's own, with NumPy 2
]

VALUES = st.lists(st.sampled_from([0.1, 0.2, 0.25, 0.3, 0.5, 0.9]), min_size=1, max_size=12)


def play(callback: Any, model: Any, values: list[float]) -> list[tuple[float, bool]]:
    """The learning rate and whether training stopped, after each epoch."""
    callback.set_model(model)
    callback.on_train_begin()
    found = []
    for epoch, value in enumerate(values):
        callback.on_epoch_begin(epoch, {})
        callback.on_epoch_end(epoch, {"loss": value})
        found.append((round(float(model.optimizer.learning_rate), 7), model.stop_training))
        if model.stop_training:
            break
    return found


def models() -> tuple[Any, Any]:
    theirs = SimpleNamespace(optimizer=keras.optimizers.SGD(0.1), stop_training=False, metrics=[])
    ours = SimpleNamespace(optimizer=training.optimizers.SGD(0.1), stop_training=False)
    return theirs, ours


@settings(max_examples=60, deadline=None)
@given(
    VALUES,
    st.fixed_dictionaries(
        {
            "patience": st.integers(0, 3),
            "min_delta": st.sampled_from([0, 0.06]),
            "mode": st.sampled_from(["auto", "max"]),
            "baseline": st.sampled_from([None, 0.22]),
            "start_from_epoch": st.integers(0, 2),
        }
    ),
)
def test_early_stopping(values: list[float], options: dict[str, Any]) -> None:
    theirs, ours = models()
    expected = play(keras.callbacks.EarlyStopping("loss", **options), theirs, values)
    assert play(EarlyStopping("loss", **options), ours, values) == expected


@settings(max_examples=60, deadline=None)
@given(
    VALUES,
    st.fixed_dictionaries(
        {
            "factor": st.sampled_from([0.1, 0.5]),
            "patience": st.integers(0, 3),
            "min_delta": st.sampled_from([0.0, 0.06]),
            "cooldown": st.integers(0, 2),
            "min_lr": st.sampled_from([0.0, 0.03]),
            "mode": st.sampled_from(["auto", "max"]),
        }
    ),
)
def test_reduce_lr_on_plateau(values: list[float], options: dict[str, Any]) -> None:
    theirs, ours = models()
    expected = play(keras.callbacks.ReduceLROnPlateau("loss", **options), theirs, values)
    found = play(ReduceLROnPlateau("loss", **options), ours, values)
    assert [stop for _, stop in found] == [stop for _, stop in expected]
    assert [rate for rate, _ in found] == pytest.approx([rate for rate, _ in expected], rel=1e-6)


@pytest.mark.parametrize(
    "schedule",
    [
        lambda epoch: 0.1 / (epoch + 1),
        lambda epoch, rate: rate * 0.5,
        lambda epoch, rate=1.0: rate * 0.5,
    ],
)
def test_learning_rate_scheduler(schedule: Any) -> None:
    theirs, ours = models()
    expected = play(keras.callbacks.LearningRateScheduler(schedule), theirs, [0.1] * 4)
    found = play(LearningRateScheduler(schedule), ours, [0.1] * 4)
    assert [rate for rate, _ in found] == pytest.approx([rate for rate, _ in expected], rel=1e-6)
