"""Finds a file of published weights on this machine, or downloads it."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

from striate.data.datasets.fetch import mirrored
from striate.data.datasets.records import RemoteFile
from striate.data.datasets.verify import check_file
from striate.data.download import download
from striate.data.places import data_folder, keras_folder
from striate.data.progress import size_text
from striate.errors import DownloadError, FormatError, message
from striate.storage.contents import HDF5, content_of

FOLDER = "weights"
PAUSE_S = 1.0  # before a server is asked a second time


def fetch(file: RemoteFile) -> Path:
    """The file, checked; downloaded if no good copy is on this machine.

    Looked for in `$STRIATE_WEIGHTS`, a folder that is only read; `weights` in striate's cache;
    and where Keras and PyTorch keep theirs. `$STRIATE_MIRROR`, an address, takes the place of the
    public one: `<mirror>/weights/<file>`.

    Raises:
        DownloadError: no good copy, and none to be had; says which file to put where.
        StorageError: the cache cannot be written.
    """
    own = data_folder() / FOLDER
    notes: list[str] = []
    for folder in _folders(own):
        place = folder / file.name
        if not place.is_file():
            continue
        try:
            _check(file, place)
        except FormatError as error:
            notes.append(f"{place}: {error}")
            if folder == own:
                warnings.warn(f"{error} It is downloaded again.", stacklevel=5)
            continue
        return place
    try:
        download(
            [mirrored(url, FOLDER) for url in file.urls],
            own / file.name,
            accept=lambda place: _check(file, place),
            size_bytes=file.size_bytes,
            pause_s=PAUSE_S,
            notes=notes,
        )
    except DownloadError:
        raise DownloadError(_advice(file, own, notes)) from None
    return own / file.name


def _folders(own: Path) -> list[Path]:
    """Where a copy may lie, our own places first."""
    torch_home = os.environ.get("TORCH_HOME")
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    torch = Path(torch_home or f"{cache}/torch").expanduser() / "hub" / "checkpoints"
    given = os.environ.get("STRIATE_WEIGHTS")
    first = [Path(given).expanduser()] if given else []
    return [*first, own, keras_folder().parent / "models", torch]


def _check(file: RemoteFile, place: Path) -> None:
    """By its checksum; where none is published, that it is of the kind that it is called."""
    check_file(file, place)
    if file.md5 is None and file.sha256 is None and content_of(place) != HDF5:
        raise FormatError(message(file.name, "it is no HDF5 file"))


def _advice(file: RemoteFile, own: Path, notes: list[str]) -> str:
    size = f" (about {size_text(file.size_bytes)})" if file.size_bytes else ""
    return message(
        file.name,
        "no copy is on this machine, and none could be downloaded",
        fix=f"On a machine with a network, download {file.urls[0]}{size} and put it into {own}",
        chain=notes,
    )
