"""Where data enter a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from striate import errors
from striate.graph import kinds
from striate.graph.record import Symbol, note
from striate.graph.spec import DTYPES, Spec
from striate.layers.builtin import BuiltIn, register
from striate.layers.calls import Template


@register()
class InputLayer(BuiltIn):
    """The node that `Input` makes; add it to a `Sequential` to state the shape of its data.

    Shapes: none -> (batch_size, ...).

    Args:
        shape: the shape of one sample; None leaves a size open.
        batch_size: a fixed batch size; None leaves it open.
        dtype: number type that data are converted to when they enter.
        input_shape: Keras 2's name of `shape`.
        batch_shape: `shape` with the batch first.

    Raises:
        ArgumentError: no shape, a size below 1, or an unknown dtype.

    Example:
        >>> from striate import layers
        >>> layers.InputLayer((28, 28, 1)).output.shape
        (None, 28, 28, 1)
    """

    takes_whole_numbers = True

    def __init__(
        self,
        shape: Sequence[int | None] | int | None = None,
        batch_size: int | None = None,
        dtype: str | None = None,
        *,
        input_shape: Sequence[int | None] | None = None,
        batch_shape: Sequence[int | None] | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        sample = shape if shape is not None else input_shape
        if batch_shape is None:
            batch_shape = (batch_size, *_listed(sample))
        whole, number = tuple(batch_shape), dtype or "float32"
        super().__init__(
            kinds.InputLayer,
            {"shape": _checked(whole), "dtype": _known(number)},
            name=name,
            **kwargs,
        )
        self.batch_input_shape = whole
        self._built_for = ()
        self._remember(note(self, self.kind, (), (Spec(whole, number),), ()))

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        return inputs[0]


def Input(
    shape: Sequence[int | None] | int | None = None,
    batch_size: int | None = None,
    dtype: str | None = None,
    name: str | None = None,
    batch_shape: Sequence[int | None] | None = None,
) -> Symbol:
    """A symbol for data to come: where a functional model starts.

    Shapes: none -> (batch_size, ...).

    Args:
        shape: the shape of one sample, without the batch; None leaves a size open.
        batch_size: a fixed batch size; None leaves it open.
        dtype: number type that data are converted to when they enter.
        name: the name of the input, by which a dict of arrays is matched.
        batch_shape: `shape` with the batch first.

    Raises:
        ArgumentError: no shape, a size below 1, or an unknown dtype.

    Example:
        >>> import striate as st
        >>> st.Input((None, None, 3)).shape
        (None, None, None, 3)
    """
    layer = InputLayer(shape, batch_size, dtype, batch_shape=batch_shape, name=name)
    symbol: Symbol = layer.output
    return symbol


def _listed(shape: Sequence[int | None] | int | None) -> tuple[int | None, ...]:
    if shape is None:
        raise errors.ArgumentError(
            errors.message(
                "Input",
                "no shape",
                got={"shape": None},
                expected="the shape of one sample",
                fix="Input(shape=(28, 28, 1))",
            )
        )
    return (shape,) if isinstance(shape, int) else tuple(shape)


def _checked(shape: tuple[Any, ...]) -> tuple[int | None, ...]:
    for size in shape:
        whole = isinstance(size, int) and not isinstance(size, bool)
        if size is not None and (not whole or size < 1):
            raise errors.ArgumentError(
                errors.message(
                    "Input",
                    "`shape` is not valid",
                    got={"shape": shape[1:]},
                    expected="positive whole numbers, or None for an open size",
                    fix="Input(shape=(28, 28, 1))",
                )
            )
    return shape


def _known(dtype: str) -> str:
    if dtype not in DTYPES:
        raise errors.unknown_name("Input", "dtype", dtype, DTYPES)
    return dtype
