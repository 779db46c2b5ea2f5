"""Keras's name for continuing a run: saved, continued exactly, removed at the end."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from striate import training
from striate.errors import ArgumentError
from striate.training.callbacks import BackupAndRestore, LambdaCallback
from tests.training.small_runs import SmallCNN, digits

pytestmark = pytest.mark.torch


class Crash(Exception):
    pass


def run(folder: Path | None, crash_epoch: int | None = None, **options: object) -> torch.Tensor:
    torch.manual_seed(2)
    module = SmallCNN()
    compiled = training.compile("adam", "sparse_categorical_crossentropy")

    def begin(epoch: int, logs: object) -> None:
        if epoch == crash_epoch:
            raise Crash

    callbacks = [LambdaCallback(on_epoch_begin=begin)]
    if folder is not None:
        callbacks.append(BackupAndRestore(folder, **options))  # type: ignore[arg-type]
    source = digits(32, shuffle=True)
    training.fit(
        module, compiled, source, epochs=4, verbose=0, device="cpu", callbacks=callbacks, seed=1
    )
    return module.head.weight.detach()


@pytest.mark.parametrize("save_freq", ["epoch", 3])
def test_a_crashed_run_continues(tmp_path: Path, save_freq: str | int) -> None:
    expected = run(None)
    folder = tmp_path / "backup"
    with pytest.raises(Crash):
        run(folder, crash_epoch=2, save_freq=save_freq)
    assert len(list(folder.iterdir())) == 1
    assert torch.equal(run(folder, save_freq=save_freq), expected)
    assert not folder.exists()


def test_what_stays(tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    run(folder, double_checkpoint=True, delete_checkpoint=False)
    assert len(list(folder.iterdir())) == 2


def test_only_when_asked_to_stop(tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    with pytest.raises(Crash):
        run(folder, crash_epoch=2, save_freq=False)
    (only,) = folder.iterdir()
    assert only.name == "checkpoint-000000.zip", "the state at the start is always saved"


def test_arguments_that_are_not_understood(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError) as caught:
        BackupAndRestore("")
    assert str(caught.value) == "BackupAndRestore: no folder is given. Got backup_dir=''."
    with pytest.raises(ArgumentError) as caught:
        BackupAndRestore("a", save_freq="batch")
    assert str(caught.value) == (
        "BackupAndRestore: save_freq is not understood. Got save_freq='batch'. Expected "
        '"epoch", a number of batches above 0, or False.'
    )
