"""Rules of functions of single values, and of reductions."""

from __future__ import annotations

from striate.graph.kinds.functions.types import (
    Arguments,
    Specs,
    as_float,
    joint,
    place,
    places,
    together,
)
from striate.graph.spec import Shape, Spec, product


def same(specs: Specs, a: Arguments) -> Spec:
    """As the first."""
    return specs[0]


def fractions(specs: Specs, a: Arguments) -> Spec:
    """Its shape; whole numbers become float32."""
    return Spec(specs[0].shape, as_float(specs[0].dtype))


def truth(specs: Specs, a: Arguments) -> Spec:
    """Its shape, as truth values."""
    return Spec(specs[0].shape, "bool")


def whole(specs: Specs, a: Arguments) -> Spec:
    """Its shape, as whole numbers."""
    return Spec(specs[0].shape, "int32")


def counted(specs: Specs, a: Arguments) -> Spec:
    """Its shape; truth values become whole numbers."""
    dtype = specs[0].dtype
    return Spec(specs[0].shape, "int32" if dtype == "bool" else dtype)


def of_type(specs: Specs, a: Arguments) -> Spec:
    """Its shape in the type asked for."""
    return Spec(specs[0].shape, str(a.get("dtype") or specs[0].dtype))


def joined(specs: Specs, a: Arguments) -> Spec:
    """Broadcast, in the type that holds all."""
    return Spec(together(specs), joint(specs))


def joined_fractions(specs: Specs, a: Arguments) -> Spec:
    """Broadcast, with fractions."""
    return Spec(together(specs), as_float(joint(specs)))


def compared(specs: Specs, a: Arguments) -> Spec:
    """Broadcast, as truth values."""
    return Spec(together(specs), "bool")


def chosen(specs: Specs, a: Arguments) -> Spec:
    """where(condition, x1, x2)."""
    return Spec(together(specs), joint(specs[1:]))


def reduced(shape: Shape, axis: object, keepdims: object) -> Shape:
    """A shape without some axes, or with 1 in their places.

    Example:
        >>> reduced((None, 8, 8, 3), (1, 2), False), reduced((None, 8), -1, True)
        ((None, 3), (None, 1))
    """
    gone = places(axis, len(shape))
    if keepdims:
        return tuple(1 if i in gone else n for i, n in enumerate(shape))
    return tuple(n for i, n in enumerate(shape) if i not in gone)


def kept(specs: Specs, a: Arguments) -> Spec:
    """A reduction in the type of its input, such as max."""
    return Spec(reduced(specs[0].shape, a.get("axis"), a.get("keepdims")), specs[0].dtype)


def averaged(specs: Specs, a: Arguments) -> Spec:
    """A reduction with fractions, such as mean."""
    return Spec(kept(specs, a).shape, as_float(specs[0].dtype))


def summed(specs: Specs, a: Arguments) -> Spec:
    """A reduction that counts truth values and bytes as whole numbers."""
    dtype = specs[0].dtype
    return Spec(kept(specs, a).shape, "int32" if dtype in ("bool", "uint8") else dtype)


def judged(specs: Specs, a: Arguments) -> Spec:
    """A reduction to truth values."""
    return Spec(kept(specs, a).shape, "bool")


def located(specs: Specs, a: Arguments) -> Spec:
    """A reduction to places or counts."""
    return Spec(kept(specs, a).shape, "int32")


def described(specs: Specs, a: Arguments) -> tuple[Spec, ...]:
    """Mean and variance, each in the input's type."""
    one = Spec(reduced(specs[0].shape, a.get("axes"), a.get("keepdims")), specs[0].dtype)
    return one, one


def along(specs: Specs, a: Arguments) -> Spec:
    """As it is, along an axis that must be there."""
    if isinstance(a.get("axis"), int):
        place(a["axis"], specs[0].rank)
    return specs[0]


def accumulated(specs: Specs, a: Arguments) -> Spec:
    """Running sums and products: as it is, in a row without an axis."""
    x = specs[0] if a.get("axis") is not None else Spec((product(specs[0].shape),), specs[0].dtype)
    return Spec(along([x], a).shape, str(a.get("dtype") or x.dtype))


def sorted_places(specs: Specs, a: Arguments) -> Spec:
    """Its shape, as places along an axis."""
    return Spec(along(specs, a).shape, "int32")


def along_fractions(specs: Specs, a: Arguments) -> Spec:
    """As it is along an axis; whole numbers become float32."""
    return Spec(along(specs, a).shape, as_float(specs[0].dtype))


def largest(specs: Specs, a: Arguments) -> tuple[Spec, ...]:
    """The k largest values of the last axis, and their places."""
    shape = (*specs[0].shape[:-1], int(a["k"]))
    return Spec(shape, specs[0].dtype), Spec(shape, "int32")
