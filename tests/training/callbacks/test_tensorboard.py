"""What is written for TensorBoard, seen by a writer that takes notes."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import numpy as np
import pytest
import torch

from striate.errors import ArgumentError, MissingExtraError
from striate.training.callbacks import TensorBoard
from striate.training.callbacks.tensorboard import _picture
from tests.training.small_runs import fit_line, line_data

pytestmark = pytest.mark.torch


class Notes:
    """Stands for `SummaryWriter`."""

    all: ClassVar[list[Notes]] = []

    def __init__(self, path: str) -> None:
        self.run = Path(path).name
        self.scalars: list[tuple[str, float, int]] = []
        self.other: list[tuple[Any, ...]] = []
        self.closed = False
        Notes.all.append(self)

    def add_scalar(self, tag: str, value: float, step: int) -> None:
        self.scalars.append((tag, value, step))

    def add_histogram(self, tag: str, values: np.ndarray, step: int) -> None:
        self.other.append(("histogram", tag, values.shape, step))

    def add_image(self, tag: str, picture: np.ndarray, step: int, dataformats: str) -> None:
        assert dataformats == "HW"
        assert picture.min() >= 0.0
        assert picture.max() <= 1.0
        self.other.append(("image", tag, picture.shape, step))

    def add_text(self, tag: str, text: str, step: int) -> None:
        self.other.append(("text", tag, text, step))

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch) -> list[Notes]:
    module = ModuleType("torch.utils.tensorboard")
    module.SummaryWriter = Notes  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    monkeypatch.setattr(Notes, "all", [])
    return Notes.all


def test_epochs_of_training_and_validation(notes: list[Notes], tmp_path: Path) -> None:
    board = TensorBoard(tmp_path, update_freq=2)
    _, history = fit_line(line_data(24), epochs=2, validation=line_data(8), callbacks=[board])
    by_run = {writer.run: writer for writer in notes}
    assert set(by_run) == {"train", "validation"}
    train, validation = by_run["train"], by_run["validation"]
    epochs = [(v, s) for tag, v, s in train.scalars if tag == "epoch_loss"]
    assert epochs == [(value, i) for i, value in enumerate(history.history["loss"])]
    steps = [s for tag, _, s in train.scalars if tag == "batch_loss"]
    assert steps == [2, 4, 6]
    tags = {tag for tag, _, _ in validation.scalars}
    assert tags == {"epoch_loss", "evaluation_loss_vs_iterations"}
    assert [r for tag, r, _ in train.scalars if tag == "epoch_learning_rate"] == [0.1, 0.1]
    assert train.other == [("text", "model", "layer | kind\n--- | ---\nscale | Linear", 0)]
    assert train.closed
    assert validation.closed


def test_histograms_pictures_and_speed(notes: list[Notes], tmp_path: Path) -> None:
    board = TensorBoard(
        tmp_path,
        histogram_freq=2,
        write_images=True,
        write_graph=False,
        write_steps_per_second=True,
        profile_batch=(2, 3),
    )
    fit_line(line_data(16), epochs=3, callbacks=[board])
    (train,) = notes
    assert train.other == [
        ("histogram", "scale.weight/histogram", (1, 1), 0),
        ("image", "scale.weight/image", (1, 1), 0),
        ("histogram", "scale.weight/histogram", (1, 1), 2),
        ("image", "scale.weight/image", (1, 1), 2),
    ]
    assert sum(tag == "epoch_steps_per_second" for tag, _, _ in train.scalars) == 3
    trace = tmp_path / "train" / "plugins" / "profile" / "batch_3.pt.trace.json"
    assert trace.stat().st_size > 0


def test_kernels_become_rows_of_tiles() -> None:
    kernel = np.zeros((3, 2, 4, 5), np.float32)  # (H, W, in, out)
    kernel[1, 0, 2, 3] = 8.0
    picture = _picture(kernel)
    assert picture.shape == (15, 8)
    assert np.argwhere(picture == 1.0).tolist() == [[3 * 3 + 1, 2 * 2 + 0]]


def test_the_state_comes_back(notes: list[Notes]) -> None:
    board = TensorBoard()
    board.load_state_dict({"steps": 7})
    assert board.state_dict() == {"steps": 7}


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(MissingExtraError) as caught:
        TensorBoard()
    assert str(caught.value) == (
        "TensorBoard: the package tensorboard is not installed. Install it: pip install "
        '"striate[tensorboard]".'
    )
    assert isinstance(caught.value, ImportError)


def test_embeddings_are_refused(notes: list[Notes]) -> None:
    with pytest.raises(ArgumentError) as caught:
        TensorBoard(embeddings_freq=1)
    assert str(caught.value) == (
        "TensorBoard: striate has no embedding layers to show. Got embeddings_freq=1. Expected "
        "embeddings_freq=0 and embeddings_metadata=None."
    )
    assert torch.is_grad_enabled()
