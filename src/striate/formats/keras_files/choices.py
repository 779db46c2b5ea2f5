"""Activations, initialisers, regularisers and constraints as files of each age describe them."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from striate.errors import UnknownNameError
from striate.ops import activations, constraints, initializers, regularizers

if TYPE_CHECKING:
    from striate.formats.keras_files.configs import Scope

_FAMILIES: dict[str, Any] = {
    "activation": activations,
    "initializer": initializers,
    "regularizer": regularizers,
    "constraint": constraints,
}
# layers that stand where an activation is expected: (name here, argument there -> here)
_LAYERS: dict[str, tuple[str, dict[str, str]]] = {
    "ReLU": (
        "relu",
        {"max_value": "max_value", "negative_slope": "negative_slope", "threshold": "threshold"},
    ),
    "LeakyReLU": ("leaky_relu", {"alpha": "negative_slope", "negative_slope": "negative_slope"}),
    "ELU": ("elu", {"alpha": "alpha"}),
    "Softmax": ("softmax", {"axis": "axis"}),
}
_LEAKY_SLOPE = 0.3  # LeakyReLU() in every Keras
_ALIASES = {"swish": "silu", "hard_swish": "hard_silu", "leakyrelu": "leaky_relu"}
# how weights started does not matter to those that are read: tf.keras 1 adds `dtype`, Keras 3.15
# the axes that count as inputs
_LEFT_OUT = ("dtype", "input_axes", "output_axes")
_ARRAYS = ("__numpy__", "__tensor__")


def choices(key: str, value: Any, layer: str, scope: Scope) -> Any:
    """A setting of a layer as its constructor takes it."""
    family = key.rpartition("_")[2]
    if family == "activation":
        value = activation(value, scope.age)
    if isinstance(value, Mapping) and value.get("class_name") in _ARRAYS:
        return value.get("config", {}).get("value")
    if family not in _FAMILIES or value is None:
        return value
    return _resolved(family, value, layer, key, scope)


def _resolved(family: str, value: Any, layer: str, key: str, scope: Scope) -> Any:
    """A choice that the table knows, or what the user gives for it."""
    name, config = _described(value)
    own = next((k for k in (f"{layer}/{key}", name) if k in scope.objects), None)
    if own is not None:
        found = scope.objects[own]
        return found(**config) if inspect.isclass(found) else found
    described = {"class_name": name, "config": config} if config else name
    try:
        _FAMILIES[family].get(described, layer)
    except UnknownNameError:
        raise scope.refuse(
            layer,
            family,
            f"its {key} {name!r} is not in the table, and files do not carry code",
            expected="the function or object by name",
            fix=f'load_model(path, custom_objects={{"{name}": ...}})',
        ) from None
    return described


def _described(value: Any) -> tuple[str, dict[str, Any]]:
    if not isinstance(value, Mapping):
        return str(value), {}
    config = value.get("config")
    name = str(value.get("class_name", value.get("name")))
    for age in ("V1", "V2"):
        name = name.removesuffix(age)
    fields = {} if not isinstance(config, Mapping) else dict(config)
    for key in _LEFT_OUT:
        fields.pop(key, None)
    fields = {k: _number(v) for k, v in fields.items()}
    return name.rpartition(">")[2], fields


def _number(value: Any) -> Any:
    if isinstance(value, Mapping) and value.get("class_name") in _ARRAYS:
        return value.get("config", {}).get("value")
    return value


def activation(value: Any, age: int) -> Any:
    """An activation's name, with its arguments if it has any.

    It may stand there as text, as a function of Keras 3 ({"class_name": "function", "config":
    "relu"}), or as a layer ({"class_name": "LeakyReLU", ...}).
    """
    if value is None:
        return None
    if isinstance(value, Mapping):
        kind = str(value.get("class_name", value.get("name")))
        config = value.get("config")
        if kind == "function" and isinstance(config, str):
            return activation(config, age)
        if kind in _LAYERS and isinstance(config, Mapping):
            return _of_layer(kind, config)
        if kind == "Activation" and isinstance(config, Mapping):
            return activation(config.get("activation"), age)
        return value
    name = str(value).rpartition(">")[2]
    if name == "hard_sigmoid" and age < 3:
        return {"class_name": "hard_sigmoid", "config": {"slope": 0.2}}
    return _ALIASES.get(name, name)


def _of_layer(kind: str, config: Mapping[str, Any]) -> Any:
    name, arguments = _LAYERS[kind]
    found = {arguments[k]: v for k, v in config.items() if k in arguments and v is not None}
    if kind == "LeakyReLU":
        found.setdefault("negative_slope", _LEAKY_SLOPE)
    found = {k: _number(v) for k, v in found.items()}
    return {"class_name": name, "config": found} if found else name
