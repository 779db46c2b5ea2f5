"""Constraints: projections of a weight after each optimizer step."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from striate.graph.named import Named
from striate.ops import registry


class Constraint:
    """Base: subclass it and write `__call__(weight)` returning the weight's new value."""

    def __call__(self, w: Tensor) -> Tensor:
        raise TypeError(f"{type(self).__name__} must define __call__(weight)")

    def get_config(self) -> dict[str, Any]:
        """Its arguments."""
        return dict(vars(self))

    def __repr__(self) -> str:
        return registry.show(self)


class MaxNorm(Constraint):
    """Scales units down whose norm over `axis` is above `max_value` (Srivastava et al. 2014)."""

    def __init__(self, max_value: float = 2, axis: int | list[int] = 0) -> None:
        self.max_value, self.axis = max_value, axis

    def __call__(self, w: Tensor) -> Tensor:
        norms = _norms(w, self.axis)
        return w * (norms.clamp(0, self.max_value) / (1e-7 + norms))


class NonNeg(Constraint):
    """Negative values become 0."""

    def __call__(self, w: Tensor) -> Tensor:
        return w * (w >= 0)


class UnitNorm(Constraint):
    """Every unit's norm over `axis` becomes 1."""

    def __init__(self, axis: int | list[int] = 0) -> None:
        self.axis = axis

    def __call__(self, w: Tensor) -> Tensor:
        return w / (1e-7 + _norms(w, self.axis))


class MinMaxNorm(Constraint):
    """Moves norms over `axis` towards [min_value, max_value] by the share `rate`."""

    def __init__(
        self,
        min_value: float = 0.0,
        max_value: float = 1.0,
        rate: float = 1.0,
        axis: int | list[int] = 0,
    ) -> None:
        self.min_value, self.max_value, self.rate, self.axis = min_value, max_value, rate, axis

    def __call__(self, w: Tensor) -> Tensor:
        norms = _norms(w, self.axis)
        wanted = self.rate * norms.clamp(self.min_value, self.max_value)
        return w * ((wanted + (1 - self.rate) * norms) / (1e-7 + norms))


def _norms(w: Tensor, axis: int | list[int]) -> Tensor:
    return w.square().sum(dim=axis, keepdim=True).sqrt()


max_norm, non_neg, unit_norm, min_max_norm = MaxNorm, NonNeg, UnitNorm, MinMaxNorm  # Keras's

constraints: registry.Registry[Any] = registry.Registry("constraint")
constraints.add("MaxNorm", MaxNorm, "max_norm", "maxnorm")
constraints.add("NonNeg", NonNeg, "non_neg", "nonneg")
constraints.add("UnitNorm", UnitNorm, "unit_norm", "unitnorm")
constraints.add("MinMaxNorm", MinMaxNorm, "min_max_norm")


def get(choice: Any, where: str = "") -> Any:
    """The constraint for a name, config, class or object.

    Raises:
        UnknownNameError: no such constraint; the nearest names are listed.
    """
    return constraints.resolve(choice, where)


def named(choice: Any, resolved: Any) -> Named:
    """The pure-data form of a constraint."""
    return constraints.named(choice, resolved)
