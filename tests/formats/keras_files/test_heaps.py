"""A heap that the library would walk for ever is found; numbers that look like one are not."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

import striate as st
from striate.formats.keras_files import heaps
from tests.fuzz.seeds import legacy_file, sequential

pytestmark = pytest.mark.torch


def test_a_sound_file_has_sound_heaps(tmp_path: Path) -> None:
    data = legacy_file(sequential())
    assert heaps.MARK in data
    assert not heaps.damaged(data)
    (tmp_path / "a.h5").write_bytes(data)
    assert not heaps.damaged(tmp_path / "a.h5")


@pytest.mark.parametrize(("number", "size"), [(0, 0), (5, 2**64 - 1), (5, 10**6), (0, 64)])
def test_an_object_of_no_size_or_beyond_the_heap_is_found(
    tmp_path: Path, number: int, size: int
) -> None:
    data = bytearray(legacy_file(sequential()))
    struct.pack_into("<HHIQ", data, data.index(heaps.MARK) + 16, number, 1, 0, size)
    path = tmp_path / "damaged.h5"
    path.write_bytes(data)
    with pytest.raises(st.FormatError) as caught:
        st.load_model(path)
    assert str(caught.value) == (
        f"{path}: the HDF5 file is damaged (a heap). Copy or download it again."
    )


def test_the_mark_within_numbers_is_no_heap() -> None:
    assert not heaps.damaged(b"\0" * 64 + heaps.MARK + b"\x01\0\0\1" + b"\xff" * 8 + b"\0" * 64)
    assert not heaps.damaged(b"\0" * 64 + heaps.MARK)
