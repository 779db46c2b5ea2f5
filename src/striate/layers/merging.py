"""Layers that join branches, and their short forms."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from striate import errors
from striate.graph import kinds
from striate.graph.record import Symbol
from striate.layers.builtin import BuiltIn, register
from striate.layers.calls import Template
from striate.ops.layout import internal_axis, to_external, to_internal
from striate.ops.merging import dot_product


class Merge(BuiltIn):
    """What layers share that join several inputs element by element."""

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        return self.joined(same_rank(inputs))

    def joined(self, inputs: list[Tensor]) -> Tensor:
        """The result for inputs of one rank."""
        return inputs[0]

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        # as in Keras: a step counts if it counts in one of them; none without a mask of each
        if any(m is None for m in mask):
            return None
        return functools.reduce(lambda a, b: a if a is b or _same(a, b) else a | b, mask)


@register()
class Add(Merge):
    """Adds its inputs element by element: the joint of a residual block.

    Shapes: several of one shape -> that shape; sizes of 1 are repeated, and inputs of fewer
        dimensions get them behind the batch.

    Raises:
        ShapeError: fewer than two inputs, or shapes that differ.

    Example:
        >>> from striate import Input, layers
        >>> x = Input((8, 8, 16))
        >>> layers.Add()([x, layers.Conv2D(16, 3, padding="same")(x)]).shape
        (None, 8, 8, 16)

    References: He et al. (2015), https://arxiv.org/abs/1512.03385
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(kinds.Add, {}, **kwargs)

    def joined(self, inputs: list[Tensor]) -> Tensor:
        return functools.reduce(torch.add, inputs)


@register()
class Subtract(Merge):
    """The first input less the second, element by element.

    y = a - b.

    Shapes: two of one shape -> that shape; sizes of 1 are repeated, and inputs of fewer
        dimensions get them behind the batch.

    Raises:
        ShapeError: not two inputs, or shapes that differ.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> layers.Subtract()([np.array([[3.0, 2.0]]), np.array([[1.0, 1.0]])]).tolist()
        [[2.0, 1.0]]
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(kinds.Subtract, {}, **kwargs)

    def joined(self, inputs: list[Tensor]) -> Tensor:
        return inputs[0] - inputs[1]


@register()
class Multiply(Merge):
    """Multiplies its inputs element by element: gates and attention.

    y = a b ...

    Shapes: several of one shape -> that shape; sizes of 1 are repeated, and inputs of fewer
        dimensions get them behind the batch.

    Raises:
        ShapeError: fewer than two inputs, or shapes that differ.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> layers.Multiply()([np.array([[3.0, 2.0]]), np.array([[2.0, 0.0]])]).tolist()
        [[6.0, 0.0]]
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(kinds.Multiply, {}, **kwargs)

    def joined(self, inputs: list[Tensor]) -> Tensor:
        return functools.reduce(torch.mul, inputs)


@register()
class Average(Merge):
    """The mean of its inputs, element by element: an ensemble in one model.

    y = (a + b + ...) / number of inputs.

    Shapes: several of one shape -> that shape; sizes of 1 are repeated, and inputs of fewer
        dimensions get them behind the batch.

    Raises:
        ShapeError: fewer than two inputs, or shapes that differ.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> layers.Average()([np.array([[3.0, 2.0]]), np.array([[1.0, 0.0]])]).tolist()
        [[2.0, 1.0]]
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(kinds.Average, {}, **kwargs)

    def joined(self, inputs: list[Tensor]) -> Tensor:
        return functools.reduce(torch.add, inputs) / len(inputs)


@register()
class Maximum(Merge):
    """The largest of its inputs, element by element.

    y = max(a, b, ...).

    Shapes: several of one shape -> that shape; sizes of 1 are repeated, and inputs of fewer
        dimensions get them behind the batch.

    Raises:
        ShapeError: fewer than two inputs, or shapes that differ.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> layers.Maximum()([np.array([[3.0, 2.0]]), np.array([[1.0, 4.0]])]).tolist()
        [[3.0, 4.0]]
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(kinds.Maximum, {}, **kwargs)

    def joined(self, inputs: list[Tensor]) -> Tensor:
        return functools.reduce(torch.maximum, inputs)


@register()
class Minimum(Merge):
    """The smallest of its inputs, element by element.

    y = min(a, b, ...).

    Shapes: several of one shape -> that shape; sizes of 1 are repeated, and inputs of fewer
        dimensions get them behind the batch.

    Raises:
        ShapeError: fewer than two inputs, or shapes that differ.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> layers.Minimum()([np.array([[3.0, 2.0]]), np.array([[1.0, 4.0]])]).tolist()
        [[1.0, 2.0]]
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(kinds.Minimum, {}, **kwargs)

    def joined(self, inputs: list[Tensor]) -> Tensor:
        return functools.reduce(torch.minimum, inputs)


@register()
class Concatenate(BuiltIn):
    """Lays its inputs behind one another along an axis: the joint of an inception block.

    Shapes: (N, H, W, C1), (N, H, W, C2), ... -> (N, H, W, C1 + C2 + ...) for axis -1.

    Args:
        axis: the axis to join on; -1 is the channels.

    Raises:
        ShapeError: fewer than two inputs, or another axis differs.

    Example:
        >>> from striate import Input, layers
        >>> layers.Concatenate()([Input((8, 8, 16)), Input((8, 8, 4))]).shape
        (None, 8, 8, 20)
    """

    takes_whole_numbers = True

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(kinds.Concatenate, {"axis": axis}, **kwargs)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        return torch.cat(inputs, dim=internal_axis(self.axis, inputs[0].dim()))

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        same = all(m is mask[0] or _same(m, mask[0]) for m in mask)
        if same and self.axis in (-1, len(inputs[0].shape) - 1):
            return mask[0]
        raise errors.ArgumentError(
            errors.message(
                self.where,
                "inputs with masks of their own cannot be joined",
                got={"masks": sum(m is not None for m in mask), "axis": self.axis},
                expected="one mask for all inputs, joined along the channels",
                fix="Put Masking behind it",
            )
        )


@register()
class Dot(BuiltIn):
    """Sums of products of two inputs along an axis of each: similarity of vectors.

    For vectors y = a . b; for (N, L, C) and (N, M, C) with axes=2 every step of one with every
    step of the other. With `normalize` the cosine of the angle.

    Shapes: (N, ..., K, ...), (N, ..., K, ...) -> the dimensions of the first without K, then those
        of the second without the batch and K; (N, 1) if only the batch is left.

    Args:
        axes: the axis that is summed over, one for both or one for each.
        normalize: divides vectors along these axes by their length first.

    Raises:
        ArgumentError: axes that are no whole numbers.
        ShapeError: not two inputs, no such axis, or axes of different sizes.

    Example:
        >>> from striate import Input, layers
        >>> layers.Dot(axes=(2, 1))([Input((5, 8)), Input((8, 3))]).shape
        (None, 5, 3)
    """

    kind: kinds.Dot

    def __init__(self, axes: int | Sequence[int], normalize: bool = False, **kwargs: Any) -> None:
        super().__init__(kinds.Dot, {"axes": axes, "normalize": bool(normalize)}, **kwargs)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        a, b = (to_external(x) for x in inputs)
        axes = self.kind.axes if isinstance(self.kind.axes, tuple) else (self.kind.axes,) * 2
        return to_internal(dot_product(a, b, axes[0], axes[1], self.kind.normalize))

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return None


def same_rank(inputs: tuple[Tensor, ...]) -> list[Tensor]:
    """Inputs of fewer dimensions get axes of size 1 behind the batch, as in Keras."""
    rank = max(x.dim() for x in inputs)
    if all(x.dim() == rank for x in inputs):
        return list(inputs)
    lifted = []
    for x in map(to_external, inputs):
        lead = rank - x.dim()
        lifted.append(to_internal(x.reshape(x.shape[0], *(1,) * lead, *x.shape[1:])))
    return lifted


def _same(a: Any, b: Any) -> bool:
    """Whether two masks are the same symbol."""
    return isinstance(a, Symbol) and a == b


def add(inputs: Any, **kwargs: Any) -> Any:
    """`Add` in short: add([x, y])."""
    return Add(**kwargs)(inputs)


def subtract(inputs: Any, **kwargs: Any) -> Any:
    """`Subtract` in short: subtract([x, y])."""
    return Subtract(**kwargs)(inputs)


def multiply(inputs: Any, **kwargs: Any) -> Any:
    """`Multiply` in short: multiply([x, y])."""
    return Multiply(**kwargs)(inputs)


def average(inputs: Any, **kwargs: Any) -> Any:
    """`Average` in short: average([x, y])."""
    return Average(**kwargs)(inputs)


def maximum(inputs: Any, **kwargs: Any) -> Any:
    """`Maximum` in short: maximum([x, y])."""
    return Maximum(**kwargs)(inputs)


def minimum(inputs: Any, **kwargs: Any) -> Any:
    """`Minimum` in short: minimum([x, y])."""
    return Minimum(**kwargs)(inputs)


def concatenate(inputs: Any, axis: int = -1, **kwargs: Any) -> Any:
    """`Concatenate` in short: concatenate([x, y])."""
    return Concatenate(axis, **kwargs)(inputs)


def dot(inputs: Any, axes: int | Sequence[int] = -1, **kwargs: Any) -> Any:
    """`Dot` in short: dot([x, y], axes=1)."""
    return Dot(axes, **kwargs)(inputs)
