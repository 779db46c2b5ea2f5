"""Training to accuracy with any library whose callbacks have Keras's hooks."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np


def clock(base: type) -> Any:
    """A callback that notes seconds and test accuracy of each epoch; it stands still in tests."""

    class Clock(base):  # type: ignore[misc]
        def on_train_begin(self, logs: Any = None) -> None:
            self.epochs: list[dict[str, float]] = []
            self.begin = time.perf_counter()

        def on_test_begin(self, logs: Any = None) -> None:
            self.test_begin = time.perf_counter()

        def on_test_end(self, logs: Any = None) -> None:
            self.begin += time.perf_counter() - self.test_begin

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            seconds = time.perf_counter() - self.begin
            found = {"loss": float(logs["loss"]), "accuracy": float(logs["val_accuracy"])}
            self.epochs.append({"seconds": seconds, **found})

    return Clock()


def images(request: dict[str, Any]) -> dict[str, np.ndarray]:
    """The arrays of a run: x, y, x_test, y_test."""
    with np.load(Path(request["folder"]) / "images.npz") as file:
        return {name: file[name] for name in file.files}


def whitening(x: np.ndarray, filters: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Kernel (size, size, C, filters) and bias that whiten patches of images in [0, 1].

    The principal directions of patches, each scaled to unit variance, and each once more with the
    sign turned; the bias makes their mean 0.
    """
    some = x[:5000].astype(np.float32) / 255
    channels = some.shape[-1]
    views = np.lib.stride_tricks.sliding_window_view(some, (size, size), axis=(1, 2))
    patches = views.transpose(0, 1, 2, 4, 5, 3).reshape(-1, size * size * channels)
    mean = patches.mean(0)
    values, vectors = np.linalg.eigh(np.cov(patches, rowvar=False))
    scaled = (vectors / np.sqrt(values + 1e-4))[:, ::-1]
    both = np.concatenate([scaled, -scaled], 1)[:, :filters]
    kernel = both.reshape(size, size, channels, filters).astype(np.float32)
    return kernel, (-mean @ both).astype(np.float32)


def pass_on(layers: Iterable[Any]) -> None:
    """Lets convolutions begin as identity: their first filters each pass a channel on as it is.

    As many as there are channels; the other filters keep their random numbers. See Zagoruyko &
    Komodakis (2017), https://arxiv.org/abs/1706.00388.
    """
    for layer in layers:
        if type(layer).__name__ == "Conv2D":
            kernel, *rest = (np.array(w) for w in layer.get_weights())
            height, width, channels, filters = kernel.shape
            count = min(channels, filters)
            kernel[..., :count] = 0
            kernel[height // 2, width // 2, range(count), range(count)] = 1
            layer.set_weights([kernel, *rest])
