"""Checkpoint files: the last good one is used, damaged ones are named, old ones are removed."""

from __future__ import annotations

import errno
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch

from striate.errors import ArgumentError, CheckpointError, FormatError, StorageError
from striate.storage import write_archive
from striate.training.checkpoint import CheckpointFolder, read_checkpoint

pytestmark = pytest.mark.torch


def save(folder: CheckpointFolder, number: float) -> Path:
    weights = {"kernel": torch.full((3, 2), number).t(), "_extra_state": {"n": 1}}
    return folder.save(weights, {"value": number, "tensor": torch.tensor(number)})


@pytest.fixture
def folder(tmp_path: Path) -> CheckpointFolder:
    return CheckpointFolder(tmp_path / "run")


def test_what_was_saved_comes_back(folder: CheckpointFolder) -> None:
    assert folder.load() is None
    path = save(folder, 0.5)
    found = folder.load()
    assert found is not None
    assert found.path == path
    assert found.state == {"value": 0.5, "tensor": torch.tensor(0.5)}
    assert found.weights["kernel"].stride() == (1, 2)
    assert found.weights["_extra_state"] == {"n": 1}


def test_the_last_ones_are_kept(folder: CheckpointFolder) -> None:
    for number in range(5):
        save(folder, number)
    assert [path.name for path in folder.files()] == [
        "checkpoint-000003.zip",
        "checkpoint-000004.zip",
    ]
    single = CheckpointFolder(folder.path, keep=1)
    save(single, 5)
    assert [path.name for path in folder.files()] == ["checkpoint-000005.zip"]
    folder.remove_all()
    assert not folder.path.exists()


def test_other_files_are_left_alone(folder: CheckpointFolder) -> None:
    save(folder, 0)
    for name in ("notes.txt", "checkpoint-1.zip", ".checkpoint-000009.zip.ab.striate-tmp"):
        (folder.path / name).write_text("x")
    assert len(folder.files()) == 1
    folder.remove_all()
    assert len(list(folder.path.iterdir())) == 3


def flip(data: bytes) -> bytes:
    place = data.index(b"PK\x01\x02") // 2
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda data: data[: len(data) // 2], "the file is truncated or damaged"),
        (lambda data: b"", "the file is empty"),
        (flip, "weights.safetensors: it cannot be read (Bad CRC-32"),
        (lambda data: b"\0" * len(data), "it is not a zip"),
    ],
)
def test_a_damaged_file_is_named_and_the_one_before_is_used(
    folder: CheckpointFolder, damage: Any, reason: str
) -> None:
    first, second = save(folder, 1.0), save(folder, 2.0)
    second.write_bytes(damage(second.read_bytes()))
    with pytest.warns(UserWarning, match="damaged checkpoint") as caught:
        found = folder.load()
    assert found is not None
    assert found.state["value"] == 1.0
    text = str(caught[0].message)
    assert text.startswith(f"A damaged checkpoint is skipped. {second}")
    assert reason in text
    assert text.endswith(f" Using {first.name}.")
    third = save(folder, 3.0)
    assert third.name == "checkpoint-000002.zip"
    assert folder.load().state["value"] == 3.0  # type: ignore[union-attr]


def test_none_good_is_an_error_that_names_all(folder: CheckpointFolder) -> None:
    paths = [save(folder, 1.0), save(folder, 2.0)]
    for path in paths:
        path.write_bytes(b"")
    with pytest.raises(CheckpointError) as caught:
        folder.load()
    assert str(caught.value) == (
        f"{folder.path}: no checkpoint in this folder can be read. Start again with another "
        "checkpoint_dir, or delete this folder.\nHow it came to this:\n"
        f"  {paths[1]}: the file is empty.\n  {paths[0]}: the file is empty."
    )


def test_an_archive_that_is_no_checkpoint(folder: CheckpointFolder) -> None:
    path = folder.path / "checkpoint-000000.zip"
    write_archive(path, {"state.json": b"[]", "weights.safetensors": b"", "x": b""})
    with pytest.raises(FormatError):
        read_checkpoint(path)
    good = save(folder, 1.0)
    with zipfile.ZipFile(good) as archive:
        members = {n: archive.read(n) for n in archive.namelist() if n != "checksums.json"}
    members["state.json"] = members["state.json"].replace(b'"format": 1', b'"format": 9')
    write_archive(path, members)
    with pytest.raises(FormatError) as caught:
        read_checkpoint(path)
    assert str(caught.value) == (
        f"{path}: a checkpoint of another version. Got format=9. Expected format=1."
    )
    members["state.json"] = b'{"format": 1}'
    write_archive(path, members)
    with pytest.raises(FormatError) as caught:
        read_checkpoint(path)
    assert str(caught.value) == f"{path}: this is not a checkpoint of striate."


def test_a_full_disk_leaves_the_old_ones(
    folder: CheckpointFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(folder, 1.0)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="no space left on the disk"):
        save(folder, 2.0)
    monkeypatch.undo()
    assert [path.name for path in folder.path.iterdir()] == ["checkpoint-000000.zip"]
    assert folder.load().state["value"] == 1.0  # type: ignore[union-attr]


def test_at_least_one_is_kept(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError) as caught:
        CheckpointFolder(tmp_path, keep=0)
    assert str(caught.value) == (
        "checkpoint_dir: at least one checkpoint must stay. Got keep=0. Expected a number of 1 "
        "or more. Use keep=2."
    )
