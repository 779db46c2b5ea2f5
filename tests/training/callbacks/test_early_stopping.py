"""Training stops where Keras's stops, and can end with the best weights."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from striate.training.callbacks import EarlyStopping, LambdaCallback
from tests.training.small_runs import Line, fit_line, line_data

pytestmark = pytest.mark.torch


def stops_at(values: list[float | None], **options: Any) -> int | None:
    """The epoch at which a sequence of losses stops training, None if it does not."""
    callback = EarlyStopping("loss", **options)
    model = SimpleNamespace(stop_training=False)
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        callback.on_epoch_end(epoch, {"loss": value})
        if model.stop_training:
            return epoch
    return None


def test_patience_counts_epochs_without_improvement() -> None:
    assert stops_at([3, 2, 1, 1.5, 0.5, 0.6, 0.7], patience=2) == 6
    assert stops_at([3, 2, 1]) is None
    assert stops_at([1, 2], patience=0) == 1
    assert stops_at([3, 2.95, 2.91, 2.5], patience=2, min_delta=0.2) == 2
    assert stops_at([0.1, 0.2, 0.15, 0.1], mode="max", patience=2) == 3
    assert stops_at([1, 1, 1, 1, 1], patience=2, start_from_epoch=2) == 4
    assert stops_at([5, 6, 4, 7], patience=2, baseline=1.0) == 1
    assert stops_at([5, 6, 4, 7], patience=2, baseline=6.0) is None


def test_the_best_weights_come_back() -> None:
    values = iter([1.0, 0.5, 0.7, 0.8])
    weights: list[float] = []

    def note(epoch: int, logs: Any) -> None:
        weights.append(note.model.scale.weight.item())  # type: ignore[attr-defined]
        logs["score"] = next(values)

    watch = LambdaCallback(
        on_epoch_end=note, on_train_begin=lambda logs: setattr(note, "model", watch.model)
    )
    stop = EarlyStopping("score", mode="min", patience=2, restore_best_weights=True)
    module, history = fit_line(line_data(), epochs=10, callbacks=[watch, stop])
    assert len(history.epoch) == 4
    assert module.scale.weight.item() == weights[1] != weights[-1]
    assert stop.best_epoch == 1


def test_it_says_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    stop = EarlyStopping("loss", patience=0, verbose=1, restore_best_weights=True)
    stop.set_model(Line())
    stop.on_train_begin()
    for epoch, loss in enumerate((1.0, 2.0)):
        stop.on_epoch_end(epoch, {"loss": loss})
    stop.on_train_end()
    assert capsys.readouterr().out == (
        "Epoch 2: early stopping\nRestoring the weights of the best epoch: 1.\n"
    )


def test_the_state_comes_back_and_training_begins_afresh_without_it() -> None:
    stop = EarlyStopping("loss", patience=3, restore_best_weights=True)
    stop.set_model(Line())
    stop.on_train_begin()
    for epoch, loss in enumerate((1.0, 2.0, 3.0)):
        stop.on_epoch_end(epoch, {"loss": loss})
    other = EarlyStopping("loss", patience=3, restore_best_weights=True)
    other.on_train_begin()
    other.load_state_dict(stop.state_dict())
    assert (other.wait, other.best, other.best_epoch) == (2, 1.0, 0)
    assert other.best_weights is not None
    assert torch.equal(other.best_weights["scale.weight"], torch.zeros(1, 1))
    other.on_train_begin()
    assert (other.wait, other.best, other.best_weights) == (0, None, None)
