"""What stands at the path is the old file or the new one."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from striate.errors import FormatError, StorageError
from striate.storage import remove_leftovers, write_atomic, write_bytes


def _temporaries(folder: Path) -> list[Path]:
    return sorted(folder.glob(".*.striate-tmp"))


def test_content_is_written_and_no_temporary_file_stays(tmp_path: Path) -> None:
    write_bytes(tmp_path / "a.bin", b"one")
    write_bytes(tmp_path / "a.bin", b"two")
    assert (tmp_path / "a.bin").read_bytes() == b"two"
    assert [p.name for p in tmp_path.iterdir()] == ["a.bin"]


def test_missing_folders_are_made(tmp_path: Path) -> None:
    write_bytes(tmp_path / "a" / "b" / "c.bin", b"x")
    assert (tmp_path / "a" / "b" / "c.bin").read_bytes() == b"x"


def test_mode_of_an_existing_file_is_kept_and_a_new_one_follows_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_bytes(tmp_path / "new", b"x")
    finally:
        os.umask(before)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o640
    (tmp_path / "new").chmod(0o604)
    write_bytes(tmp_path / "new", b"y")
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o604


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real" / "file")
    write_bytes(tmp_path / "link", b"x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "file").read_bytes() == b"x"


@pytest.mark.parametrize("failure", [RuntimeError("no"), KeyboardInterrupt(), FormatError("no")])
def test_a_failing_writer_leaves_the_old_file(tmp_path: Path, failure: BaseException) -> None:
    write_bytes(tmp_path / "a", b"old")

    def write(file: BinaryIO) -> None:
        file.write(b"half")
        raise failure

    with pytest.raises(type(failure)):
        write_atomic(tmp_path / "a", write)
    assert (tmp_path / "a").read_bytes() == b"old"
    assert _temporaries(tmp_path) == []


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (errno.ENOSPC, "no space left on the disk. Free some space or write to another folder"),
        (errno.EDQUOT, "the disk quota is used up. Free some space or write to another folder"),
        (errno.EFBIG, "the file grew larger than allowed. Raise the limit (`ulimit -f`)"),
        (errno.EACCES, "no permission to write here. Write to a folder of your own"),
        (errno.EROFS, "the disk is read-only. Write to another folder"),
        (errno.EIO, "writing failed: Input/output error. Write to another folder"),
    ],
)
@pytest.mark.parametrize("existing", [True, False])
def test_error_of_the_disk_is_said_whole(
    tmp_path: Path, number: int, text: str, existing: bool
) -> None:
    path = tmp_path / "a"
    if existing:
        path.write_bytes(b"old")

    def write(file: BinaryIO) -> None:
        file.write(b"half")
        raise OSError(number, os.strerror(number))

    with pytest.raises(StorageError) as caught:
        write_atomic(path, write)
    kept = "the file that stood here is untouched" if existing else "nothing was written"
    assert str(caught.value) == f"{path}: {text}; {kept}."
    assert caught.value.errno == number
    assert [p.read_bytes() for p in tmp_path.iterdir()] == ([b"old"] if existing else [])


def test_folder_as_target_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as caught:
        write_bytes(tmp_path, b"x")
    assert str(caught.value) == (
        f"{tmp_path}: this is a folder, not a file. Give the path of a file; nothing was written."
    )


def test_file_in_place_of_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"")
    with pytest.raises(StorageError) as caught:
        write_bytes(tmp_path / "f" / "a", b"x")
    assert str(caught.value) == (
        f"{tmp_path / 'f' / 'a'}: a part of this path is a file, not a folder. "
        "Give another path; nothing was written."
    )


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if (
        shutil.which("mount") is None
        or subprocess.run(command, check=False, capture_output=True).returncode
    ):
        pytest.skip("a small disk can be mounted by root only")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_full_disk_leaves_the_old_file(tiny_disk: Path) -> None:
    write_bytes(tiny_disk / "a", b"old")
    with pytest.raises(StorageError, match="no space left on the disk"):
        write_bytes(tiny_disk / "a", bytes(1 << 20))
    assert (tiny_disk / "a").read_bytes() == b"old"
    assert _temporaries(tiny_disk) == []
    write_bytes(tiny_disk / "a", bytes(100_000))


def test_file_size_limit_leaves_the_old_file(tmp_path: Path) -> None:
    write_bytes(tmp_path / "a", b"old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 10, limits[1]))
    try:
        with pytest.raises(StorageError, match="the file grew larger than allowed"):
            write_bytes(tmp_path / "a", bytes(1 << 20))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert (tmp_path / "a").read_bytes() == b"old"
    assert _temporaries(tmp_path) == []


_WRITE_SLOWLY = """
    import sys, time
    from striate.storage import write_atomic
    def write(file):
        file.write(b"half")
        file.flush()
        print("writing", flush=True)
        time.sleep(60)
    write_atomic(sys.argv[1], write)
"""


def test_leftover_of_a_killed_writer_is_removed_but_not_of_a_living_one(tmp_path: Path) -> None:
    path = tmp_path / "a[1].bin"
    write_bytes(path, b"old")
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(_WRITE_SLOWLY), str(path)], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.readline()
    (temporary,) = _temporaries(tmp_path)
    assert remove_leftovers(path) == []
    process.kill()
    process.wait()
    process.stdout.close()
    assert path.read_bytes() == b"old"
    assert remove_leftovers(tmp_path / "other") == []
    write_bytes(path, b"new")
    assert not temporary.exists()
    assert path.read_bytes() == b"new"


def test_where_locks_are_missing_only_old_leftovers_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    def no_locks(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOTSUP, "no locks")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    fresh, old = (tmp_path / f".a.{name}.striate-tmp" for name in ("fresh", "old"))
    fresh.write_bytes(b"")
    old.write_bytes(b"")
    os.utime(old, (1, 1))
    write_bytes(tmp_path / "a", b"x")
    assert fresh.exists()
    assert not old.exists()


def test_a_temporary_file_taken_for_abandoned_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    real, seen = fcntl.flock, []

    def steal(descriptor: int, operation: int) -> None:
        if not seen:
            seen.extend(_temporaries(tmp_path))
            seen[0].unlink()
        real(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", steal)
    write_bytes(tmp_path / "a", b"x")
    assert len(seen) == 1
    assert (tmp_path / "a").read_bytes() == b"x"
