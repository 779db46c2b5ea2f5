"""Archives unpacked, with nothing outside the folder they are unpacked into."""

from __future__ import annotations

import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any

from striate.errors import FormatError, message, unknown_name

FORMATS = ("tar", "zip")


def unpack(path: Path, folder: Path, formats: tuple[str, ...] = FORMATS) -> bool:
    """Unpacks a zip or tar archive (plain, gz, bz2, xz) into a folder; False if it is neither.

    Every name is looked at before anything is written. The folder appears in one step, complete;
    one that stood there before is replaced.

    Args:
        path: the archive.
        folder: where its content shall stand.
        formats: what it may be: "tar", "zip".

    Raises:
        FormatError: a name that leads out of the folder, a link or a device, or a damaged file.
        UnknownNameError: another format.
    """
    for name in formats:
        if name not in FORMATS:
            raise unknown_name("archive_format", "format", name, FORMATS)
    if "tar" in formats and tarfile.is_tarfile(path):
        open_archive: Any = tarfile.open
    elif "zip" in formats and zipfile.is_zipfile(path):
        open_archive = zipfile.ZipFile
    else:
        return False
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".unpacking-") as made:
        content = Path(made, "content")
        content.mkdir()
        try:
            with open_archive(path) as archive:
                _write(archive, path.name, content)
        except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError, RuntimeError) as error:
            text = message(path.name, f"the archive cannot be unpacked: {error}")
            raise FormatError(text) from error
        if folder.exists():
            shutil.rmtree(folder)
        content.rename(folder)
    return True


def _write(archive: Any, where: str, folder: Path) -> None:
    members = list(_members(archive, where))
    for name, is_folder, member in members:
        target = folder.joinpath(*PurePosixPath(name).parts)
        if is_folder:
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        with _opened(archive, member) as source, open(target, "wb") as file:
            shutil.copyfileobj(source, file, 1 << 20)


def _members(archive: Any, where: str) -> Iterator[tuple[str, bool, Any]]:
    """(name, whether it is a folder, member) of each; those that could do harm are refused."""
    if isinstance(archive, zipfile.ZipFile):
        for info in archive.infolist():
            yield _safe(info.filename, where), info.is_dir(), info
        return
    for entry in archive:
        if not (entry.isfile() or entry.isdir()):
            raise FormatError(
                message(
                    where,
                    "the archive holds more than files and folders",
                    got={"name": entry.name},
                    expected="no links and no devices",
                    fix="Unpack it by hand if you trust it",
                )
            )
        yield _safe(entry.name, where), entry.isdir(), entry


def _safe(name: str, where: str) -> str:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if name.startswith(("/", "\\")) or ".." in parts or any(":" in part for part in parts):
        raise FormatError(
            message(
                where,
                "a name in the archive leads out of the folder",
                got={"name": name},
                expected="names inside it",
            )
        )
    return name.replace("\\", "/")


def _opened(archive: Any, member: Any) -> IO[bytes]:
    if isinstance(archive, zipfile.ZipFile):
        return archive.open(member)
    found = archive.extractfile(member)
    if found is None:
        raise FormatError(message(member.name, "this member of the archive has no content"))
    return found  # type: ignore[no-any-return]
