"""Models are saved when asked for, and only better ones if that is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from striate import training
from striate.errors import ArgumentError
from striate.storage import decode_tensors
from striate.training.callbacks import LambdaCallback, ModelCheckpoint
from tests.training.small_runs import Line, compiled_line, fit_line, line_data

pytestmark = pytest.mark.torch


class Saving(Line):
    """A module that can save itself, and writes down what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.saved: list[tuple[str, str]] = []

    def save(self, path: str) -> None:
        self.saved.append(("model", path))

    def save_weights(self, path: str) -> None:
        self.saved.append(("weights", path))


def saved(values: list[float], **options: Any) -> list[str]:
    """The names under which a sequence of validation losses makes it save."""
    callback = ModelCheckpoint("{epoch:02d}-{val_loss:.2f}.striate", **options)
    module = Saving()
    callback.set_model(module)
    for epoch, value in enumerate(values):
        callback.on_epoch_begin(epoch)
        callback.on_epoch_end(epoch, {"val_loss": value})
    return [path for _, path in module.saved]


def test_every_epoch_or_the_better_ones() -> None:
    values = [3.0, 2.0, 2.5, 1.0]
    assert saved(values) == [
        "01-3.00.striate",
        "02-2.00.striate",
        "03-2.50.striate",
        "04-1.00.striate",
    ]
    assert saved(values, save_best_only=True) == [
        "01-3.00.striate",
        "02-2.00.striate",
        "04-1.00.striate",
    ]
    best = saved(values, save_best_only=True, initial_value_threshold=1.5)
    assert best == ["04-1.00.striate"]
    assert saved(values, save_best_only=True, mode="max") == ["01-3.00.striate"]


def test_a_model_saves_itself_or_its_weights() -> None:
    for weights_only, what in ((False, "model"), (True, "weights")):
        module = Saving()
        callback = ModelCheckpoint("a.h5", save_weights_only=weights_only)
        callback.set_model(module)
        callback.on_epoch_end(0, {})
        assert module.saved == [(what, "a.h5")]


def test_every_so_many_batches(tmp_path: Path) -> None:
    path = tmp_path / "new" / "w-{epoch}-{batch}.safetensors"
    callback = ModelCheckpoint(path, save_weights_only=True, save_freq=2)
    fit_line(line_data(24), epochs=2, callbacks=[callback])
    names = sorted(p.name for p in (tmp_path / "new").iterdir())
    assert names == ["w-1-2.safetensors", "w-2-1.safetensors", "w-2-3.safetensors"]


def test_the_weights_of_a_plain_module_are_safetensors(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "best.safetensors"
    best = ModelCheckpoint(
        path, monitor="loss", save_weights_only=True, save_best_only=True, verbose=1
    )
    module, history = fit_line(epochs=2, callbacks=[best])
    found = decode_tensors(path.read_bytes())
    np.testing.assert_array_equal(found["scale.weight"], module.scale.weight.detach())
    first, second = history.history["loss"]
    assert capsys.readouterr().out == (
        f"Epoch 1: loss improved from none to {first:.5f}\nEpoch 1: saved {path}\n"
        f"Epoch 2: loss improved from {first:.5f} to {second:.5f}\nEpoch 2: saved {path}\n"
    )


def test_logs_of_batches_are_fetched_only_for_the_name() -> None:
    looked: list[bool] = []
    module = Saving()
    callback = ModelCheckpoint("a.striate", save_freq=1)
    watch = LambdaCallback(on_train_batch_end=lambda batch, logs: looked.append(logs.fetched))
    training.fit(
        module,
        compiled_line(module),
        line_data(16),
        verbose=0,
        device="cpu",
        callbacks=[callback, watch],
    )
    assert looked == [False, False]
    assert len(module.saved) == 2


def test_a_plain_module_has_weights_only(tmp_path: Path) -> None:
    for options in ({}, {"save_weights_only": True}):
        with pytest.raises(ArgumentError) as caught:
            fit_line(callbacks=[ModelCheckpoint(str(tmp_path / "a.keras"), **options)])
        assert str(caught.value) == (
            "ModelCheckpoint: a plain Line can only be saved as weights. Got "
            f"filepath={str(tmp_path / 'a.keras')!r}, save_weights_only={bool(options)}. Expected "
            "save_weights_only=True and a name that ends in .safetensors. Use "
            'ModelCheckpoint("best.safetensors", save_weights_only=True).'
        )


def test_a_name_that_cannot_be_filled_in() -> None:
    callback = ModelCheckpoint("{epoch}-{val_auc}.striate")
    callback.set_model(Saving())
    with pytest.raises(ArgumentError) as caught:
        callback.on_epoch_end(0, {"val_aucuracy": 0.5})
    assert str(caught.value) == (
        "ModelCheckpoint: the file name cannot be filled in. Got "
        "filepath='{epoch}-{val_auc}.striate'. Expected names among epoch, val_aucuracy."
    )


def test_a_frequency_that_is_not_understood() -> None:
    with pytest.raises(ArgumentError) as caught:
        ModelCheckpoint("a.striate", save_freq="batch")
    assert str(caught.value) == (
        "ModelCheckpoint: save_freq is not understood. Got save_freq='batch'. Expected \"epoch\" "
        "or a number of batches above 0."
    )


def test_the_state_comes_back() -> None:
    callback = ModelCheckpoint("a.striate", save_best_only=True)
    callback.load_state_dict({"best": 0.5, "epoch": 3, "batches": 7})
    assert callback.state_dict() == {"best": 0.5, "epoch": 3, "batches": 7}
    assert torch.is_grad_enabled()


def test_a_name_may_ask_for_a_value_under_its_earlier_name_and_epochs_may_be_left_out() -> None:
    callback = ModelCheckpoint("{epoch}-{val_acc:.1f}.striate", period=2)
    model = Saving()
    callback.set_model(model)
    for epoch in range(4):
        callback.on_epoch_end(epoch, {"val_accuracy": 0.5})
    assert [path for _, path in model.saved] == ["2-0.5.striate", "4-0.5.striate"]
