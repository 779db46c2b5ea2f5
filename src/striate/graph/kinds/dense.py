"""Dense: every input feature to every unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from striate.graph.kinds.base import (
    Kind,
    WeightSpec,
    float_dtype,
    known_channels,
    register,
    whole,
)
from striate.graph.kinds.convolution import bias_weight
from striate.graph.named import Named
from striate.graph.spec import Spec, product


@register
@dataclass(frozen=True)
class Dense(Kind):
    """A matrix product over the last axis."""

    min_rank: ClassVar[int] = 2
    passes_mask: ClassVar[bool] = True
    units: int = 1
    activation: Named = Named("linear")
    use_bias: bool = True
    kernel_initializer: Named = Named("GlorotUniform")
    bias_initializer: Named = Named("Zeros")
    kernel_regularizer: Named | None = None
    bias_regularizer: Named | None = None
    activity_regularizer: Named | None = None
    kernel_constraint: Named | None = None
    bias_constraint: Named | None = None

    def check(self) -> None:
        self.replace(units=whole("units", self.units))

    def output(self, *inputs: Spec) -> Spec:
        (spec,) = inputs
        return Spec((*spec.shape[:-1], self.units), float_dtype(spec))

    def macs(self, *inputs: Spec) -> int | None:
        return product((*inputs[0].shape[1:-1], self.kernel_values(*inputs)))

    def weights(self, *inputs: Spec) -> tuple[WeightSpec, ...]:
        kernel = WeightSpec(
            "kernel",
            (known_channels(inputs[0]), self.units),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        return (kernel, *bias_weight(self, self.units))
