"""keras.saving: the user's own classes and functions by name, and models in files."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_objects: dict[str, Any] = {}


def get_custom_objects() -> dict[str, Any]:
    """The user's own objects by name; scripts may change it."""
    return _objects


@contextlib.contextmanager
def custom_object_scope(*given: Mapping[str, Any]) -> Iterator[None]:
    """Objects by name that are known inside a block."""
    before = dict(_objects)
    for objects in given:
        _objects.update(objects)
    try:
        yield
    finally:
        _objects.clear()
        _objects.update(before)


CustomObjectScope = custom_object_scope


def register_keras_serializable(
    package: str = "Custom", name: str | None = None
) -> Callable[[Any], Any]:
    """Makes a class or function known by its name, with and without its package."""

    def register(value: Any) -> Any:
        own = name or value.__name__
        _objects[own] = _objects[f"{package}>{own}"] = value
        return value

    return register


def get_registered_name(obj: Any) -> str:
    """The name with its package under which something was registered, or its own."""
    known = [n for n, value in _objects.items() if value is obj]
    return max(known, key=len) if known else str(obj.__name__)


def get_registered_object(name: str, custom_objects: Any = None, module_objects: Any = None) -> Any:
    """The object of a name: registered, given, or None."""
    for known in (_objects, custom_objects or {}, module_objects or {}):
        if name in known:
            return known[name]
    return None


def load_model(
    filepath: Any, custom_objects: Any = None, compile: bool = True, safe_mode: bool = True
) -> Any:
    """A model from a file of any Keras age, or of striate's; no code in it is run.

    Args:
        filepath: the file.
        custom_objects: classes and functions of yours by name.
        compile: False leaves out how it was compiled.
        safe_mode: accepted; code in files is never run.
    """
    from striate.keras import models

    return models.load_model(filepath, custom_objects, compile)


def save_model(model: Any, filepath: Any, overwrite: bool = True, **kwargs: Any) -> None:
    """Writes a model; the ending of the name says in which format."""
    model.save(filepath, overwrite=overwrite, **kwargs)


def load_weights(model: Any, filepath: Any, skip_mismatch: bool = False, **_: Any) -> None:
    """Sets a model's weights from a file."""
    model.load_weights(filepath, skip_mismatch=skip_mismatch)


def save_weights(model: Any, filepath: Any, overwrite: bool = True, **_: Any) -> None:
    """Writes a model's weights."""
    model.save_weights(filepath, overwrite=overwrite)


def serialize_keras_object(obj: Any) -> Any:
    """A layer, loss, metric or choice as Keras's configuration of it."""
    from striate.keras import surface

    return surface.serialize(obj)


def deserialize_keras_object(
    config: Any, custom_objects: Any = None, safe_mode: bool = True, **_: Any
) -> Any:
    """The object of a configuration, where it is a layer or one of yours."""
    from striate.keras import layers

    return layers.deserialize(config, custom_objects)


__all__ = [
    "CustomObjectScope",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "load_model",
    "load_weights",
    "register_keras_serializable",
    "save_model",
    "save_weights",
    "serialize_keras_object",
]
