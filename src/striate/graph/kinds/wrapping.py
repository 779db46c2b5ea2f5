"""Kinds of layers around other layers."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from striate import errors
from striate.graph.kinds.base import (
    Fault,
    Kind,
    WeightSpec,
    above_zero,
    register,
    whole,
)
from striate.graph.kinds.convolution import Conv
from striate.graph.kinds.dense import Dense
from striate.graph.kinds.structure import fits, layer_macs, misfit
from striate.graph.named import Items, Named
from striate.graph.reach import Reach
from striate.graph.spec import Spec

if TYPE_CHECKING:
    from striate.graph.graph import Graph, Node


@dataclass(frozen=True)
class Wrapping(Kind):
    """A layer around another one.

    Args:
        graph: the wrapped layer as a graph of its own; None until its input shape is known.
    """

    graph: Graph | None = None

    @property
    def inner(self) -> Graph:
        """The graph of the wrapped layer."""
        if self.graph is None:
            raise Fault("the layer inside is not known yet", got={"graph": None})
        return self.graph

    @property
    def node(self) -> Node:
        """The node of the wrapped layer."""
        return self.inner.nodes[-1]

    @property
    def held(self) -> tuple[tuple[str, Node], ...]:
        """The nodes of the wrapped layers, by the attribute that holds each."""
        return (("layer", self.node),)

    def entering(self, *inputs: Spec) -> tuple[Spec, ...]:
        """What the wrapped layer gets for these inputs."""
        return inputs

    def inner_outputs(self, *inputs: Spec) -> tuple[Spec, ...]:
        """What the wrapped layer gives for these inputs."""
        specs = self.entering(*inputs)
        for got, want in zip(specs, self.inner.input_specs, strict=True):
            if not fits(got, want):
                raise misfit(got, want)
        if specs == self.inner.input_specs:
            return self.inner.output_specs
        return self.inner.respecify(specs).output_specs

    def output(self, *inputs: Spec) -> Spec | tuple[Spec, ...]:
        specs = self.inner_outputs(*inputs)
        return specs[0] if len(specs) == 1 else specs

    def weights(self, *inputs: Spec) -> tuple[WeightSpec, ...]:
        return self.inner_weights()

    def macs(self, *inputs: Spec) -> int | None:
        """The sum over the layers inside, such as both directions, or all cells of a stack."""
        return layer_macs(self.inner, self.entering(*inputs))

    def macs_inside(self, *inputs: Spec) -> int | None:
        return layer_macs(self.inner, self.entering(*inputs), inside=True)

    def reach(self, axis: int, given: Spec, made: Spec) -> Reach | None:
        return self.node.kind.reach(axis, given, made)

    def inner_weights(self) -> tuple[WeightSpec, ...]:
        """The weights of the wrapped layers, with `layer/` or their attribute in front."""
        return tuple(
            replace(w, name=f"{holder}/{w.name}")
            for holder, node in self.held
            for w in node.weights
        )

    def to_config(self) -> dict[str, Any]:
        graph = None if self.graph is None else self.graph.to_dict()
        plain = dataclasses.replace(self, graph=None)
        return {**super(Wrapping, plain).to_config(), "graph": graph}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Kind:
        from striate.graph.graph import Graph

        graph = config.get("graph")
        made = super().from_config({**config, "graph": None})
        return replace(made, graph=None if graph is None else Graph.from_dict(graph))  # type: ignore[call-arg]


NARROW = Items((("mean", 0.0), ("seed", None), ("stddev", 0.02)))  # of the vector's start


@register
@dataclass(frozen=True)
class SpectralNormalization(Wrapping):
    """Divides the kernel of a layer by its largest singular value before each training step."""

    power_iterations: int = 1

    def check(self) -> None:
        self.replace(power_iterations=whole("power_iterations", self.power_iterations))

    def weights(self, *inputs: Spec) -> tuple[WeightSpec, ...]:
        size = kernel_spec(self.node).shape[-1]
        start = Named("TruncatedNormal", NARROW)
        vector = WeightSpec("vector_u", (1, size), start, trainable=False)
        kernel = f"layer/{kernel_spec(self.node).name}"
        return tuple(sorted((vector, *self.inner_weights()), key=lambda w: w.name != kernel))


@register
@dataclass(frozen=True)
class WeightStandardization(Wrapping):
    """Gives the kernel of a layer zero mean and unit variance per output channel."""

    epsilon: float = 1e-5

    def check(self) -> None:
        self.replace(epsilon=above_zero("epsilon", self.epsilon))

    def weights(self, *inputs: Spec) -> tuple[WeightSpec, ...]:
        if not isinstance(self.node.kind, (Conv, Dense)):
            raise Fault(
                "the kernel of the layer inside does not end with its output channels",
                got={"layer": f"{self.node.name} ({self.node.kind_name})"},
                expected="a convolution or a Dense layer",
                error=errors.ArgumentError,
            )
        return self.inner_weights()


@register
@dataclass(frozen=True)
class ChannelsFirst(Wrapping):
    """A layer of (N, ..., C) as one of (N, C, ...)."""

    min_rank: ClassVar[int] = 3

    def entering(self, *inputs: Spec) -> tuple[Spec, ...]:
        return tuple(_moved(spec, 1, -1) for spec in inputs)

    def output(self, *inputs: Spec) -> Spec | tuple[Spec, ...]:
        specs = tuple(_moved(spec, -1, 1) for spec in self.inner_outputs(*inputs))
        return specs[0] if len(specs) == 1 else specs

    def idle(self, training: bool) -> str:
        return "" if self.graph is None else self.node.kind.idle(training)

    def reach(self, axis: int, given: Spec, made: Spec) -> Reach | None:
        if axis == 1 or made.rank != given.rank:
            return None
        inside = (_moved(spec, 1, -1) for spec in (given, made))
        return self.node.kind.reach(axis - 1, *inside)


def _moved(spec: Spec, start: int, end: int) -> Spec:
    """A spec with one axis moved; that of a flat output stays."""
    if spec.rank < 3:
        return spec
    sizes = list(spec.shape)
    size = sizes.pop(start)
    sizes.insert(end if end >= 0 else len(sizes) + 1 + end, size)
    return Spec(tuple(sizes), spec.dtype)


def kernel_spec(node: Node) -> WeightSpec:
    """The kernel (or the table of an embedding) of a layer; a `Fault` if it has none."""
    for weight in node.weights:
        if weight.name in ("kernel", "embeddings"):
            return weight
    raise Fault(
        "the layer inside has no kernel",
        got={"layer": f"{node.name} ({node.kind_name})"},
        expected="a layer with a weight `kernel` or `embeddings`, such as Conv2D or Dense",
        error=errors.ArgumentError,
    )
