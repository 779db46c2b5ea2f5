"""Regularisers: penalties on a weight (or an output) that are added to the loss."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from striate import errors
from striate.graph.named import Named
from striate.ops import registry


class Regularizer:
    """Base: subclass it and write `__call__(weight)` returning a scalar."""

    def __call__(self, x: Tensor) -> Tensor:
        raise TypeError(f"{type(self).__name__} must define __call__(weight)")

    def get_config(self) -> dict[str, Any]:
        """Its arguments."""
        return dict(vars(self))

    def __repr__(self) -> str:
        return registry.show(self)


class L1L2(Regularizer):
    """l1 sum(abs(w)) + l2 sum w^2."""

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
    """l1 sum(abs(w))."""

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
    """factor times the mean absolute cosine between rows (or columns) of a matrix."""

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


def _rate(where: str, name: str, value: Any) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value < 1e30:
        raise _bad(where, name, value, "a finite number >= 0")
    return float(value)


def _bad(where: str, name: str, value: Any, expected: str) -> errors.ArgumentError:
    return errors.ArgumentError(
        errors.message(where, f"`{name}` is not valid", got={name: value}, expected=expected)
    )


def l1_l2(l1: float = 0.01, l2: float = 0.01) -> L1L2:
    """`L1L2` with both parts at 0.01, Keras's short form."""
    return L1L2(l1, l2)


l1, l2, orthogonal_regularizer = L1, L2, OrthogonalRegularizer  # Keras's other names

regularizers: registry.Registry[Any] = registry.Registry("regularizer")
regularizers.add("L1", L1, "l1")
regularizers.add("L2", L2, "l2")
regularizers.add("L1L2", L1L2)
regularizers.add("l1_l2", l1_l2)
regularizers.add("OrthogonalRegularizer", OrthogonalRegularizer, "orthogonal_regularizer")


def get(choice: Any, where: str = "") -> Any:
    """The regulariser for a name, config, class or object.

    Raises:
        UnknownNameError: no such regulariser; the nearest names are listed.
    """
    return regularizers.resolve(choice, where)


def named(choice: Any, resolved: Any) -> Named:
    """The pure-data form of a regulariser."""
    return regularizers.named(choice, resolved)
