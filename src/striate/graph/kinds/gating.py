"""Kinds of gates: maps multiplied by how much each channel, or each place, matters.

A gate of channels depends on statistics of whole maps. Receptive fields leave these out, and
`Kind.reach` says what is local: `SqueezeExcite` and `ECA` multiply each place by a number, and
reach that place alone; `CBAM` also looks at a window of `kernel_size`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from striate.graph.kinds.activation import Elementwise
from striate.graph.kinds.base import (
    WeightSpec,
    above_zero,
    bad_argument,
    known_channels,
    register,
    sizes,
    whole,
)
from striate.graph.named import Named
from striate.graph.reach import Reach, padded
from striate.graph.spec import Spec, product, total


@dataclass(frozen=True)
class Squeezing(Elementwise):
    """What has two dense layers between the mean of each map and its gate."""

    passes_mask: ClassVar[bool] = False  # masked steps would count in the means
    sees_all: ClassVar[bool] = True
    min_rank: ClassVar[int] = 3
    ratio: float = 16.0
    activation: Named = Named("relu")
    gate_activation: Named = Named("sigmoid")
    use_bias: bool = True
    kernel_initializer: Named = Named("GlorotUniform")
    bias_initializer: Named = Named("Zeros")
    kernel_regularizer: Named | None = None
    bias_regularizer: Named | None = None
    kernel_constraint: Named | None = None
    bias_constraint: Named | None = None

    def check(self) -> None:
        self.replace(ratio=above_zero("ratio", self.ratio))

    def units(self, channels: int) -> int:
        """Numbers between the two dense layers: channels / ratio, rounded down, at least 1."""
        return max(1, int(channels / self.ratio))

    def weights(self, *inputs: Spec) -> tuple[WeightSpec, ...]:
        channels = known_channels(inputs[0])
        units = self.units(channels)
        found = []
        for name, (before, after) in (
            ("squeeze", (channels, units)),
            ("excite", (units, channels)),
        ):
            found.append(self.kernel(f"{name}_kernel", (before, after)))
            if self.use_bias:
                found.append(
                    WeightSpec(
                        f"{name}_bias",
                        (after,),
                        self.bias_initializer,
                        regularizer=self.bias_regularizer,
                        constraint=self.bias_constraint,
                    )
                )
        return tuple(found)

    def macs(self, *inputs: Spec) -> int | None:
        """2 C U, for C channels and U numbers between the two dense layers."""
        return self.kernel_values(*inputs)

    def macs_inside(self, *inputs: Spec) -> int | None:
        """C U, of the second dense layer."""
        return self.kernel_values(*inputs) // 2

    def kernel(self, name: str, shape: tuple[int, ...]) -> WeightSpec:
        """The spec of a kernel with what was chosen for kernels."""
        return WeightSpec(
            name,
            shape,
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )


@register
@dataclass(frozen=True)
class SqueezeExcite(Squeezing):
    """Multiplies each channel by a number that depends on the means of all channels."""

    squeeze_units: int | None = None

    def check(self) -> None:
        super().check()
        if self.squeeze_units is not None:
            self.replace(squeeze_units=whole("squeeze_units", self.squeeze_units))

    def units(self, channels: int) -> int:
        return self.squeeze_units or super().units(channels)


@register
@dataclass(frozen=True)
class CBAM(Squeezing):
    """Multiplies by a number per channel, then by a number per place."""

    min_rank: ClassVar[int] = 4
    max_rank: ClassVar[int] = 4
    kernel_size: tuple[int, ...] = (7, 7)

    def check(self) -> None:
        super().check()
        self.replace(kernel_size=sizes("kernel_size", self.kernel_size, 2))

    def weights(self, *inputs: Spec) -> tuple[WeightSpec, ...]:
        return (*super().weights(*inputs), self.kernel("place_kernel", (*self.kernel_size, 2, 1)))

    def macs(self, *inputs: Spec) -> int | None:
        """2 (2 C U) + H W (2 kh kw): dense layers on two statistics, a window over two maps."""
        place = 2 * (product(self.kernel_size) or 0)
        dense = 2 * (self.kernel_values(*inputs) - place)
        return total((dense, product((*inputs[0].spatial, place))))

    def macs_inside(self, *inputs: Spec) -> int | None:
        """2 C U + H W (2 kh kw): all but the first dense layer, on two statistics."""
        place = 2 * (product(self.kernel_size) or 0)
        first = self.kernel_values(*inputs) - place
        return total((self.macs(*inputs), -first))

    def reach(self, axis: int, given: Spec, made: Spec) -> Reach | None:
        """The window of the gate per place."""
        return padded("same", given.shape[axis], self.kernel_size[axis - 1])


@register
@dataclass(frozen=True)
class ECA(Elementwise):
    """Multiplies each channel by a number that depends on the means of its neighbours."""

    passes_mask: ClassVar[bool] = False
    sees_all: ClassVar[bool] = True
    min_rank: ClassVar[int] = 3
    kernel_size: int | None = None
    gamma: float = 2.0
    b: float = 1.0
    gate_activation: Named = Named("sigmoid")
    kernel_initializer: Named = Named("GlorotUniform")
    kernel_regularizer: Named | None = None
    kernel_constraint: Named | None = None

    def check(self) -> None:
        if self.kernel_size is not None and whole("kernel_size", self.kernel_size) % 2 == 0:
            raise bad_argument("kernel_size", self.kernel_size, "an odd number, or None")
        self.replace(gamma=above_zero("gamma", self.gamma), b=float(self.b))

    def width(self, channels: int) -> int:
        """How many neighbouring channels a gate depends on: the more channels, the more.

        Example:
            >>> [ECA().width(c) for c in (16, 64, 256, 512)]
            [3, 3, 5, 5]
        """
        if self.kernel_size is not None:
            return self.kernel_size
        near = int(abs((math.log2(channels) + self.b) / self.gamma))
        return near if near % 2 else near + 1

    def weights(self, *inputs: Spec) -> tuple[WeightSpec, ...]:
        return (
            WeightSpec(
                "kernel",
                (self.width(known_channels(inputs[0])), 1, 1),
                self.kernel_initializer,
                regularizer=self.kernel_regularizer,
                constraint=self.kernel_constraint,
            ),
        )

    def macs(self, *inputs: Spec) -> int | None:
        """C k, for C channels and a kernel over k of them."""
        return product((inputs[0].channels, self.kernel_values(*inputs)))
