"""Data lie where the system keeps caches, or where the user says."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from striate.data.places import data_folder, keras_folder


def test_the_users_choice_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("STRIATE_DATA", "~/sets")
    assert data_folder() == tmp_path / "sets"
    monkeypatch.delenv("STRIATE_DATA")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert data_folder() == tmp_path / "xdg" / "striate"


@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        ("linux", ".cache/striate"),
        ("darwin", "Library/Caches/striate"),
        ("win32", "AppData/Local/striate/cache"),
    ],
)
def test_each_system_has_its_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, platform: str, expected: str
) -> None:
    for name in ("STRIATE_DATA", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", platform)
    assert data_folder() == tmp_path / expected


def test_keras_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_HOME", raising=False)
    assert keras_folder() == tmp_path / ".keras" / "datasets"
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "k"))
    assert keras_folder() == tmp_path / "k" / "datasets"
