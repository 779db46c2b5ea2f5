"""Normalisation kinds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from striate.graph.kinds.activation import check_axis
from striate.graph.kinds.base import (
    Fault,
    Kind,
    WeightSpec,
    above_zero,
    bad_argument,
    float_dtype,
    fraction,
    known_sizes,
    register,
    whole,
)
from striate.graph.named import Named
from striate.graph.spec import Spec


class Normalizing(Kind):
    """Keeps the shape; whole numbers become floats."""

    min_rank: ClassVar[int] = 2
    passes_mask: ClassVar[bool] = True

    def output(self, *inputs: Spec) -> Spec:
        (spec,) = inputs
        self.axes(spec)
        return Spec(spec.shape, float_dtype(spec))

    def axes(self, spec: Spec) -> tuple[int, ...]:
        """The axes that `axis` names, counted from 0; a `Fault` if there is no such axis."""
        axis = getattr(self, "axis", -1)
        return tuple(
            sorted(check_axis(a, spec) for a in (axis if isinstance(axis, tuple) else (axis,)))
        )

    def sizes(self, spec: Spec) -> tuple[int, ...]:
        """The sizes of those axes, which the weights have; a `Fault` if one is open."""
        fault = "the normalised axis is open, but its weights need it"
        return known_sizes(spec, self.axes(spec), fault, getattr(self, "axis", -1))


@dataclass(frozen=True)
class Affine(Normalizing):
    """Normalises, then scales by gamma and adds beta, both learned."""

    epsilon: float = 1e-3
    center: bool = True
    scale: bool = True
    beta_initializer: Named = Named("Zeros")
    gamma_initializer: Named = Named("Ones")
    beta_regularizer: Named | None = None
    gamma_regularizer: Named | None = None
    beta_constraint: Named | None = None
    gamma_constraint: Named | None = None

    def check(self) -> None:
        self.replace(epsilon=above_zero("epsilon", self.epsilon))

    def weights(self, *inputs: Spec) -> tuple[WeightSpec, ...]:
        shape = self.sizes(inputs[0])
        gamma = WeightSpec(
            "gamma",
            shape,
            self.gamma_initializer,
            regularizer=self.gamma_regularizer,
            constraint=self.gamma_constraint,
        )
        beta = WeightSpec(
            "beta",
            shape,
            self.beta_initializer,
            regularizer=self.beta_regularizer,
            constraint=self.beta_constraint,
        )
        return (*((gamma,) if self.scale else ()), *((beta,) if self.center else ()))


@register
@dataclass(frozen=True)
class BatchNormalization(Affine):
    """Zero mean and unit variance per channel, then a learned scale and offset."""

    axis: int = -1
    momentum: float = 0.99
    moving_mean_initializer: Named = Named("Zeros")
    moving_variance_initializer: Named = Named("Ones")

    def check(self) -> None:
        super().check()
        self.replace(
            axis=one_axis(self.axis), momentum=fraction("momentum", self.momentum, one=True)
        )

    def weights(self, *inputs: Spec) -> tuple[WeightSpec, ...]:
        shape = self.sizes(inputs[0])
        mean, variance = self.moving_mean_initializer, self.moving_variance_initializer
        return (
            *super().weights(*inputs),
            WeightSpec("moving_mean", shape, mean, trainable=False),
            WeightSpec("moving_variance", shape, variance, trainable=False),
        )


@register
@dataclass(frozen=True)
class LayerNormalization(Affine):
    """Zero mean and unit variance over some axes of each sample."""

    axis: int | tuple[int, ...] = -1
    rms_scaling: bool = False

    def check(self) -> None:
        super().check()
        self.replace(axis=axes("axis", self.axis))
        if self.rms_scaling:
            self.replace(center=False, scale=True)


@register
@dataclass(frozen=True)
class InstanceNormalization(Affine):
    """Zero mean and unit variance of each map of each sample."""

    sees_all: ClassVar[bool] = True
    min_rank: ClassVar[int] = 3
    axis: int = -1

    def check(self) -> None:
        super().check()
        self.replace(axis=one_axis(self.axis))


@register
@dataclass(frozen=True)
class GroupNormalization(Affine):
    """Zero mean and unit variance of each group of channels of each sample."""

    sees_all: ClassVar[bool] = True
    groups: int = 32
    axis: int = -1

    def check(self) -> None:
        super().check()
        groups = -1 if self.groups == -1 else whole("groups", self.groups)
        self.replace(axis=one_axis(self.axis), groups=groups)

    def output(self, *inputs: Spec) -> Spec:
        (spec,) = inputs
        size = self.sizes(spec)[0]
        if self.groups != -1 and size % self.groups:
            raise Fault(
                "`groups` does not divide the channels",
                got={"groups": self.groups, "input shape": spec.shape},
                expected=f"a divisor of {size}, or -1 for one group per channel",
            )
        return super().output(*inputs)


@register
@dataclass(frozen=True)
class RMSNormalization(Normalizing):
    """Divides by the root of the mean square over some axes, then scales."""

    axis: int | tuple[int, ...] = -1
    epsilon: float = 1e-6

    def check(self) -> None:
        self.replace(axis=axes("axis", self.axis), epsilon=above_zero("epsilon", self.epsilon))

    def weights(self, *inputs: Spec) -> tuple[WeightSpec, ...]:
        return (WeightSpec("scale", self.sizes(inputs[0]), Named("Ones")),)


@register
@dataclass(frozen=True)
class UnitNormalization(Normalizing):
    """Divides by the Euclidean norm over some axes."""

    axis: int | tuple[int, ...] = -1

    def check(self) -> None:
        self.replace(axis=axes("axis", self.axis))


@register
@dataclass(frozen=True)
class LocalResponseNormalization(Normalizing):
    """Divides by a power of the energy of the neighbouring channels."""

    depth_radius: int = 2
    bias: float = 2.0
    alpha: float = 1e-4
    beta: float = 0.75

    def check(self) -> None:
        self.replace(
            depth_radius=whole("depth_radius", self.depth_radius, 0),
            bias=above_zero("bias", self.bias),
        )


@register
@dataclass(frozen=True)
class GlobalResponseNormalization(Normalizing):
    """Scales each map by its energy relative to the mean energy of all maps."""

    sees_all: ClassVar[bool] = True
    min_rank: ClassVar[int] = 3
    epsilon: float = 1e-6

    def check(self) -> None:
        self.replace(epsilon=above_zero("epsilon", self.epsilon))

    def weights(self, *inputs: Spec) -> tuple[WeightSpec, ...]:
        shape = self.sizes(inputs[0])
        return (
            WeightSpec("gamma", shape, Named("Zeros")),
            WeightSpec("beta", shape, Named("Zeros")),
        )


def one_axis(axis: object) -> int:
    """`axis` as one whole number; Keras also passes it in a list of one."""
    if isinstance(axis, (list, tuple)) and len(axis) == 1:
        axis = axis[0]
    if not isinstance(axis, int) or isinstance(axis, bool):
        raise bad_argument("axis", axis, "one axis as a whole number, -1 for channels")
    return axis


def axes(name: str, value: object) -> int | tuple[int, ...]:
    """`value` as one axis or several; a list of one is that one."""
    many = tuple(value) if isinstance(value, (list, tuple)) else (value,)
    if not many or not all(isinstance(a, int) and not isinstance(a, bool) for a in many):
        shown = many if isinstance(value, (list, tuple)) else value
        raise bad_argument(name, shown, "a whole number or several of them")
    return many[0] if len(many) == 1 else many
