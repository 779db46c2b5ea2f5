"""Optimizers as plain dicts of their constructors' arguments, and back."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from striate.errors import unknown_name
from striate.training.optimizers.schedules.registry import deserialize, serialize

if TYPE_CHECKING:
    from striate.training.optimizers.optimizer import Optimizer


def config_of(optimizer: Optimizer) -> dict[str, Any]:
    """The arguments that make an equal optimizer; fits into JSON."""
    names = inspect.signature(type(optimizer)).parameters
    config = {name: getattr(optimizer, name) for name in names}
    if optimizer.schedule is not None:
        config["learning_rate"] = serialize(optimizer.schedule)
    return config


def arguments_of(
    kind: type[Optimizer], config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The arguments in a config, with a schedule made from its dict."""
    known = inspect.signature(kind).parameters
    for name in config:
        if name not in known:
            raise unknown_name(kind.__name__, "argument", name, known)
    arguments = dict(config)
    if isinstance(arguments.get("learning_rate"), Mapping):
        arguments["learning_rate"] = deserialize(arguments["learning_rate"], custom_objects)
    return arguments


def text_of(optimizer: Optimizer) -> str:
    """The call that makes the optimizer, without arguments at their defaults."""
    shown = []
    for name, parameter in inspect.signature(type(optimizer)).parameters.items():
        value = getattr(optimizer, name)
        if name == "learning_rate" and optimizer.schedule is not None:
            value = optimizer.schedule
        if value != parameter.default and (name != "name" or value != _own_name(optimizer)):
            shown.append(f"{name}={value!r}")
    return f"{type(optimizer).__name__}({', '.join(shown)})"


def _own_name(optimizer: Optimizer) -> str:
    return type(optimizer).__name__.lower()
