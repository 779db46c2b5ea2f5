"""Takes the public names of a room's module over into the Keras module of the same name."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any


def take(source: ModuleType, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """The classes, functions and aliases of striate that a module shows.

    Args:
        source: a module of another room.
        without: names that no Keras has and no script needs.

    Example:
        >>> from striate import regularizers
        >>> sorted(take(regularizers, without=("named",)))[:3]
        ['L1', 'L1L2', 'L2']
    """
    return {
        name: value
        for name, value in vars(source).items()
        if name[0] != "_"
        and name not in without
        and str(getattr(value, "__module__", "")).startswith("striate")
    }


def serialize(choice: Any, **_: Any) -> Any:
    """A choice (an initialiser, a constraint, ...) as Keras's configuration of it."""
    if choice is None or isinstance(choice, str):
        return choice
    if not hasattr(choice, "get_config"):
        return choice.__name__
    return {"class_name": type(choice).__name__, "config": choice.get_config()}


def deserializer(get: Callable[[Any], Any]) -> Callable[..., Any]:
    """Keras's `deserialize` of a family, from its `get`."""

    def deserialize(config: Any, custom_objects: Any = None, **_: Any) -> Any:
        """The object of a configuration or name; yours in `custom_objects` come first."""
        name = config.get("class_name") if isinstance(config, dict) else config
        own = (custom_objects or {}).get(name)
        if own is None:
            return get(config)
        return own(**config.get("config", {})) if isinstance(config, dict) else own

    return deserialize
