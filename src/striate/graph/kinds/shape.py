"""Kinds that move values without changing them."""

from __future__ import annotations

from dataclasses import dataclass

from striate.graph.kinds.base import Fault, Kind, bad_argument, register
from striate.graph.spec import Spec, product


@register
class Flatten(Kind):
    """All dimensions but the batch become one, rows first, channels fastest."""

    def output(self, *inputs: Spec) -> Spec:
        (spec,) = inputs
        return Spec((spec.shape[0], spec.features), spec.dtype)


@register
@dataclass(frozen=True)
class Reshape(Kind):
    """The same values in another shape; one -1 is worked out."""

    target_shape: tuple[int, ...] = ()

    def check(self) -> None:
        shape = self.target_shape
        listed = isinstance(shape, (tuple, list))
        if not listed or not all(isinstance(n, int) and (n >= 1 or n == -1) for n in shape):
            raise bad_argument("target_shape", shape, "positive whole numbers and at most one -1")
        if list(shape).count(-1) > 1:
            raise bad_argument("target_shape", tuple(shape), "at most one -1")
        self.replace(target_shape=tuple(shape))

    def output(self, *inputs: Spec) -> Spec:
        (spec,) = inputs
        shape: tuple[int | None, ...] = self.target_shape
        known = product(n for n in self.target_shape if n != -1) or 1
        features = spec.features
        fits = features is None or (features % known == 0 if -1 in shape else features == known)
        if not fits:
            raise Fault(
                "the values do not fill the target shape",
                got={"target_shape": shape, "input shape": spec.shape},
                expected=f"{features} values per sample, target_shape has {known}"
                + (" per unit of -1" if -1 in shape else ""),
            )
        rest = None if features is None else features // known
        return Spec((spec.shape[0], *(rest if n == -1 else n for n in shape)), spec.dtype)
