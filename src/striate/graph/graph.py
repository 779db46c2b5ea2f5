"""Graph: what a model is, as one frozen value that converts to JSON and back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from striate import errors
from striate.graph.kinds.base import KINDS, Fault, Kind, WeightSpec
from striate.graph.named import Items, from_json, to_json
from striate.graph.spec import Spec

FORMAT_VERSION = 1


@dataclass(frozen=True)
class Port:
    """One output of one node: what an edge starts from."""

    node: str
    index: int = 0

    def __str__(self) -> str:
        return self.node if self.index == 0 else f"{self.node}:{self.index}"


@dataclass(frozen=True)
class Node:
    """One call of one layer.

    Args:
        name: unique in its graph; the handle that users, files and messages use.
        kind: what the layer is.
        inputs: where its inputs come from.
        outputs: the specs of its outputs.
        weights: the weights of its layer; in a graph only the first node of a layer has them.
        layer: the name of the layer it calls; differs from `name` from the second call on.
        trainable: False if the layer is frozen.
    """

    name: str
    kind: Kind
    inputs: tuple[Port, ...] = ()
    outputs: tuple[Spec, ...] = ()
    weights: tuple[WeightSpec, ...] = ()
    layer: str = ""
    trainable: bool = True

    @property
    def kind_name(self) -> str:
        """The class name that users know the layer by."""
        name = getattr(self.kind, "class_name", "")
        return str(name) or type(self.kind).__name__

    @property
    def output(self) -> Spec:
        """The spec of its first output."""
        return self.outputs[0]

    @property
    def first_call(self) -> bool:
        """False for the second and later calls of a shared layer."""
        return self.name == self.layer

    @property
    def num_parameters(self) -> int:
        """Values in its weights; 0 for later calls of a shared layer."""
        return sum(w.size for w in self.weights)

    @property
    def num_trainable(self) -> int:
        """Values that training changes."""
        if not self.trainable:
            return 0
        inner = getattr(self.kind, "graph", None)
        if inner is not None:
            return inner.num_trainable if self.first_call else 0
        return sum(w.size for w in self.weights if w.trainable)

    def __str__(self) -> str:
        shapes = ", ".join(str(s) for s in self.outputs)
        return f"{self.name} ({self.kind_name}) {shapes}"


@dataclass(frozen=True)
class Graph:
    """Nodes in an order in which they can run, with unique names.

    Args:
        nodes: every node, inputs before users.
        inputs: where data enter, in the order they are passed.
        outputs: what the model returns.
        name: the model's name.
        form: "Sequential", "Model", or the class name of a subclass.
        metadata: what travels with the model: preprocessing, class names.
        input_keys: names of the inputs if they are passed as a dict.
        output_keys: names of the outputs if they are returned as a dict.
        output_masks: per output what says which of its steps count; empty if all of all do.

    Raises:
        GraphError: a name is used twice, or an edge starts at a node that is not before it.
    """

    nodes: tuple[Node, ...]
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    name: str = "model"
    form: str = "Model"
    metadata: Items = field(default_factory=Items)
    input_keys: tuple[str, ...] = ()
    output_keys: tuple[str, ...] = ()
    output_masks: tuple[Port | None, ...] = ()

    def __post_init__(self) -> None:
        seen: dict[str, Node] = {}
        for node in self.nodes:
            if node.name in seen:
                raise errors.GraphError(
                    errors.message(
                        f"{node.name} ({node.kind_name})",
                        "two layers of one model have the same name",
                        expected="unique names",
                        fix=f'Rename one of them: {node.kind_name}(..., name="another")',
                    )
                )
            for port in node.inputs:
                _check_port(port, seen, f"{node.name} ({node.kind_name})")
            seen[node.name] = node
        for port in (*self.inputs, *self.outputs, *self.masks):
            _check_port(port, seen, self.name)

    @cached_property
    def by_name(self) -> Mapping[str, Node]:
        """Nodes by name."""
        return {node.name: node for node in self.nodes}

    def __getitem__(self, name: str) -> Node:
        if name not in self.by_name:
            raise errors.unknown_name(self.name, "layer", name, self.by_name)
        return self.by_name[name]

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)

    def spec(self, port: Port) -> Spec:
        """The spec of one node's output."""
        return self[port.node].outputs[port.index]

    @property
    def input_specs(self) -> tuple[Spec, ...]:
        """Specs of the inputs, in order."""
        return tuple(self.spec(port) for port in self.inputs)

    @property
    def output_specs(self) -> tuple[Spec, ...]:
        """Specs of the outputs, in order."""
        return tuple(self.spec(port) for port in self.outputs)

    @property
    def masks(self) -> tuple[Port, ...]:
        """The masks of those outputs that have one."""
        return tuple(port for port in self.output_masks if port is not None)

    def with_masks(self) -> Graph:
        """The same graph with the masks of its outputs as further outputs."""
        return replace(self, outputs=(*self.outputs, *self.masks), output_masks=())

    @property
    def num_parameters(self) -> int:
        """Values in all weights, each layer once."""
        return sum(node.num_parameters for node in self.nodes)

    @property
    def num_trainable(self) -> int:
        """Values that training changes."""
        return sum(node.num_trainable for node in self.nodes)

    def chain(self, ports: tuple[Port, ...]) -> tuple[str, ...]:
        """One line per node from an input to these ports, through first inputs."""
        lines: list[str] = []
        port = ports[0] if ports else None
        while port is not None:
            node = self[port.node]
            lines.append(str(node))
            port = node.inputs[0] if node.inputs else None
        return tuple(reversed(lines))

    def respecify(self, specs: tuple[Spec, ...]) -> Graph:
        """The same graph for inputs of other sizes; every shape rule is applied anew.

        Raises:
            ShapeError: a layer cannot take the new size; the message shows the chain.
        """
        entry = {p.node: s for p, s in zip(self.inputs, specs, strict=True)}
        done: dict[str, Node] = {}
        for node in self.nodes:
            ins = tuple(done[p.node].outputs[p.index] for p in node.inputs)
            try:
                node.kind.check_inputs(*ins)
                out = entry.get(node.name) or _fixed_or_ruled(node, ins)
            except Fault as fault:
                partial = replace(
                    self, nodes=tuple(done.values()), inputs=(), outputs=(), output_masks=()
                )
                where = f"{node.name} ({node.kind_name})"
                raise fault.at(where, partial.chain(node.inputs)) from None
            outputs = out if isinstance(out, tuple) else (out,)
            done[node.name] = replace(node, outputs=outputs)
        return replace(self, nodes=tuple(done.values()))

    def to_dict(self) -> dict[str, Any]:
        """The graph as JSON values."""
        masks = [None if p is None else _port_out(p) for p in self.output_masks]
        return {
            "format_version": FORMAT_VERSION,
            "name": self.name,
            "form": self.form,
            "metadata": to_json(self.metadata),
            "inputs": [_port_out(p) for p in self.inputs],
            "outputs": [_port_out(p) for p in self.outputs],
            "input_keys": list(self.input_keys),
            "output_keys": list(self.output_keys),
            "nodes": [_node_out(n) for n in self.nodes],
            **({"output_masks": masks} if masks else {}),
        }

    def to_json(self, indent: int | None = None) -> str:
        """The graph as JSON text; `from_json` is its inverse."""
        return json.dumps(self.to_dict(), indent=indent)

    @classmethod
    def from_json(cls, text: str | bytes) -> Graph:
        """The graph of a JSON text.

        Raises:
            FormatError: the text is not the JSON of a graph, or of a later version.
        """
        try:
            record = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise errors.FormatError(
                errors.message("graph", f"not JSON ({error})", expected="the text of Graph.to_json")
            ) from None
        return cls.from_dict(record)

    @classmethod
    def from_dict(cls, record: Any) -> Graph:
        """The graph of JSON values; see `from_json`."""
        version = record.get("format_version") if isinstance(record, dict) else None
        if not isinstance(version, int) or version > FORMAT_VERSION:
            raise errors.FormatError(
                errors.message(
                    "graph",
                    "not a graph that this striate can read",
                    got={"format_version": version},
                    expected=f"format_version 1 to {FORMAT_VERSION}",
                )
            )
        try:
            return cls(
                nodes=tuple(_node_in(n) for n in record["nodes"]),
                inputs=tuple(_port_in(p) for p in record["inputs"]),
                outputs=tuple(_port_in(p) for p in record["outputs"]),
                name=record["name"],
                form=record["form"],
                metadata=from_json(record["metadata"]),
                input_keys=tuple(map(str, record["input_keys"])),
                output_keys=tuple(map(str, record["output_keys"])),
                output_masks=tuple(
                    None if p is None else _port_in(p) for p in record.get("output_masks", ())
                ),
            )
        except Fault as fault:
            raise errors.FormatError(str(fault.at("graph"))) from None
        except (KeyError, TypeError, AttributeError, IndexError) as error:
            raise errors.FormatError(
                errors.message("graph", f"a field is missing or malformed ({error})")
            ) from None


def _fixed_or_ruled(node: Node, inputs: tuple[Spec, ...]) -> Spec | tuple[Spec, ...]:
    """By the kind's rule; what user code does is only known as it was recorded."""
    return node.outputs if hasattr(node.kind, "class_name") else node.kind.output(*inputs)


def _check_port(port: Port, seen: Mapping[str, Node], where: str) -> None:
    if port.node not in seen or not 0 <= port.index < len(seen[port.node].outputs):
        raise errors.GraphError(
            errors.message(
                where,
                "an edge starts at a node output that is not there before it",
                got={"from": str(port)},
                expected="the name of an earlier node",
            )
        )


def _port_out(port: Port) -> list[Any]:
    return [port.node, port.index]


def _port_in(record: Any) -> Port:
    name, index = record
    return Port(str(name), int(index))


def _node_out(node: Node) -> dict[str, Any]:
    record: dict[str, Any] = {
        "name": node.name,
        "kind": type(node.kind).__name__,
        "config": node.kind.to_config(),
        "inputs": [_port_out(p) for p in node.inputs],
        "outputs": [{"shape": list(s.shape), "dtype": s.dtype} for s in node.outputs],
        "layer": node.layer,
        "trainable": node.trainable,
    }
    if node.weights:
        record["weights"] = [_weight_out(w) for w in node.weights]
    return record


def _node_in(record: Mapping[str, Any]) -> Node:
    name = record["kind"]
    if name not in KINDS:
        raise errors.FormatError(str(errors.unknown_name(record["name"], "kind", name, KINDS)))
    return Node(
        name=str(record["name"]),
        kind=KINDS[name].from_config(record["config"]),
        inputs=tuple(_port_in(p) for p in record["inputs"]),
        outputs=tuple(Spec(from_json(s["shape"]), str(s["dtype"])) for s in record["outputs"]),
        weights=tuple(_weight_in(w) for w in record.get("weights", ())),
        layer=str(record["layer"]),
        trainable=bool(record["trainable"]),
    )


def _weight_out(weight: WeightSpec) -> dict[str, Any]:
    return {
        "name": weight.name,
        "shape": list(weight.shape),
        "trainable": weight.trainable,
        "initializer": to_json(weight.initializer),
        "regularizer": to_json(weight.regularizer),
        "constraint": to_json(weight.constraint),
    }


def _weight_in(record: Mapping[str, Any]) -> WeightSpec:
    return WeightSpec(
        name=str(record["name"]),
        shape=tuple(int(n) for n in record["shape"]),
        initializer=from_json(record["initializer"]),
        trainable=bool(record["trainable"]),
        regularizer=from_json(record["regularizer"]),
        constraint=from_json(record["constraint"]),
    )
