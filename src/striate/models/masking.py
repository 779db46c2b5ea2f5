"""A model as it is for inputs that come with masks: recorded anew, with the masks as inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from striate import errors
from striate.graph import Graph, Recording, Symbol, freeze
from striate.graph.kinds import InputLayer, Nested
from striate.graph.record import Call, ancestors
from striate.graph.spec import Spec
from striate.layers import InputLayer as EntryLayer
from striate.layers import Layer, masks
from striate.layers.calls import template_of

Ranks = tuple[tuple[int, int], ...]  # (number of an input, dimensions of its mask)


def masked_form(graph: Graph, owners: Mapping[str, Layer], ranks: Ranks) -> tuple[Any, Recording]:
    """The masks that a model uses of those given, and its recording with them as further inputs.

    Every layer is called again, on symbols that have masks. Weights and names stay.
    """
    calls = {name: owner._call for name, owner in owners.items()}
    entries, given = _entries(graph, owners, ranks)
    values: dict[tuple[str, int], Symbol] = {
        (p.node, p.index): entry for p, entry in zip(graph.inputs, entries, strict=True)
    }
    for node in graph:
        if isinstance(node.kind, InputLayer):
            continue
        inputs = [values[p.node, p.index] for p in node.inputs]
        made = called(node.kind, owners[node.layer], inputs)
        values.update({(node.name, i): symbol for i, symbol in enumerate(made)})
    for name, owner in owners.items():
        owner._call = calls[name]
    outputs = [values[p.node, p.index] for p in graph.outputs]
    passed = [s.mask for s in outputs if s.mask is not None]
    read = {call.serial for call in ancestors([*outputs, *passed])}
    used = {i: mask for i, mask in given.items() if mask.call.serial in read}
    return tuple(used), freeze([*entries, *used.values()], outputs, name=graph.name)


def _entries(
    graph: Graph, owners: Mapping[str, Layer], ranks: Ranks
) -> tuple[list[Symbol], dict[int, Symbol]]:
    """The inputs of a graph as symbols with masks, and the masks."""
    wanted = dict(ranks)
    entries: list[Symbol] = []
    given: dict[int, Symbol] = {}
    for i, (port, spec) in enumerate(zip(graph.inputs, graph.input_specs, strict=True)):
        if i in wanted:
            mask = Spec(spec.shape[: wanted[i]], "bool")
            entry = EntryLayer(batch_shape=mask.shape, dtype="bool")
            entry.automatic_name = f"{port.node}_mask"
            given[i] = entry.output
        kind = InputLayer(shape=spec.shape, dtype=spec.dtype)
        made = Call(owners[graph[port.node].layer], kind, (), (spec,), (), given.get(i))
        entries.append(Symbol(made, 0))
    return entries, given


def called(kind: Any, layer: Layer, inputs: Sequence[Symbol]) -> list[Symbol]:
    """Calls a layer again as a recorded node did; all symbols of the call."""
    if isinstance(kind, Nested):
        count = len(kind.inner.inputs)
        found: dict[int, Any] = dict(zip(kind.masked, inputs[count:], strict=True))
        named = {"mask": [found.get(i) for i in range(count)]} if found else {}
        out: Any = layer(list(inputs[:count]) if count > 1 else inputs[0], **named)
    else:
        args, kwargs = template_of(kind, len(inputs)).join(inputs)
        out = layer(*args, **kwargs)
    while not isinstance(out, Symbol):  # a list, tuple or dict of one call's results
        out = next(iter(out.values() if isinstance(out, dict) else out))
    return list(out.call.symbols())


def listed_masks(mask: Any, values: Sequence[Any], where: str) -> list[Any]:
    """The mask of each input: what was passed as `mask`, else what the input carries.

    Raises:
        ArgumentError: another number of masks than of inputs.
    """
    if mask is None:
        return [masks.mask_of(value) for value in values]
    found = list(mask) if isinstance(mask, (list, tuple)) else [mask]
    if len(found) != len(values):
        raise errors.ArgumentError(
            errors.message(
                where,
                "another number of masks than of inputs",
                got={"masks": len(found), "inputs": len(values)},
                expected="one for each input, or None",
            )
        )
    return [m if m is not None else masks.mask_of(v) for m, v in zip(found, values, strict=True)]
