"""Number types of results, and the shapes of values that meet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from striate.graph.kinds.base import Fault
from striate.graph.spec import DTYPES, Shape, Spec

Specs = Sequence[Spec]
Arguments = Mapping[str, Any]
Rule = Callable[[Specs, Arguments], "Spec | tuple[Spec, ...]"]

ORDER = ("bool", "uint8", "int32", "int64", "float16", "bfloat16", "float32", "float64")
WHOLE_NUMBER, REAL_NUMBER = "int", "float"  # types of Python's numbers, which bend to the tensors'


def promoted(dtypes: Sequence[str]) -> str:
    """The number type that holds values of all of them.

    Example:
        >>> promoted(["int64", "float16"]), promoted(["float16", "bfloat16"])
        ('float16', 'float32')
    """
    halves = {"float16", "bfloat16"} <= set(dtypes)
    return max([*dtypes, "float32"] if halves else dtypes, key=ORDER.index)


def joint(specs: Specs) -> str:
    """The number type of values that meet; plain numbers bend to the others.

    Example:
        >>> joint([Spec((2,), "int64"), Spec((), "float")])
        'float32'
    """
    given = [s.dtype for s in specs]
    strong = [d for d in given if d in DTYPES]
    if not strong:
        return "float32" if REAL_NUMBER in given else "int32"
    dtype = promoted(strong)
    if REAL_NUMBER in given and "float" not in dtype:
        return "float32"
    return "int32" if WHOLE_NUMBER in given and dtype == "bool" else dtype


def as_float(dtype: str) -> str:
    """The type itself if it has fractions, else float32."""
    return dtype if "float" in dtype and dtype != REAL_NUMBER else "float32"


def numpy_broadcast(a: Shape, b: Shape) -> Shape:
    """The shape of a op b: aligned at the end, sizes of 1 repeated, open sizes staying open.

    Example:
        >>> numpy_broadcast((None, 8, 8, 3), (3,))
        (None, 8, 8, 3)
    """
    rank = max(len(a), len(b))
    first, second = ((1,) * (rank - len(s)) + tuple(s) for s in (a, b))
    shape: list[int | None] = []
    for n, m in zip(first, second, strict=True):
        if n is not None and m is not None and n != m and 1 not in (n, m):
            raise Fault(
                "shapes that do not go together",
                got={"shapes": (a, b)},
                expected="equal sizes, or 1, on every axis from the last to the first",
            )
        if n == 1 or m == 1:
            shape.append(m if n == 1 else n)
        else:
            shape.append(m if n is None else n)
    return tuple(shape)


def together(specs: Specs) -> Shape:
    """The shape of all of them broadcast."""
    shape: Shape = ()
    for spec in specs:
        shape = numpy_broadcast(shape, spec.shape)
    return shape


def matmul_shape(a: Shape, b: Shape) -> Shape:
    """The shape of a @ b: matrices in the last two dimensions, the others broadcast."""
    if len(a) < 2 or len(b) < 2 or a[-1] != b[-2]:
        raise Fault(
            "matrices that do not go together",
            got={"shapes": (a, b)},
            expected="the columns of the first as many as the rows of the second",
        )
    return (*numpy_broadcast(a[:-2], b[:-2]), a[-2], b[-1])


def place(axis: int, rank: int) -> int:
    """An axis counted from 0; a `Fault` outside the rank."""
    if not -rank <= axis < rank:
        raise Fault(
            "an axis that is not there",
            got={"axis": axis, "dimensions": rank},
            expected=f"{-rank} to {rank - 1}",
        )
    return axis % rank


def places(axis: Any, rank: int) -> tuple[int, ...]:
    """Axes counted from 0: None is all of them, a number one."""
    if axis is None:
        return tuple(range(rank))
    many = (axis,) if isinstance(axis, int) else tuple(axis)
    return tuple(place(a, rank) for a in many)
