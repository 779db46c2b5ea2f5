"""Rules of functions that lay values out anew, join and part them."""

from __future__ import annotations

import itertools
from typing import Any

from striate.graph.kinds.base import Fault
from striate.graph.kinds.functions.types import (
    Arguments,
    Specs,
    joint,
    place,
    places,
    together,
)
from striate.graph.spec import Shape, Spec, product, total


def reshaped(specs: Specs, a: Arguments) -> Spec:
    """To `newshape`: -1 is what is left over, None the size that the input has there."""
    given = specs[0].shape
    wanted = [given[i] if n is None else int(n) for i, n in enumerate(_sizes(a["newshape"]))]
    values, rest = product(given), product(n for n in wanted if n != -1)
    if wanted.count(-1) > 1 or (values is not None and rest is not None and _misses(values, rest)):
        raise _does_not_fit(given, a["newshape"])
    if -1 not in wanted:
        if values is not None and rest is not None and values != rest:
            raise _does_not_fit(given, a["newshape"])
        return Spec(tuple(wanted), specs[0].dtype)
    left = _left_over(given, wanted)
    return Spec(tuple(left if n == -1 else n for n in wanted), specs[0].dtype)


def _left_over(given: Shape, wanted: list[int | None]) -> int | None:
    """The size at -1; open sizes on both sides cancel each other."""
    open_in = sum(n is None for n in given)
    open_out = sum(n is None for n in wanted)
    if open_in != open_out:
        return None
    values = product(n for n in given if n is not None) or 0
    rest = product(n for n in wanted if n not in (None, -1)) or 1
    if values % rest:
        raise _does_not_fit(given, tuple(wanted))
    return values // rest


def _misses(values: int, rest: int) -> bool:
    return rest == 0 or values % rest != 0


def _does_not_fit(given: Shape, wanted: Any) -> Fault:
    return Fault(
        "the values do not fill the new shape",
        got={"input shape": given, "newshape": tuple(_sizes(wanted))},
        expected="as many values, at most one -1",
    )


def _sizes(value: Any) -> tuple[Any, ...]:
    return (value,) if isinstance(value, int) else tuple(value)


def flattened(specs: Specs, a: Arguments) -> Spec:
    """All values in a row."""
    return Spec((product(specs[0].shape),), specs[0].dtype)


def transposed(specs: Specs, a: Arguments) -> Spec:
    """Axes in another order; turned round by default."""
    rank = specs[0].rank
    order = places(a.get("axes") or tuple(range(rank))[::-1], rank)
    if sorted(order) != list(range(rank)):
        raise Fault(
            "not an order of the axes",
            got={"axes": tuple(order), "input shape": specs[0].shape},
            expected=f"each of 0 to {rank - 1} once",
        )
    return Spec(tuple(specs[0].shape[i] for i in order), specs[0].dtype)


def swapped(specs: Specs, a: Arguments) -> Spec:
    """Two axes exchanged."""
    first, second = place(a["axis1"], specs[0].rank), place(a["axis2"], specs[0].rank)
    order = list(range(specs[0].rank))
    order[first], order[second] = second, first
    return transposed(specs, {"axes": tuple(order)})


def moved(specs: Specs, a: Arguments) -> Spec:
    """Axes moved to other places, the others in order."""
    rank = specs[0].rank
    source, destination = places(a["source"], rank), places(a["destination"], rank)
    order = [i for i in range(rank) if i not in source]
    for to, start in sorted(zip(destination, source, strict=True)):
        order.insert(to, start)
    return transposed(specs, {"axes": tuple(order)})


def expanded(specs: Specs, a: Arguments) -> Spec:
    """New axes of size 1."""
    axis = a["axis"]
    many = (axis,) if isinstance(axis, int) else tuple(axis)
    new = places(many, specs[0].rank + len(many))
    rest = iter(specs[0].shape)
    shape = tuple(1 if i in new else next(rest) for i in range(specs[0].rank + len(many)))
    return Spec(shape, specs[0].dtype)


def squeezed(specs: Specs, a: Arguments) -> Spec:
    """Without axes of size 1: those named, or all."""
    shape, axis = specs[0].shape, a.get("axis")
    gone = [i for i, n in enumerate(shape) if n == 1] if axis is None else places(axis, len(shape))
    wrong = [i for i in gone if shape[i] not in (1, None)]
    if wrong:
        raise Fault(
            "an axis that is not of size 1 cannot be squeezed",
            got={"axis": wrong[0], "input shape": shape},
            expected="a size of 1 there",
        )
    return Spec(tuple(n for i, n in enumerate(shape) if i not in gone), specs[0].dtype)


def repeated(specs: Specs, a: Arguments) -> Spec:
    """Every value `repeats` times along an axis."""
    shape, axis, times = list(specs[0].shape), a.get("axis"), a["repeats"]
    if axis is None:
        shape, axis = [product(shape)], 0
    at = place(axis, len(shape))
    size = shape[at]
    if isinstance(times, int):
        shape[at] = None if size is None else size * times
    else:
        shape[at] = sum(times) if len(times) > 1 or size is None else size * times[0]
    return Spec(tuple(shape), specs[0].dtype)


def tiled(specs: Specs, a: Arguments) -> Spec:
    """The whole several times along each axis."""
    times = _sizes(a["repeats"])
    rank = max(len(times), specs[0].rank)
    shape = (1,) * (rank - specs[0].rank) + specs[0].shape
    times = (1,) * (rank - len(times)) + times
    sizes = tuple(None if n is None else n * t for n, t in zip(shape, times, strict=True))
    return Spec(sizes, specs[0].dtype)


def padded(specs: Specs, a: Arguments) -> Spec:
    """More at both ends of each axis."""
    widths = a["pad_width"]
    if isinstance(widths, int):
        widths = ((widths, widths),) * specs[0].rank
    elif isinstance(widths[0], int):
        widths = (tuple(widths),) * specs[0].rank
    elif len(widths) == 1:
        widths = tuple(widths) * specs[0].rank
    if len(widths) != specs[0].rank:
        raise Fault(
            "another number of paddings than axes",
            got={"pad_width": tuple(widths), "input shape": specs[0].shape},
            expected=f"{specs[0].rank} pairs",
        )
    pairs = zip(specs[0].shape, widths, strict=True)
    sizes = tuple(None if n is None else n + low + high for n, (low, high) in pairs)
    return Spec(sizes, specs[0].dtype)


def spread(specs: Specs, a: Arguments) -> Spec:
    """To the shape asked for, by repeating axes of size 1."""
    shape = _sizes(a["shape"])
    together([specs[0], Spec(shape)])
    return Spec(shape, specs[0].dtype)


def turned(specs: Specs, a: Arguments) -> Spec:
    """rot90: two axes exchanged after an odd number of turns."""
    first, second = a.get("axes", (0, 1))
    return swapped(specs, {"axis1": first, "axis2": second}) if a.get("k", 1) % 2 else specs[0]


def chained(specs: Specs, a: Arguments) -> Spec:
    """Behind one another along an axis."""
    rank = specs[0].rank
    at = place(a.get("axis", -1), rank)
    for spec in specs:
        rest = zip(spec.shape, specs[0].shape, strict=False)
        alike = all(i == at or None in (n, m) or n == m for i, (n, m) in enumerate(rest))
        if spec.rank != rank or not alike:
            raise _unlike(specs, "equal sizes but for the axis along which they are joined")
    shape = list(specs[0].shape)
    shape[at] = total(s.shape[at] for s in specs)
    return Spec(tuple(shape), joint(specs))


def stacked(specs: Specs, a: Arguments) -> Spec:
    """Side by side along a new axis."""
    if any(s.shape != specs[0].shape for s in specs):
        raise _unlike(specs, "equal shapes")
    shape = expanded(specs, {"axis": a.get("axis", 0)}).shape
    at = place(a.get("axis", 0), len(shape))
    return Spec((*shape[:at], len(specs), *shape[at + 1 :]), joint(specs))


def _unlike(specs: Specs, rule: str) -> Fault:
    return Fault(
        "shapes that do not go together",
        got={"shapes": tuple(s.shape for s in specs)},
        expected=rule,
    )


def parted(specs: Specs, a: Arguments) -> tuple[Spec, ...]:
    """Into equal parts, or at the places given."""
    shape, at = specs[0].shape, place(a.get("axis", 0), specs[0].rank)
    size, parts = shape[at], a["indices_or_sections"]
    if size is None or (isinstance(parts, int) and (parts < 1 or size % parts)):
        raise Fault(
            "an axis that cannot be split so",
            got={"input shape": shape, "axis": at, "parts": parts},
            expected="a known size, and a number of parts that divides it",
        )
    if isinstance(parts, int):
        sizes = [size // parts] * parts
    else:
        ends = [0, *(min(p, size) for p in parts), size]
        sizes = [high - low for low, high in itertools.pairwise(ends)]
    return tuple(Spec((*shape[:at], n, *shape[at + 1 :]), specs[0].dtype) for n in sizes)


def unstacked(specs: Specs, a: Arguments) -> tuple[Spec, ...]:
    """Each slice along an axis by itself."""
    shape, at = specs[0].shape, place(a.get("axis", 0), specs[0].rank)
    count = a.get("num") or shape[at]
    if count is None:
        raise Fault("an axis of open size cannot be unstacked", got={"input shape": shape})
    return (Spec((*shape[:at], *shape[at + 1 :]), specs[0].dtype),) * count


def taken(specs: Specs, a: Arguments) -> Spec:
    """Those at the places named along an axis."""
    x, places_named = specs
    if a.get("axis") is None:
        return Spec(places_named.shape, x.dtype)
    at = place(a["axis"], x.rank)
    return Spec((*x.shape[:at], *places_named.shape, *x.shape[at + 1 :]), x.dtype)


def taken_along(specs: Specs, a: Arguments) -> Spec:
    """One for each place named, axis by axis."""
    return Spec(specs[1].shape, specs[0].dtype)


def cut(specs: Specs, a: Arguments) -> Spec:
    """slice(start_indices, shape): -1 is all that is left."""
    ends = zip(specs[0].shape, a["start_indices"], a["shape"], strict=True)
    sizes = tuple(
        (None if n is None else n - s) if size in (-1, None) else size for n, s, size in ends
    )
    return Spec(sizes, specs[0].dtype)


def diagonal(specs: Specs, a: Arguments) -> Spec:
    """The diagonal of two axes, as the last axis."""
    shape, rank = specs[0].shape, specs[0].rank
    first, second = place(a.get("axis1", 0), rank), place(a.get("axis2", 1), rank)
    offset = a.get("offset", 0)
    rows, columns = shape[first], shape[second]
    rest = tuple(n for i, n in enumerate(shape) if i not in (first, second))
    if rows is None or columns is None:
        return Spec((*rest, None), specs[0].dtype)
    size = min(rows + min(offset, 0), columns - max(offset, 0))
    return Spec((*rest, max(0, size)), specs[0].dtype)
