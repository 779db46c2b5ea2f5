"""A disk that is full, and a writer that is stopped: what stood there stays, nothing is left."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import striate as st
from striate.formats.keras_writing import writing

pytestmark = pytest.mark.torch

NAMES = ("a.keras", "a.h5", "a.weights.h5")


def network() -> st.Model:
    stack = [st.layers.Input((6, 6, 3)), st.layers.Conv2D(4, 3), st.layers.BatchNormalization()]
    return st.Sequential(stack, name="net")


def save(model: st.Model, path: Path) -> None:
    (model.save_weights if path.name.endswith(".weights.h5") else model.save)(path)


def full(*args: Any) -> Any:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def stopped(*args: Any) -> Any:
    raise KeyboardInterrupt


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("existing", [True, False])
def test_a_full_disk_leaves_what_stood_there(
    name: str, existing: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / name
    if existing:
        save(network(), path)
    before = [(p.name, p.read_bytes()) for p in tmp_path.iterdir()]
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(st.StorageError) as caught:
        save(network(), path)
    kept = "the file that stood here is untouched" if existing else "nothing was written"
    assert str(caught.value) == (
        f"{path}: no space left on the disk. Free some space or write to another folder; {kept}."
    )
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == before


@pytest.mark.parametrize("failing", [full, stopped])
@pytest.mark.parametrize("name", NAMES)
def test_a_writer_that_stops_halfway_leaves_what_stood_there(
    name: str,
    failing: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / name
    save(network(), path)
    before = path.read_bytes()
    arrays = iter(range(3))  # the fourth array does not come

    def array(tensor: Any) -> Any:
        return kept(tensor) if next(arrays, None) is not None else failing()

    kept = writing.array
    monkeypatch.setattr(writing, "array", array)
    with pytest.raises((st.StorageError, KeyboardInterrupt)):
        save(network(), path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == [name]
    monkeypatch.undo()
    save(network(), path)  # the next one is whole again
    network().load_weights(path)
