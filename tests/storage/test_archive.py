"""Equal members give equal bytes; whatever is wrong with a file is named, never believed."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from striate.errors import ArgumentError, FormatError, StorageError
from striate.storage import (
    encode_tensors,
    read_archive,
    tensor_writer,
    write_archive,
)

MEMBERS = {"graph.json": b'{"nodes": []}', "weights/w.bin": bytes(range(256)) * 64}


def _record(members: dict[str, bytes]) -> bytes:
    listed = {
        name: {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
        for name, data in members.items()
    }
    return json.dumps({"version": 1, "members": listed}).encode()


def _zip(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def _fault(path: Path) -> str:
    with pytest.raises(FormatError) as caught, read_archive(path) as archive:
        archive.verify()
    return str(caught.value)


def test_members_return_and_names_are_sorted(tmp_path: Path) -> None:
    write_archive(tmp_path / "a.striate", MEMBERS)
    with read_archive(tmp_path / "a.striate") as archive:
        assert archive.names == ("graph.json", "weights/w.bin")
        assert {name: archive.read(name) for name in archive.names} == MEMBERS
        assert archive.size_bytes("graph.json") == 13
        assert "graph.json" in archive
        assert "checksums.json" not in archive
        archive.verify()


def test_equal_members_give_equal_bytes_in_any_order_streamed_or_not(tmp_path: Path) -> None:
    arrays = {"k": np.arange(12, dtype=np.float32)}
    write_archive(tmp_path / "a", {"x": b"1", "w": encode_tensors(arrays)})
    write_archive(tmp_path / "b", {"w": tensor_writer(arrays), "x": lambda f: _write(f, b"1")})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def _write(file: BinaryIO, data: bytes) -> None:
    file.write(data)


def test_nothing_of_the_day_or_the_system_is_in_the_file(tmp_path: Path) -> None:
    write_archive(tmp_path / "a", {"b.txt": b"two", "a.txt": b"one"})
    with zipfile.ZipFile(tmp_path / "a") as archive:
        infos = archive.infolist()
    assert [info.filename for info in infos] == ["a.txt", "b.txt", "checksums.json"]
    for info in infos:
        assert info.date_time == (1980, 1, 1, 0, 0, 0)
        assert (info.create_system, info.external_attr >> 16) == (3, 0o644)
        assert info.compress_type == zipfile.ZIP_STORED


@pytest.mark.skipif(shutil.which("unzip") is None, reason="unzip is not installed")
def test_other_tools_open_it(tmp_path: Path) -> None:
    write_archive(tmp_path / "a.zip", MEMBERS)
    done = subprocess.run(
        ["unzip", "-t", str(tmp_path / "a.zip")], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_zip_packed_again_by_another_tool_is_read(tmp_path: Path) -> None:
    members = {"folder/": b"", **MEMBERS, "checksums.json": _record(MEMBERS)}
    with read_archive(_zip(tmp_path / "a", members)) as archive:
        assert archive.read("weights/w.bin") == MEMBERS["weights/w.bin"]


def test_a_replacement_does_not_mix_with_an_open_archive(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_archive(path, {"x": b"old", "y": b"old"})
    with read_archive(path) as archive:
        assert archive.read("x") == b"old"
        write_archive(path, {"x": b"new", "y": b"new"})
        assert archive.read("y") == b"old"
    with read_archive(path) as archive:
        assert archive.read("y") == b"new"


def test_a_failing_member_leaves_the_old_file(tmp_path: Path) -> None:
    write_archive(tmp_path / "a", MEMBERS)
    before = (tmp_path / "a").read_bytes()

    def fail(file: BinaryIO) -> None:
        file.write(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(StorageError, match="no space left on the disk"):
        write_archive(tmp_path / "a", {"a": b"", "b": fail})
    assert (tmp_path / "a").read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize(
    "name", ["", "/etc/x", "../x", "a/../b", "a//b", "a\\b", "C:x", ".", "a\0", "checksums.json"]
)
def test_unsafe_names_are_not_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        write_archive(tmp_path / "a", {name: b""})
    assert str(caught.value) == (
        f"{tmp_path / 'a'}: this member name cannot be used. Got name={name!r}. "
        "Expected a relative path with forward slashes, not checksums.json."
    )
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "the file is empty."),
        (b"hello", "not a striate file: it is not a zip."),
        (b"\x89HDF\r\n\x1a\n....", "not a striate file: it is an HDF5 file (Keras `.h5`?)."),
        (
            b"version https://git-lfs.github.com/spec/v1",
            "not a striate file: it is a Git LFS pointer; fetch the file with `git lfs pull`.",
        ),
        (b"<!doctype html>", "not a striate file: it is a web page or XML."),
        (b"\x1f\x8b\x08", "not a striate file: it is a gzip file."),
        (b"\x80\x04\x95", "not a striate file: it is a pickle, which striate does not open."),
    ],
)
def test_other_kinds_of_file_are_recognised(tmp_path: Path, content: bytes, text: str) -> None:
    (tmp_path / "a").write_bytes(content)
    assert _fault(tmp_path / "a") == f"{tmp_path / 'a'}: {text}"


def test_missing_file_names_its_neighbours(tmp_path: Path) -> None:
    write_archive(tmp_path / "digits.striate", MEMBERS)
    path = tmp_path / "digit.striate"
    assert _fault(path) == f"{path}: no such file. Beside it stand digits.striate."
    path = tmp_path / "no" / "digit.striate"
    assert _fault(path) == (
        f"{path}: no such file. The folder {tmp_path / 'no'} does not exist either."
    )
    assert _fault(tmp_path) == f"{tmp_path}: this is a folder, not a file."


def test_truncated_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_archive(path, MEMBERS)
    path.write_bytes(path.read_bytes()[:-30])
    assert _fault(path) == (
        f"{path}: the file is truncated or damaged: the end of the zip is missing."
    )


def test_every_truncation_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_archive(path, {"a": b"abc", "b": b"def"})
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        _fault(path)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 10**6), st.integers(1, 255))
def test_a_changed_byte_is_noticed_or_changes_nothing(
    tmp_path: Path, position: int, flip: int
) -> None:
    path = tmp_path / "a"
    members = {"a": b"abc" * 20, "b/c": b"def" * 20}
    write_archive(path, members)
    data = bytearray(path.read_bytes())
    data[position % len(data)] ^= flip
    path.write_bytes(data)
    with contextlib.suppress(FormatError), read_archive(path) as archive:
        assert {name: archive.read(name) for name in archive.names} == members


def test_changed_content_with_a_right_crc_is_noticed(tmp_path: Path) -> None:
    record = _record({"x": b"old"})
    path = _zip(tmp_path / "a", {"x": b"new", "checksums.json": record})
    assert _fault(path) == (
        f"{path}, member x: its SHA-256 does not match its record; the file is damaged."
    )
    path = _zip(tmp_path / "a", {"x": b"longer", "checksums.json": record})
    assert _fault(path) == f"{path}, member x: it has 6 bytes, its record says 3."


def test_damaged_content_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_archive(path, {"x": b"content"})
    path.write_bytes(path.read_bytes().replace(b"content", b"CONTENT"))
    assert _fault(path) == (
        f"{path}, member x: it cannot be read (Bad CRC-32 for file 'x'); the file is damaged."
    )


def test_members_missing_or_added_are_named(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a", {"checksums.json": _record({"x": b""})})
    assert _fault(path) == (
        f"{path}, member x: it is listed in checksums.json, but missing from this file."
    )
    path = _zip(tmp_path / "a", {"x": b"", "checksums.json": _record({})})
    assert _fault(path) == f"{path}, member x: it is not listed in checksums.json."
    path = _zip(tmp_path / "a", {"x": b""})
    assert _fault(path) == (
        f"{path}, member checksums.json: it is missing: this zip was not written by striate."
    )
    write_archive(path, {})
    with read_archive(path) as archive, pytest.raises(FormatError) as caught:
        archive.read("graph.json")
    assert str(caught.value) == f"{path}, member graph.json: it is missing from this file."


@pytest.mark.parametrize(
    "record",
    [
        b"[",
        b"[]",
        b"{}",
        b'{"version": 2, "members": {}}',
        b'{"version": 1, "members": []}',
        b'{"version": 1, "members": {"x": {"sha256": 1, "size": 1}}}',
        b'{"version": 1, "members": {"x": {"sha256": "", "size": true}}}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_a_bad_list_of_checksums_is_named(tmp_path: Path, record: bytes) -> None:
    path = _zip(tmp_path / "a", {"x": b"", "checksums.json": record})
    assert _fault(path) == f"{path}, member checksums.json: it is not a list of checksums."


def test_an_oversized_list_of_checksums_is_not_unpacked(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a", {"checksums.json": bytes(17 << 20)}, zipfile.ZIP_STORED)
    assert _fault(path) == (
        f"{path}, member checksums.json: it is too large to be a list of checksums."
    )


def test_a_compression_bomb_is_refused_unopened(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a", {"x": bytes(8 << 20), "checksums.json": _record({})})
    with zipfile.ZipFile(path) as archive:
        compressed = archive.getinfo("x").compress_size
    assert _fault(path) == (
        f"{path}, member x: it claims to unpack to {8 << 20} bytes from {compressed}, "
        "more than 200 times."
    )


def test_a_false_size_is_refused(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a", {"x": b"abcd"}, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    entry = data.index(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = (1 << 31).to_bytes(4, "little")
    path.write_bytes(data)
    assert _fault(path) == f"{path}, member x: its two sizes contradict each other."
    data[entry + 20 : entry + 24] = (1 << 31).to_bytes(4, "little")
    path.write_bytes(data)
    assert _fault(path) == (
        f"{path}, member x: it reaches beyond the end of the file or into the next member."
    )


def test_overlapping_members_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x", b"abcd")
        archive.writestr("y", b"abcd")
        archive.getinfo("y").header_offset = 0
    fault = _fault(path)
    assert fault.endswith(": it reaches beyond the end of the file or into the next member.")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_used_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x", b"1")
        archive.writestr("x", b"2")
    assert _fault(path) == f"{path}, member x: the name is used twice."


def test_unsafe_names_encryption_and_odd_compression_are_refused(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a", {"../x": b""})
    assert _fault(path) == f"{path}, member ../x: an unsafe name."
    path = _zip(tmp_path / "a", {"x": b"1"}, zipfile.ZIP_BZIP2)
    assert _fault(path) == (
        f"{path}, member x: compressed by method 12; only stored and deflated are read."
    )
    path = _zip(tmp_path / "a", {"x": b"1"})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    assert _fault(path) == f"{path}, member x: it is encrypted."


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a", {str(i): b"" for i in range(10_001)}, zipfile.ZIP_STORED)
    assert _fault(path) == f"{path}: too many members. Got members=10001. Expected at most 10000."
