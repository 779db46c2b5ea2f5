"""Data of one input, or of several in a tuple, list or dict: one level, arrays as leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Nested = Any
"""One leaf, a tuple of leaves, or a dict of leaves by name."""


def is_several(data: Nested) -> bool:
    """True for a tuple or dict of leaves."""
    return isinstance(data, (tuple, dict))


def leaves(data: Nested) -> list[Any]:
    """The leaves in order; none for None."""
    if data is None:
        return []
    if isinstance(data, dict):
        return list(data.values())
    return list(data) if isinstance(data, tuple) else [data]


def named_leaves(name: str, data: Nested) -> list[tuple[str, Any]]:
    """The leaves, each with the words an error message uses for it: `x`, `x[1]`, `x['mask']`."""
    if isinstance(data, dict):
        return [(f"{name}[{key!r}]", value) for key, value in data.items()]
    if isinstance(data, tuple):
        return [(f"{name}[{index}]", value) for index, value in enumerate(data)]
    return [] if data is None else [(name, data)]


def apply(function: Callable[[str, Any], Any], name: str, data: Nested) -> Nested:
    """The same structure with `function(words, leaf)` in place of each leaf."""
    results = [function(words, leaf) for words, leaf in named_leaves(name, data)]
    return rebuild(data, results)


def rebuild(structure: Nested, values: list[Any]) -> Nested:
    """`values` in the structure of `structure`."""
    if structure is None:
        return None
    if isinstance(structure, Mapping):
        return dict(zip(structure, values, strict=True))
    return tuple(values) if isinstance(structure, tuple) else values[0]
