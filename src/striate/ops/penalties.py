"""Regularisers (penalties added to the loss) and constraints (projections after a step)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from striate import errors
from striate.ops.registry import Registry, show


class Regularizer:
    """Base: subclass it and write `__call__(weight)` returning a scalar."""

    def __call__(self, x: Tensor) -> Tensor:
        raise TypeError(f"{type(self).__name__} must define __call__(weight)")

    def get_config(self) -> dict[str, Any]:
        """Its arguments."""
        return dict(vars(self))

    def __repr__(self) -> str:
        return show(self)


class L1L2(Regularizer):
    """l1 sum|w| + l2 sum w^2."""

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1, self.l2 = _rate("L1L2", "l1", l1), _rate("L1L2", "l2", l2)

    def __call__(self, x: Tensor) -> Tensor:
        total = x.new_zeros(())
        if self.l1:
            total = total + self.l1 * x.abs().sum()
        if self.l2:
            total = total + self.l2 * x.square().sum()
        return total


class L1(Regularizer):
    """l1 sum|w|."""

    def __init__(self, l1: float = 0.01) -> None:
        self.l1 = _rate("L1", "l1", l1)

    def __call__(self, x: Tensor) -> Tensor:
        return self.l1 * x.abs().sum()


class L2(Regularizer):
    """l2 sum w^2."""

    def __init__(self, l2: float = 0.01) -> None:
        self.l2 = _rate("L2", "l2", l2)

    def __call__(self, x: Tensor) -> Tensor:
        return self.l2 * x.square().sum()


class OrthogonalRegularizer(Regularizer):
    """factor times the mean |cosine| between rows (or columns) of a matrix."""

    def __init__(self, factor: float = 0.01, mode: str = "rows") -> None:
        self.factor = _rate("OrthogonalRegularizer", "factor", factor)
        if mode not in ("rows", "columns"):
            raise _bad("OrthogonalRegularizer", "mode", mode, "'rows' or 'columns'")
        self.mode = mode

    def __call__(self, x: Tensor) -> Tensor:
        if x.dim() != 2:
            raise errors.ShapeError(
                errors.message(
                    "OrthogonalRegularizer",
                    "the weight is not a matrix",
                    got={"shape": tuple(x.shape)},
                    expected="2 dimensions",
                )
            )
        rows = torch.nn.functional.normalize(x if self.mode == "rows" else x.T, dim=1)
        count = rows.shape[0]
        off = (rows @ rows.T).abs().sum() - rows.square().sum()
        return self.factor * 0.5 * off / max(1, count * (count - 1) / 2)


class Constraint:
    """Base: subclass it and write `__call__(weight)` returning the weight's new value."""

    def __call__(self, w: Tensor) -> Tensor:
        raise TypeError(f"{type(self).__name__} must define __call__(weight)")

    def get_config(self) -> dict[str, Any]:
        """Its arguments."""
        return dict(vars(self))

    def __repr__(self) -> str:
        return show(self)


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


def _rate(where: str, name: str, value: Any) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value < 1e30:
        raise _bad(where, name, value, "a finite number >= 0")
    return float(value)


def _bad(where: str, name: str, value: Any, expected: str) -> errors.ArgumentError:
    return errors.ArgumentError(
        errors.message(where, f"`{name}` is not valid", got={name: value}, expected=expected)
    )


def _l1_l2(l1: float = 0.01, l2: float = 0.01) -> L1L2:
    return L1L2(l1, l2)


regularizers: Registry[Any] = Registry("regularizer")
for _class, *_aliases in (
    (L1, "l1"),
    (L2, "l2"),
    (OrthogonalRegularizer, "orthogonal_regularizer"),
):
    regularizers.add(_class.__name__, _class, *_aliases)
regularizers.add("L1L2", L1L2)
regularizers.add("l1_l2", _l1_l2)

constraints: Registry[Any] = Registry("constraint")
for _rule, *_aliases in (
    (MaxNorm, "max_norm"),
    (NonNeg, "non_neg"),
    (UnitNorm, "unit_norm"),
    (MinMaxNorm, "min_max_norm"),
):
    constraints.add(_rule.__name__, _rule, *_aliases)
