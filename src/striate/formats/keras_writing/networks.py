"""Whole models as Keras 3 has them in its files: Sequential, or Functional with its nodes."""

from __future__ import annotations

import itertools
from typing import Any

from striate.errors import FormatError, message
from striate.formats.keras_files.order import layer_names
from striate.formats.keras_writing import layers
from striate.formats.keras_writing.calls import Call, call_of, tensors
from striate.formats.keras_writing.values import FLOAT32, Unwritable, record
from striate.graph import Graph
from striate.graph.graph import Node, Port
from striate.graph.kinds import InputLayer, Nested


class Networks:
    """Writes models; what Keras has no word for is gathered, so that one error names all of it."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def __call__(self, graph: Graph, name: str, trainable: bool = True) -> Any:
        """A model as Keras's class and arguments."""
        found = self._layers(graph)
        calls = self._calls(graph, found)
        if graph.form == "Sequential" and _is_chain(graph, calls):
            return self._sequential(graph, name, trainable, found)
        return self._functional(graph, name, trainable, found, calls)

    def _layers(self, graph: Graph) -> dict[str, Any]:
        """The layers by name, in Keras's order."""
        found = {}
        for name in layer_names(graph):
            node = graph[name]
            try:
                found[name] = layers.layer(node, self)
            except Unwritable as problem:
                self._note(node, problem)
        return found

    def _calls(self, graph: Graph, found: dict[str, Any]) -> dict[str, Call]:
        """The call of each node by name, of the layers that could be written."""
        calls = {}
        for node in graph:
            if node.layer in found and not isinstance(node.kind, InputLayer):
                try:
                    calls[node.name] = call_of(node, graph)
                except Unwritable as problem:
                    self._note(node, problem)
        return calls

    def _note(self, node: Node, problem: Unwritable) -> None:
        reason = f": {problem}" if str(problem) else ""
        self.problems.append(f"{node.name} ({node.kind_name}){reason}")

    def _sequential(
        self, graph: Graph, name: str, trainable: bool, found: dict[str, Any]
    ) -> dict[str, Any]:
        fields = {"name": name, "trainable": trainable, "dtype": FLOAT32}
        shape = list(graph.input_specs[0].shape)
        config = {**fields, "layers": list(found.values()), "build_input_shape": shape}
        return record("keras", "Sequential", config)  # type: ignore[no-any-return]

    def _functional(
        self,
        graph: Graph,
        name: str,
        trainable: bool,
        found: dict[str, Any],
        calls: dict[str, Call],
    ) -> dict[str, Any]:
        if self.problems:
            return {}
        history = _history(graph, calls)
        references = {
            Port(node.name, i): _reference(node, i, history)
            for node in graph
            if node.name in history
            for i in range(len(node.outputs))
        }
        entries = []
        for layer_name, made in found.items():
            inbound = [
                {"args": tensors(c.args, references), "kwargs": tensors(c.kwargs, references)}
                for node_name, c in calls.items()
                if graph[node_name].layer == layer_name
            ]
            entries.append({**made, "name": layer_name, "inbound_nodes": inbound})
        config = {"name": name, "trainable": trainable, "layers": entries}
        for key, ports, keys in (
            ("input_layers", graph.inputs, graph.input_keys),
            ("output_layers", graph.outputs, graph.output_keys),
        ):
            ends = [_end(graph, port, history) for port in ports]
            config[key] = _packed(ends, keys)
        return record("keras.src.models.functional", "Functional", config, "Functional")  # type: ignore[no-any-return]


def _is_chain(graph: Graph, calls: dict[str, Call]) -> bool:
    """Whether each layer is called once, on what the one before gave."""
    nodes = [n for n in graph if n.name in calls or isinstance(n.kind, InputLayer)]
    return all(
        calls[node.name] == Call([Port(before.name)], {}) and node.first_call
        for before, node in itertools.pairwise(nodes)
        if node.name in calls
    )


def _history(graph: Graph, calls: dict[str, Call]) -> dict[str, int]:
    """Which call of its layer each node is, counted from 0."""
    count: dict[str, int] = {}
    found = {}
    for node in graph:
        if node.name in calls or isinstance(node.kind, InputLayer):
            found[node.name] = count.get(node.layer, 0)
            count[node.layer] = found[node.name] + 1
    return found


def _reference(node: Node, index: int, history: dict[str, int]) -> Any:
    spec = node.outputs[index]
    return {
        "class_name": "__keras_tensor__",
        "config": {
            "shape": list(spec.shape),
            "dtype": spec.dtype,
            "keras_history": [node.layer, history[node.name], _place(node, index)],
        },
    }


def _place(node: Node, index: int) -> int:
    """Which output Keras counts it as: those of a dict are sorted by name."""
    kind = node.kind
    keys = kind.inner.output_keys if isinstance(kind, Nested) else ()
    return sorted(keys).index(keys[index]) if index < len(keys) else index


def _end(graph: Graph, port: Port, history: dict[str, int]) -> list[Any]:
    """Where data enter or leave; a functional model counts its own making as a call."""
    node = graph[port.node]
    functional = isinstance(node.kind, Nested) and not written_in_a_row(node.kind.inner)
    return [node.layer, history[node.name] + functional, _place(node, port.index)]


def written_in_a_row(graph: Graph) -> bool:
    """Whether a model is written as a Sequential one."""
    if graph.form != "Sequential":
        return False
    calls = {n.name: call_of(n, graph) for n in graph if not isinstance(n.kind, InputLayer)}
    return _is_chain(graph, calls)


def _packed(ends: list[Any], keys: tuple[str, ...]) -> Any:
    if keys:
        return dict(zip(keys, ends, strict=True))
    return ends[0] if len(ends) == 1 else ends


def network(graph: Graph) -> Any:
    """A model as Keras's class and arguments.

    Raises:
        FormatError: Keras has no such layers; the message names each of them.
    """
    networks = Networks()
    made = networks(graph, graph.name)
    if networks.problems:
        count = len(networks.problems)
        what = "1 layer has" if count == 1 else f"{count} layers have"
        raise FormatError(
            message(
                graph.name,
                f"{what} no equivalent in Keras",
                got={"layers": tuple(networks.problems)},
                expected="layers and arguments that Keras 3 has",
                fix="Replace them by layers of Keras, or keep the model as it is:"
                ' model.save("model.striate")',
            )
        )
    return made
