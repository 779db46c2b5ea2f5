"""Facts: what a model answers about itself, read from its graph."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from striate import errors
from striate.graph import Graph, Items, Node, Symbol, kinds
from striate.graph.kinds import Nested, WeightSpec
from striate.graph.named import freeze_value
from striate.layers import BuiltIn, Layer
from striate.layers.recurrent import Recurrent
from striate.layers.weights import Weights
from striate.layers.wrapping import Holding
from striate.models.tracing import replay
from striate.ops.modules import parts


class Facts(Layer):
    """Keras's properties of a model; each is a look into `graph`."""

    _owners: dict[str, Layer]
    _graph: Graph | None
    _symbols: Mapping[str, tuple[Symbol, ...]] | None
    _metadata: dict[str, Any]
    _leaving: tuple[Layer, ...] | None

    # the graph ---------------------------------------------------------------------------------

    @property
    def graph(self) -> Graph:
        """What the model is, as a frozen value, with the layers' present `trainable`.

        Raises:
            NotBuiltError: the input shape is not known yet.
        """
        graph = self._known_graph()
        nodes = tuple(_present(n, self._owners.get(n.layer)) for n in graph)
        metadata = freeze_value(self._metadata)
        if nodes != graph.nodes or metadata != graph.metadata or graph.name != self.name:
            items = metadata if isinstance(metadata, Items) else Items()
            self._graph = dataclasses.replace(graph, nodes=nodes, metadata=items, name=self.name)
        return self._known_graph()

    def _known_graph(self) -> Graph:
        if self._graph is None:
            raise errors.NotBuiltError(
                errors.message(
                    self.where,
                    "the input shape is not known yet",
                    expected="a model that was built",
                    fix="Give the first layer input_shape=..., call model.build((None, ...)),"
                    " or fit it to data",
                )
            )
        return self._graph

    @property
    def metadata(self) -> dict[str, Any]:
        """What travels with the model: JSON values such as preprocessing."""
        return self._metadata

    @property
    def class_names(self) -> list[str] | None:
        """Names of the classes in the order of the outputs; saved with the model."""
        names = self._metadata.get("class_names")
        return None if names is None else list(names)

    @class_names.setter
    def class_names(self, names: Sequence[str] | None) -> None:
        if names is None:
            self._metadata.pop("class_names", None)
        else:
            self._metadata["class_names"] = [str(n) for n in names]

    def symbols(self) -> Mapping[str, tuple[Symbol, ...]]:
        """Symbols of every node by node name, to build other models from."""
        graph = self._known_graph()
        if self._symbols is None:
            self._symbols = replay(graph, self._owners)
        return self._symbols

    # Keras's questions ------------------------------------------------------------------------

    @property
    def layers(self) -> list[Layer]:
        """The layers in the order they run; a shared layer once."""
        if self._graph is None:
            return [m for m in self.children() if isinstance(m, Layer)]
        return [
            self._owners[n.layer] for n in self._graph if n.first_call and n.layer in self._owners
        ]

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """A layer by name or by its place in `layers`.

        Raises:
            UnknownNameError: no layer of that name; the nearest are listed.
            ArgumentError: neither or both given, or the index is out of range.
        """
        if (name is None) == (index is None):
            raise errors.ArgumentError(
                errors.message(
                    "get_layer",
                    "one of `name` and `index` is needed",
                    got={"name": name, "index": index},
                )
            )
        layers = self.layers
        if index is not None:
            if not -len(layers) <= index < len(layers):
                raise errors.ArgumentError(
                    errors.message(
                        "get_layer",
                        "no such layer",
                        got={"index": index},
                        expected=f"0 to {len(layers) - 1}",
                    )
                )
            return layers[index]
        by_name = {**self._owners} if self._graph is not None else {x.name: x for x in layers}
        if name not in by_name:
            raise errors.unknown_name("get_layer", "layer", name, by_name)
        return by_name[str(name)]

    @property
    def inputs(self) -> list[Symbol]:
        """The symbols where data enter."""
        symbols = self.symbols()
        return [symbols[p.node][p.index] for p in self.graph.inputs]

    @property
    def outputs(self) -> list[Symbol]:
        """The symbols that the model returns."""
        symbols = self.symbols()
        return [symbols[p.node][p.index] for p in self.graph.outputs]

    @property
    def input(self) -> Any:
        """The input symbol, or a list of several."""
        return _one_or_list(self.inputs)

    @property
    def output(self) -> Any:
        """The output symbol, or a list of several."""
        return _one_or_list(self.outputs)

    @property
    def input_shape(self) -> Any:
        """The input's shape, batch first, or a list of several."""
        return _one_or_list([s.shape for s in self.graph.input_specs])

    @property
    def output_shape(self) -> Any:
        """The output's shape, batch first, or a list of several."""
        return _one_or_list([s.shape for s in self.graph.output_specs])

    @property
    def input_names(self) -> list[str]:
        """Names by which a dict of inputs is matched."""
        if self._graph is None:
            return []
        return list(
            self._graph.input_keys or (self._graph[p.node].layer for p in self._graph.inputs)
        )

    @property
    def output_names(self) -> list[str]:
        """Names by which losses, metrics and targets are matched to outputs."""
        if self._graph is None:
            return []
        ports = self._graph.outputs
        return list(self._graph.output_keys or (self._graph[p.node].layer for p in ports))

    def weight_places(self) -> Iterator[tuple[str, nn.Module, str]]:
        """As of a layer, each path as layer/weight, in the order of the graph's layers."""
        if self._graph is None:
            yield from super().weight_places()
            return
        for node in self._graph:
            owner = self._owners.get(node.layer)
            if not node.first_call or owner is None:
                continue
            inner = Weights.weight_places(self) if owner is self else owner.weight_places()
            for path, module, name in inner:
                yield f"{node.layer}/{path}", module, name

    def weight_specs(self) -> tuple[WeightSpec, ...]:
        """Specs of all weights, each with its layer's name in front."""
        if self._graph is None or self in self._owners.values():
            return super().weight_specs()
        return tuple(
            dataclasses.replace(w, name=f"{node.layer}/{w.name}")
            for node in self._graph
            for w in node.weights
        )

    def count_params(self) -> int:
        """Number of values in all weights."""
        return self.graph.num_parameters

    def summary(
        self,
        line_length: int | None = None,
        positions: Any = None,
        print_fn: Callable[[str], Any] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Any = None,
        columns: Sequence[str] = (),
    ) -> None:
        """Prints layers, output shapes and parameters; see `striate.analysis.summary`.

        Args:
            line_length: characters of a line at most.
            positions: where each column ends: shares of the line, the last one 1, or characters.
            print_fn: gets the text instead of the terminal.
            expand_nested: lists the layers of nested models below them.
            show_trainable: adds a column that says which layers are trained.
            layer_range: first and last layer to list, by name.
            columns: further columns: "window", "macs", "activations", "receptive_field".
        """
        from striate.analysis import summary

        table = summary(
            self.graph,
            expand_nested=expand_nested,
            show_trainable=show_trainable,
            layer_range=layer_range,
            columns=columns,
        )
        table.show(line_length=line_length, print_fn=print_fn, positions=positions)

    def reset_states(self) -> None:
        """Sets the states that stateful recurrent layers keep to 0."""
        for module in self.modules():
            if isinstance(module, Recurrent):
                module.reset_states()

    def to_json(self, **kwargs: Any) -> str:
        """The architecture without weights, as JSON text; see `models.model_from_json`."""
        return self.graph.to_json(**kwargs)

    def forget_earlier_losses(self) -> None:
        """Drops what earlier calls left, so that losses are those of one call."""
        if self._leaving is None:
            layers = (m for m in self.modules() if isinstance(m, Layer))
            self._leaving = tuple(layer for layer in layers if _leaves_losses(layer))
        for module in self._leaving:
            module.activity_penalty, module._extra_losses = None, []

    def training_losses(self) -> list[Tensor]:
        """Penalties of the last forward pass, for the training loop."""
        found: list[Tensor] = []
        for module in parts(self):
            if isinstance(module, Weights):
                found += module.own_losses()
        return found


def _leaves_losses(layer: Layer) -> bool:
    """Whether calls of a layer may leave penalties on values, or whatever a user adds."""
    if isinstance(layer, BuiltIn) and not layer.own_code:
        return layer.kind.penalises
    return type(layer).call is not Layer.call


def _present(node: Node, owner: Layer | None) -> Node:
    """A node with its layer's present `trainable`, and that of the layers inside it."""
    if owner is None:
        return node
    if node.trainable != owner.trainable:
        node = dataclasses.replace(node, trainable=owner.trainable)
    kind = node.kind
    if isinstance(kind, Nested) and isinstance(owner, Facts):
        inner = dataclasses.replace(owner.graph, metadata=Items())
        other = kind.masked_graph
        if other is not None:
            nodes = tuple(_present(n, owner._owners.get(n.layer)) for n in other)
            other = other if nodes == other.nodes else dataclasses.replace(other, nodes=nodes)
        if inner != kind.graph or other is not kind.masked_graph:
            return dataclasses.replace(node, kind=Nested(inner, kind.masked, other))
    elif isinstance(kind, kinds.Wrapping) and isinstance(owner, Holding):
        graph = kind.inner
        nodes = tuple(_present(n, owner.inner_layer(n)) for n in graph)
        if nodes != graph.nodes:
            graph = dataclasses.replace(graph, nodes=nodes)
            return dataclasses.replace(node, kind=dataclasses.replace(kind, graph=graph))
    return node


def _one_or_list(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values


def layers_by_path(model: Facts, path: str = "") -> dict[str, Layer]:
    """Every layer that is no nested model, by its path, as in `graph.inlining.inlined`."""
    found: dict[str, Layer] = {}
    for node in model.graph:
        layer = model._owners.get(node.layer)
        if isinstance(node.kind, Nested) and isinstance(layer, Facts):
            found.update(layers_by_path(layer, f"{path}{node.layer}/"))
        elif layer is not None:
            found[f"{path}{node.layer}"] = layer
    return found
