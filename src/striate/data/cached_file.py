"""`get_file`: a file from an address, kept on this machine, checked and unpacked."""

from __future__ import annotations

import os
import urllib.parse
import warnings
from pathlib import Path
from typing import Any

from striate.data.archives import FORMATS, unpack
from striate.data.datasets.records import RemoteFile
from striate.data.datasets.verify import check_file
from striate.data.download import download
from striate.data.places import keras_folder
from striate.errors import ArgumentError, DownloadError, FormatError, message


def get_file(
    fname: str | os.PathLike[str] | None = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: Any = "auto",
    cache_dir: str | os.PathLike[str] | None = None,
    force_download: bool = False,
) -> str:
    """The path of a file from the internet, downloaded where it is not on this machine yet.

    As Keras's function, but what is half downloaded is resumed, and archives are unpacked safely
    and only once. The folder an archive is unpacked into differs between Keras 2 and 3, and so
    it does here: `extract=True` means Keras 3, `<name>_extracted` (`<name>` without an ending);
    what lies at the top of the archive is then linked beside it, where Keras 2 had it.
    `untar=True`, Keras 2's word, unpacks beside the archive, and the path is `<name>` there.

    Args:
        fname: name of the file here; by default the last part of the address.
        origin: the address.
        untar: unpacks a tar archive as Keras 2 did.
        md5_hash: the file's MD5, as Keras 1 wrote it.
        file_hash: the file's SHA-256 or MD5: other files are refused.
        cache_subdir: folder inside the cache.
        hash_algorithm: "sha256", "md5", or "auto" to tell by the length.
        extract: unpacks a zip or tar archive.
        archive_format: "tar", "zip", a list of them, "auto" for both, None for neither.
        cache_dir: the cache; by default `$KERAS_HOME` or `~/.keras`.
        force_download: downloads even if the file is there.

    Raises:
        ArgumentError: no address, or one that ends without a name.
        DownloadError: the file is not here and cannot be had; says where to put it.
        FormatError: the archive cannot be unpacked safely.
    """
    name = os.fspath(fname) if fname else _last_part(origin)
    folder = Path(cache_dir).expanduser() if cache_dir else keras_folder().parent
    folder = folder / cache_subdir
    stem = name.partition(".")[0] if fname else name
    bare = (extract or untar) and (not fname or "." not in name)
    target = folder / (f"{name}_archive" if bare else name)
    fresh = _bring(target, origin, md5_hash or file_hash, hash_algorithm, force_download)
    if untar:
        return str(_beside(target, folder / name, folder, fresh))
    if not extract:
        return str(target)
    formats = _formats(archive_format)
    place = folder / (name if bare else f"{stem}_extracted")
    if fresh or not place.is_dir():
        if not unpack(target, place, formats):
            warnings.warn(f"{target.name} is no {' or '.join(formats)} archive", stacklevel=2)
        else:
            _link(place, folder)
    return str(place)


def _last_part(origin: str | None) -> str:
    name = Path(urllib.parse.urlsplit(origin or "").path).name
    if not name:
        raise ArgumentError(
            message(
                "get_file",
                "the address of the file is missing" if not origin else "the address has no name",
                got={"origin": origin},
                expected="an address such as https://host/folder/file.zip",
            )
        )
    return name


def _bring(
    target: Path, origin: str | None, digest: str | None, algorithm: str, force: bool
) -> bool:
    """Makes the file stand at `target`; True if it came now."""
    kind = algorithm if algorithm in ("sha256", "md5") else None
    kind = kind or ("sha256" if len(digest or "") == 64 else "md5")
    file = RemoteFile(target.name, **{kind: digest.lower()} if digest else {})  # type: ignore[arg-type]

    def accept(path: Path) -> None:
        check_file(file, path)

    if target.exists() and not force:
        try:
            accept(target)
            return False
        except FormatError as error:
            warnings.warn(f"the copy at {target} is downloaded again ({error})", stacklevel=3)
    if origin is None:
        _last_part(None)
    if force:
        target.unlink(missing_ok=True)
    notes: list[str] = []
    try:
        download([str(origin)], target, accept=accept, notes=notes)
    except DownloadError as error:
        fix = f"On a machine with a network, download {origin} and put it at {target}"
        fault = "it is not on this machine and could not be downloaded"
        raise DownloadError(message(target.name, fault, fix=fix, chain=notes)) from error
    return True


def _formats(archive_format: Any) -> tuple[str, ...]:
    if archive_format == "auto":
        return FORMATS
    if archive_format is None:
        return ()
    return (archive_format,) if isinstance(archive_format, str) else tuple(archive_format)


def _beside(archive: Path, place: Path, folder: Path, fresh: bool) -> Path:
    """Keras 2's way: what is in the archive lies beside it, and `place` is expected among it."""
    inside = folder / f"{archive.name}_content"
    if fresh or not inside.is_dir():
        if not unpack(archive, inside, ("tar",)):
            warnings.warn(f"{archive.name} is no tar archive", stacklevel=3)
            return place
        _link(inside, folder)
    return place


def _link(content: Path, folder: Path) -> None:
    """Shows what lies at the top of an unpacked archive in the folder too, where names are free."""
    for entry in content.iterdir():
        link = folder / entry.name
        if link.is_symlink():
            link.unlink()
        if not link.exists():
            link.symlink_to(entry.relative_to(folder), target_is_directory=entry.is_dir())
