"""Weights of Keras files into a model that is there already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

from striate.errors import ArgumentError, FormatError, message
from striate.formats.keras_files import legacy, refusals, v3
from striate.formats.keras_files.archive import KerasZip
from striate.formats.keras_files.hdf5 import Group, Reader
from striate.formats.keras_files.legacy import Pairs
from striate.models import Model
from striate.storage.contents import HDF5, KERAS, content_of


def load_weights(
    model: Model, path: Path, *, skip_mismatch: bool = False, by_name: bool = False
) -> None:
    """Sets the weights of a model from a Keras file; nothing is set unless all of them fit.

    Args:
        model: a built model.
        path: an `.h5` file with a model or weights alone, `.weights.h5`, or `.keras`.
        skip_mismatch: leaves weights alone that are missing there or have another shape.
        by_name: takes the layers whose names are in the file and leaves the others alone.

    Raises:
        FormatError: no such file, damaged, or the weights of another model.
        ArgumentError: `by_name` with a file of the v3 layout.
    """
    with open_weights(path) as root:
        fill(pairs_of(model, root, skip=skip_mismatch, by_name=by_name))


@contextmanager
def open_weights(path: Path) -> Iterator[Group]:
    """The HDF5 file of a path, or that inside a `.keras` zip."""
    kind = content_of(path)
    if kind == KERAS:
        with KerasZip(path) as archive:
            content = archive.weights()
        if content is None:
            raise FormatError(message(str(path), "the file holds no weights"))
        with Reader(content, str(path)) as root:
            yield root
    elif kind == HDF5:
        with Reader(path, str(path)) as root:
            yield root
    else:
        raise refusals.not_weights(path, kind)


def pairs_of(
    model: Model,
    root: Group,
    *,
    classes: Mapping[int, str] | None = None,
    skip: bool = False,
    by_name: bool = False,
) -> Pairs:
    """The weights of a model with the arrays of a file, by the layout that the file has."""
    model.graph  # noqa: B018 - raises NotBuiltError before the file is searched
    group = legacy.weights_group(root)
    if group is not None:
        if by_name:
            return legacy.by_name(model, group, skip=skip)
        return legacy.by_order(model, group, skip=skip)
    if not v3.is_v3(root):
        raise refusals.not_keras(root)
    if by_name:
        raise ArgumentError(
            message(
                root.where,
                "its layers are kept by class and number, not by name",
                got={"by_name": True},
                expected="a file of the legacy layout (.h5)",
                fix="model.load_weights(path, skip_mismatch=True)",
            )
        )
    return v3.matched(model, root, classes, skip=skip)


def fill(pairs: Pairs) -> None:
    """Copies the arrays into the weights."""
    with torch.no_grad():
        for place, value in pairs:
            place.tensor.copy_(torch.from_numpy(_plain(value)))


def _plain(value: Any) -> np.ndarray[Any, Any]:
    return np.ascontiguousarray(value).reshape(np.shape(value))
