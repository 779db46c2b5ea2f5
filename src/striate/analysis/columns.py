"""columns: what a summary can show of each layer besides its shape and its parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from striate import errors
from striate.analysis.cost import cost
from striate.analysis.fields import receptive_field
from striate.analysis.memory import memory
from striate.graph import Graph
from striate.graph.kinds import Nested

Values = Mapping[str, Any]


def window_values(graph: Graph, prefix: str = "") -> dict[str, str]:
    """Kernel or pool size, stride and padding of the layers that have a window."""
    found: dict[str, str] = {}
    for node in graph:
        kind: Any = node.kind
        if isinstance(kind, Nested):
            found |= window_values(kind.inner, f"{prefix}{node.layer}/")
            continue
        size = getattr(kind, "kernel_size", getattr(kind, "pool_size", None))
        strides = getattr(kind, "strides", None)
        if not isinstance(size, tuple):
            continue
        text = "x".join(map(str, size))
        if isinstance(strides, tuple) and max(strides) > 1:
            text += f" / {_alike(strides)}"
        if getattr(kind, "padding", "valid") != "valid":
            text += f" {kind.padding}"
        found[prefix + node.layer] = text
    return found


def _macs(graph: Graph) -> Values:
    found: dict[str, int | None] = {}
    for row in cost(graph).layers:
        layer = row.name.split("@")[0]
        before = found.get(layer, 0)
        found[layer] = None if row.macs is None or before is None else before + row.macs
    return found


def _activations(graph: Graph) -> Values:
    return {row.name: row.kept_bytes for row in memory(graph, batch_size=1).layers}


def _fields(graph: Graph) -> Values:
    rows = receptive_field(graph).layers
    return {row.name: "all" if None in row.size else _alike(row.size) for row in rows if row.size}


COLUMNS: dict[str, Callable[[Graph], Values]] = {
    "window": window_values,
    "macs": _macs,
    "activations": _activations,
    "receptive_field": _fields,
}


def column_values(graph: Graph, names: Sequence[str]) -> dict[str, Values]:
    """Values by column and layer.

    Raises:
        UnknownNameError: no such column; the nearest are listed.
    """
    for name in names:
        if name not in COLUMNS:
            raise errors.unknown_name("summary", "column", name, COLUMNS)
    return {name: COLUMNS[name](graph) for name in names}


def _alike(sizes: Sequence[Any]) -> str:
    """One number if all are the same."""
    return str(sizes[0]) if len(set(sizes)) == 1 else "x".join(map(str, sizes))
