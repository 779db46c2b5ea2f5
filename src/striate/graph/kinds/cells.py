"""Kinds of cells: one step of a recurrent layer, with the weights of its gates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from striate.graph.kinds.base import (
    Fault,
    WeightSpec,
    float_dtype,
    fraction,
    known_channels,
    register,
    seed_or_none,
    whole,
)
from striate.graph.kinds.calling import Calling
from striate.graph.named import Named
from striate.graph.spec import Spec

Sizes = tuple["int | None", ...]


@dataclass(frozen=True)
class Gated(Calling):
    """A step with `gates` parts, each a product of the input and one of the state."""

    gates: ClassVar[int] = 1
    num_states: ClassVar[int] = 1
    activation: Named = Named("tanh")
    use_bias: bool = True
    kernel_initializer: Named = Named("GlorotUniform")
    recurrent_initializer: Named = Named("Orthogonal")
    bias_initializer: Named = Named("Zeros")
    kernel_regularizer: Named | None = None
    recurrent_regularizer: Named | None = None
    bias_regularizer: Named | None = None
    kernel_constraint: Named | None = None
    recurrent_constraint: Named | None = None
    bias_constraint: Named | None = None
    dropout: float = 0.0
    recurrent_dropout: float = 0.0
    seed: int | None = None

    def recurrent_values(self, *inputs: Spec) -> int:
        """Values in the kernel that the state is multiplied with."""
        return sum(w.size for w in self.weights(*inputs) if w.name == "recurrent_kernel")

    def check(self) -> None:
        super().check()
        self.replace(
            dropout=fraction("dropout", self.dropout, one=True),
            recurrent_dropout=fraction("recurrent_dropout", self.recurrent_dropout, one=True),
            seed=seed_or_none(self.seed),
        )

    def state_sizes(self, spec: Spec) -> Sizes:
        """The sizes of a state behind the batch, for an input of this spec."""
        return ()

    def gate_weights(
        self, kernel: tuple[int, ...], recurrent: tuple[int, ...], bias: tuple[int, ...]
    ) -> tuple[WeightSpec, ...]:
        """The weights, of these shapes."""
        found = [
            WeightSpec(
                "kernel",
                kernel,
                self.kernel_initializer,
                regularizer=self.kernel_regularizer,
                constraint=self.kernel_constraint,
            ),
            WeightSpec(
                "recurrent_kernel",
                recurrent,
                self.recurrent_initializer,
                regularizer=self.recurrent_regularizer,
                constraint=self.recurrent_constraint,
            ),
        ]
        if self.use_bias:
            found.append(
                WeightSpec(
                    "bias",
                    bias,
                    self.bias_initializer,
                    regularizer=self.bias_regularizer,
                    constraint=self.bias_constraint,
                )
            )
        return tuple(found)


@dataclass(frozen=True)
class Cell(Gated):
    """One step over vectors of `units` numbers."""

    roles: ClassVar[tuple[str, ...]] = ("inputs", "states")
    min_rank: ClassVar[int] = 2
    max_rank: ClassVar[int] = 2
    units: int = 1

    def check(self) -> None:
        super().check()
        self.replace(units=whole("units", self.units))

    def state_sizes(self, spec: Spec) -> Sizes:
        return (self.units,)

    def output(self, *inputs: Spec) -> Spec | tuple[Spec, ...]:
        given = self.called(inputs)
        spec: Spec = given[self.roles[0]]
        state = Spec((spec.shape[0], self.units), float_dtype(spec))
        check_states("states", given.get("states", ()), [state] * self.num_states)
        return (state, *([state] * self.num_states))

    def weights(self, *inputs: Spec) -> tuple[WeightSpec, ...]:
        channels = known_channels(self.called(inputs)[self.roles[0]])
        width = self.gates * self.units
        return self.gate_weights((channels, width), (self.units, width), self.bias_shape())

    def macs(self, *inputs: Spec) -> int | None:
        """G U (C + U), for G gates of U units and C channels."""
        return self.kernel_values(*inputs)

    def macs_inside(self, *inputs: Spec) -> int | None:
        return self.recurrent_values(*inputs)

    def bias_shape(self) -> tuple[int, ...]:
        """The shape of the bias of all gates."""
        return (self.gates * self.units,)


@register
class SimpleRNNCell(Cell):
    """The state is a function of the input and the state before."""


@register
@dataclass(frozen=True)
class LSTMCell(Cell):
    """Long short-term memory: a cell that gates write, forget and read."""

    gates: ClassVar[int] = 4
    num_states: ClassVar[int] = 2
    recurrent_activation: Named = Named("sigmoid")
    unit_forget_bias: bool = True


@register
@dataclass(frozen=True)
class GRUCell(Cell):
    """Gated recurrent unit: a gate between the old state and a new one."""

    gates: ClassVar[int] = 3
    recurrent_activation: Named = Named("sigmoid")
    reset_after: bool = True

    def bias_shape(self) -> tuple[int, ...]:
        width = self.gates * self.units
        return (2, width) if self.reset_after else (width,)


def check_states(name: str, given: Spec | tuple[Spec, ...], wanted: list[Spec]) -> None:
    """A `Fault` unless the states that a step starts from are of these specs."""
    found = given if isinstance(given, tuple) else (given,)
    if tuple(s.shape[1:] for s in found) != tuple(s.shape[1:] for s in wanted):
        raise Fault(
            f"`{name}` does not fit",
            got={"shapes": tuple(s.shape for s in found)},
            expected=", ".join(str(s.shape) for s in wanted),
        )
