"""When a run is saved, and what happens when it cannot be."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from striate import training
from striate.errors import ArgumentError
from striate.training import saving
from striate.training.callbacks import BackupAndRestore, Callback, EarlyStopping
from striate.training.checkpoint import CheckpointFolder
from striate.training.saving import Saver, parse_interval
from tests.training.small_runs import SmallCNN, digits, fit_line, line_data

pytestmark = pytest.mark.torch


@pytest.mark.parametrize(
    ("every", "expected"),
    [
        ("epoch", (None, None)),
        (False, (None, None)),
        (500, (500, None)),
        ("30s", (None, 30.0)),
        ("1.5 min", (None, 90.0)),
        ("2h", (None, 7200.0)),
    ],
)
def test_intervals(every: Any, expected: tuple[int | None, float | None]) -> None:
    assert parse_interval(every) == expected


@pytest.mark.parametrize("every", [0, -1, 1.5, True, "often", "10", None])
def test_intervals_that_are_not_understood(every: Any, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError) as caught:
        fit_line(checkpoint_dir=tmp_path, save_every=every)
    assert str(caught.value) == (
        f'fit: save_every is not understood. Got save_every={every!r}. Expected "epoch", a '
        'number of steps, or a time such as "30s", "10min" or "2h".'
    )


def test_steps_and_seconds_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saver = Saver(CheckpointFolder(tmp_path), 3)
    assert [saver.due() for _ in range(3)] == [False, False, True]
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    saver = Saver(CheckpointFolder(tmp_path), "30s")
    assert not saver.due()
    clock[0] = 30.0
    assert saver.due()
    assert not Saver(CheckpointFolder(tmp_path), "epoch").inside_epochs


def numbers(folder: Path) -> list[int]:
    return sorted(int(path.stem.rpartition("-")[2]) for path in folder.iterdir())


def test_how_often_it_saves(tmp_path: Path) -> None:
    for name, every, count in (("a", "epoch", 4), ("b", 2, 5), ("c", False, 2), ("d", "1h", 2)):
        fit_line(
            line_data(24),
            epochs=2,
            checkpoint_dir=tmp_path / name,
            save_every=every,
            keep=99,
        )
        # At the start, at the interval (6 steps, of which every second counts), at the end.
        assert numbers(tmp_path / name) == list(range(count)), name


def test_a_full_disk_does_not_end_training(tmp_path: Path) -> None:
    class FillsUp(Callback):
        """The disk is full during the second epoch."""

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            def full(descriptor: int) -> None:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

            os.fsync = full if epoch == 1 else fsync

    fsync = os.fsync
    try:
        with pytest.warns(UserWarning, match="could not be saved") as caught:
            module, history = fit_line(epochs=3, checkpoint_dir=tmp_path, callbacks=[FillsUp()])
    finally:
        os.fsync = fsync
    expected, reference = fit_line(epochs=3)
    assert torch.equal(module.scale.weight, expected.scale.weight)
    assert history.history == reference.history
    path = tmp_path / "checkpoint-000002.zip"
    assert [str(w.message) for w in caught] == [
        f"Training goes on, but its state could not be saved. {path}: no space left on the disk. "
        "Free some space or write to another folder; nothing was written."
    ]
    assert numbers(tmp_path) == [2, 3]
    again, _ = fit_line(epochs=3, checkpoint_dir=tmp_path, resume=True)
    assert torch.equal(again.scale.weight, expected.scale.weight)


def test_a_callback_that_the_checkpoint_does_not_know(tmp_path: Path) -> None:
    fit_line(epochs=1, checkpoint_dir=tmp_path)
    with pytest.warns(UserWarning, match="starts afresh") as caught:
        fit_line(epochs=2, checkpoint_dir=tmp_path, resume=True, callbacks=[EarlyStopping("loss")])
    assert [str(w.message) for w in caught] == [
        "resume: the checkpoint knows no EarlyStopping, so this callback starts afresh."
    ]


def test_another_machine_is_warned_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fit_line(epochs=1, checkpoint_dir=tmp_path)
    other = {"torch": torch.__version__, "threads": 77, "device": "cuda"}
    monkeypatch.setattr(saving, "environment", lambda device: other)
    with pytest.warns(UserWarning, match="differently") as caught:
        fit_line(epochs=1, checkpoint_dir=tmp_path, resume=True)
    assert [str(w.message) for w in caught] == [
        f"{tmp_path}/checkpoint-000002.zip: this machine is set up differently, so the last bits "
        f"of results may differ: threads {torch.get_num_threads()} before, 77 now; device cpu "
        "before, cuda now."
    ]


def test_a_damaged_last_checkpoint_is_passed_over(tmp_path: Path) -> None:
    expected, reference = fit_line(epochs=3)
    fit_line(epochs=2, checkpoint_dir=tmp_path)
    last = tmp_path / "checkpoint-000003.zip"
    last.write_bytes(last.read_bytes()[:-200])
    with pytest.warns(UserWarning, match="A damaged checkpoint is skipped"):
        module, history = fit_line(epochs=3, checkpoint_dir=tmp_path, resume=True)
    assert torch.equal(module.scale.weight, expected.scale.weight)
    assert history.history == reference.history


def test_resume_without_a_folder_and_two_folders(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError) as caught:
        fit_line(resume=True)
    assert str(caught.value) == (
        "fit: there is no folder to resume from. Got resume=True, checkpoint_dir=None. Use "
        'fit(..., checkpoint_dir="runs/first", resume=True).'
    )
    with pytest.raises(ArgumentError) as caught:
        fit_line(checkpoint_dir="a", callbacks=[BackupAndRestore("b")])
    assert str(caught.value) == (
        "fit: two places to save the run are given. Got checkpoint_dir='a', backup_dir='b'. Leave "
        "out BackupAndRestore; checkpoint_dir with resume=True does the same."
    )


def test_memory_order_of_weights_and_slots_survives(tmp_path: Path) -> None:
    """A kernel may round differently for another memory order, so strides come back too."""

    def run(epochs: int) -> tuple[Any, Any]:
        module = SmallCNN(channels=8).to(memory_format=torch.channels_last)
        compiled = training.compile("adam", "sparse_categorical_crossentropy")
        training.fit(
            module,
            compiled,
            digits(16),
            epochs=epochs,
            verbose=0,
            device="cpu",
            checkpoint_dir=tmp_path,
            resume=True,
        )
        return module.conv.weight, compiled.optimizer.state[module.conv.weight]

    weight, slots = run(1)
    restored, restored_slots = run(1)
    assert restored.stride() == weight.stride()
    assert {n: s.stride() for n, s in restored_slots.items()} == {
        n: s.stride() for n, s in slots.items()
    }
    assert all(torch.equal(slots[name], restored_slots[name]) for name in slots)
