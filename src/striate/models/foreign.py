"""Files that are not `.striate`: the one place where models hands them over to `formats`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from striate.storage.contents import FOREIGN, content_of

if TYPE_CHECKING:
    import numpy as np

    from striate.graph import Graph
    from striate.models.model import Model


KERAS_MODELS = (".keras", ".h5", ".hdf5")
KERAS_WEIGHTS = (".h5", ".hdf5")  # `.weights.h5` is one of them


def is_foreign(path: str | os.PathLike[str]) -> bool:
    """Whether a file is one that `formats` knows, by its content."""
    return content_of(path) in FOREIGN


def load_model(
    path: str | os.PathLike[str],
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
    weights: str | os.PathLike[str] | None = None,
) -> Model:
    """The model of a Keras file; see `formats.keras_files.open_model`."""
    from striate.formats import keras_files

    return keras_files.open_model(path, custom_objects, compile=compile, weights=weights).model


def graph_of(path: str | os.PathLike[str]) -> Graph:
    """The graph of a Keras file; its weights are not read."""
    from striate.formats import keras_files

    graph: Graph = keras_files.graph_alone(path)
    return graph


def model_from_json(text: str, custom_objects: Mapping[str, Any] | None = None) -> Model:
    """A model with new weights from Keras's `model.to_json()`."""
    from striate.formats import keras_files

    return keras_files.model_from_json(text, custom_objects)


def is_keras_json(text: str) -> bool:
    """Whether a JSON text is Keras's rather than striate's own."""
    return '"format_version"' not in text[:200] and "class_name" in text


def load_weights(
    model: Model,
    path: str | os.PathLike[str],
    *,
    skip_mismatch: bool = False,
    by_name: bool = False,
) -> None:
    """Sets the weights of a model from a Keras file; see `formats.keras_files`."""
    from striate.formats import keras_files

    keras_files.load_weights(model, Path(path), skip_mismatch=skip_mismatch, by_name=by_name)


def stored_layers(
    path: str | os.PathLike[str],
) -> dict[str, list[np.ndarray[Any, Any]]] | None:
    """The arrays of each layer of a Keras `.h5`, in its order; None if it has another layout."""
    from striate.formats.keras_files import legacy, loading

    with loading.open_weights(Path(path)) as root:
        group = legacy.weights_group(root)
        if group is None:
            return None
        return {stored.name: stored.arrays() for stored in legacy.stored_layers(group)}


def keras_order(model: Model) -> list[str]:
    """The names of a model's layers in the order in which Keras writes them."""
    from striate.formats.keras_files import order

    return order.layer_names(model.graph)


def torch_weights(path: str | os.PathLike[str]) -> dict[str, np.ndarray[Any, Any]]:
    """The arrays of a PyTorch state dict by name; see `formats.torch_weights`."""
    from striate.formats.torch_weights import read_torch_weights

    return read_torch_weights(Path(path))


def writes(path: str | os.PathLike[str], suffixes: tuple[str, ...]) -> bool:
    """Whether the name of a file asks for a format that `formats` writes."""
    return Path(path).suffix in suffixes


def save_model(model: Model, path: str | os.PathLike[str], *, include_optimizer: bool) -> None:
    """Writes a model as a Keras file; see `formats.keras_writing`."""
    from striate.formats import keras_writing

    keras_writing.write_model(model, path, include_optimizer=include_optimizer)


def save_weights(model: Model, path: str | os.PathLike[str]) -> None:
    """Writes the weights of a model as a Keras file; see `formats.keras_writing`."""
    from striate.formats import keras_writing

    keras_writing.write_weights(model, path)
