"""Kinds that join several inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from striate.graph.kinds.activation import check_axis
from striate.graph.kinds.base import Fault, Kind, bad_argument, float_dtype, register
from striate.graph.reach import Reach
from striate.graph.spec import Shape, Spec, product


class Merge(Kind):
    """Element by element over inputs of one shape; sizes of 1 are repeated, as in NumPy."""

    num_inputs: ClassVar[int | None] = None
    passes_mask: ClassVar[bool] = True

    def output(self, *inputs: Spec) -> Spec:
        shape = inputs[0].shape
        for spec in inputs[1:]:
            shape = broadcast(shape, spec.shape, inputs)
        return Spec(shape, float_dtype(inputs[0]))


@register
class Add(Merge):
    """The sum of its inputs: a + b + ..."""


@register
class Subtract(Merge):
    """The first input less the second."""

    num_inputs: ClassVar[int | None] = 2


@register
class Multiply(Merge):
    """The product of its inputs."""


@register
class Average(Merge):
    """The mean of its inputs."""


@register
class Maximum(Merge):
    """The largest of its inputs."""


@register
class Minimum(Merge):
    """The smallest of its inputs."""


@register
@dataclass(frozen=True)
class Dot(Kind):
    """Sums of products of two inputs along an axis of each."""

    num_inputs: ClassVar[int | None] = 2
    min_rank: ClassVar[int] = 2
    passes_mask: ClassVar[bool] = True
    axes: int | tuple[int, int] = -1
    normalize: bool = False

    def check(self) -> None:
        axes = self.axes
        many = axes if isinstance(axes, (tuple, list)) else (axes,)
        whole = all(isinstance(a, int) and not isinstance(a, bool) for a in many)
        if not whole or (isinstance(axes, (tuple, list)) and len(axes) != 2):
            shown = tuple(axes) if isinstance(axes, list) else axes
            raise bad_argument("axes", shown, "a whole number, or one for each input")
        self.replace(axes=tuple(axes) if isinstance(axes, (tuple, list)) else axes)

    def summed(self, a: Spec, b: Spec) -> tuple[int, int]:
        """The axis of each input that is summed over, counted from 0."""
        first, second = self.axes if isinstance(self.axes, tuple) else (self.axes, self.axes)
        return check_axis(first, a), check_axis(second, b)

    def output(self, *inputs: Spec) -> Spec:
        a, b = inputs
        i, j = self.summed(a, b)
        if a.shape[i] != b.shape[j] and None not in (a.shape[i], b.shape[j]):
            raise Fault(
                "the axes that are summed over differ",
                got={"axes": (i, j), "input shapes": (a.shape, b.shape)},
                expected="equal sizes there",
            )
        shape = [n for axis, n in enumerate(a.shape) if axis != i]
        shape += [n for axis, n in enumerate(b.shape) if axis not in (0, j)]
        return Spec(tuple(shape) if len(shape) > 1 else (*shape, 1), float_dtype(a))

    def macs(self, *inputs: Spec) -> int | None:
        axis, _ = self.summed(*inputs)
        return product((*self.output(*inputs).shape[1:], inputs[0].shape[axis]))

    def macs_inside(self, *inputs: Spec) -> int | None:
        return self.macs(*inputs)

    def reach(self, axis: int, given: Spec, made: Spec) -> Reach | None:
        return None


@register
@dataclass(frozen=True)
class Concatenate(Kind):
    """Its inputs one after another along an axis."""

    num_inputs: ClassVar[int | None] = None
    passes_mask: ClassVar[bool] = True
    axis: int = -1

    def output(self, *inputs: Spec) -> Spec:
        axis = check_axis(self.axis, inputs[0])
        rests = {tuple(n for i, n in enumerate(s.shape) if i != axis) for s in inputs}
        if len({s.rank for s in inputs}) > 1 or not _agree(rests):
            raise Fault(
                "inputs differ besides the axis they are joined on",
                got={"axis": self.axis, "input shapes": tuple(s.shape for s in inputs)},
                expected="equal sizes on every other axis",
            )
        along = [s.shape[axis] for s in inputs]
        known = [n for n in along if n is not None]
        shape = list(inputs[0].shape)
        for i in range(len(shape)):
            shape[i] = next((s.shape[i] for s in inputs if s.shape[i] is not None), None)
        shape[axis] = sum(known) if len(known) == len(along) else None
        return Spec(tuple(shape), float_dtype(inputs[0]))


def _agree(rests: set[Shape]) -> bool:
    return all(len({n for n in axis if n is not None}) <= 1 for axis in zip(*rests, strict=True))


def broadcast(a: Shape, b: Shape, inputs: tuple[Spec, ...]) -> Shape:
    """The shape of a op b under NumPy's rule, open sizes staying open."""
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    lead = len(longer) - len(shorter)
    if lead:  # as in Keras: the batch stays first, the missing axes are inserted behind it
        shorter = (shorter[0], *(1,) * lead, *shorter[1:])
    result: list[int | None] = []
    for n, m in zip(longer, shorter, strict=True):
        if n == m or m == 1:
            result.append(n)
        elif n == 1:
            result.append(m)
        elif n is None or m is None:
            result.append(m if n is None else n)
        else:
            raise Fault(
                "inputs of different shapes cannot be joined",
                got={"input shapes": tuple(s.shape for s in inputs)},
                expected="equal shapes, or sizes of 1 where they differ",
                fix="A 1x1 Conv2D with strides brings a shortcut to the shape of its branch",
            )
    return tuple(result)
