"""Recurrent kinds: the same step for each place of a sequence, with a state from step to step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from striate.graph import window
from striate.graph.kinds.base import (
    Fault,
    WeightSpec,
    bad_argument,
    chosen,
    float_dtype,
    known_channels,
    known_sizes,
    register,
    sizes,
    whole,
)
from striate.graph.kinds.calling import Calling, check_mask
from striate.graph.kinds.cells import Gated, GRUCell, LSTMCell, SimpleRNNCell, Sizes, check_states
from striate.graph.kinds.convolution import check_window
from striate.graph.named import Named
from striate.graph.reach import Reach
from striate.graph.spec import Spec, product


@dataclass(frozen=True)
class Recurrent(Calling):
    """What every recurrent layer has around its step."""

    roles: ClassVar[tuple[str, ...]] = ("sequences", "initial_state", "mask")
    min_rank: ClassVar[int] = 3
    passes_mask: ClassVar[bool] = True
    activity_regularizer: Named | None = None
    return_sequences: bool = False
    return_state: bool = False
    go_backwards: bool = False
    stateful: bool = False
    unroll: bool = False
    zero_output_for_mask: bool = False

    def state_specs(self, spec: Spec) -> list[Spec]:
        """The specs of the states for a sequence of this spec."""
        return []

    def reach(self, axis: int, given: Spec, made: Spec) -> Reach | None:
        return None

    def step_spec(self, spec: Spec) -> Spec:
        """The spec of the output of one step."""
        return self.state_specs(spec)[0]

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
        states = self.state_specs(spec)
        if "initial_state" in given:
            check_states("initial_state", given["initial_state"], states)
        check_mask(given.get("mask"), spec)
        step = self.step_spec(spec)
        times = spec.shape[1:2] if self.return_sequences else ()
        out = Spec((spec.shape[0], *times, *step.shape[1:]), step.dtype)
        return (out, *states) if self.return_state else out


@dataclass(frozen=True)
class GatedRecurrent(Recurrent, Gated):
    """A recurrent layer with a step of its own, whose states have one size."""

    def rank_fix(self, spec: Spec) -> str:
        if self.max_rank == 3 and spec.rank > 3 and None not in spec.shape[2:]:
            steps, width = spec.shape[1], product(spec.shape[2:])
            return f"One vector for each step: layers.Reshape({(steps, width)}) before it"
        return super().rank_fix(spec)

    def state_specs(self, spec: Spec) -> list[Spec]:
        return [Spec((spec.shape[0], *self.state_sizes(spec)), float_dtype(spec))] * self.num_states

    def macs(self, *inputs: Spec) -> int | None:
        """T P (values in kernel + values in recurrent_kernel): T steps, P places of a state.

        P is 1 but for `ConvLSTM`, whose kernels slide over maps. For G gates of U units and C
        channels, as of an LSTM with G = 4: T G U (C + U).
        """
        return self._over_time(self.kernel_values(*inputs), inputs)

    def macs_inside(self, *inputs: Spec) -> int | None:
        """T P (values in recurrent_kernel): of states, which have gradients in any layer."""
        return self._over_time(self.recurrent_values(*inputs), inputs)

    def _over_time(self, values: int, inputs: tuple[Spec, ...]) -> int | None:
        spec: Spec = self.called(inputs)["sequences"]
        return product((spec.shape[1], *self.state_sizes(spec)[:-1], values))


@register
@dataclass(frozen=True)
class SimpleRNN(GatedRecurrent, SimpleRNNCell):
    """The step of `SimpleRNNCell` over sequences."""

    max_rank: ClassVar[int] = 3


@register
@dataclass(frozen=True)
class LSTM(GatedRecurrent, LSTMCell):
    """The step of `LSTMCell` over sequences."""

    max_rank: ClassVar[int] = 3


@register
@dataclass(frozen=True)
class GRU(GatedRecurrent, GRUCell):
    """The step of `GRUCell` over sequences."""

    max_rank: ClassVar[int] = 3


AXES = {1: "L", 2: "H, W", 3: "D, H, W"}


@dataclass(frozen=True)
class ConvLSTM(GatedRecurrent):
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

    def rank_rule(self) -> str:
        return f"{self.min_rank} dimensions (N, T, {AXES[self.rank]}, C)"

    def rank_fix(self, spec: Spec) -> str:
        if spec.rank != self.min_rank - 1 or None in spec.shape[1:]:
            return ""
        return (
            f"One step needs an axis of its own: layers.Reshape({(1, *spec.shape[1:])}) before it"
        )

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
