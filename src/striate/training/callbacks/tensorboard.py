"""Curves, histograms and pictures of weights for TensorBoard (an optional package)."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from striate.errors import ArgumentError, MissingExtraError, message
from striate.training.callbacks.callback import Callback, Logs, optimizer_of
from striate.training.callbacks.learning_rate import get_learning_rate


class TensorBoard(Callback):
    """Writes event files that `tensorboard --logdir=logs` shows.

    Tags are Keras's: `epoch_loss` in the runs `train` and `validation`, `batch_loss` with a
    number as `update_freq`, `evaluation_loss_vs_iterations` for validations.

    Args:
        log_dir: the folder.
        histogram_freq: writes histograms of the weights every so many epochs; 0: never.
        write_graph: writes the list of layers as text.
        write_images: writes kernels as pictures together with the histograms.
        write_steps_per_second: writes the speed of training.
        update_freq: "epoch", "batch", or every so many batches; those wait for the device.
        profile_batch: a batch, or (first, last), that torch's profiler records.
        embeddings_freq: must be 0: striate has no embedding layers.
        embeddings_metadata: must be None.

    Raises:
        MissingExtraError: TensorBoard is not installed.
        ArgumentError: embeddings are asked for.
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str] = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: str | int = "epoch",
        profile_batch: int | tuple[int, int] = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: object = None,
    ) -> None:
        if embeddings_freq or embeddings_metadata:
            raise ArgumentError(
                message(
                    "TensorBoard",
                    "striate has no embedding layers to show",
                    got={"embeddings_freq": embeddings_freq},
                    expected="embeddings_freq=0 and embeddings_metadata=None",
                )
            )
        self._writer_class = _summary_writer()
        self.log_dir = os.fspath(log_dir)
        self.histogram_freq = histogram_freq
        self.write_graph = write_graph
        self.write_images = write_images
        self.write_steps_per_second = write_steps_per_second
        self.update_freq = 1 if update_freq == "batch" else update_freq
        self._profile = _profiled_batches(profile_batch)
        self._profiler: Any = None
        self._writers: dict[str, Any] = {}
        self._steps = 0
        self._epoch_started = (0.0, 0)

    def state_dict(self) -> dict[str, Any]:
        return {"steps": self._steps}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._steps = state["steps"]
        self._epoch_started = (time.monotonic(), self._steps)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._steps = 0
        if self.write_graph:
            layers = [
                f"{name} | {type(layer).__name__}" for name, layer in self.model.named_modules()
            ]
            table = "layer | kind\n--- | ---\n" + "\n".join(layers[1:])
            self._writer("train").add_text("model", table, 0)

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._stop_profiler()
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch_started = (time.monotonic(), self._steps)

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        if self._steps + 1 == self._profile[0]:
            self._profiler = torch.profiler.profile()
            self._profiler.start()

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._steps += 1
        if self._steps == self._profile[1]:
            self._stop_profiler()
        if self.update_freq == "epoch" or self._steps % int(self.update_freq):
            return
        for name, value in _scalars(logs or {}).items():
            self._writer("train").add_scalar(f"batch_{name}", value, self._steps)

    def on_test_end(self, logs: Logs | None = None) -> None:
        optimizer = optimizer_of(self)
        steps = int(getattr(optimizer, "iterations", self._steps) or self._steps)
        for name, value in _scalars(logs or {}).items():
            tag = f"evaluation_{name}_vs_iterations"
            self._writer("validation").add_scalar(tag, value, steps)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        for name, value in _scalars(logs or {}).items():
            run, tag = ("validation", name[4:]) if name.startswith("val_") else ("train", name)
            self._writer(run).add_scalar(f"epoch_{tag}", value, epoch)
        train = self._writer("train")
        if "learning_rate" not in (logs or {}):
            rate = get_learning_rate(optimizer_of(self))
            train.add_scalar("epoch_learning_rate", rate, epoch)
        if self.write_steps_per_second:
            started, steps = self._epoch_started
            seconds = max(time.monotonic() - started, 1e-9)
            train.add_scalar("epoch_steps_per_second", (self._steps - steps) / seconds, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_weights(epoch)
        for writer in self._writers.values():
            writer.flush()

    def _write_weights(self, epoch: int) -> None:
        writer = self._writer("train")
        for name, weight in self.model.named_parameters():
            values = weight.detach().float().cpu().numpy()
            writer.add_histogram(f"{name}/histogram", values, epoch)
            if self.write_images and values.ndim in (2, 4):
                writer.add_image(f"{name}/image", _picture(values), epoch, dataformats="HW")

    def _writer(self, run: str) -> Any:
        if run not in self._writers:
            self._writers[run] = self._writer_class(os.path.join(self.log_dir, run))
        return self._writers[run]

    def _stop_profiler(self) -> None:
        if self._profiler is None:
            return
        self._profiler.stop()
        folder = Path(self.log_dir) / "train" / "plugins" / "profile"
        folder.mkdir(parents=True, exist_ok=True)
        self._profiler.export_chrome_trace(str(folder / f"batch_{self._steps}.pt.trace.json"))
        self._profiler = None


def _summary_writer() -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise MissingExtraError(
            message(
                "TensorBoard",
                "the package tensorboard is not installed",
                fix='Install it: pip install "striate[tensorboard]"',
            )
        ) from error
    return SummaryWriter


def _profiled_batches(profile_batch: int | tuple[int, int]) -> tuple[int, int]:
    """(first, last), counted from 1 over the whole run; (0, 0) for none."""
    if isinstance(profile_batch, int):
        return profile_batch, profile_batch
    first, last = profile_batch
    return int(first), int(last)


def _scalars(logs: Mapping[str, Any]) -> dict[str, float]:
    return {name: value for name, value in logs.items() if isinstance(value, (int, float))}


def _picture(values: np.ndarray[Any, np.dtype[Any]]) -> np.ndarray[Any, np.dtype[Any]]:
    """A kernel as one grey picture, 0 to 1: (H, W, in, out) becomes out rows of in tiles."""
    if values.ndim == 4:
        height, width, inputs, outputs = values.shape
        values = values.transpose(3, 0, 2, 1).reshape(outputs * height, inputs * width)
    low, high = float(values.min()), float(values.max())
    return (values - low) / (high - low) if high > low else np.zeros_like(values)
