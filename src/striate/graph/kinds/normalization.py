"""Normalisation kinds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from striate.graph.kinds.activation import check_axis
from striate.graph.kinds.base import (
    Fault,
    Kind,
    WeightSpec,
    bad_argument,
    float_dtype,
    fraction,
    register,
)
from striate.graph.named import Named
from striate.graph.spec import Spec


@register
@dataclass(frozen=True)
class BatchNormalization(Kind):
    """Zero mean and unit variance per channel, then a learned scale and offset."""

    min_rank: ClassVar[int] = 2
    axis: int = -1
    momentum: float = 0.99
    epsilon: float = 1e-3
    center: bool = True
    scale: bool = True
    beta_initializer: Named = Named("Zeros")
    gamma_initializer: Named = Named("Ones")
    moving_mean_initializer: Named = Named("Zeros")
    moving_variance_initializer: Named = Named("Ones")
    beta_regularizer: Named | None = None
    gamma_regularizer: Named | None = None
    beta_constraint: Named | None = None
    gamma_constraint: Named | None = None

    def check(self) -> None:
        axis = self.axis
        if isinstance(axis, (list, tuple)) and len(axis) == 1:
            axis = axis[0]
        if not isinstance(axis, int) or isinstance(axis, bool):
            raise bad_argument("axis", self.axis, "one axis as a whole number, -1 for channels")
        if not isinstance(self.epsilon, (int, float)) or self.epsilon <= 0:
            raise bad_argument("epsilon", self.epsilon, "a number above 0")
        self.replace(axis=axis, momentum=fraction("momentum", self.momentum, one=True))

    def output(self, *inputs: Spec) -> Spec:
        (spec,) = inputs
        check_axis(self.axis, spec)
        return Spec(spec.shape, float_dtype(spec))

    def weights(self, *inputs: Spec) -> tuple[WeightSpec, ...]:
        size = inputs[0].shape[check_axis(self.axis, inputs[0])]
        if size is None:
            raise Fault(
                "the normalised axis is open, but its weights need it",
                got={"axis": self.axis, "input shape": inputs[0].shape},
                expected="a known size there",
            )
        learned = (
            (self.scale, "gamma", self.gamma_initializer, self.gamma_regularizer),
            (self.center, "beta", self.beta_initializer, self.beta_regularizer),
        )
        constraints = {"gamma": self.gamma_constraint, "beta": self.beta_constraint}
        return (
            *(
                WeightSpec(n, (size,), init, regularizer=reg, constraint=constraints[n])
                for wanted, n, init, reg in learned
                if wanted
            ),
            WeightSpec("moving_mean", (size,), self.moving_mean_initializer, trainable=False),
            WeightSpec(
                "moving_variance", (size,), self.moving_variance_initializer, trainable=False
            ),
        )
