"""Kinds that carry other layers through time: step by step, from both ends, or as a cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from striate import errors
from striate.graph.kinds.base import Fault, Kind, WeightSpec, chosen, float_dtype, register
from striate.graph.kinds.calling import Calling, check_mask
from striate.graph.kinds.cells import check_states
from striate.graph.kinds.recurrent import Recurrent
from striate.graph.kinds.structure import InputLayer
from striate.graph.kinds.wrapping import Wrapping
from striate.graph.reach import SAME, Reach
from striate.graph.spec import Spec, product

if TYPE_CHECKING:
    from striate.graph.graph import Node


@register
@dataclass(frozen=True)
class RNN(Recurrent, Wrapping):
    """The step of any cell for each place of a sequence."""

    @property
    def held(self) -> tuple[tuple[str, Node], ...]:
        return (("cell", self.node),)

    def state_specs(self, spec: Spec) -> list[Spec]:
        batch = spec.shape[0]
        return [Spec((batch, *s.shape[1:]), s.dtype) for s in self.inner.input_specs[1:]]

    def step_spec(self, spec: Spec) -> Spec:
        return self.inner_outputs(spec)[0]

    def entering(self, *inputs: Spec) -> tuple[Spec, ...]:
        spec: Spec = inputs[0]
        step = Spec((spec.shape[0], *spec.shape[2:]), float_dtype(spec))
        return (step, *self.state_specs(spec))

    def macs(self, *inputs: Spec) -> int | None:
        """T macs(cell), for T steps; None if a cell is the user's own."""
        return product((inputs[0].shape[1], Wrapping.macs(self, *inputs)))

    def macs_inside(self, *inputs: Spec) -> int | None:
        return product((inputs[0].shape[1], Wrapping.macs_inside(self, *inputs)))

    def output(self, *inputs: Spec) -> Spec | tuple[Spec, ...]:
        return Recurrent.output(self, *inputs)

    def weights(self, *inputs: Spec) -> tuple[WeightSpec, ...]:
        return self.inner_weights()


@register
@dataclass(frozen=True)
class StackedRNNCells(Calling, Wrapping):
    """Cells of which each reads the output of the one before, as one cell."""

    roles: ClassVar[tuple[str, ...]] = ("inputs", "states")
    min_rank: ClassVar[int] = 2

    @property
    def held(self) -> tuple[tuple[str, Node], ...]:
        nodes = [node for node in self.inner if not isinstance(node.kind, InputLayer)]
        return tuple((f"cells_{i}", node) for i, node in enumerate(nodes))

    def entering(self, *inputs: Spec) -> tuple[Spec, ...]:
        given = self.called(inputs)
        states = given.get("states", ())
        found = states if isinstance(states, tuple) else (states,)
        check_states("states", found, list(self.inner.input_specs[1:]))
        return (given["inputs"], *found)


@register
@dataclass(frozen=True)
class TimeDistributed(Wrapping):
    """The same layer for each step of a sequence."""

    min_rank: ClassVar[int] = 3
    passes_mask: ClassVar[bool] = True

    def entering(self, *inputs: Spec) -> tuple[Spec, ...]:
        (spec,) = inputs
        return (Spec((None, *spec.shape[2:]), spec.dtype),)

    def macs(self, *inputs: Spec) -> int | None:
        """T macs(layer), for T steps."""
        return product((inputs[0].shape[1], super().macs(*inputs)))

    def macs_inside(self, *inputs: Spec) -> int | None:
        return product((inputs[0].shape[1], super().macs_inside(*inputs)))

    def reach(self, axis: int, given: Spec, made: Spec) -> Reach | None:
        if axis == 1:
            return SAME
        inside = [Spec((None, *spec.shape[2:]), spec.dtype) for spec in (given, made)]
        return super().reach(axis - 1, *inside)

    def output(self, *inputs: Spec) -> Spec:
        (spec,) = inputs
        specs = self.inner_outputs(*inputs)
        if len(specs) != 1:
            raise Fault(
                "the layer inside has several outputs",
                got={"outputs": len(specs)},
                expected="1",
                error=errors.ArgumentError,
            )
        return Spec((*spec.shape[:2], *specs[0].shape[1:]), specs[0].dtype)


MERGE_MODES = ("sum", "mul", "ave", "concat")


@register
@dataclass(frozen=True)
class Bidirectional(Calling, Wrapping):
    """A recurrent layer from the start and another one from the end."""

    roles: ClassVar[tuple[str, ...]] = ("sequences", "initial_state", "mask")
    min_rank: ClassVar[int] = 3
    passes_mask: ClassVar[bool] = True
    merge_mode: str | None = "concat"

    def check(self) -> None:
        if self.merge_mode is not None:
            self.replace(merge_mode=chosen("merge_mode", self.merge_mode, MERGE_MODES))

    @property
    def held(self) -> tuple[tuple[str, Node], ...]:
        forward, backward = self.inner.nodes[-2:]
        return (("forward_layer", forward), ("backward_layer", backward))

    def entering(self, *inputs: Spec) -> tuple[Spec, ...]:
        return (self.called(inputs)["sequences"],)

    def reach(self, axis: int, given: Spec, made: Spec) -> Reach | None:
        return None

    def output(self, *inputs: Spec) -> Spec | tuple[Spec, ...]:
        given = self.called(inputs)
        specs = self.inner_outputs(*inputs)
        half = len(specs) // 2
        (first, *ours), (second, *theirs) = specs[:half], specs[half:]
        if "initial_state" in given:
            wanted = [state_specs(node.kind, given["sequences"]) for _, node in self.held]
            check_states("initial_state", given["initial_state"], [*wanted[0], *wanted[1]])
        check_mask(given.get("mask"), given["sequences"])
        if self.merge_mode is None:
            found = [first, second]
        else:
            found = [merged(self.merge_mode, first, second)]
        found += [*ours, *theirs]
        return found[0] if len(found) == 1 else tuple(found)


def state_specs(kind: Kind, spec: Spec) -> list[Spec]:
    """Specs of the states of a recurrent layer."""
    return kind.state_specs(spec) if isinstance(kind, Recurrent) else []


def merged(mode: str, a: Spec, b: Spec) -> Spec:
    """The spec of both directions as one."""
    if mode == "concat":
        channels = (
            None if None in (a.channels, b.channels) else (a.channels or 0) + (b.channels or 0)
        )
        return Spec((*a.shape[:-1], channels), a.dtype)
    if a.shape != b.shape:
        raise Fault(
            "both directions must have the same size",
            got={"shapes": (a.shape, b.shape)},
            expected='equal shapes, or merge_mode="concat"',
        )
    return a
