"""Activation kinds: a function of each value (or, for softmax, of an axis)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from striate.graph.kinds.base import (
    RETURNS_INPUT,
    Fault,
    Kind,
    WeightSpec,
    bad_argument,
    float_dtype,
    register,
    whole,
)
from striate.graph.named import Named
from striate.graph.spec import Spec

LINEAR = Named("linear")


class Elementwise(Kind):
    """Keeps the shape; whole numbers become floats."""

    passes_mask: ClassVar[bool] = True

    def output(self, *inputs: Spec) -> Spec:
        (spec,) = inputs
        return Spec(spec.shape, float_dtype(spec))


@register
@dataclass(frozen=True)
class Activation(Elementwise):
    """Any activation by name."""

    activation: Named = LINEAR
    activity_regularizer: Named | None = None

    def output(self, *inputs: Spec) -> Spec:
        spec = super().output(*inputs)
        if self.activation.name != "glu" or self.activation.custom:
            return spec
        shape = list(spec.shape)
        axis = check_axis(dict(self.activation.config).get("axis", -1), spec)
        size = shape[axis]
        if size is not None and size % 2:
            raise Fault(
                "`glu` splits an axis in halves",
                got={"axis": axis, "input shape": spec.shape},
                expected="an even size there",
            )
        shape[axis] = None if size is None else size // 2
        return Spec(tuple(shape), spec.dtype)

    def idle(self, training: bool) -> str:
        return RETURNS_INPUT if self.activation == LINEAR and not self.penalises else ""


@register
@dataclass(frozen=True)
class ReLU(Elementwise):
    """max(0, x) with an optional cap, leak and threshold."""

    max_value: float | None = None
    negative_slope: float = 0.0
    threshold: float = 0.0

    def check(self) -> None:
        at_least_zero("max_value", self.max_value, none=True)
        at_least_zero("negative_slope", self.negative_slope)
        at_least_zero("threshold", self.threshold)


@register
@dataclass(frozen=True)
class LeakyReLU(Elementwise):
    """x above zero, negative_slope * x below."""

    negative_slope: float = 0.3

    def check(self) -> None:
        at_least_zero("negative_slope", self.negative_slope)


@register
@dataclass(frozen=True)
class ELU(Elementwise):
    """x above zero, alpha (exp(x) - 1) below."""

    alpha: float = 1.0


@register
@dataclass(frozen=True)
class Softmax(Elementwise):
    """exp(x) / sum(exp(x)) over an axis or several."""

    axis: int | tuple[int, ...] = -1

    def output(self, *inputs: Spec) -> Spec:
        (spec,) = inputs
        axes = self.axis if isinstance(self.axis, tuple) else (self.axis,)
        for axis in axes:
            check_axis(axis, spec)
        return Spec(spec.shape, float_dtype(spec))


@register
@dataclass(frozen=True)
class PReLU(Elementwise):
    """x above zero, a learned slope times x below."""

    alpha_initializer: Named = Named("Zeros")
    alpha_regularizer: Named | None = None
    alpha_constraint: Named | None = None
    shared_axes: tuple[int, ...] | None = None

    def check(self) -> None:
        axes = self.shared_axes
        if isinstance(axes, int):
            self.replace(shared_axes=(axes,))
        elif axes is not None:
            self.replace(shared_axes=tuple(axes))

    def weights(self, *inputs: Spec) -> tuple[WeightSpec, ...]:
        (spec,) = inputs
        shared = {check_axis(a, spec) for a in self.shared_axes or ()}
        shape = [1 if axis in shared else n for axis, n in enumerate(spec.shape)][1:]
        known = tuple(n for n in shape if n is not None)
        if len(known) != len(shape):
            raise Fault(
                "a slope per position needs a known input size",
                got={"input shape": spec.shape, "shared_axes": self.shared_axes},
                expected="known sizes on the axes that are not shared",
                fix="Share height and width: PReLU(shared_axes=[1, 2])",
            )
        return (
            WeightSpec(
                "alpha",
                known,
                self.alpha_initializer,
                regularizer=self.alpha_regularizer,
                constraint=self.alpha_constraint,
            ),
        )


@register
@dataclass(frozen=True)
class GELU(Elementwise):
    """x times the normal distribution function of x, or nearly so."""

    approximate: bool = False


@register
@dataclass(frozen=True)
class ThresholdedReLU(Elementwise):
    """x above theta, 0 below."""

    theta: float = 1.0

    def check(self) -> None:
        at_least_zero("theta", self.theta)


@register
@dataclass(frozen=True)
class Maxout(Kind):
    """The largest value of each group of neighbouring channels."""

    num_units: int = 1
    axis: int = -1

    def check(self) -> None:
        self.replace(num_units=whole("num_units", self.num_units))

    def output(self, *inputs: Spec) -> Spec:
        (spec,) = inputs
        axis = check_axis(self.axis, spec)
        size = spec.shape[axis]
        if size is None or size % self.num_units:
            raise Fault(
                "`num_units` does not divide the channels",
                got={"num_units": self.num_units, "input shape": spec.shape},
                expected="num_units times the number of pieces of each unit",
            )
        shape = (*spec.shape[:axis], self.num_units, *spec.shape[axis + 1 :])
        return Spec(shape, float_dtype(spec))


def check_axis(axis: int, spec: Spec) -> int:
    """The axis as a number from 0; a `Fault` if the input has no such axis or it is the batch."""
    position = axis + spec.rank if axis < 0 else axis
    if not 0 < position < spec.rank:
        raise Fault(
            "no such axis",
            got={"axis": axis, "input shape": spec.shape},
            expected=f"1 to {spec.rank - 1}, or -1 to {1 - spec.rank}; axis 0 is the batch",
        )
    return position


def at_least_zero(name: str, value: float | None, *, none: bool = False) -> None:
    """A `Fault` unless `value` is a number >= 0 (or None where that is allowed)."""
    if value is None and none:
        return
    if not isinstance(value, (int, float)) or value < 0:
        raise bad_argument(name, value, "a number >= 0" + (" or None" if none else ""))
