"""Choices (initializers, activations, ...) and number types as Keras 3 writes them into files."""

from __future__ import annotations

from typing import Any

from striate.formats.keras_writing.table import ACTIVATIONS
from striate.graph.named import Items, Named, to_json

FLOAT32 = {
    "module": "keras",
    "class_name": "DTypePolicy",
    "config": {"name": "float32"},
    "registered_name": None,
}
MODULES = {
    "initializer": "keras.initializers",
    "regularizer": "keras.regularizers",
    "constraint": "keras.constraints",
}


class Unwritable(Exception):
    """What Keras has no word for; the layer's name is added where it is caught."""


def record(module: str | None, class_name: str, config: Any, own: str | None = None) -> Any:
    """An object of Keras's, or of the user's own, as its files have it."""
    return {"module": module, "class_name": class_name, "config": config, "registered_name": own}


def function(name: str) -> Any:
    """A function of the user's own: its name, for `custom_objects` of Keras's loader."""
    return record(None, "function", name, name)


def written(field: str, value: Any) -> Any:
    """The value of a layer's argument as JSON values of Keras's."""
    family = field.rpartition("_")[2]
    if isinstance(value, Named):
        if family == "activation":
            return activation(value)
        if value.custom:
            return own(value)
        return record(MODULES[family], value.name, to_json(value.config))
    if isinstance(value, Items):
        return {k: written(k, v) for k, v in value}
    if isinstance(value, tuple):
        return [written("", v) for v in value]
    return value


def own(value: Named) -> Any:
    """A function of the user's own, or a class, which its first letter tells."""
    if not value.name.isidentifier():
        raise Unwritable("a function without a name, and files hold no code")
    if value.name[0].isupper():
        return record(None, value.name, to_json(value.config), value.name)
    return function(value.name)


def activation(value: Named) -> Any:
    """An activation by name.

    Raises:
        Unwritable: it has arguments, which Keras's names cannot carry, or Keras has none such.
    """
    if value.custom:
        return own(value)
    if value.config:
        shown = ", ".join(f"{k}={v!r}" for k, v in value.config)
        raise Unwritable(f"activation {value.name!r} with {shown}")
    if value.name not in ACTIVATIONS:
        raise Unwritable(f"activation {value.name!r}")
    return value.name
