"""Kinds with which sequences enter a model: as numbers of words, as steps that may not count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from striate.graph.kinds.base import Kind, WeightSpec, float_dtype, register, whole
from striate.graph.named import Named
from striate.graph.spec import Spec


@register
@dataclass(frozen=True)
class Embedding(Kind):
    """A learned vector for each whole number."""

    input_dim: int = 1
    output_dim: int = 1
    embeddings_initializer: Named = Named("RandomUniform")
    embeddings_regularizer: Named | None = None
    embeddings_constraint: Named | None = None
    mask_zero: bool = False

    def check(self) -> None:
        self.replace(
            input_dim=whole("input_dim", self.input_dim),
            output_dim=whole("output_dim", self.output_dim),
            mask_zero=bool(self.mask_zero),
        )

    @property
    def gives_mask(self) -> bool:
        return self.mask_zero

    def output(self, *inputs: Spec) -> Spec | tuple[Spec, ...]:
        (spec,) = inputs
        vectors = Spec((*spec.shape, self.output_dim))
        return (vectors, Spec(spec.shape, "bool")) if self.mask_zero else vectors

    def weights(self, *inputs: Spec) -> tuple[WeightSpec, ...]:
        return (
            WeightSpec(
                "embeddings",
                (self.input_dim, self.output_dim),
                self.embeddings_initializer,
                regularizer=self.embeddings_regularizer,
                constraint=self.embeddings_constraint,
            ),
        )


@register
@dataclass(frozen=True)
class Masking(Kind):
    """Says that steps of nothing but one value do not count, and sets them to 0."""

    min_rank: ClassVar[int] = 3
    mask_value: float = 0.0

    @property
    def gives_mask(self) -> bool:
        return True

    def check(self) -> None:
        self.replace(mask_value=float(self.mask_value))

    def output(self, *inputs: Spec) -> tuple[Spec, ...]:
        (spec,) = inputs
        return Spec(spec.shape, float_dtype(spec)), Spec(spec.shape[:-1], "bool")
