"""Kinds that repeat, reorder or pass on values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from striate.graph.kinds.base import (
    RETURNS_INPUT,
    Fault,
    Kind,
    bad_argument,
    register,
    whole,
)
from striate.graph.reach import SAME, Reach
from striate.graph.spec import Spec


@register
class Identity(Kind):
    """Its input."""

    passes_mask: ClassVar[bool] = True

    def idle(self, training: bool) -> str:
        return RETURNS_INPUT


@register
@dataclass(frozen=True)
class Permute(Kind):
    """The dimensions of a sample in another order."""

    min_rank: ClassVar[int] = 2
    dims: tuple[int, ...] = (1,)

    def check(self) -> None:
        dims = self.dims
        if not isinstance(dims, (tuple, list)) or sorted(dims) != list(range(1, len(dims) + 1)):
            shown = tuple(dims) if isinstance(dims, list) else dims
            raise bad_argument("dims", shown, "each of 1 to the number of dimensions once")
        self.replace(dims=tuple(dims))

    def output(self, *inputs: Spec) -> Spec:
        (spec,) = inputs
        if spec.rank != len(self.dims) + 1:
            raise Fault(
                "`dims` has another number of dimensions than the input",
                got={"dims": self.dims, "input shape": spec.shape},
                expected=f"{spec.rank - 1} dimensions; the batch stays first and is not counted",
            )
        return Spec((spec.shape[0], *(spec.shape[d] for d in self.dims)), spec.dtype)

    def reach(self, axis: int, given: Spec, made: Spec) -> Reach | None:
        return SAME if self.dims[axis - 1] == axis else None


@register
@dataclass(frozen=True)
class RepeatVector(Kind):
    """A vector several times, one after another."""

    min_rank: ClassVar[int] = 2
    max_rank: ClassVar[int] = 2
    n: int = 1

    def check(self) -> None:
        self.replace(n=whole("n", self.n))

    def output(self, *inputs: Spec) -> Spec:
        (spec,) = inputs
        return Spec((spec.shape[0], self.n, spec.shape[1]), spec.dtype)
