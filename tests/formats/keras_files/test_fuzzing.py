"""A short sample of the fuzzing run."""

from __future__ import annotations

import pytest

from tests.fuzz import keras_files

pytestmark = pytest.mark.torch


def test_changed_files_open_or_are_refused_with_an_error_of_ours() -> None:
    found = keras_files.run(400, seed=3, shared=None)
    assert found["findings"] == []
    assert sum(found["counts"].values()) == 400
    assert found["counts"]["FormatError"] > 100
    assert found["counts"]["model"] > 40


def test_the_watch_sees_what_is_opened(tmp_path) -> None:
    watch = keras_files.Watch()
    watch.allowed = str(tmp_path / "input")
    (tmp_path / "input").write_bytes(b"x")
    assert watch.seen == []
    (tmp_path / "other").write_bytes(b"x")
    watch.allowed = None
    assert watch.seen == [f"open {tmp_path / 'other'}"]
