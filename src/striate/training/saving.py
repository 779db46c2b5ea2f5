"""When a run is saved, what a checkpoint of it holds, and how it is taken back."""

from __future__ import annotations

import os
import re
import time
import warnings
from dataclasses import asdict, dataclass, field
from typing import Any

import torch

from striate.errors import ArgumentError, CheckpointError, StorageError, message
from striate.training import random_state
from striate.training.callbacks.backup_and_restore import BackupAndRestore
from striate.training.callbacks.callback_list import CallbackList
from striate.training.callbacks.weights import put_weights
from striate.training.checkpoint import Checkpoint, CheckpointFolder
from striate.training.fingerprint import check_same, environment

_UNITS_S = {"s": 1.0, "min": 60.0, "h": 3600.0}
_TIME = re.compile(r"(\d+(?:\.\d+)?)\s*(s|min|h)")


@dataclass
class Position:
    """Where training stands.

    Attributes:
        epoch: the current epoch, from 0.
        batch: how many batches of it are done.
        phase: "begin" (nothing done yet), "train", "validate" (all batches done), or "end" (the
            run is over).
        logs: the results of the epoch's batches so far.
    """

    epoch: int
    batch: int = 0
    phase: str = "begin"
    logs: dict[str, Any] = field(default_factory=dict)


@dataclass
class Run:
    """Everything whose state makes up a run.

    Attributes:
        at: where it stands.
        steps: batches per epoch, None until known.
        configuration: its `fingerprint`, which a checkpoint must match.
        taken: batches that the finished epochs took from the source.
        validated: batches that finished validations took from theirs.
        random: saved in place of the present random states, if not None.
        scaling: the scale of the loss, where gradients are float16.
    """

    module: Any
    optimizer: Any
    callbacks: CallbackList
    device: torch.device
    at: Position
    steps: int | None
    configuration: dict[str, Any]
    taken: int = 0
    validated: int = 0
    random: dict[str, Any] | None = None
    scaling: Any = None

    def state(self, objective: Any) -> dict[str, Any]:
        """All of it but the weights, as `CheckpointFolder.save` takes it."""
        return {
            "configuration": self.configuration,
            "environment": environment(self.device),
            "position": asdict(self.at),
            "steps": self.steps,
            "taken": self.taken,
            "validated": self.validated,
            "stop": bool(getattr(self.module, "stop_training", False)),
            "optimizer": self.optimizer.state_dict(),
            "scaling": None if self.scaling is None else self.scaling.state_dict(),
            "objective": objective if self.at.phase == "train" else None,
            "callbacks": [[type(c).__name__, c.state_dict()] for c in self.callbacks.callbacks],
            "random": random_state.capture() if self.random is None else self.random,
        }

    def restore(self, checkpoint: Checkpoint) -> Any:
        """Takes back a state; returns that of the losses and metrics, for when they are bound."""
        state = checkpoint.state
        put_weights(self.module, checkpoint.weights)
        self.optimizer.load_state_dict(state["optimizer"])
        if self.scaling is not None and state.get("scaling") is not None:
            self.scaling.load_state_dict(state["scaling"])
        self._restore_callbacks(state["callbacks"])
        self.at = Position(**state["position"])
        self.steps = state["steps"] if self.steps is None else self.steps
        self.taken, self.validated = state["taken"], state["validated"]
        self.module.stop_training = state["stop"]
        random_state.restore(state["random"])
        return state["objective"]

    def check(self, checkpoint: Checkpoint) -> None:
        """Whether a checkpoint belongs to this run; warns where only rounding may differ.

        Raises:
            CheckpointError: it belongs to another configuration.
        """
        check_same(checkpoint.state["configuration"], self.configuration, str(checkpoint.path))
        saved, now = checkpoint.state["environment"], environment(self.device)
        different = [
            f"{name} {saved.get(name)} before, {now[name]} now"
            for name in now
            if saved.get(name) != now[name]
        ]
        if different:
            warnings.warn(
                message(
                    str(checkpoint.path),
                    "this machine is set up differently, so the last bits of results may differ: "
                    + "; ".join(different),
                ),
                UserWarning,
                stacklevel=2,
            )

    def _restore_callbacks(self, saved: list[list[Any]]) -> None:
        """By class and order: a callback that was added starts afresh, with a warning."""
        waiting = list(saved)
        for callback in self.callbacks.callbacks:
            name = type(callback).__name__
            entry = next((e for e in waiting if e[0] == name), None)
            if entry is not None:
                waiting.remove(entry)
                callback.load_state_dict(entry[1])
            elif callback.state_dict():
                text = message(
                    "resume", f"the checkpoint knows no {name}, so this callback starts afresh"
                )
                warnings.warn(text, UserWarning, stacklevel=2)


class Saver:
    """Saves a run into a folder at its intervals.

    Args:
        folder: where to.
        every: "epoch"; a number of steps; a time such as "30s", "10min" or "2h"; False: only when
            the run is stopped from outside or ends.
        delete_at_end: removes the checkpoints of a run that ended.

    Raises:
        ArgumentError: the interval is none of these.
    """

    def __init__(self, folder: CheckpointFolder, every: object, delete_at_end: bool = False):
        self.folder = folder
        self.delete_at_end = delete_at_end
        self.steps, self.seconds = parse_interval(every)
        self.at_epoch_end = every == "epoch"
        self._steps_left = self.steps or 0
        self._last = time.monotonic()

    @property
    def inside_epochs(self) -> bool:
        """Whether `due` must be asked after every step."""
        return self.steps is not None or self.seconds is not None

    def due(self) -> bool:
        """Counts a step; whether the run is to be saved after it."""
        if self.steps is not None:
            self._steps_left -= 1
            return self._steps_left <= 0
        return self.seconds is not None and time.monotonic() - self._last >= self.seconds

    def save(self, run: Run, objective: Any) -> bool:
        """Saves now. A full disk does not end training: it warns, and what was saved stays."""
        self._steps_left = self.steps or 0
        self._last = time.monotonic()
        try:
            self.folder.save(run.module.state_dict(), run.state(objective))
        except StorageError as error:
            warnings.warn(
                f"Training goes on, but its state could not be saved. {error}",
                UserWarning,
                stacklevel=2,
            )
            return False
        return True

    def open(self, resume: bool) -> Checkpoint | None:
        """The checkpoint to continue from, None to start afresh.

        Raises:
            CheckpointError: `resume` is False and the folder holds another run.
        """
        if not resume and self.folder.files():
            raise CheckpointError(
                message(
                    f"fit (checkpoint_dir={str(self.folder.path)!r})",
                    "this folder holds the checkpoints of an earlier run",
                    fix="Use resume=True to continue it, or another folder for a new run",
                )
            )
        return self.folder.load()

    def end(self) -> None:
        """The run is over and saved."""
        if self.delete_at_end:
            self.folder.remove_all()


def make_saver(
    callbacks: CallbackList,
    checkpoint_dir: str | os.PathLike[str] | None,
    every: object,
    keep: int,
    resume: bool,
) -> tuple[Saver | None, bool]:
    """The saver that the arguments of `fit`, or a `BackupAndRestore`, ask for; whether to resume.

    Raises:
        ArgumentError: `resume` without a folder, or two folders.
    """
    backup: BackupAndRestore | None = callbacks.find(BackupAndRestore)
    if backup is not None:
        if checkpoint_dir is not None:
            raise ArgumentError(
                message(
                    "fit",
                    "two places to save the run are given",
                    got={"checkpoint_dir": str(checkpoint_dir), "backup_dir": backup.backup_dir},
                    fix="Leave out BackupAndRestore; checkpoint_dir with resume=True does the same",
                )
            )
        folder = CheckpointFolder(backup.backup_dir, 2 if backup.double_checkpoint else 1)
        return Saver(folder, backup.save_freq, backup.delete_checkpoint), True
    if checkpoint_dir is None:
        if resume:
            raise ArgumentError(
                message(
                    "fit",
                    "there is no folder to resume from",
                    got={"resume": True, "checkpoint_dir": None},
                    fix='Use fit(..., checkpoint_dir="runs/first", resume=True)',
                )
            )
        return None, False
    return Saver(CheckpointFolder(checkpoint_dir, keep), every), resume


def parse_interval(every: object) -> tuple[int | None, float | None]:
    """(steps, seconds) of an interval; both None for "epoch" and False.

    Example:
        >>> parse_interval(500), parse_interval("10min")
        ((500, None), (None, 600.0))
    """
    if every == "epoch" or every is False:
        return None, None
    if type(every) is int and every > 0:
        return every, None
    match = _TIME.fullmatch(every) if isinstance(every, str) else None
    if match is None:
        raise ArgumentError(
            message(
                "fit",
                "save_every is not understood",
                got={"save_every": every},
                expected='"epoch", a number of steps, or a time such as "30s", "10min" or "2h"',
            )
        )
    return None, float(match[1]) * _UNITS_S[match[2]]
