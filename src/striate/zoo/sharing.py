"""Sharing trained models: a folder of `.striate` files with an index, here or behind a server.

The folder holds `index.json` and one file per model, whose name ends in the beginning of its
SHA-256. A file is written before the index names it, and both in one step each, so a reader finds
at any moment a complete registry. Any web server that serves files serves such a folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from striate.data.datasets.records import RemoteFile
from striate.data.datasets.verify import check_file
from striate.data.download import download, one_at_a_time
from striate.data.places import data_folder
from striate.errors import ArgumentError, DownloadError, FormatError, message, unknown_name
from striate.models import Model, load_model
from striate.storage import read_graph
from striate.storage.atomic import write_bytes
from striate.storage.model_file import IN_RUN_FOLDER, SUFFIX

INDEX = "index.json"
FORMAT = "striate models 1"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
LARGEST_INDEX_BYTES = 1 << 24
PAUSE_S = 1.0  # before a server is asked a second time


@dataclass(frozen=True)
class PushedModel:
    """What the index of a folder says of a model.

    Args:
        name: by which it is loaded.
        file: its file in the folder.
        size_bytes: of the file.
        sha256: of the file.
        description: the words of who pushed it.
        parameters: values in its weights.
        input_shape: of one sample.
        num_classes: of its class names, or of its outputs; None if that is no number of classes.
    """

    name: str
    file: str
    size_bytes: int
    sha256: str
    description: str
    parameters: int
    input_shape: tuple[int | None, ...]
    num_classes: int | None

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON values."""
        return asdict(self)


def push(
    model: Model,
    folder: str | os.PathLike[str],
    name: str | None = None,
    *,
    description: str = "",
    overwrite: bool = False,
) -> PushedModel:
    """Puts a model into a folder of models, from which `zoo.load` takes it.

    It is written with class names and preprocessing, without the optimizer's state.

    Args:
        model: a built model.
        folder: a folder of this machine, or its `file:` address; it is made if it is not there.
        name: by which it is loaded; the model's own name by default.
        description: words for the index.
        overwrite: replaces a model of that name.

    Raises:
        ArgumentError: a web address, a name that is no plain file name, or one that is taken.
        StorageError: the folder cannot be written; what it held stays complete.

    Example:
        >>> import tempfile
        >>> from striate import zoo
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     pushed = zoo.push(zoo.lenet5_modern(), folder, "digits")
        ...     zoo.load(f"{folder}/digits").count_params(), pushed.num_classes
        (61706, 10)
    """
    name = model.name if name is None else name
    place = _place(folder, name)
    with one_at_a_time(place):
        known = _index(_content(place / INDEX), str(place)) if (place / INDEX).exists() else {}
        before = known.get(name)
        if before is not None and not overwrite:
            raise ArgumentError(
                message(
                    "zoo.push",
                    "the folder has a model of this name",
                    got={"name": name, "folder": str(place)},
                    fix="overwrite=True",
                )
            )
        entry = _written(model, place, name, description)
        _write_index(place, {**known, name: entry})
        if before is not None and before.file != entry.file:
            (place / before.file).unlink(missing_ok=True)
    return entry


def load(
    source: str | os.PathLike[str],
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
) -> Model:
    """A model that was pushed: "folder/name" or "https://host/folder/name".

    What comes from a server is kept in striate's data folder, verified by size and SHA-256, and
    brought again only if it changed; without a network the kept one is taken. An interrupted
    download goes on where it stopped. As with `load_model`, no code in the file is run.

    Args:
        source: folder or address, and name; a `.striate` file, or its address, is taken as well.
        custom_objects: as of `load_model`.
        compile: as of `load_model`.

    Raises:
        UnknownNameError: the folder has no such model; the nearest names are listed.
        FormatError: no folder of models, or a file that is not what the index says.
        DownloadError: the server gave no right file; the message says what was tried.
    """
    return load_model(_file(str(source)), custom_objects, compile)


def pushed(folder: str | os.PathLike[str]) -> tuple[PushedModel, ...]:
    """What a folder of models, here or behind an address, holds.

    Args:
        folder: as of `load`, without a name.

    Raises:
        FormatError: it has no index, or a damaged one.
        DownloadError: the server did not answer, and nothing was kept of it.
    """
    return tuple(_known(str(folder).rstrip("/")).values())


# folders ------------------------------------------------------------------------------------------


def _place(folder: str | os.PathLike[str], name: str) -> Path:
    """The folder to push into, after what can be wrong with it and the name."""
    if not NAME.fullmatch(name):
        raise ArgumentError(
            message(
                "zoo.push",
                "this cannot be the name of a model",
                got={"name": name},
                expected="letters, digits, and . _ - between them",
            )
        )
    place = _local(str(folder))
    if place is None:
        raise ArgumentError(
            message(
                "zoo.push",
                "a web server cannot be written to",
                got={"folder": str(folder)},
                expected="a folder of this machine",
                fix="Push into a folder and let a web server serve it",
            )
        )
    return place


def _local(text: str) -> Path | None:
    """The folder of this machine that a text names; None for the address of a server."""
    parts = urllib.parse.urlsplit(text)
    if parts.scheme == "file":
        return Path(urllib.request.url2pathname(parts.path))
    return None if parts.scheme in ("http", "https") else Path(text).expanduser()


def _file(source: str) -> Path:
    local = _local(source)
    if local is not None and (local.is_file() or (local / IN_RUN_FOLDER).is_file()):
        return local
    if source.endswith(SUFFIX) and local is None:
        return _brought(source, _kept(source), None)
    folder, _, name = source.rstrip("/").rpartition("/")
    known = _known(folder)
    if name not in known:
        raise unknown_name("zoo.load", f"model in {folder}", name, known)
    entry = known[name]
    place = _local(folder)
    if place is None:
        address = f"{folder}/{urllib.parse.quote(entry.file)}"
        return _brought(address, _kept(folder) / entry.file, entry)
    file = place / entry.file
    if not file.is_file():
        raise FormatError(
            message(
                str(file), "the index names this file, but it is not there", fix="Push it again"
            )
        )
    _check(file, entry)
    return file


def _known(folder: str) -> dict[str, PushedModel]:
    place = _local(folder)
    if place is None:
        return _fetched(folder)
    if not (place / INDEX).is_file():
        raise FormatError(
            message(
                folder or ".",
                f"this is no folder of models: it has no {INDEX}",
                fix=f'zoo.push(model, "{folder or "."}") makes one',
            )
        )
    return _index(_content(place / INDEX), folder)


def _content(path: Path) -> bytes:
    with open(path, "rb") as file:
        return file.read(LARGEST_INDEX_BYTES)


def _written(model: Model, place: Path, name: str, description: str) -> PushedModel:
    draft = place / f".{name}.draft{SUFFIX}"  # one writes at a time: a leftover is written over
    try:
        model.save(draft, include_optimizer=False)
        digest = hashlib.sha256()
        with open(draft, "rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
        sha256 = digest.hexdigest()
        target = place / f"{name}-{sha256[:12]}{SUFFIX}"
        size_bytes = draft.stat().st_size
        os.replace(draft, target)
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()
    outputs = model.graph.output_specs
    scores = outputs[0].shape[-1] if len(outputs) == 1 and outputs[0].rank == 2 else None
    names = model.class_names
    return PushedModel(
        name=name,
        file=target.name,
        size_bytes=size_bytes,
        sha256=sha256,
        description=description,
        parameters=model.count_params(),
        input_shape=model.graph.input_specs[0].shape[1:],
        num_classes=scores if names is None else len(names),
    )


def _write_index(place: Path, known: Mapping[str, PushedModel]) -> None:
    models = {name: known[name].to_dict() for name in sorted(known)}
    text = json.dumps({"format": FORMAT, "models": models}, indent=1) + "\n"
    write_bytes(place / INDEX, text.encode())


def _index(content: bytes, where: str) -> dict[str, PushedModel]:
    """The entries of an index; whatever could lead out of the folder is refused."""
    wanted = {field.name for field in fields(PushedModel)}
    try:
        record = json.loads(content)
        if record["format"] != FORMAT:
            raise ValueError(record["format"])
        found = {}
        for name, row in record["models"].items():
            entry = PushedModel(**{k: v for k, v in row.items() if k in wanted})
            plain = NAME.fullmatch(entry.file) and NAME.fullmatch(name) and entry.name == name
            whole = re.fullmatch("[0-9a-f]{64}", entry.sha256) and type(entry.size_bytes) is int
            if not (plain and whole):
                raise ValueError(name)
            found[name] = entry
        return found
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise FormatError(
            message(
                where,
                f"its {INDEX} is not one of models",
                got={type(error).__name__: str(error)},
                expected=f'what zoo.push writes, of format "{FORMAT}"',
            )
        ) from None


def _check(file: Path, entry: PushedModel) -> None:
    size = file.stat().st_size
    if size != entry.size_bytes:
        raise FormatError(
            message(
                file.name.removesuffix(".part"),
                "it is of another size than the index says",
                got={"bytes": size},
                expected=str(entry.size_bytes),
            )
        )
    check_file(RemoteFile(entry.file, sha256=entry.sha256), file)


# servers ------------------------------------------------------------------------------------------


def _kept(address: str) -> Path:
    """Where files from behind an address are kept."""
    parts = urllib.parse.urlsplit(address)
    steps = [parts.netloc, *parts.path.split("/")]
    return data_folder().joinpath(
        "models", *[urllib.parse.quote(s, "") for s in steps if s.strip(".")]
    )


def _fetched(folder: str) -> dict[str, PushedModel]:
    """The index of a server as it is now, or as it was last if the server cannot be asked."""
    kept = _kept(folder) / INDEX
    new = kept.with_name(f"new-{os.getpid()}-{INDEX}")

    def accept(path: Path) -> None:
        _index(_content(path), folder)

    try:
        download(
            [f"{folder}/{INDEX}"],
            new,
            accept=accept,
            size_bytes=LARGEST_INDEX_BYTES // 4,
            attempts=2,
            pause_s=PAUSE_S,
        )
        os.replace(new, kept)
    except DownloadError:
        new.with_name(new.name + ".part").unlink(missing_ok=True)
        if not kept.is_file():
            raise
    return _index(_content(kept), folder)


def _brought(address: str, target: Path, entry: PushedModel | None) -> Path:
    def accept(path: Path) -> None:
        if entry is None:
            read_graph(path)
        else:
            _check(path, entry)

    size_bytes = None if entry is None else entry.size_bytes
    download([address], target, accept=accept, size_bytes=size_bytes, pause_s=PAUSE_S)
    return target
