"""Checkpoint files of a run: written so that a crash at any moment leaves a good one.

A folder holds `checkpoint-000012.zip` and its predecessor. Each is an archive with a checksum per
member: `weights.safetensors`, `state.safetensors` (all other tensors) and `state.json`. Nothing
in it is code; opening one runs none.
"""

from __future__ import annotations

import json
import os
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from striate.errors import ArgumentError, CheckpointError, FormatError, StriateError, message
from striate.storage import decode_tensors, read_archive, tensor_writer, write_archive
from striate.storage.archive import Content
from striate.training.state_tree import Array, flatten, rebuild

_FORMAT = 1
_NAME = re.compile(r"checkpoint-(\d{6,})\.zip")
_WEIGHTS, _STATE, _TENSORS = "weights.safetensors", "state.json", "state.safetensors"


@dataclass(frozen=True)
class Checkpoint:
    """What one file holds.

    Attributes:
        path: the file.
        weights: the module's `state_dict`.
        state: everything else, as it was given to `CheckpointFolder.save`.
    """

    path: Path
    weights: dict[str, Any]
    state: dict[str, Any]


class CheckpointFolder:
    """The checkpoints of one run.

    Args:
        path: the folder, for this run alone; made by the first save.
        keep: how many checkpoints stay; at least 2 survive a damaged last one.

    Raises:
        ArgumentError: keep is below 1.
    """

    def __init__(self, path: str | os.PathLike[str], keep: int = 2) -> None:
        if type(keep) is not int or keep < 1:
            raise ArgumentError(
                message(
                    "checkpoint_dir",
                    "at least one checkpoint must stay",
                    got={"keep": keep},
                    expected="a number of 1 or more",
                    fix="Use keep=2",
                )
            )
        self.path = Path(path)
        self.keep = keep

    def files(self) -> list[Path]:
        """The checkpoint files, oldest first; temporary files are not among them."""
        if not self.path.is_dir():
            return []
        numbered = [(_number(path), path) for path in self.path.iterdir()]
        return [path for number, path in sorted(numbered) if number >= 0]

    def save(self, weights: Mapping[str, Any], state: Mapping[str, Any]) -> Path:
        """Writes a checkpoint, then removes the ones that are no longer kept.

        Raises:
            StorageError: the disk is full or cannot be written; older checkpoints are untouched.
            CheckpointError: something in the state cannot be stored.
        """
        files = self.files()
        number = _number(files[-1]) + 1 if files else 0
        path = self.path / f"checkpoint-{number:06d}.zip"
        weight_arrays: dict[str, Array] = {}
        state_arrays: dict[str, Array] = {}
        record = {
            "format": _FORMAT,
            "weights": [[n, flatten(v, weight_arrays, n)] for n, v in weights.items()],
            "state": flatten(dict(state), state_arrays, "state"),
        }
        text = json.dumps(record, allow_nan=False)
        members: dict[str, Content] = {
            _WEIGHTS: tensor_writer(weight_arrays),
            _TENSORS: tensor_writer(state_arrays),
            _STATE: text.encode(),
        }
        write_archive(path, members)
        self._remove(files[: len(files) + 1 - self.keep])
        return path

    def load(self) -> Checkpoint | None:
        """The last good checkpoint; None if the folder has none at all.

        A damaged one is named in a warning and left where it is.

        Raises:
            CheckpointError: there are checkpoints, and none is good.
        """
        faults = []
        for path in reversed(self.files()):
            try:
                found = read_checkpoint(path)
            except FormatError as error:
                faults.append(str(error))
                continue
            for fault in faults:
                text = f"A damaged checkpoint is skipped. {fault} Using {found.path.name}."
                warnings.warn(text, UserWarning, stacklevel=2)
            return found
        if faults:
            raise CheckpointError(
                message(
                    str(self.path),
                    "no checkpoint in this folder can be read",
                    fix="Start again with another checkpoint_dir, or delete this folder",
                    chain=faults,
                )
            )
        return None

    def remove_all(self) -> None:
        """Deletes every checkpoint of this folder, and the folder if nothing else is in it."""
        self._remove(self.files())
        try:
            self.path.rmdir()
        except OSError:
            return

    def _remove(self, paths: list[Path]) -> None:
        for path in paths:
            try:
                path.unlink()
            except OSError:  # another process has it open, or removed it: it does no harm
                continue


def read_checkpoint(path: Path) -> Checkpoint:
    """Reads and verifies one file.

    Raises:
        FormatError: truncated, damaged, or not a checkpoint.
    """
    try:
        with read_archive(path) as archive:
            record = json.loads(archive.read(_STATE))
            weight_arrays = decode_tensors(archive.read(_WEIGHTS))
            state_arrays = decode_tensors(archive.read(_TENSORS))
        if record["format"] != _FORMAT:
            raise FormatError(
                message(
                    str(path),
                    "a checkpoint of another version",
                    got={"format": record["format"]},
                    expected=f"format={_FORMAT}",
                )
            )
        weights = {name: rebuild(entry, weight_arrays) for name, entry in record["weights"]}
        state = rebuild(record["state"], state_arrays)
    except StriateError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise FormatError(message(str(path), "this is not a checkpoint of striate")) from error
    return Checkpoint(path, weights, state)


def _number(path: Path) -> int:
    match = _NAME.fullmatch(path.name)
    return int(match[1]) if match else -1
