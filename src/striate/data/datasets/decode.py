"""From the published files to arrays; no declared size is believed before it is checked."""

from __future__ import annotations

import gzip
import math
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, Protocol

import numpy as np

from striate.data.datasets.cifar_pickle import load_pickle
from striate.data.datasets.records import Array, ArraySpec
from striate.errors import FormatError, message

_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    tarfile.TarError,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
    KeyError,
)
"""What the readers of the standard library raise on damaged files."""

_PICKLE_LIMIT_BYTES = 200 << 20


def decode_npz(paths: Mapping[str, Path], specs: Mapping[str, ArraySpec]) -> dict[str, Array]:
    """Arrays of the wanted names, shapes and types from one `.npz` file."""
    (path,) = paths.values()
    return read_npz(path, specs)


def read_npz(path: Path, specs: Mapping[str, ArraySpec] | None = None) -> dict[str, Array]:
    """The arrays of a `.npz` file; arrays of objects, which would need pickle, are refused.

    Args:
        path: the file.
        specs: only these arrays, and only if they have these shapes and types; None: all.

    Raises:
        FormatError: no zip, truncated, an array missing or other than wanted.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            stored = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            arrays = {}
            for name in stored if specs is None else specs:
                if name not in stored:
                    raise FormatError(message(f"{path.name}, {name}", "the array is missing"))
                with archive.open(stored[name]) as file:
                    spec = None if specs is None else specs[name]
                    arrays[name] = _read_npy(file, stored[name].file_size, spec)
            return arrays
    except FormatError:
        raise
    except _FAULTS as error:
        raise _unreadable(path, error) from error


def _read_npy(file: IO[bytes], size_bytes: int, spec: ArraySpec | None) -> Array:
    version = np.lib.format.read_magic(file)
    readers: dict[tuple[int, int], Callable[..., Any]] = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in readers:
        raise ValueError(f"unknown version {version} of the npy format")
    shape, is_fortran, dtype = readers[version](file)
    if dtype.hasobject:
        raise ValueError("it holds Python objects, which are not opened")
    if spec is not None and (shape != spec.shape or dtype != np.dtype(spec.dtype)):
        raise ValueError(f"{spec.name} has shape {shape} and type {dtype}")
    if dtype.itemsize * math.prod(shape) > size_bytes or min(shape, default=0) < 0:
        raise ValueError(f"an array of shape {shape} does not fit into {size_bytes} bytes")
    array = np.empty(shape, dtype, order="F" if is_fortran else "C")
    _fill(file, array.T if is_fortran else array)
    return array


def decode_idx(
    images: tuple[str, str], labels: tuple[str, str]
) -> Callable[[Mapping[str, Path], Mapping[str, ArraySpec]], dict[str, Array]]:
    """A reader of the four gzip files of MNIST and its kin: (train, test) names of each."""

    def decode(paths: Mapping[str, Path], specs: Mapping[str, ArraySpec]) -> dict[str, Array]:
        files = {"x_train": images[0], "x_test": images[1]}
        files |= {"y_train": labels[0], "y_test": labels[1]}
        return {name: _read_idx(paths[file], specs[name]) for name, file in files.items()}

    return decode


def _read_idx(path: Path, spec: ArraySpec) -> Array:
    """References: the IDX format, as described on the home page of MNIST (LeCun et al. 1998)."""
    try:
        with gzip.open(path) as file:
            head = file.read(4 + 4 * len(spec.shape))
            expected = bytes([0, 0, 8, len(spec.shape)])
            expected += b"".join(n.to_bytes(4, "big") for n in spec.shape)
            if head != expected:
                raise ValueError(f"it is no IDX file of bytes with shape {spec.shape}")
            array = np.empty(spec.shape, np.uint8)
            _fill(file, array)
            if file.read(1):
                raise ValueError("it is longer than its header says")
            return array
    except _FAULTS as error:
        raise _unreadable(path, error) from error


def decode_cifar_archive(
    train: tuple[str, ...], test: tuple[str, ...], labels: Mapping[str, str]
) -> Callable[[Mapping[str, Path], Mapping[str, ArraySpec]], dict[str, Array]]:
    """A reader of the `.tar.gz` of CIFAR; nothing is unpacked to the disk.

    Args:
        train, test: the members with the batches.
        labels: name of the array without `_train` or `_test` -> key of the labels in a batch.
    """

    def decode(paths: Mapping[str, Path], specs: Mapping[str, ArraySpec]) -> dict[str, Array]:
        (path,) = paths.values()
        try:
            members = _members(path, {*train, *test})
            return _cifar_arrays(members, train, test, labels)
        except FormatError:
            raise
        except _FAULTS as error:
            raise _unreadable(path, error) from error

    return decode


def decode_cifar_files(
    train: tuple[str, ...], test: tuple[str, ...], labels: Mapping[str, str]
) -> Callable[[Mapping[str, Path], Mapping[str, ArraySpec]], dict[str, Array]]:
    """The same for batches that were unpacked, as Keras leaves them in its folder."""

    def decode(paths: Mapping[str, Path], specs: Mapping[str, ArraySpec]) -> dict[str, Array]:
        members = {name: path.read_bytes() for name, path in paths.items()}
        return _cifar_arrays(members, train, test, labels)

    return decode


def _members(path: Path, wanted: set[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    with tarfile.open(path, "r|gz") as archive:
        for member in archive:
            if member.name not in wanted:
                continue
            file = archive.extractfile(member)
            if file is None or member.size > _PICKLE_LIMIT_BYTES:
                raise ValueError(f"{member.name} is no file of a plausible size")
            found[member.name] = file.read()
    missing = sorted(wanted - set(found))
    if missing:
        raise ValueError(f"{missing[0]} is missing")
    return found


def _cifar_arrays(
    members: Mapping[str, bytes],
    train: tuple[str, ...],
    test: tuple[str, ...],
    labels: Mapping[str, str],
) -> dict[str, Array]:
    arrays: dict[str, Array] = {}
    for part, names in (("train", train), ("test", test)):
        batches = [load_pickle(members[name], name) for name in names]
        pairs = zip(batches, names, strict=True)
        planes = np.concatenate([_pixels(batch, name) for batch, name in pairs])
        arrays[f"x_{part}"] = np.ascontiguousarray(planes.transpose(0, 2, 3, 1))
        for array, key in labels.items():
            values = [value for batch in batches for value in _labels(batch, key)]
            arrays[f"{array}_{part}"] = np.array(values, np.uint8).reshape(-1, 1)
    return arrays


def _pixels(batch: Mapping[Any, Any], name: str) -> Array:
    pixels = batch.get(b"data")
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8 or pixels.ndim != 2:
        raise FormatError(message(name, "it has no pixels where CIFAR has them"))
    if pixels.shape[1] != 3 * 32 * 32:
        raise FormatError(message(name, "its rows are not images of 32 x 32 pixels in 3 colours"))
    return pixels.reshape(-1, 3, 32, 32)


def _labels(batch: Mapping[Any, Any], key: str) -> list[int]:
    values = batch.get(key.encode())
    is_list = isinstance(values, list)
    if not is_list or not all(type(v) is int and 0 <= v < 256 for v in values or ()):
        raise FormatError(message(f"labels {key}", "they are missing or no list of small numbers"))
    return list(values or ())


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def _fill(file: _Readable, array: Array) -> None:
    """Reads exactly the bytes of the array."""
    view = array.reshape(-1).view(np.uint8).data
    done = 0
    while done < len(view):
        chunk = file.read(min(len(view) - done, 1 << 20))
        if not chunk:
            raise EOFError(f"it ends after {done} of {len(view)} bytes")
        view[done : done + len(chunk)] = chunk
        done += len(chunk)


def _unreadable(path: Path, error: Exception) -> FormatError:
    reason = str(error).rstrip(".") or type(error).__name__
    return FormatError(message(path.name.removesuffix(".part"), f"it cannot be read: {reason}"))
