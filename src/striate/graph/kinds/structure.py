"""Kinds without arithmetic of their own: where data enter, user code, and whole models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from striate.graph.kinds.base import Fault, Kind, register
from striate.graph.named import Items, to_json
from striate.graph.spec import Spec, total

if TYPE_CHECKING:
    from striate.graph.graph import Graph


@register
@dataclass(frozen=True)
class InputLayer(Kind):
    """Where data enter; the sizes may be open."""

    num_inputs: ClassVar[int | None] = 0
    shape: tuple[int | None, ...] = ()
    dtype: str = "float32"

    def output(self, *inputs: Spec) -> Spec:
        return Spec(self.shape, self.dtype)


@register
@dataclass(frozen=True)
class Custom(Kind):
    """A layer class that the user wrote; its shapes and weights are noted in the node.

    Args:
        class_name: the name that a file refers to it by.
        config: what its `get_config` returned.
        call: how its inputs are passed (see `record.Template`), empty for one input.
    """

    class_name: str = ""
    config: Items = Items()
    call: Items = Items()

    def check_inputs(self, *inputs: Spec) -> None:
        """What user code takes is its own matter."""

    def macs(self, *inputs: Spec) -> int | None:
        return None  # nobody knows

    def to_config(self) -> dict[str, Any]:
        return {
            "class_name": self.class_name,
            "config": to_json(self.config),
            "call": to_json(self.call),
        }


@register
@dataclass(frozen=True)
class Nested(Kind):
    """A whole model used as one layer.

    Args:
        graph: the model.
        masked: which of its inputs come with a mask that it uses; the masks follow the inputs.
        masked_graph: the model as it is for such inputs, which has the masks as further inputs.
    """

    num_inputs: ClassVar[int | None] = None
    graph: Graph | None = None
    masked: tuple[int, ...] = ()
    masked_graph: Graph | None = None

    def check_inputs(self, *inputs: Spec) -> None:
        expected = self.running.input_specs
        if len(inputs) != len(expected):
            raise Fault(
                "wrong number of inputs",
                got={"inputs": len(inputs)},
                expected=f"{len(expected)}",
            )
        for got, want in zip(inputs, expected, strict=True):
            if not fits(got, want):
                raise misfit(got, want)

    def output(self, *inputs: Spec) -> Spec | tuple[Spec, ...]:
        graph = self.running
        if inputs != graph.input_specs:
            graph = graph.respecify(inputs)
        specs = graph.with_masks().output_specs
        return specs[0] if len(specs) == 1 else specs

    def mask_output(self, index: int, count: int) -> int | None:
        graph = self.running
        if index >= len(graph.output_masks) or graph.output_masks[index] is None:
            return None
        before = sum(port is not None for port in graph.output_masks[:index])
        return len(graph.outputs) + before

    @property
    def running(self) -> Graph:
        """What runs: the model for the inputs of this call."""
        return self.inner if self.masked_graph is None else self.masked_graph

    def macs(self, *inputs: Spec) -> int | None:
        """The sum over its layers."""
        return layer_macs(self.running, inputs)

    def macs_inside(self, *inputs: Spec) -> int | None:
        return layer_macs(self.running, inputs, inside=True)

    @property
    def inner(self) -> Graph:
        """The nested graph."""
        if self.graph is None:
            raise Fault("a nested model needs its graph", got={"graph": None}, expected="a Graph")
        return self.graph

    def to_config(self) -> dict[str, Any]:
        config: dict[str, Any] = {"graph": self.inner.to_dict()}
        if self.masked_graph is not None:
            config["masked"] = list(self.masked)
            config["masked_graph"] = self.masked_graph.to_dict()
        return config

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Nested:
        from striate.graph.graph import Graph

        other = config.get("masked_graph")
        return cls(
            graph=Graph.from_dict(config["graph"]),
            masked=tuple(int(i) for i in config.get("masked", ())),
            masked_graph=None if other is None else Graph.from_dict(other),
        )

    @classmethod
    def base_name(cls) -> str:
        return "model"


def layer_macs(graph: Graph, inputs: tuple[Spec, ...], inside: bool = False) -> int | None:
    """The MACs of all layers of a graph for these inputs; None if those of one are not known.

    With `inside` those of `Kind.macs_inside`.
    """
    graph = graph if inputs == graph.input_specs else graph.respecify(inputs)
    counts = ((n.kind.macs_inside if inside else n.kind.macs, n.inputs) for n in graph)
    return total(count(*(graph.spec(port) for port in ports)) for count, ports in counts)


def fits(got: Spec, want: Spec) -> bool:
    """Whether data of spec `got` may enter where `want` is expected."""
    return got.rank == want.rank and all(
        w is None or g is None or g == w for g, w in zip(got.shape[1:], want.shape[1:], strict=True)
    )


def misfit(got: Spec, want: Spec) -> Fault:
    """The fault of data of spec `got` where `want` is expected."""
    return Fault(
        "the input has another shape than the model was built for",
        got={"input shape": got.shape},
        expected=f"{want.shape}",
        fix=_remedy(got, want),
    )


def _remedy(got: Spec, want: Spec) -> str:
    if got.rank == want.rank - 1 and got.shape[1:] == want.shape[2:]:
        return "One sample needs a batch axis: x[None]"
    if got.rank == want.rank - 1 and want.shape[-1] == 1:
        return "Add the channel axis: x[..., None]"
    if got.rank == want.rank == 4 and got.shape[1] == want.shape[3]:
        return "The channels are last here: x.transpose(0, 2, 3, 1)"
    return ""
