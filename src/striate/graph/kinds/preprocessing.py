"""Kinds that prepare images inside the model, so that they travel with it."""

from __future__ import annotations

from dataclasses import dataclass

from striate.graph.kinds.activation import Elementwise
from striate.graph.kinds.base import register


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
