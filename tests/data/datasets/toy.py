"""A small data set in each of the published forms, for tests of the way from file to array."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from striate.data.datasets import decode
from striate.data.datasets.records import ArraySpec, DatasetRecord, RemoteFile, Route
from striate.data.datasets.verify import content_digest
from tests.data.datasets.test_cifar_pickle import python2_pickle

_RNG = np.random.default_rng(0)
ARRAYS: dict[str, Any] = {
    "x_train": _RNG.integers(0, 256, (20, 4, 4), dtype=np.uint8),
    "y_train": np.arange(20, dtype=np.uint8) % 2,
    "x_test": _RNG.integers(0, 256, (6, 4, 4), dtype=np.uint8),
    "y_test": np.arange(6, dtype=np.uint8) % 2,
}
IDX = {
    "train-images-idx3-ubyte.gz": "x_train",
    "train-labels-idx1-ubyte.gz": "y_train",
    "t10k-images-idx3-ubyte.gz": "x_test",
    "t10k-labels-idx1-ubyte.gz": "y_test",
}


def npz(compressed: bool = True, **changes: Any) -> bytes:
    """The arrays as `.npz`."""
    file = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(file, **{**ARRAYS, **changes})
    return file.getvalue()


def idx(name: str) -> bytes:
    """One array as a gzip file of MNIST's kind."""
    array = ARRAYS[IDX[name]]
    head = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    return gzip.compress(head + array.tobytes(), mtime=0)


def record(base: str = "http://127.0.0.1:1", *, by_content: bool = True) -> DatasetRecord:
    """The record of the toy data: known by content, or by the files' checksums."""
    specs = tuple(
        ArraySpec(name, array.shape, content_digest(name, array) if by_content else None)
        for name, array in ARRAYS.items()
    )
    if not by_content:
        counts = {"y_train": (10, 10), "y_test": (3, 3)}
        specs = tuple(replace(s, samples_per_class=counts.get(s.name)) for s in specs)
    images = ("train-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte.gz")
    labels = ("train-labels-idx1-ubyte.gz", "t10k-labels-idx1-ubyte.gz")
    files = tuple(
        RemoteFile(name, (f"{base}/{name}",), md5=hashlib.md5(idx(name)).hexdigest())
        for name in IDX
    )
    by_idx = Route(files, decode.decode_idx(images, labels))
    by_npz = Route((RemoteFile("toy.npz", (f"{base}/toy.npz",), 2000),), decode.decode_npz)
    return DatasetRecord(
        name="toy",
        title="Toy",
        arrays=specs,
        class_names=("a", "b"),
        licence="none",
        source="this test",
        routes=(by_npz, by_idx) if by_content else (by_idx,),
        keras_folders=("toy-folder",),
    )


CIFAR_TRAIN = ("cifar/data_batch_1", "cifar/data_batch_2")
CIFAR_TEST = ("cifar/test_batch",)


def cifar_members() -> dict[str, bytes]:
    """Batches of four images each, as Python 2 wrote them; pixel (r, c) of plane p says so."""
    members = {}
    for number, name in enumerate((*CIFAR_TRAIN, *CIFAR_TEST)):
        planes = np.zeros((4, 3, 32, 32), np.uint8)
        planes[:, 1] = 50
        planes[:, 2] = np.arange(32)[:, None]
        planes[:, 0] = number
        members[name] = python2_pickle(planes.reshape(4, -1), [number, 1, 2, 3])
    return members


def tar(members: dict[str, bytes]) -> bytes:
    """A `.tar.gz` of them."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def put(folder: Path, name: str, data: bytes) -> Path:
    """Writes a file and the folders above it."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path
