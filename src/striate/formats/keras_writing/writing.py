"""Files of Keras 3: `.keras`, `.h5` with a model, and weights alone in either layout."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from striate.formats.keras_slots import OWN_STATE
from striate.formats.keras_writing import content, hdf5
from striate.formats.keras_writing.content import Content, array
from striate.formats.keras_writing.table import KERAS_VERSION
from striate.models import Model
from striate.storage import write_atomic

KERAS, V3_WEIGHTS = ".keras", ".weights.h5"
_DATE = (1980, 1, 1, 0, 0, 0)  # the first date a zip can say: equal models give equal files


def write_model(
    model: Model, path: str | os.PathLike[str], *, include_optimizer: bool = True
) -> None:
    """Writes a model as `.keras` or, under any other name, as a legacy `.h5`, in one atomic step.

    Args:
        model: a built model.
        path: the file.
        include_optimizer: also how it was compiled and the optimizer's state, if Keras can name
            the optimizer.

    Raises:
        FormatError: Keras lacks a layer of it, or its loss or metric; nothing is written.
        StorageError: the disk is full or cannot be written; what stood there is untouched.
    """
    made = content.content_of(model, include_optimizer)
    zipped = Path(path).suffix == KERAS
    write_atomic(path, _zip_writer(made) if zipped else _hdf5_writer(lambda f: _legacy(f, made)))


def write_weights(model: Model, path: str | os.PathLike[str]) -> None:
    """Writes weights alone: `.weights.h5` as today's Keras has it, or the legacy layout.

    Raises:
        FormatError: Keras lacks a layer of the model; nothing is written.
        StorageError: the disk is full or cannot be written; what stood there is untouched.
    """
    made = content.content_of(model, include_optimizer=False)
    if str(path).endswith(V3_WEIGHTS):
        write_atomic(path, _hdf5_writer(lambda f: _numbered(f, made)))
    else:
        write_atomic(path, _hdf5_writer(lambda f: _by_layer(f, made.model)))


def _hdf5_writer(fill: Callable[[Any], None]) -> Callable[[BinaryIO], None]:
    def write(file: BinaryIO) -> None:
        noting = hdf5.Noting(file)
        with hdf5.opened(noting) as root:
            fill(root)
        noting.finish()

    return write


def _zip_writer(made: Content) -> Callable[[BinaryIO], None]:
    config = dict(made.network)
    if made.compiled is not None:
        config["compile_config"] = made.compiled
    members: dict[str, bytes | memoryview] = {
        "metadata.json": json.dumps({"keras_version": KERAS_VERSION}).encode(),
        "config.json": json.dumps(config).encode(),
    }

    def write(file: BinaryIO) -> None:
        weights = io.BytesIO()
        with hdf5.opened(weights) as root:
            _numbered(root, made)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            members["model.weights.h5"] = weights.getbuffer()
            for name, data in members.items():
                info = zipfile.ZipInfo(name, _DATE)
                info.external_attr = 0o644 << 16
                with archive.open(info, "w", force_zip64=True) as member:
                    member.write(data)

    return write


def _numbered(root: Any, made: Content) -> None:
    """The v3 layout, with the optimizer if it is to be written."""
    root.create_group("vars").attrs["name"] = made.model.name
    for path, name, own in content.by_number(made.model):
        group = root.create_group(path)
        group.attrs["name"] = name
        for i, place in enumerate(own):
            group.create_dataset(str(i), data=array(place.tensor))
    name, variables = made.optimizer()
    if variables:
        group = root.create_group("optimizer/vars")
        group.attrs["name"] = name
        for i, (_, value) in enumerate(variables):
            group.create_dataset(str(i), data=value)


def _legacy(root: Any, made: Content) -> None:
    """A whole model in the legacy layout.

    The optimizer's state lies where Keras does not look. From `optimizer_weights` Keras 3.15
    builds an optimizer that knows no weight, its own files' as well, and cannot train then.
    The layers have their modules, as in `.keras`: without them Keras takes the classes of
    operations for those of layers, and drops an `axis` that is a list.
    """
    root.attrs["keras_version"] = KERAS_VERSION
    root.attrs["backend"] = hdf5.BACKEND
    root.attrs["model_config"] = json.dumps({k: made.network[k] for k in ("class_name", "config")})
    if made.compiled is not None:
        how = {k: v for k, v in made.compiled.items() if k != "optimizer"}
        optimizer = made.compiled["optimizer"]
        how["optimizer_config"] = {k: optimizer[k] for k in ("class_name", "config")}
        root.attrs["training_config"] = json.dumps(how)
    _by_layer(root.create_group("model_weights"), made.model)
    name, variables = made.optimizer()
    if variables:
        arrays = [(f"{name}/{variable}", value) for variable, value in variables]
        hdf5.put_arrays(root.create_group(OWN_STATE), arrays)


def _by_layer(group: Any, model: Model) -> None:
    group.attrs["keras_version"] = KERAS_VERSION
    group.attrs["backend"] = hdf5.BACKEND
    found = list(content.by_layer(model))
    hdf5.put_names(group, "layer_names", [name for name, _ in found])
    for name, own in found:
        arrays = [(place.path, array(place.tensor)) for place in own]
        hdf5.put_arrays(group.create_group(name), arrays)
    hdf5.put_arrays(group.create_group("top_level_model_weights"), [])
