"""Layers around other layers."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from striate import errors
from striate.graph import Graph, Node, freeze, kinds
from striate.graph.kinds import Fault, Kind, WeightSpec
from striate.graph.spec import Spec
from striate.layers.arguments import arguments_in
from striate.layers.base import Layer
from striate.layers.builtin import LAYERS, BuiltIn
from striate.layers.input import InputLayer

if TYPE_CHECKING:
    from typing_extensions import Self


class Holding(BuiltIn):
    """What striate's own layers around other layers share.

    The kinds of the wrapped layers are known once their input is; they are then part of the own
    kind, as a graph of their own.
    """

    kind: kinds.Wrapping

    def wrapped(self) -> Mapping[str, Layer]:
        """The wrapped layers by the attribute that holds each."""
        return {}

    def inner_layer(self, node: Node) -> Layer | None:
        """The wrapped layer of a node of the kind's graph."""
        return next((v for v in self.wrapped().values() if v.name == node.layer), None)

    def prepare(self, specs: tuple[Spec, ...]) -> None:
        if self.kind.graph is None:
            self.check_rank(specs)
            entering = self.kind.entering(*specs)
            graph = alone(tuple(self.wrapped().values()), entering)
            self.kind = dataclasses.replace(self.kind, graph=graph)

    def check_rank(self, specs: tuple[Spec, ...]) -> None:
        """The own error of an input that is wrong for this layer, before those inside see it."""
        try:
            self.kind.check_inputs(*specs)
        except Fault as fault:
            raise fault.at(self.where) from None

    def _make_weights(self, wanted: Sequence[WeightSpec], specs: tuple[Spec, ...]) -> None:
        super()._make_weights([w for w in wanted if "/" not in w.name], specs)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **{k: description(v) for k, v in self.wrapped().items()}}

    @classmethod
    def from_kind(
        cls, kind: Kind, name: str, objects: Mapping[str, Any], inner: Sequence[Layer] = ()
    ) -> Self:
        layer = cls.around(inner, arguments_in(kind))
        layer.automatic_name = name
        return layer

    @classmethod
    def around(cls, inner: Sequence[Layer], fields: Mapping[str, Any]) -> Self:
        """A layer of these fields around these layers."""
        make: Any = cls
        return make(*inner, **fields)  # type: ignore[no-any-return]


class Wrapping(Holding):
    """A layer of striate's own around one other layer."""

    layer: Layer

    def __init__(
        self, kind: type[Kind], layer: Any, arguments: Mapping[str, Any], **kwargs: Any
    ) -> None:
        super().__init__(kind, arguments, **kwargs)
        self.layer = as_layer(layer, self.where)

    def wrapped(self) -> Mapping[str, Layer]:
        return {"layer": self.layer}


class Wrapper(Layer):
    """Base for your own layers around another layer, which it builds for its own input.

    Write `call`, which has the layer as `self.layer`.

    Shapes: those of `call`.

    Args:
        layer: the layer inside.

    Raises:
        ArgumentError: `layer` is not a layer.

    Example:
        >>> from striate import Input, layers
        >>> class Residual(layers.Wrapper):
        ...     def call(self, inputs):
        ...         return inputs + self.layer(inputs)
        >>> Residual(layers.Conv2D(8, 3, padding="same"))(Input((16, 16, 8))).shape
        (None, 16, 16, 8)
    """

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.layer = as_layer(layer, self.where)

    def build(self, input_shape: Any) -> None:
        self.layer.build(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "layer": description(self.layer)}


def alone(layers: Sequence[Layer], entering: Sequence[Spec]) -> Graph:
    """A graph of these layers, each called on the same inputs of these specs."""
    entries = [InputLayer(batch_shape=s.shape, dtype=s.dtype).output for s in entering]
    outputs: list[Any] = []
    for layer in layers:
        out = layer(entries[0] if len(entries) == 1 else entries)
        outputs += out if isinstance(out, (list, tuple)) else [out]
    return freeze(entries, outputs, name=layers[0].name).graph


def as_layer(layer: Any, where: str) -> Layer:
    """A layer as it is, or made from its description.

    Raises:
        ArgumentError: neither of them.
    """
    if isinstance(layer, Layer):
        return layer
    if isinstance(layer, Mapping) and isinstance(layer.get("class_name"), str):
        name = layer["class_name"]
        if name not in LAYERS:
            raise errors.unknown_name(where, "layer", name, LAYERS)
        return LAYERS[name].from_config(dict(layer.get("config", {})))
    raise errors.ArgumentError(
        errors.message(
            where,
            "`layer` is not a layer",
            got={"layer": layer.__name__ if isinstance(layer, type) else layer},
            expected="a layer such as layers.Conv2D(8, 3)",
        )
    )


def description(layer: Layer) -> dict[str, Any]:
    """A layer as JSON values, for `as_layer`."""
    return {"class_name": type(layer).__name__, "config": layer.get_config()}
