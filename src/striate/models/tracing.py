"""Graphs of models that exist already: from user code, and back to symbols."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING

from striate.graph import Graph, Recording, Symbol, freeze
from striate.graph.kinds import InputLayer
from striate.graph.record import NotSymbolic, note
from striate.graph.spec import Spec
from striate.layers import InputLayer as EntryLayer
from striate.layers import Layer
from striate.layers.calls import Template, template_of

if TYPE_CHECKING:
    from striate.models.model import Model


def trace(model: Model, specs: tuple[Spec, ...], template: Template) -> Recording:
    """The graph of a subclassed model: its `call` run on symbols.

    Where `call` uses torch functions on values, these cannot be recorded, and the graph has one
    node for the whole model, with its shapes found on tensors without data.
    """
    entries = [EntryLayer(batch_shape=s.shape, dtype=s.dtype, name=None).output for s in specs]
    args, kwargs = template.join(entries)
    try:
        out = model.call(*args, **kwargs)
    except (NotSymbolic, AttributeError, TypeError):
        out = Layer._record(model, tuple(args), kwargs)
    keys = tuple(out) if isinstance(out, dict) else ()
    outputs = list(out.values()) if isinstance(out, dict) else out
    outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
    recording = freeze(entries, outputs, name=model.name, form=type(model).__name__)
    graph = dataclasses.replace(recording.graph, output_keys=keys)
    return dataclasses.replace(recording, graph=graph)


def replay(graph: Graph, layers: Mapping[str, Layer]) -> dict[str, tuple[Symbol, ...]]:
    """Symbols for a graph whose own are gone (after a copy): the same calls, noted again."""
    symbols: dict[str, tuple[Symbol, ...]] = {}
    for node in graph:
        inputs = tuple(symbols[p.node][p.index] for p in node.inputs)
        owner = layers.get(node.layer)
        if owner is None and isinstance(node.kind, InputLayer):
            owner = EntryLayer(batch_shape=node.kind.shape, dtype=node.kind.dtype, name=node.layer)
        if owner is None:
            raise KeyError(node.layer)
        mask = None
        if any(symbol.mask is not None for symbol in inputs):
            mask = owner.passed_mask(template_of(node.kind, len(inputs)), inputs)
        made = note(owner, node.kind, inputs, node.outputs, node.weights, mask)
        symbols[node.name] = made
        if node.first_call:
            owner._remember(made)
    return symbols
