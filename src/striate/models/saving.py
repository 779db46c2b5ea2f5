"""Models to files and back; nothing in a file is ever run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from striate import errors
from striate.layers.waiting import allocate
from striate.models import foreign
from striate.models.compiled_config import (
    compile_from_config,
    compiled_config,
    optimizer_state,
    restore_optimizer,
)
from striate.models.rebuild import model_from_graph
from striate.storage import (
    ModelFile,
    decode_tensors,
    read_model,
    tensor_specs,
    tensor_writer,
    write_atomic,
    write_model,
)
from striate.storage.model_file import SUFFIX, Arrays, check_suffix, check_weights, model_path

if TYPE_CHECKING:
    from striate.models.model import Model

SAFETENSORS = ".safetensors"


def save_model(
    model: Model,
    path: str | os.PathLike[str],
    *,
    overwrite: bool = True,
    include_optimizer: bool = True,
) -> None:
    """Writes a model with its weights and how it was compiled, as the file name says.

    `.striate` keeps all of a model, class names and preprocessing too. `.keras` and `.h5` (or
    `.hdf5`, the same) are files of Keras 3, which opens them with the same outputs and goes on
    training with the same next step; layers that Keras lacks are named in one error.

    Args:
        model: what to save.
        path: a file name ending in `.striate`, `.keras`, `.h5` or `.hdf5`.
        overwrite: False raises if the file is there.
        include_optimizer: also saves the optimizer's state, so that training can go on. Without
            it Keras's files do not say how the model was compiled either.

    Raises:
        ArgumentError: another ending, or the file is there and `overwrite` is False.
        FormatError: Keras has no such layer, loss, metric or optimizer; nothing is written.
        StorageError: the disk is full or cannot be written; what stood there is untouched.
    """
    _check_model_name(path)
    _check_free(path, overwrite, "save")
    if foreign.writes(path, foreign.KERAS_MODELS):
        foreign.save_model(model, path, include_optimizer=include_optimizer)
        return
    how = compiled_config(model)
    state, arrays = optimizer_state(model) if include_optimizer else (None, {})
    if how is not None:
        how["optimizer_state"] = state
    write_model(path, ModelFile(model.graph, weight_arrays(model), how, arrays))


def load_model(
    path: str | os.PathLike[str],
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
    weights: str | os.PathLike[str] | None = None,
) -> Model:
    """A model from a `.striate` file, a run folder, or a Keras file; no code in a file is run.

    What a file is is decided by its content: `.striate`, `.h5` of Keras 1 to 3, `.keras`, or the
    JSON of a model, with its weights in a second file.

    Args:
        path: the file, or a folder that `striate train` wrote.
        custom_objects: the user's own layer classes, activations, losses and metrics by name. By
            the name of a layer of a Keras file, what takes its place: a ready layer, or a
            function of a tensor.
        compile: also restores optimizer, loss and metrics, so that training can go on.
        weights: the file that holds the weights of a JSON file.

    Raises:
        FormatError: no model file, truncated, damaged, or it needs `custom_objects`.
        ArgumentError: `weights` with a file that has its own.
    """
    if weights is not None or foreign.is_foreign(path):
        return foreign.load_model(path, custom_objects, compile, weights)
    file = read_model(path)
    model = model_from_graph(file.graph, custom_objects)
    put_weights(model, file.weights, str(path))
    if compile and file.training is not None:
        compile_from_config(model, file.training, custom_objects or {})
        restore_optimizer(model, file.training["optimizer_state"], file.optimizer)
    return model


def save_weights(model: Model, path: str | os.PathLike[str], *, overwrite: bool = True) -> None:
    """Writes weights alone, as the file name says.

    `.safetensors` has them by "layer/weight". `.weights.h5` is what Keras 3 writes, any other `.h5`
    or `.hdf5` the legacy layout that every Keras reads. `.striate` is a whole model.

    Raises:
        ArgumentError: another ending, or the file is there and `overwrite` is False.
        FormatError: a Keras file of a model that has layers which Keras lacks.
        StorageError: the disk is full or cannot be written; what stood there is untouched.
    """
    check_suffix(path, (SAFETENSORS, SUFFIX, *foreign.KERAS_WEIGHTS), "save_weights")
    if Path(path).suffix == SUFFIX:
        save_model(model, path, overwrite=overwrite, include_optimizer=False)
        return
    _check_free(path, overwrite, "save_weights")
    if foreign.writes(path, foreign.KERAS_WEIGHTS):
        foreign.save_weights(model, path)
        return
    write_atomic(path, tensor_writer(weight_arrays(model)))


def _check_model_name(path: str | os.PathLike[str]) -> None:
    check_suffix(path, (SUFFIX, *foreign.KERAS_MODELS), "save")
    if str(path).endswith(".weights.h5"):
        raise errors.ArgumentError(
            errors.message(
                "save",
                "Keras takes a file of this name for weights alone",
                got={"path": str(path)},
                expected="another name for a whole model",
                fix="model.save_weights(path), or drop `.weights` from the name",
            )
        )


def _check_free(path: str | os.PathLike[str], overwrite: bool, where: str) -> None:
    if not overwrite and Path(path).exists():
        raise errors.ArgumentError(
            errors.message(
                where, "the file is there already", got={"path": str(path)}, fix="overwrite=True"
            )
        )


def load_weights(
    model: Model,
    path: str | os.PathLike[str],
    *,
    skip_mismatch: bool = False,
    by_name: bool = False,
) -> None:
    """Sets weights from a `.safetensors`, `.striate` or Keras file, whatever it is called.

    Our own files keep weights by name. Keras's are matched as Keras does it: layer by layer in the
    order of the model; what Keras 1, Theano or cuDNN laid out otherwise is turned round.

    Args:
        model: whose weights to set.
        path: the file.
        skip_mismatch: leaves weights alone that are missing there or have another shape.
        by_name: of a Keras file takes the layers of the same name and leaves the others alone.

    Raises:
        FormatError: unreadable, or (unless `skip_mismatch`) not the weights of this model;
            no weight is changed then.
    """
    if foreign.is_foreign(path):
        foreign.load_weights(model, path, skip_mismatch=skip_mismatch, by_name=by_name)
        return
    if Path(path).suffix == SAFETENSORS:
        content = _bytes(path)
        tensor_specs(content)
        arrays = decode_tensors(content)
    else:
        arrays = read_model(path).weights
    if skip_mismatch:
        own = model.weight_shapes()
        arrays = {n: a for n, a in arrays.items() if own.get(n) == a.shape}
        _copy(model, arrays)
        return
    put_weights(model, arrays, str(path))


def _bytes(path: str | os.PathLike[str]) -> bytes:
    place = Path(path)
    if not place.is_file():
        model_path(place)
    return place.read_bytes()


def weight_arrays(model: Model) -> Arrays:
    """Copies of all weights by `layer/weight`, in Keras's layout."""
    model.graph  # noqa: B018 - raises NotBuiltError before anything is written
    return {n: w.detach().cpu().contiguous().numpy() for n, w in model.named_weights()}


def put_weights(model: Model, arrays: Arrays, where: str) -> None:
    """Sets all weights by name; nothing is set unless all of them fit."""
    check_weights(where, {n: a.shape for n, a in arrays.items()}, model.weight_shapes())
    allocate(model)
    _copy(model, arrays)


def _copy(model: Model, arrays: Arrays) -> None:
    with torch.no_grad():
        for name, weight in model.named_weights():
            if name in arrays:
                weight.copy_(torch.from_numpy(arrays[name]))
