"""Recurrent kinds: the same step for each place of a sequence, with a state from step to step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from striate.graph import window
from striate.graph.kinds.base import (
    Fault,
    WeightSpec,
    bad_argument,
    chosen,
    float_dtype,
    fraction,
    known_channels,
    known_sizes,
    register,
    seed_or_none,
    sizes,
    whole,
)
from striate.graph.kinds.calling import Calling, check_mask
from striate.graph.kinds.convolution import check_window
from striate.graph.named import Named
from striate.graph.spec import Spec

Sizes = tuple["int | None", ...]


@dataclass(frozen=True)
class Recurrent(Calling):
    """What every recurrent layer has: a step with `gates` parts, and `num_states` states."""

    roles: ClassVar[tuple[str, ...]] = ("sequences", "initial_state", "mask")
    passes_mask: ClassVar[bool] = True
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
    activity_regularizer: Named | None = None
    kernel_constraint: Named | None = None
    recurrent_constraint: Named | None = None
    bias_constraint: Named | None = None
    dropout: float = 0.0
    recurrent_dropout: float = 0.0
    seed: int | None = None
    return_sequences: bool = False
    return_state: bool = False
    go_backwards: bool = False
    stateful: bool = False
    unroll: bool = False
    zero_output_for_mask: bool = False

    def check(self) -> None:
        self.replace(
            dropout=fraction("dropout", self.dropout, one=True),
            recurrent_dropout=fraction("recurrent_dropout", self.recurrent_dropout, one=True),
            seed=seed_or_none(self.seed),
        )

    def state_sizes(self, spec: Spec) -> Sizes:
        """The sizes of a state behind the batch, for a sequence of this spec."""
        return ()

    def output(self, *inputs: Spec) -> Spec | tuple[Spec, ...]:
        given = self.called(inputs)
        spec: Spec = given["sequences"]
        if self.stateful and spec.shape[0] is None:
            raise Fault(
                "a layer that keeps its states needs a fixed batch size",
                got={"input shape": spec.shape},
                expected="a number for the batch",
                fix="Input(batch_shape=(32, ...))",
            )
        state = Spec((spec.shape[0], *self.state_sizes(spec)), float_dtype(spec))
        check_states(given.get("initial_state"), [state] * self.num_states)
        check_mask(given.get("mask"), spec)
        steps = spec.shape[1:2] if self.return_sequences else ()
        out = Spec((spec.shape[0], *steps, *state.shape[1:]), state.dtype)
        return (out, *([state] * self.num_states)) if self.return_state else out

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
class RecurrentDense(Recurrent):
    """A recurrent layer of `units` numbers per step."""

    min_rank: ClassVar[int] = 3
    max_rank: ClassVar[int] = 3
    units: int = 1

    def check(self) -> None:
        super().check()
        self.replace(units=whole("units", self.units))

    def state_sizes(self, spec: Spec) -> Sizes:
        return (self.units,)

    def weights(self, *inputs: Spec) -> tuple[WeightSpec, ...]:
        channels, width = known_channels(self.called(inputs)["sequences"]), self.gates * self.units
        return self.gate_weights((channels, width), (self.units, width), (width,))


@register
@dataclass(frozen=True)
class SimpleRNN(RecurrentDense):
    """The state is a function of the input and the state before."""


@register
@dataclass(frozen=True)
class LSTM(RecurrentDense):
    """Long short-term memory: a cell that gates write, forget and read."""

    gates: ClassVar[int] = 4
    num_states: ClassVar[int] = 2
    recurrent_activation: Named = Named("sigmoid")
    unit_forget_bias: bool = True


@register
@dataclass(frozen=True)
class GRU(RecurrentDense):
    """Gated recurrent unit: a gate between the old state and a new one."""

    gates: ClassVar[int] = 3
    recurrent_activation: Named = Named("sigmoid")
    reset_after: bool = True

    def weights(self, *inputs: Spec) -> tuple[WeightSpec, ...]:
        channels, width = known_channels(self.called(inputs)["sequences"]), self.gates * self.units
        bias = (2, width) if self.reset_after else (width,)
        return self.gate_weights((channels, width), (self.units, width), bias)


@dataclass(frozen=True)
class ConvLSTM(Recurrent):
    """An LSTM whose products are convolutions, so that its states are maps."""

    gates: ClassVar[int] = 4
    num_states: ClassVar[int] = 2
    rank: ClassVar[int] = 2
    filters: int = 1
    kernel_size: tuple[int, ...] = ()
    strides: tuple[int, ...] = ()
    padding: str = "valid"
    dilation_rate: tuple[int, ...] = ()
    recurrent_activation: Named = Named("sigmoid")
    unit_forget_bias: bool = True

    def __init_subclass__(cls) -> None:
        cls.min_rank = cls.max_rank = cls.rank + 3

    def check(self) -> None:
        super().check()
        self.replace(
            filters=whole("filters", self.filters),
            kernel_size=sizes("kernel_size", self.kernel_size or 1, self.rank),
            strides=sizes("strides", self.strides or 1, self.rank),
            padding=chosen("padding", self.padding, ("valid", "same")),
            dilation_rate=sizes("dilation_rate", self.dilation_rate or 1, self.rank),
        )
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise bad_argument(
                "strides", self.strides, f"1 where dilation_rate={self.dilation_rate} is above 1"
            )

    def state_sizes(self, spec: Spec) -> Sizes:
        step = Spec((spec.shape[0], *spec.shape[2:]), spec.dtype)
        fault = "states are maps, but the size of the input is open"
        known_sizes(step, range(1, self.rank + 1), fault, tuple(range(2, self.rank + 2)))
        spatial = tuple(
            window.output_size(n, k, s, d, self.padding)
            for n, k, s, d in zip(
                step.spatial, self.kernel_size, self.strides, self.dilation_rate, strict=True
            )
        )
        check_window(self, step, self.kernel_size, spatial)
        return (*spatial, self.filters)

    def weights(self, *inputs: Spec) -> tuple[WeightSpec, ...]:
        channels = known_channels(self.called(inputs)["sequences"])
        width = self.gates * self.filters
        kernel, recurrent = (*self.kernel_size, channels), (*self.kernel_size, self.filters)
        return self.gate_weights((*kernel, width), (*recurrent, width), (width,))


@register
@dataclass(frozen=True)
class ConvLSTM1D(ConvLSTM):
    """`ConvLSTM` over sequences of sequences."""

    rank: ClassVar[int] = 1


@register
@dataclass(frozen=True)
class ConvLSTM2D(ConvLSTM):
    """`ConvLSTM` over sequences of images."""

    rank: ClassVar[int] = 2


@register
@dataclass(frozen=True)
class ConvLSTM3D(ConvLSTM):
    """`ConvLSTM` over sequences of volumes."""

    rank: ClassVar[int] = 3


def check_states(given: Any, wanted: list[Spec]) -> None:
    """A `Fault` unless the states that a layer starts from are of these specs."""
    if given is None:
        return
    found = list(given) if isinstance(given, tuple) else [given]
    shapes = tuple(s.shape[1:] for s in found)
    if shapes != tuple(s.shape[1:] for s in wanted):
        raise Fault(
            "`initial_state` does not fit",
            got={"shapes": tuple(s.shape for s in found)},
            expected=f"{len(wanted)} of {wanted[0].shape}",
        )
