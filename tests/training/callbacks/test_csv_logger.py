"""One row per epoch; a resumed run leaves the file of an uninterrupted one."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from striate.training.callbacks import CSVLogger
from tests.training.small_runs import fit_line, line_data

pytestmark = pytest.mark.torch


def test_a_row_per_epoch(tmp_path: Path) -> None:
    path = tmp_path / "new" / "log.csv"
    _, history = fit_line(
        epochs=3, validation=line_data(8), callbacks=[CSVLogger(path)], validation_freq=2
    )
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["epoch", "loss", "val_loss"]
    assert [row["epoch"] for row in rows] == ["0", "1", "2"]
    assert [float(row["loss"]) for row in rows] == history.history["loss"]
    assert [row["val_loss"] == "NA" for row in rows] == [True, False, True]


def test_a_new_run_replaces_and_append_adds(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    fit_line(epochs=2, callbacks=[CSVLogger(path)])
    once = path.read_bytes()
    fit_line(epochs=2, callbacks=[CSVLogger(path)])
    assert path.read_bytes() == once
    fit_line(epochs=1, callbacks=[CSVLogger(path, append=True)])
    assert path.read_bytes() == once + once.splitlines(keepends=True)[1]


def test_separator_and_lists(tmp_path: Path) -> None:
    path = tmp_path / "log.tsv"
    logger = CSVLogger(str(path), separator="\t")
    logger.on_train_begin()
    logger.on_epoch_end(0, {"val_a": 1.0, "per_class": np.array([0.5, 1.0])})
    assert path.read_bytes() == (b'epoch\tper_class\tval_a\r\n0\t"""[0.5, 1.0]"""\t1.0\r\n')


def test_rows_after_the_checkpoint_are_written_again(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    logger = CSVLogger(path)
    logger.on_train_begin()
    logger.on_epoch_end(0, {"loss": 1.0, "val_loss": 2.0})
    state = logger.state_dict()
    logger.on_epoch_end(1, {"loss": 0.5, "val_loss": 1.0})
    whole = path.read_bytes()
    resumed = CSVLogger(path)
    resumed.on_train_begin()
    resumed.load_state_dict(state)
    resumed.on_epoch_end(1, {"loss": 0.5, "val_loss": 1.0})
    assert path.read_bytes() == whole
