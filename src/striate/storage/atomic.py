"""Files that are either the old one or the new one, never half of either."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from striate.errors import StorageError, StriateError, message

try:
    import fcntl
except ImportError:  # Windows: an open file cannot be deleted there, which does the lock's work
    fcntl = None  # type: ignore[assignment]

_SUFFIX = ".striate-tmp"
_UNLOCKABLE_AGE_S = 24 * 3600.0
"""A temporary file on a file system without locks counts as left behind after this long."""

_FAULTS = {
    errno.ENOSPC: ("no space left on the disk", "Free some space or write to another folder"),
    errno.EDQUOT: ("the disk quota is used up", "Free some space or write to another folder"),
    errno.EFBIG: ("the file grew larger than allowed", "Raise the limit (`ulimit -f`)"),
    errno.EACCES: ("no permission to write here", "Write to a folder of your own"),
    errno.EPERM: ("no permission to write here", "Write to a folder of your own"),
    errno.EROFS: ("the disk is read-only", "Write to another folder"),
    errno.EISDIR: ("this is a folder, not a file", "Give the path of a file"),
    errno.ENOTDIR: ("a part of this path is a file, not a folder", "Give another path"),
    errno.EEXIST: ("a part of this path is a file, not a folder", "Give another path"),
    errno.ENAMETOOLONG: ("the name is too long for this disk", "Use a shorter name"),
}


def write_atomic(path: str | os.PathLike[str], write: Callable[[BinaryIO], None]) -> None:
    """Writes a file so that a reader, at any moment, finds the old content or the new one.

    The content goes to a temporary file in the same folder, is flushed to the disk, and takes the
    place of `path` in one step; then the folder is flushed, so that the change outlives a power
    cut. If anything fails, what stood at `path` is untouched and the temporary file is removed.
    A process killed in the middle leaves a temporary file that the next write to the same path
    removes. Missing folders are made. A link is followed; the mode of an existing file is kept.

    Args:
        path: where the file shall stand.
        write: is called once with the temporary file, open for binary writing and seekable.

    Raises:
        StorageError: no space, no permission, too large, or any other error of the disk.
    """
    target = Path(os.path.realpath(path))
    try:
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        _make_folder(target.parent)
        remove_leftovers(target)
        _write_and_rename(target, write)
    except StriateError:
        raise
    except OSError as error:
        raise storage_error(path, error) from error


def write_bytes(path: str | os.PathLike[str], data: bytes) -> None:
    """`write_atomic` for content that is already in memory."""

    def write(file: BinaryIO) -> None:
        file.write(data)

    write_atomic(path, write)


def remove_leftovers(path: str | os.PathLike[str]) -> list[Path]:
    """Removes the temporary files that killed processes left beside `path`; returns their paths.

    A temporary file that a living process still writes is locked by it and stays.
    """
    target = Path(os.path.realpath(path))
    removed = []
    for leftover in target.parent.glob(f".{_escape(target.name)}.*{_SUFFIX}"):
        with contextlib.suppress(OSError):
            if _unlink_abandoned(leftover):
                removed.append(leftover)
    return sorted(removed)


def storage_error(path: str | os.PathLike[str], error: OSError) -> StorageError:
    """The `StorageError` that says why `path` could not be written, and how to go on."""
    number = error.errno if error.errno is not None else -1
    reason = error.strerror or str(error) or type(error).__name__
    fault, fix = _FAULTS.get(number, (f"writing failed: {reason}", "Write to another folder"))
    there = os.path.isfile(path)
    kept = "the file that stood here is untouched" if there else "nothing was written"
    failure = StorageError(message(str(path), fault, fix=f"{fix}; {kept}"))
    failure.errno = error.errno
    return failure


def _write_and_rename(target: Path, write: Callable[[BinaryIO], None]) -> None:
    temporary, descriptor = _open_temporary(target)
    try:
        # The lock belongs to the descriptor, so the file must stay open until it is renamed.
        with open(descriptor, "w+b") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
            if fcntl is not None:
                os.replace(temporary, target)
        if fcntl is None:
            os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    _flush_folder(target.parent)


def _open_temporary(target: Path) -> tuple[Path, int]:
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    while True:
        temporary = target.with_name(f".{target.name}.{secrets.token_hex(6)}{_SUFFIX}")
        descriptor = os.open(temporary, flags, 0o666)
        # Between creation and lock another process may take the file for abandoned: try again.
        if _lock(descriptor) and os.path.exists(temporary):
            _copy_mode(target, temporary)
            return temporary, descriptor
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    """True if this process may go on with the file; file systems without locks count as such."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def _unlink_abandoned(temporary: Path) -> bool:
    if fcntl is None:
        temporary.unlink()
        return True
    descriptor = os.open(temporary, os.O_RDWR)
    try:
        # Unlinked while locked: a writer that has just made the file then sees that it is gone.
        if not _is_abandoned(descriptor):
            return False
        temporary.unlink()
        return True
    finally:
        os.close(descriptor)


def _is_abandoned(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return time.time() - os.fstat(descriptor).st_mtime > _UNLOCKABLE_AGE_S
    return True


def _copy_mode(target: Path, temporary: Path) -> None:
    with contextlib.suppress(OSError):  # no such file, or a disk without modes
        os.chmod(temporary, stat.S_IMODE(target.stat().st_mode))


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _flush_folder(folder.parent)


def _flush_folder(folder: Path) -> None:
    """Makes renames in the folder outlive a power cut, where the system offers that."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


def _escape(name: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)
