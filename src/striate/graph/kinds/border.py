"""Kinds that add a border around a map, or cut one off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from striate.graph.kinds.base import Fault, Kind, bad_argument, float_dtype, register, sizes
from striate.graph.reach import Reach, sliding
from striate.graph.spec import Shape, Spec

Pairs = tuple[tuple[int, int], ...]


def border(name: str, value: object, rank: int) -> Pairs:
    """Keras's spellings of a border: 1, (1, 2), ((1, 1), (2, 2)).

    Two numbers are the two ends of one axis, or for more axes the border of each.
    """
    many = value if isinstance(value, (tuple, list)) else (value,) * rank
    if rank == 1 and len(many) == 2:
        many = (many,)
    if len(many) != rank:
        rule = (
            "a number or 2 numbers" if rank == 1 else f"a number, {rank} numbers, or {rank} pairs"
        )
        raise bad_argument(name, value, rule)
    pairs = (sizes(name, axis, 2, least=0) for axis in many)
    return tuple((pair[0], pair[1]) for pair in pairs)


@dataclass(frozen=True)
class Padding(Kind):
    """Values before and after each axis; the kind of value is the subclass's."""

    rank: ClassVar[int] = 2
    padding: Pairs = ()

    def __init_subclass__(cls) -> None:
        cls.min_rank = cls.max_rank = cls.rank + 2

    def check(self) -> None:
        given = 1 if self.padding == () else self.padding
        self.replace(padding=border("padding", given, self.rank))

    def idle(self, training: bool) -> str:
        return "" if any(map(any, self.padding)) else "it adds nothing"

    def reach(self, axis: int, given: Spec, made: Spec) -> Reach | None:
        return sliding(1, 1, self.padding[axis - 1][0])

    def padded(self, spec: Spec) -> Shape:
        """The spatial sizes with their borders."""
        pairs = zip(spec.spatial, self.padding, strict=True)
        return tuple(None if n is None else n + sum(ends) for n, ends in pairs)

    def output(self, *inputs: Spec) -> Spec:
        (spec,) = inputs
        return Spec((spec.shape[0], *self.padded(spec), spec.channels), spec.dtype)


class Reflection(Padding):
    """The inside mirrored at the border, whose own values are not repeated."""

    def output(self, *inputs: Spec) -> Spec:
        (spec,) = inputs
        pairs = zip(spec.spatial, self.padding, strict=True)
        if any(n is not None and n <= max(ends) for n, ends in pairs):
            raise Fault(
                "the input is too small to be mirrored so far",
                got={"padding": self.padding, "input shape": spec.shape},
                expected="padding smaller than the input along every axis",
                fix="Use a smaller padding, or ZeroPadding",
            )
        return Spec((spec.shape[0], *self.padded(spec), spec.channels), float_dtype(spec))

    def reach(self, axis: int, given: Spec, made: Spec) -> Reach | None:
        return sliding(1, 1, self.padding[axis - 1][0], mirrored=True)


@dataclass(frozen=True)
class Cropping(Kind):
    """Values before and after each axis are left out."""

    rank: ClassVar[int] = 2
    cropping: Pairs = ()

    def __init_subclass__(cls) -> None:
        cls.min_rank = cls.max_rank = cls.rank + 2

    def check(self) -> None:
        given = 0 if self.cropping == () else self.cropping
        self.replace(cropping=border("cropping", given, self.rank))

    def idle(self, training: bool) -> str:
        return "" if any(map(any, self.cropping)) else "it cuts nothing off"

    def output(self, *inputs: Spec) -> Spec:
        (spec,) = inputs
        pairs = zip(spec.spatial, self.cropping, strict=True)
        spatial = tuple(None if n is None else n - sum(ends) for n, ends in pairs)
        if any(n is not None and n < 1 for n in spatial):
            raise Fault(
                "nothing is left after cropping",
                got={"cropping": self.cropping, "input shape": spec.shape},
                expected="less than the input along every axis",
            )
        return Spec((spec.shape[0], *spatial, spec.channels), spec.dtype)

    def reach(self, axis: int, given: Spec, made: Spec) -> Reach | None:
        return sliding(1, 1, -self.cropping[axis - 1][0])


@register
class ZeroPadding1D(Padding):
    """Zeros around a sequence."""

    rank: ClassVar[int] = 1


@register
class ZeroPadding2D(Padding):
    """Zeros around an image."""


@register
class ZeroPadding3D(Padding):
    """Zeros around a volume."""

    rank: ClassVar[int] = 3


@register
class ReflectionPadding1D(Reflection):
    """Mirrored values around a sequence."""

    rank: ClassVar[int] = 1


@register
class ReflectionPadding2D(Reflection):
    """Mirrored values around an image."""


@register
class ReflectionPadding3D(Reflection):
    """Mirrored values around a volume."""

    rank: ClassVar[int] = 3


@register
class Cropping1D(Cropping):
    """A border cut off a sequence."""

    rank: ClassVar[int] = 1


@register
class Cropping2D(Cropping):
    """A border cut off an image."""


@register
class Cropping3D(Cropping):
    """A border cut off a volume."""

    rank: ClassVar[int] = 3
