"""Finds the files of a data set on this machine, or downloads them, and opens them checked."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from pathlib import Path

from striate.data.datasets.records import Array, DatasetRecord, RemoteFile, Route
from striate.data.datasets.verify import check_arrays, check_file
from striate.data.download import download
from striate.data.places import data_folder, keras_folder
from striate.data.progress import size_text
from striate.errors import ArgumentError, DownloadError, FormatError, message


def load_arrays(record: DatasetRecord) -> dict[str, Array]:
    """The arrays of a data set, checked; downloaded if no good copy is on this machine.

    Looked for in this order: `<data folder>/<name>`, the data folder itself, Keras's folder. A
    damaged copy in the first is reported by a warning and replaced.

    Raises:
        DownloadError: no good copy, and none to be had; says which file to put where.
        StorageError: the data folder cannot be written.
    """
    if record.embedded is not None:
        arrays = record.embedded()
        check_arrays(record, arrays)
        return arrays
    notes: list[str] = []
    damaged: list[str] = []
    for folder in _folders(record):
        for route in record.routes:
            paths = _paths(route, folder)
            if not all(path.is_file() for path in paths.values()):
                continue
            try:
                return _opened(record, route, paths)
            except FormatError as error:
                notes.append(f"{folder}: {error}")
                damaged += [str(path) for path in paths.values() if folder == own_folder(record)]
    if damaged:
        warnings.warn(
            f"{record.name}: the copy in {own_folder(record)} is damaged and is downloaded again "
            f"({notes[0]})",
            stacklevel=3,
        )
    return _downloaded(record, notes)


def is_cached(record: DatasetRecord) -> bool:
    """Whether all files of a data set are on this machine; their content is not read."""
    if record.embedded is not None:
        return True
    return any(
        all(path.is_file() for path in _paths(route, folder).values())
        for folder in _folders(record)
        for route in record.routes
    )


def own_folder(record: DatasetRecord) -> Path:
    """Where downloads of this data set go."""
    return data_folder() / record.name


def load_file(record: DatasetRecord, path: Path) -> dict[str, Array]:
    """The arrays from a file of the user's own, checked against the record.

    Raises:
        FormatError: the file does not hold this data set.
    """
    route = record.routes[0]
    return _opened(record, route, {route.files[0].name: path})


def _folders(record: DatasetRecord) -> list[Path]:
    keras = keras_folder()
    inside = [keras / folder for folder in record.keras_folders]
    return [own_folder(record), data_folder(), keras, *inside]


def _paths(route: Route, folder: Path) -> dict[str, Path]:
    return {file.name: folder / file.name for file in route.files}


def _opened(record: DatasetRecord, route: Route, paths: dict[str, Path]) -> dict[str, Array]:
    if not record.is_known_by_content:
        for file in route.files:
            check_file(file, paths[file.name])
    arrays = route.decode(paths, record.specs)
    check_arrays(record, arrays)
    return arrays


def _downloaded(record: DatasetRecord, notes: list[str]) -> dict[str, Array]:
    folder = own_folder(record)
    for route in record.routes:
        if not route.is_remote:
            continue
        paths = _paths(route, folder)
        try:
            for file in route.files:
                accept = _acceptance(record, route, file)
                urls = [mirrored(url, record.name) for url in file.urls]
                urls = list(dict.fromkeys(urls))
                download(
                    urls,
                    paths[file.name],
                    accept=accept,
                    size_bytes=file.size_bytes,
                    notes=notes,
                )
            return _opened(record, route, paths)
        except FormatError as error:
            notes.append(f"{folder}: {error}")
        except DownloadError:
            continue  # its attempts are in the notes
    raise DownloadError(_advice(record, folder, notes))


def _acceptance(record: DatasetRecord, route: Route, file: RemoteFile) -> Callable[[Path], None]:
    """A file that is the whole data set is checked by content, one of several by its checksum."""

    def accept(path: Path) -> None:
        if len(route.files) == 1 and record.is_known_by_content:
            check_arrays(record, route.decode({file.name: path}, record.specs))
        else:
            check_file(file, path)

    return accept


def mirrored(url: str, folder: str) -> str:
    """`$STRIATE_MIRROR` takes the place of the public addresses: `<mirror>/<folder>/<file>`."""
    mirror = os.environ.get("STRIATE_MIRROR")
    if not mirror:
        return url
    if not mirror.startswith(("https://", "http://")):
        raise ArgumentError(
            message(
                "STRIATE_MIRROR",
                "this is no address",
                got={"STRIATE_MIRROR": mirror},
                expected="one that starts with https:// or http://",
            )
        )
    return f"{mirror.rstrip('/')}/{folder}/{url.rsplit('/', 1)[1]}"


def _advice(record: DatasetRecord, folder: Path, notes: list[str]) -> str:
    files = record.routes[0].files
    names = ", ".join(
        f"{file.name} ({size_text(file.size_bytes)})" if file.size_bytes else file.name
        for file in files
    )
    origin = files[0].urls[0].rsplit("/", 1)[0]
    fix = f"On a machine with a network, download {names} from {origin}/ and put it into {folder}"
    fault = "no copy is on this machine, and none could be downloaded"
    return message(record.name, fault, fix=fix, chain=notes)
