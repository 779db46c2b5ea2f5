"""Whether arrays and files are what they should be."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from striate.data.datasets.records import Array, ArraySpec, DatasetRecord, RemoteFile
from striate.errors import FormatError, message


def content_digest(name: str, array: Array) -> str:
    """The SHA-256 of an array: its name, type, shape and bytes, whatever file it came from.

    Example:
        >>> import numpy as np
        >>> content_digest("y", np.zeros(3, np.uint8))[:12]
        '27f07b662011'
    """
    array = np.asarray(array, order="C")
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    digest = hashlib.sha256(f"{name} {little.dtype.str} {little.shape}\n".encode())
    digest.update(little.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def check_arrays(record: DatasetRecord, arrays: Mapping[str, Array]) -> None:
    """Checks the content of a data set against its record.

    Raises:
        FormatError: naming the array and what is wrong with it.
    """
    for spec in record.arrays:
        if spec.name not in arrays:
            raise FormatError(message(f"{record.name}, {spec.name}", "the array is missing"))
        _check_array(f"{record.name}, {spec.name}", spec, arrays[spec.name])


def check_file(file: RemoteFile, path: Path) -> None:
    """Checks a file against its checksum, or the beginning of one, if the record has it.

    Raises:
        FormatError: naming the file and both checksums.
    """
    method = "sha256" if file.sha256 else "md5"
    expected = file.sha256 or file.md5
    if expected is None:
        return
    digest = hashlib.new(method, usedforsecurity=False)
    with open(path, "rb") as content:
        while chunk := content.read(1 << 20):
            digest.update(chunk)
    if not digest.hexdigest().startswith(expected):
        raise FormatError(
            message(
                path.name.removesuffix(".part"),
                f"its {method.upper()} is not the published one; the file is damaged or another",
                got={method: digest.hexdigest()},
                expected=expected,
            )
        )


def _check_array(where: str, spec: ArraySpec, array: Array) -> None:
    if array.shape != spec.shape or array.dtype != np.dtype(spec.dtype):
        raise FormatError(
            message(
                where,
                "another shape or type than published",
                got={"shape": array.shape, "dtype": str(array.dtype)},
                expected=f"{spec.shape}, {spec.dtype}",
            )
        )
    if spec.samples_per_class is not None:
        counts = tuple(np.bincount(array.reshape(-1).astype(np.int64)).tolist())
        if counts != spec.samples_per_class:
            raise FormatError(message(where, "other numbers of samples per class than published"))
    if spec.sha256 is not None and content_digest(spec.name, array) != spec.sha256:
        raise FormatError(message(where, "its content is not the published one"))
