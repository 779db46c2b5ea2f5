"""What a layer's constructor was given: by name, checked, and as names that a file can hold."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from striate import errors
from striate.graph.named import Named

# of constructors: a network has hundreds of layers, of a few classes
_signature = lru_cache(maxsize=512)(inspect.signature)


def bound_arguments(cls: type, args: Any, kwargs: Any) -> dict[str, Any]:
    """Arguments of a constructor by name; what does not bind is left to the constructor."""
    try:
        bound = _signature(cls.__init__).bind(None, *args, **kwargs)  # type: ignore[misc]
    except (TypeError, ValueError):
        return {}
    found: dict[str, Any] = {}
    for name, value in list(bound.arguments.items())[1:]:
        kind = bound.signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_KEYWORD:
            found.update(value)
        elif kind is not inspect.Parameter.VAR_POSITIONAL:
            found[name] = value
    return found


def takes_argument(cls: type) -> Callable[[str], bool]:
    """Whether a constructor takes an argument of some name."""
    parameters = inspect.signature(cls.__init__).parameters  # type: ignore[misc]
    anything = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    return lambda name: anything or name in parameters


def plain_config(value: Any) -> Any:
    """Objects in a config as the names that a file can hold."""
    if isinstance(value, dict):
        return {str(k): plain_config(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_config(v) for v in value]
    if isinstance(value, (str, int, float, bool, type(None), Named)):
        return value
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    return Named(getattr(value, "__name__", type(value).__name__), custom=True)


def argument_names(cls: type, root: type) -> list[str]:
    """The arguments of a class's constructor and of those above it, up to `root`."""
    found: list[str] = []
    for base in cls.__mro__:
        init = base.__dict__.get("__init__")
        if init is not None and issubclass(base, root):
            parameters = inspect.signature(init).parameters.values()
            found += [p.name for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
    return [n for n in dict.fromkeys(found) if n not in ("self", "kind", "arguments")]


def checked_name(name: str | None, class_name: str) -> str | None:
    """A layer's name if files and paths can hold it."""
    if name is None or (isinstance(name, str) and name and not set(name) & set("/.:@\\")):
        return name
    raise errors.ArgumentError(
        errors.message(
            class_name,
            "`name` is not valid",
            got={"name": name},
            expected="text without / . : @ or backslash",
        )
    )


def with_objects(
    fields: Mapping[str, Any], where: str, layer: str, objects: Mapping[str, Any]
) -> dict[str, Any]:
    """Fields of a kind with the user's own choices in place of their names.

    Args:
        fields: by name.
        where: how messages call the layer.
        layer: its name.
        objects: the choices by "layer/field" or by their own names.

    Raises:
        FormatError: a choice is not there.
    """
    found = dict(fields)
    for field, value in fields.items():
        if not isinstance(value, Named) or not value.custom:
            continue
        own = value.name if value.name.isidentifier() else f"{layer}/{field}"
        key = next((k for k in (f"{layer}/{field}", value.name) if k in objects), None)
        if key is None:
            raise errors.FormatError(
                errors.message(
                    where,
                    f"its {field} {value.name!r} is the user's own, and files do not carry code",
                    expected="the function or object by name",
                    fix=f'load_model(path, custom_objects={{"{own}": ...}})',
                )
            )
        found[field] = objects[key]
    return found


def readable(value: Any) -> Any:
    """A choice without arguments as its plain name, as Keras configs have it."""
    if isinstance(value, dict) and "$named" in value:
        if not value["config"]:
            return value["$named"]
        return {"class_name": value["$named"], "config": value["config"]}
    return value


def tuples(value: Any) -> Any:
    """Lists of a config as the tuples that constructors take."""
    return tuple(tuples(v) for v in value) if isinstance(value, list) else value
