"""Named: a choice (activation, initialiser, regulariser, constraint) as pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Frozen = Any  # str, int, float, bool, None, Named, Items or tuples of these


class Items(tuple[tuple[str, Frozen], ...]):
    """A mapping as a sorted tuple of pairs, so that records that hold one stay hashable."""

    def as_dict(self) -> dict[str, Any]:
        return dict(self)


@dataclass(frozen=True)
class Named:
    """A function or object that a layer refers to by name.

    Args:
        name: its name in the table of its family, such as "relu" or "GlorotUniform".
        config: its arguments.
        custom: True if the user wrote it: a file can name it but never bring it along.
    """

    name: str
    config: Items = Items()
    custom: bool = False


def freeze_value(value: Any) -> Frozen:
    """Lists become tuples and dicts become `Items`, recursively.

    Example:
        >>> freeze_value({"b": [1, 2], "a": None})
        (('a', None), ('b', (1, 2)))
    """
    if isinstance(value, (list, tuple)) and not isinstance(value, Items):
        return tuple(freeze_value(v) for v in value)
    if isinstance(value, Mapping):
        return Items((str(k), freeze_value(value[k])) for k in sorted(value, key=str))
    return value


def to_json(value: Frozen) -> Any:
    """The JSON form of a frozen value; `from_json` is its inverse."""
    if isinstance(value, Named):
        record: dict[str, Any] = {"$named": value.name, "config": to_json(value.config)}
        if value.custom:
            record["custom"] = True
        return record
    if isinstance(value, Items):
        return {k: to_json(v) for k, v in value}
    if isinstance(value, tuple):
        return [to_json(v) for v in value]
    return value


def from_json(value: Any) -> Frozen:
    """The frozen value of a JSON form."""
    if isinstance(value, dict) and "$named" in value:
        config = from_json(value.get("config", {}))
        return Named(str(value["$named"]), config, bool(value.get("custom", False)))
    if isinstance(value, dict):
        return Items((k, from_json(value[k])) for k in sorted(value))
    if isinstance(value, list):
        return tuple(from_json(v) for v in value)
    return value
