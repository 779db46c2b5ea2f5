"""Whether a zip file is sound before a byte of its content is read."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

from striate.errors import FormatError, message

_MEMBERS_LIMIT = 10_000
_RATIO_LIMIT = 200
_RATIO_FREE_BYTES = 1 << 20
"""Below this size a member may be compressed to any ratio: it cannot fill the memory."""

_LOCAL_HEADER_BYTES = 30
_ENCRYPTED = 0x1

_HEADS = (
    (b"\x89HDF\r\n", "it is an HDF5 file (Keras `.h5`?)"),
    (b"version https://git-lfs", "it is a Git LFS pointer; fetch the file with `git lfs pull`"),
    (b"\x1f\x8b", "it is a gzip file"),
    (b"\x80", "it is a pickle, which striate does not open"),
    (b"<", "it is a web page or XML"),
)
"""First bytes of files that people hand over by mistake, and what to say of each."""


def is_safe_name(name: object) -> bool:
    """True for a relative path with forward slashes that stays inside its folder."""
    if not isinstance(name, str) or not name or "\\" in name or "\0" in name or ":" in name:
        return False
    return all(part not in ("", ".", "..") for part in name.split("/"))


def checked_members(path: Path, archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The members by name, after every claim of the zip's directory was found possible.

    Raises:
        FormatError: too many members, a name that is unsafe or used twice, encryption, an unusual
            compression, members that overlap, or sizes that the file cannot hold.
    """
    infos = [info for info in archive.infolist() if not _is_folder(info)]
    if len(infos) > _MEMBERS_LIMIT:
        raise FormatError(
            message(
                str(path),
                "too many members",
                got={"members": len(infos)},
                expected=f"at most {_MEMBERS_LIMIT}",
            )
        )
    members: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        fault = _member_fault(info)
        if fault is None and info.filename in members:
            fault = "the name is used twice"
        if fault is not None:
            raise FormatError(message(f"{path}, member {info.filename}", fault))
        members[info.filename] = info
    _check_places(path, infos)
    return members


def explain_no_zip(path: Path, error: Exception) -> str:
    """The message for a file that did not open as a zip."""
    if isinstance(error, FileNotFoundError):
        return message(str(path), "no such file", fix=_near(path))
    if isinstance(error, IsADirectoryError) or path.is_dir():
        return message(str(path), "this is a folder, not a file")
    if isinstance(error, OSError):
        return message(str(path), f"it cannot be read: {error.strerror or error}")
    with open(path, "rb") as file:
        head = file.read(64)
    if not head:
        return message(str(path), "the file is empty")
    if head.startswith(b"PK\x03\x04"):
        return message(str(path), "the file is truncated or damaged: the end of the zip is missing")
    for start, words in _HEADS:
        if head.startswith(start):
            return message(str(path), f"not a striate file: {words}")
    return message(str(path), "not a striate file: it is not a zip")


def _is_folder(info: zipfile.ZipInfo) -> bool:
    return info.filename.endswith("/") and info.file_size == 0


def _member_fault(info: zipfile.ZipInfo) -> str | None:
    if not is_safe_name(info.filename):
        return "an unsafe name"
    if info.flag_bits & _ENCRYPTED:
        return "it is encrypted"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return f"compressed by method {info.compress_type}; only stored and deflated are read"
    if info.compress_type == zipfile.ZIP_STORED and info.file_size != info.compress_size:
        return "its two sizes contradict each other"
    if info.file_size > max(_RATIO_FREE_BYTES, _RATIO_LIMIT * info.compress_size):
        return (
            f"it claims to unpack to {info.file_size} bytes from {info.compress_size}, "
            f"more than {_RATIO_LIMIT} times"
        )
    return None


def _check_places(path: Path, infos: list[zipfile.ZipInfo]) -> None:
    """Members may not overlap: that is how a small file claims to unpack to a huge one."""
    limit = os.path.getsize(path)
    for info in sorted(infos, key=lambda info: info.header_offset, reverse=True):
        end = info.header_offset + _LOCAL_HEADER_BYTES + info.compress_size
        if info.header_offset < 0 or end > limit:
            fault = "it reaches beyond the end of the file or into the next member"
            raise FormatError(message(f"{path}, member {info.filename}", fault))
        limit = info.header_offset


def _near(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"The folder {folder} does not exist either"
    same = sorted(p.name for p in folder.iterdir() if p.suffix == path.suffix and p.is_file())[:3]
    return "Beside it stand " + ", ".join(same) if same else ""
