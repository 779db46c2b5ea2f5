"""Kinds that prepare images inside the model, so that they travel with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from striate.graph.kinds.activation import Elementwise, check_axis
from striate.graph.kinds.base import (
    Fault,
    WeightSpec,
    bad_argument,
    float_dtype,
    known_sizes,
    register,
)
from striate.graph.named import Named
from striate.graph.spec import Spec


@register
@dataclass(frozen=True)
class Rescaling(Elementwise):
    """x * scale + offset; a tuple holds one number per channel."""

    scale: float | tuple[float, ...] = 1.0
    offset: float | tuple[float, ...] = 0.0

    def check(self) -> None:
        for name in ("scale", "offset"):
            value = getattr(self, name)
            if hasattr(value, "__len__"):
                self.replace(**{name: tuple(float(v) for v in value)})
            else:
                self.replace(**{name: float(value)})


Numbers = Any  # a number, or tuples of numbers nested as an array is


@register
@dataclass(frozen=True)
class Normalization(Elementwise):
    """(x - mean) / deviation with statistics of a data set, or given ones."""

    axis: tuple[int, ...] = (-1,)
    mean: Numbers = None
    variance: Numbers = None
    invert: bool = False

    def check(self) -> None:
        axis = () if self.axis is None else self.axis
        many = axis if isinstance(axis, (tuple, list)) else (axis,)
        if not all(isinstance(a, int) and not isinstance(a, bool) for a in many):
            raise bad_argument("axis", axis, "a whole number, several of them, or None")
        self.replace(axis=tuple(many))
        if (self.mean is None) != (self.variance is None):
            raise bad_argument("mean", self.mean, "`mean` and `variance` both, or none of them")
        if nested_shape(self.mean) != nested_shape(self.variance):
            raise bad_argument(
                "variance",
                self.variance,
                f"the shape of `mean`, {nested_shape(self.mean)}",
            )

    def output(self, *inputs: Spec) -> Spec:
        (spec,) = inputs
        sizes = self.sizes(spec)
        given = nested_shape(self.mean)
        ours = sizes[len(sizes) - len(given) :] if len(given) <= len(sizes) else ()
        if len(given) > len(sizes) or any(
            n not in (1, m) for n, m in zip(given, ours, strict=True)
        ):
            raise Fault(
                "`mean` does not fit the axes that are kept apart",
                got={"mean of shape": given, "axis": self.axis, "input shape": spec.shape},
                expected=f"a shape that broadcasts to {sizes}",
            )
        return Spec(spec.shape, float_dtype(spec))

    def positions(self, spec: Spec) -> list[int]:
        """The axes that are kept apart, counted from 0 and rising."""
        return sorted(check_axis(a, spec) for a in self.axis)

    def sizes(self, spec: Spec) -> tuple[int, ...]:
        """Their sizes; a `Fault` if one is open."""
        fault = "an axis with statistics of its own is open"
        return known_sizes(spec, self.positions(spec), fault, self.axis)

    def weights(self, *inputs: Spec) -> tuple[WeightSpec, ...]:
        if self.mean is not None:
            return ()
        shape = self.sizes(inputs[0])
        return (
            WeightSpec("adapt_mean", shape, Named("Zeros"), trainable=False),
            WeightSpec("adapt_variance", shape, Named("Ones"), trainable=False),
            WeightSpec("count", (), Named("Zeros"), trainable=False),
        )


def nested_shape(value: Numbers) -> tuple[int, ...]:
    """The shape of nested tuples; () for a number or None.

    Example:
        >>> nested_shape(((1, 2, 3), (4, 5, 6)))
        (2, 3)
    """
    return (len(value), *nested_shape(value[0])) if isinstance(value, tuple) and value else ()
