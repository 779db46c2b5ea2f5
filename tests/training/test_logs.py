"""Logs are fetched when read, and belong to the moment they were handed out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from striate.training.logs import LazyLogs, plain_logs

pytestmark = pytest.mark.torch


def counted() -> tuple[LazyLogs, list[int]]:
    reads: list[int] = []

    def read() -> dict[str, Any]:
        reads.append(1)
        return {"accuracy": 0.5, "loss": 0.25}

    return LazyLogs(("accuracy", "loss"), read), reads


def test_names_are_known_without_reading() -> None:
    logs, reads = counted()
    assert list(logs) == ["accuracy", "loss"]
    assert len(logs) == 2
    assert "loss" in logs
    assert "val_loss" not in logs
    assert bool(logs)
    assert logs.keys() == {"accuracy", "loss"}
    assert not reads
    assert not logs.fetched


def test_values_are_read_once() -> None:
    logs, reads = counted()
    assert logs["loss"] == 0.25
    assert logs.get("accuracy") == 0.5
    assert logs.get("other", 1) == 1
    assert dict(logs) == {"accuracy": 0.5, "loss": 0.25} == logs.copy()
    assert repr(logs) == "{'accuracy': 0.5, 'loss': 0.25}"
    assert {**logs} == dict(logs.items())
    assert len(reads) == 1


def test_they_can_be_changed_like_a_dict() -> None:
    logs, _ = counted()
    logs["learning_rate"] = 0.1
    del logs["loss"]
    assert list(logs) == ["accuracy", "learning_rate"]
    assert len(logs) == 2
    assert "loss" not in logs


def test_plain_logs_are_sorted_floats_and_arrays() -> None:
    matrix = torch.eye(2)
    found = plain_logs(
        {"loss": torch.tensor(0.5), "acc": np.float32(0.25), "matrix": matrix, "n": 3, "a": "x"}
    )
    assert list(found) == ["a", "acc", "loss", "matrix", "n"]
    assert [type(found[name]) for name in ("acc", "loss", "n")] == [float] * 3
    assert isinstance(found["matrix"], np.ndarray)
    assert found["a"] == "x"
