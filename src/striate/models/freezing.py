"""Freezing: which layers of a model training leaves as they are."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import torch

from striate.errors import message
from striate.graph import Graph, Node
from striate.graph.cutting import leads_to
from striate.graph.inlining import inlined
from striate.graph.kinds import Nested
from striate.layers import BatchNormalization, Layer
from striate.models.division import division
from striate.models.facts import Facts, layers_by_path


def freeze(model: Facts, until: str | None) -> None:
    """Freezes all that a layer is computed from, and the layer itself; see `Model.freeze`."""
    found = division(model, until, "freeze")
    set_trainable(
        model, found.layers, _called(found.flat, leads_to(found.flat, found.cut.port)), False
    )


def unfreeze(model: Facts, from_: str | None, batch_normalization: bool) -> None:
    """Lets layers train again; see `Model.unfreeze`."""
    if from_ is None:
        graph = inlined(model.graph).graph
        layers: Mapping[str, Layer] = layers_by_path(model)
        free = [node.layer for node in graph]
    else:
        found = division(model, from_, "unfreeze")
        graph, layers = found.flat, found.layers
        last = graph[found.cut.port.node]
        reads = {name for p in last.inputs for name in leads_to(graph, p)}
        kept = set(_called(graph, reads))
        free = [node.layer for node in graph if node.layer not in kept]
    if not batch_normalization:
        free = [name for name in free if not isinstance(layers.get(name), BatchNormalization)]
    set_trainable(model, layers, free, True)


def _called(graph: Graph, nodes: Iterable[str]) -> list[str]:
    """The layers that nodes call."""
    return list(dict.fromkeys(graph[name].layer for name in nodes))


def set_trainable(
    model: Facts, layers: Mapping[str, Layer], names: Iterable[str], trainable: bool
) -> None:
    """Sets `trainable` of layers by path; models that hold one which trains are marked, too."""
    chosen = [name for name in names if name in layers]
    for name in chosen:
        layers[name].trainable = trainable
    if trainable:
        _open(model, set(chosen), "")


def _open(model: Facts, names: set[str], path: str) -> bool:
    """Marks the models that hold one of these layers."""
    inside = False
    for node in model.graph:
        layer = model._owners.get(node.layer)
        if isinstance(node.kind, Nested) and isinstance(layer, Facts):
            inside |= _open(layer, names, f"{path}{node.layer}/")
        else:
            inside |= f"{path}{node.layer}" in names
    if inside:
        model._trainable = True
    return inside


def warn_of_moving_statistics(model: Any) -> None:
    """Warns, once for the same layers, where normalisations of a frozen part would still move."""
    if all(p.requires_grad for p in model.parameters()):
        return
    names = tuple(moving(model))
    if not names or names == model._warned:
        return
    model._warned = names
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    warnings.warn(
        message(
            "fit",
            "batch normalisation of a frozen part goes on learning the statistics of these data",
            got={"layers": shown},
            expected="trainable = False for these too, which keeps them in inference mode",
            fix="model.freeze() freezes whole layers and normalisations alike",
        ),
        UserWarning,
        stacklevel=4,
    )


def moving(model: Facts) -> Iterator[str]:
    """The normalisations that follow frozen weights and are followed by some, but would move.

    Also those whose own weights were frozen one by one, and torch's inside frozen layers.
    """
    graph, layers = inlined(model.graph).graph, layers_by_path(model)
    plain = {n.name: n for n in graph if n.weights and not _normalizes(layers.get(n.layer))}
    before = _nearest(graph, plain)
    after = _nearest_after(graph, plain)
    for node in graph:
        layer = layers.get(node.layer)
        if layer is None or not node.first_call:
            continue
        if _normalizes(layer) and layer.trainable:
            held = [w for w in layer.weights if isinstance(w, torch.nn.Parameter)]
            alone = bool(held) and not any(w.requires_grad for w in held)
            around = before[node.name] | after[node.name]
            between = bool(before[node.name]) and all(
                _is_frozen(layers.get(plain[n].layer)) for n in around
            )
            if alone or between:
                yield node.layer
        elif not layer.trainable and any(_is_torch_norm(m) for m in layer.modules()):
            yield node.layer


def _nearest(graph: Graph, wanted: dict[str, Node]) -> dict[str, set[str]]:
    """For each node the next wanted ones on the ways back to the input."""
    found: dict[str, set[str]] = {}
    for node in graph:
        found[node.name] = set()
        for port in node.inputs:
            found[node.name] |= {port.node} if port.node in wanted else found[port.node]
    return found


def _nearest_after(graph: Graph, wanted: dict[str, Node]) -> dict[str, set[str]]:
    """The same on the ways to the output."""
    found: dict[str, set[str]] = {node.name: set() for node in graph}
    for node in reversed(graph.nodes):
        for port in node.inputs:
            found[port.node] |= {node.name} if node.name in wanted else found[node.name]
    return found


def _normalizes(layer: Layer | None) -> bool:
    return isinstance(layer, BatchNormalization)


def _is_frozen(layer: Layer | None) -> bool:
    held = [] if layer is None else list(layer.parameters())
    return bool(held) and not any(p.requires_grad for p in held)


def _is_torch_norm(module: torch.nn.Module) -> bool:
    kept = isinstance(module, torch.nn.modules.batchnorm._BatchNorm)
    return kept and bool(module.track_running_stats)
