"""What a file is, by its first bytes and never by its name."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

OWN, OTHER = "striate", "other"
HDF5, KERAS, JSON = "HDF5", "Keras zip", "JSON"
LFS, TFLITE, SAVED_MODEL, ZIP, EMPTY = "LFS pointer", "TFLite", "SavedModel", "zip", "empty"
FOREIGN = (HDF5, KERAS, JSON, LFS, TFLITE, SAVED_MODEL)
_HEADS = (
    (b"\x89HDF\r\n\x1a\n", HDF5),
    (b"version https://git-lfs", LFS),
)
_JSON_STARTS = (b"{", b"[", b'"')
_KERAS_MEMBERS = {"config.json", "model.weights.h5", "model.weights.npz"}
_HEAD_BYTES = 64


def content_of(path: str | os.PathLike[str]) -> str:
    """One of the words of this file: "HDF5", "Keras zip", "JSON", "LFS pointer", ...

    A folder is "SavedModel" or "other"; what cannot be read is "other", too.
    """
    place = Path(path)
    if place.is_dir():
        saved = ("saved_model.pb", "keras_metadata.pb", "saved_model.pbtxt")
        return SAVED_MODEL if any((place / name).exists() for name in saved) else OTHER
    try:
        with place.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return OTHER
    if not head:
        return EMPTY
    for start, what in _HEADS:
        if head.startswith(start):
            return what
    if head[4:8] == b"TFL3":
        return TFLITE
    if head.startswith(b"PK\x03\x04"):
        return _zip_content(place)
    if place.name.endswith((".pb", ".pbtxt")):
        return SAVED_MODEL
    if head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in _JSON_STARTS:
        return JSON
    return OTHER


def _zip_content(place: Path) -> str:
    try:
        with zipfile.ZipFile(place) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError):
        return ZIP
    if "graph.json" in names:
        return OWN
    return KERAS if names & _KERAS_MEMBERS else ZIP
