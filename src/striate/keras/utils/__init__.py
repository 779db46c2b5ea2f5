"""keras.utils: what scripts need around a model, under the names of every Keras age."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from striate.data.cached_file import get_file as get_file
from striate.data.halves import split_dataset as split_dataset
from striate.data.labels import to_categorical as to_categorical
from striate.data.norms import normalize as normalize
from striate.data.padding import pad_sequences as pad_sequences
from striate.data.sequences import Sequence as Sequence
from striate.errors import ArgumentError, DataError, message
from striate.keras import notes
from striate.keras.backend.sessions import clear_session as clear_session
from striate.keras.config import disable_interactive_logging as disable_interactive_logging
from striate.keras.config import enable_interactive_logging as enable_interactive_logging
from striate.keras.config import is_interactive_logging_enabled as is_interactive_logging_enabled
from striate.keras.engine import get_source_inputs as get_source_inputs
from striate.keras.engine import is_keras_tensor as is_keras_tensor
from striate.keras.folder_datasets import (
    image_dataset_from_directory as image_dataset_from_directory,
)
from striate.keras.folder_datasets import (
    timeseries_dataset_from_array as timeseries_dataset_from_array,
)
from striate.keras.preprocessing.image import array_to_img as array_to_img
from striate.keras.preprocessing.image import img_to_array as img_to_array
from striate.keras.preprocessing.image import load_img as load_img
from striate.keras.preprocessing.image import save_img as save_img
from striate.keras.saving import CustomObjectScope as CustomObjectScope
from striate.keras.saving import custom_object_scope as custom_object_scope
from striate.keras.saving import deserialize_keras_object as deserialize_keras_object
from striate.keras.saving import get_custom_objects as get_custom_objects
from striate.keras.saving import get_registered_name as get_registered_name
from striate.keras.saving import get_registered_object as get_registered_object
from striate.keras.saving import register_keras_serializable as register_keras_serializable
from striate.keras.saving import serialize_keras_object as serialize_keras_object
from striate.keras.utils.pictures import model_to_dot as model_to_dot
from striate.keras.utils.pictures import plot as plot
from striate.keras.utils.pictures import plot_model as plot_model
from striate.training.progress_bar import Progbar as Progbar

PyDataset = Sequence


def set_random_seed(seed: int) -> None:
    """Sets the seeds of Python, numpy and torch.

    Raises:
        ArgumentError: not a whole number.
    """
    import torch

    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
        raise ArgumentError(
            message("set_random_seed", "this is no seed", got={"seed": seed}, expected="an int")
        )
    random.seed(int(seed))
    np.random.seed(int(seed))
    torch.manual_seed(int(seed))


def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """`x`, `(x, y)` or `(x, y, sample_weight)`, as a batch is given to `fit`."""
    if sample_weight is not None:
        return x, y, sample_weight
    if y is not None:
        return x, y
    return (x,) if isinstance(x, (list, tuple)) else x


def unpack_x_y_sample_weight(data: Any) -> tuple[Any, Any, Any]:
    """The three parts of a batch, None where there is none.

    Raises:
        DataError: more than three parts.
    """
    parts = tuple(data) if isinstance(data, (list, tuple)) else (data,)
    if not 1 <= len(parts) <= 3:
        raise DataError(
            message(
                "unpack_x_y_sample_weight",
                "this is no batch",
                got={"parts": len(parts)},
                expected="x, (x, y) or (x, y, sample_weight)",
            )
        )
    x, y, sample_weight = (*parts, None, None)[:3]
    return x, y, sample_weight


def multi_gpu_model(model: Any, gpus: Any = None, **_: Any) -> Any:
    """The model itself: under `torchrun` any script uses all cards."""
    notes.say(
        "multi_gpu_model changes nothing; several cards: "
        "torchrun --nproc-per-node=2 -m striate.keras script.py"
    )
    return model


def print_summary(
    model: Any, line_length: int | None = None, positions: Any = None, print_fn: Any = None
) -> None:
    """Keras 1's name of `model.summary()`."""
    notes.old("print_summary(model)", "model.summary()")
    model.summary(line_length=line_length, print_fn=print_fn)


def standardize_dtype(dtype: Any) -> str:
    """The name of a number type of numpy, torch or Keras; None is float32."""
    if dtype is None:
        return "float32"
    name = str(getattr(dtype, "name", dtype)).removeprefix("torch.")
    return {"float": "float32", "int": "int32", "long": "int64"}.get(name, name)


__all__ = [
    "CustomObjectScope",
    "Progbar",
    "PyDataset",
    "Sequence",
    "array_to_img",
    "clear_session",
    "custom_object_scope",
    "deserialize_keras_object",
    "disable_interactive_logging",
    "enable_interactive_logging",
    "get_custom_objects",
    "get_file",
    "get_registered_name",
    "get_registered_object",
    "get_source_inputs",
    "image_dataset_from_directory",
    "img_to_array",
    "is_interactive_logging_enabled",
    "is_keras_tensor",
    "load_img",
    "model_to_dot",
    "multi_gpu_model",
    "normalize",
    "pack_x_y_sample_weight",
    "pad_sequences",
    "plot",
    "plot_model",
    "print_summary",
    "register_keras_serializable",
    "save_img",
    "serialize_keras_object",
    "set_random_seed",
    "split_dataset",
    "standardize_dtype",
    "timeseries_dataset_from_array",
    "to_categorical",
    "unpack_x_y_sample_weight",
]
