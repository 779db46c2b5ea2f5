"""Keras's name for continuing an interrupted run."""

from __future__ import annotations

import os

from striate.errors import ArgumentError, message
from striate.training.callbacks.callback import Callback


class BackupAndRestore(Callback):
    """Saves the state of training into a folder, and continues from it at the next `fit`.

    The same as `fit(checkpoint_dir=backup_dir, save_every=save_freq, resume=True)`, and so exact:
    Keras restores weights and the epoch, striate also the position inside the epoch, the
    optimizer, random states and callbacks.

    Args:
        backup_dir: a folder for this run alone.
        save_freq: "epoch", a number of batches, or False: only when the process is asked to stop.
        double_checkpoint: keeps the state before the last one too.
        delete_checkpoint: removes the files when training has ended.

    Raises:
        ArgumentError: no folder, or a save_freq that is none of these.

    Example:
        >>> BackupAndRestore("runs/backup").save_freq
        'epoch'
    """

    def __init__(
        self,
        backup_dir: str | os.PathLike[str],
        save_freq: str | int | bool = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ) -> None:
        if not os.fspath(backup_dir):
            raise ArgumentError(
                message("BackupAndRestore", "no folder is given", got={"backup_dir": ""})
            )
        number = type(save_freq) is int and save_freq > 0
        if not (save_freq == "epoch" or save_freq is False or number):
            raise ArgumentError(
                message(
                    "BackupAndRestore",
                    "save_freq is not understood",
                    got={"save_freq": save_freq},
                    expected='"epoch", a number of batches above 0, or False',
                )
            )
        self.backup_dir = os.fspath(backup_dir)
        self.save_freq = save_freq
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint
