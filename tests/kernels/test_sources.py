"""The checksum of the kernels' sources."""

from __future__ import annotations

from pathlib import Path

from striate.kernels.sources import stamp


def test_names_and_contents_count(tmp_path: Path) -> None:
    assert stamp(tmp_path) == ""
    (tmp_path / "a.cpp").write_text("int a;")
    first = stamp(tmp_path)
    (tmp_path / "notes.txt").write_text("not compiled")
    assert stamp(tmp_path) == first
    assert len(first) == 16
    (tmp_path / "a.cpp").rename(tmp_path / "b.cpp")
    second = stamp(tmp_path)
    (tmp_path / "b.cpp").write_text("int b;")
    assert len({first, second, stamp(tmp_path)}) == 3
