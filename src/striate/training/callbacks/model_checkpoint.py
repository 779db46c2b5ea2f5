"""Save the model, or its weights, while it is trained."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from striate.errors import ArgumentError, message
from striate.training.callbacks.callback import Logs
from striate.training.callbacks.monitor import MonitorCallback
from striate.training.callbacks.weights import save_plain_weights
from striate.training.logs import Answering
from striate.training.progress import say


class ModelCheckpoint(MonitorCallback):
    """Saves the model every epoch or every so many batches, or only when it got better.

    A striate model is saved by its own `save` or `save_weights`, in the format that the file name
    asks for. A plain torch module has neither; its weights go into a `.safetensors` file. Either
    way the file is replaced in one step. To continue a run exactly, use `checkpoint_dir` of `fit`.

    Args:
        filepath: may hold `{epoch}` (from 1), `{batch}` and names in the logs, with formats:
            "best-{epoch:02d}-{val_loss:.2f}.striate".
        monitor: the name in the logs that `save_best_only` compares.
        verbose: 1 prints when it saves.
        save_best_only: saves only when the monitored value got better.
        save_weights_only: saves no architecture.
        mode: "auto", "min" or "max".
        save_freq: "epoch", or a number of batches.
        initial_value_threshold: the value that the first saved model must beat.
        period: saves after every so many epochs, where `save_freq` is "epoch".

    Raises:
        ArgumentError: save_freq is neither; `filepath` names something that is not in the logs.

    Example:
        >>> ModelCheckpoint("best.striate", save_best_only=True).save_freq
        'epoch'
    """

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
        period: int = 1,
    ) -> None:
        super().__init__(monitor, mode, initial_value_threshold)
        valid = save_freq == "epoch" or (type(save_freq) is int and save_freq > 0)
        if not valid:
            raise ArgumentError(
                message(
                    "ModelCheckpoint",
                    "save_freq is not understood",
                    got={"save_freq": save_freq},
                    expected='"epoch" or a number of batches above 0',
                )
            )
        self.filepath = os.fspath(filepath)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = save_freq
        self.period = max(1, int(period))
        self._epoch = 0
        self._batches = 0

    def compares(self) -> bool:
        return self.save_best_only

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best, "epoch": self._epoch, "batches": self._batches}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.best = state["best"]
        self._epoch, self._batches = state["epoch"], state["batches"]

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if self.save_freq == "epoch":
            return
        self._batches += 1
        if self._batches >= int(self.save_freq):
            self._batches = 0
            self._save_if_wanted(self._epoch, batch, logs or {})

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self.save_freq == "epoch" and (epoch + 1) % self.period == 0:
            self._save_if_wanted(epoch, None, logs or {})

    def _save_if_wanted(self, epoch: int, batch: int | None, logs: Mapping[str, Any]) -> None:
        path = self._path(epoch, batch, logs)
        if self.save_best_only and not self._is_best(epoch, logs):
            return
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        if not self.save_weights_only and hasattr(self.model, "save"):
            self.model.save(path)
        elif hasattr(self.model, "save_weights"):
            self.model.save_weights(path)
        else:
            save_plain_weights(self.model, path, self.save_weights_only)
        if self.verbose > 0:
            say(f"Epoch {epoch + 1}: saved {path}")

    def _is_best(self, epoch: int, logs: Mapping[str, Any]) -> bool:
        current = self.monitored(logs)
        if current is None:
            return False
        best = "none" if self.best is None else f"{self.best:.5f}"
        if not self.improves(current, self.best):
            if self.verbose > 0:
                say(f"Epoch {epoch + 1}: {self.monitor} did not improve from {best}")
            return False
        if self.verbose > 0:
            say(f"Epoch {epoch + 1}: {self.monitor} improved from {best} to {current:.5f}")
        self.best = current
        return True

    def _path(self, epoch: int, batch: int | None, logs: Mapping[str, Any]) -> str:
        names: dict[str, Any] = {"epoch": epoch + 1}
        if batch is not None:
            names["batch"] = batch + 1
        if "{" not in self.filepath:  # do not fetch logs from the device for nothing
            return self.filepath
        names = Answering({**logs, **names})
        try:
            return self.filepath.format_map(names)
        except (KeyError, IndexError, ValueError) as error:
            raise ArgumentError(
                message(
                    "ModelCheckpoint",
                    "the file name cannot be filled in",
                    got={"filepath": self.filepath},
                    expected="names among " + ", ".join(sorted(names)),
                )
            ) from error
