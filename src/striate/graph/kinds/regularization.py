"""Kinds that act in training only."""

from __future__ import annotations

from dataclasses import dataclass

from striate.graph.kinds.activation import Elementwise
from striate.graph.kinds.base import bad_argument, fraction, register, seed_or_none


@register
@dataclass(frozen=True)
class Dropout(Elementwise):
    """Zeroes a share of the values and scales the rest by 1 / (1 - rate)."""

    rate: float = 0.5
    noise_shape: tuple[int | None, ...] | None = None
    seed: int | None = None

    def check(self) -> None:
        self.replace(rate=fraction("rate", self.rate, one=True), seed=seed_or_none(self.seed))
        shape = self.noise_shape
        if shape is not None:
            if not isinstance(shape, (tuple, list)):
                raise bad_argument("noise_shape", shape, "a tuple of sizes and None")
            self.replace(noise_shape=tuple(shape))
