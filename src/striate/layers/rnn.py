"""RNN: any cell over a sequence, and several cells as one."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from torch import Tensor

from striate import errors
from striate.graph import Graph, freeze, kinds
from striate.graph.kinds.base import float_dtype
from striate.graph.spec import Spec
from striate.layers.arguments import keras_arguments
from striate.layers.base import Layer, call_parameters
from striate.layers.builtin import BuiltIn, register
from striate.layers.calling import Calling
from striate.layers.calls import leaves
from striate.layers.cells import Step
from striate.layers.input import InputLayer
from striate.layers.recurrent import Recurrent, arguments_of
from striate.layers.wrapping import Holding, as_layer, description
from striate.ops.recurrent import run_steps

if TYPE_CHECKING:
    from typing_extensions import Self


@register()
class RNN(Recurrent, Holding):
    """Reads a sequence with any cell, striate's or your own.

    A cell is a layer with `state_size` (a length, or a list of them) whose `call(inputs, states)`
    returns the output of one step and the next states. `LSTM` and its kin are faster than an `RNN`
    of their cells: they compute all products with the input at once.

    Shapes: (N, T, ...) -> (N, ...), or (N, T, ...) with return_sequences; with return_state the
        last states behind it. Also called with `initial_state` (a list) and `mask` (N, T).

    Args:
        cell: the cell, or a list of cells, which become `StackedRNNCells`.
        return_sequences: returns the output of every step, not only of the last.
        return_state: returns the last states, too.
        go_backwards: reads the sequence from its end; outputs are in the order they are made.
        stateful: starts each call from the states of the last one; needs a fixed batch size.
        unroll: ignored: how it runs does not change the result.
        zero_output_for_mask: the output of a masked step is 0, not that of the step before.
        activity_regularizer: penalty on the output, per sample.

    Raises:
        ArgumentError: a cell that is no layer, or without `state_size`.
        ShapeError: fewer than 3 dimensions, states or a mask that do not fit, or stateful without
            a fixed batch size.

    Example:
        >>> from striate import Input, layers
        >>> cells = [layers.LSTMCell(32), layers.LSTMCell(16)]
        >>> layers.RNN(cells, return_sequences=True)(Input((10, 8))).shape
        (None, 10, 16)
    """

    kind: kinds.RNN
    cell: Layer

    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        activity_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        arguments = keras_arguments(locals())
        del arguments["cell"]
        super().__init__(kinds.RNN, arguments, **kwargs)
        stacked = isinstance(cell, (list, tuple))
        self.cell = StackedRNNCells(cell) if stacked else as_layer(cell, self.where)
        state_shapes(self.cell)

    def wrapped(self) -> Mapping[str, Layer]:
        return {"cell": self.cell}

    def prepare(self, specs: tuple[Spec, ...]) -> None:
        if self.kind.graph is None:
            self.check_rank(specs)
            x = specs[0]
            step = Spec((x.shape[0], *x.shape[2:]), float_dtype(x))
            graph = graph_of_cells([self.cell], step)
            self.kind = dataclasses.replace(self.kind, graph=graph)

    def run(
        self, x: Tensor, states: Sequence[Tensor], mask: Tensor | None
    ) -> tuple[Tensor, Sequence[Tensor]]:
        step = begin(self.cell, x[:, 0], states)
        k = self.kind
        return run_steps(step, x, states, mask, k.zero_output_for_mask, k.return_sequences)

    def initial_states(self, x: Tensor) -> list[Tensor]:
        own = getattr(self.cell, "get_initial_state", None)
        if own is None:
            return super().initial_states(x)
        return [state.to(x) for state in leaves(own(batch_size=x.shape[0]))]

    def returned(self, made: Sequence[Any]) -> Any:
        if not (self.kind.return_state and isinstance(self.cell, StackedRNNCells)):
            return super().returned(made)
        rest = list(made[1:])
        found = [made[0]]
        for cell in self.cell.cells:  # as in Keras: the states of each cell together
            own = [rest.pop(0) for _ in state_shapes(cell)]
            found.append(own[0] if len(own) == 1 else own)
        return found

    def again(self, **changes: Any) -> Recurrent:
        fields = {**self.get_config(), **changes, "cell": copied(self.cell)}
        del fields["name"]
        return type(self)(**fields)


@register()
class StackedRNNCells(Calling, Holding):
    """Several cells as one: each reads the output of the one before.

    Shapes: (N, ...) and the states of all cells in one list -> the output of the last cell and the
        next states.

    Args:
        cells: the cells, first to last.

    Raises:
        ArgumentError: no cell, one that is no layer, or one without `state_size`.
        ShapeError: an input or states that do not fit.

    Example:
        >>> from striate import Input, layers
        >>> two = layers.StackedRNNCells([layers.GRUCell(32), layers.GRUCell(16)])
        >>> layers.RNN(two)(Input((10, 8))).shape
        (None, 16)
    """

    kind: kinds.StackedRNNCells
    cells: list[Layer]

    def __init__(self, cells: Sequence[Any], **kwargs: Any) -> None:
        super().__init__(kinds.StackedRNNCells, {}, **kwargs)
        if not cells:
            raise errors.ArgumentError(
                errors.message(self.where, "`cells` is empty", expected="a list of cells")
            )
        self.cells = [as_layer(cell, self.where) for cell in cells]
        for cell in self.cells:
            state_shapes(cell)

    @property
    def state_size(self) -> list[Any]:
        """The sizes of all states, those of the first cell first."""
        return [shape for cell in self.cells for shape in state_shapes(cell)]

    @property
    def output_size(self) -> Any:
        """The length of the output, as the last cell says it."""
        last = self.cells[-1]
        return getattr(last, "output_size", None) or state_shapes(last)[0][0]

    def wrapped(self) -> Mapping[str, Layer]:
        return {f"cells_{i}": cell for i, cell in enumerate(self.cells)}

    @classmethod
    def around(cls, inner: Sequence[Layer], fields: Mapping[str, Any]) -> Self:
        return cls(list(inner), **fields)

    def get_config(self) -> dict[str, Any]:
        config = BuiltIn.get_config(self)
        return {**config, "cells": [description(cell) for cell in self.cells]}

    def prepare(self, specs: tuple[Spec, ...]) -> None:
        if self.kind.graph is None:
            graph = graph_of_cells(self.cells, specs[0])
            self.kind = dataclasses.replace(self.kind, graph=graph)

    def call(self, inputs: Tensor, states: Any) -> tuple[Tensor, Sequence[Tensor]]:
        """One step of every cell.

        Args:
            inputs: (N, ...).
            states: the states before it, those of the first cell first.
        """
        found = leaves(states)
        return self.begin(inputs, found)(inputs, found)

    def begin(self, x: Tensor, states: Sequence[Tensor]) -> Step:
        """The step for all inputs of a sequence."""
        counts = [len(state_shapes(cell)) for cell in self.cells]
        begun: list[Step] = []  # a cell begins with what the cell before it gives first

        def step(x: Tensor, states: Sequence[Tensor]) -> tuple[Tensor, Sequence[Tensor]]:
            rest = list(states)
            new: list[Tensor] = []
            for i, cell in enumerate(self.cells):
                own, rest = rest[: counts[i]], rest[counts[i] :]
                if i == len(begun):
                    begun.append(begin(cell, x, own))
                x, after = begun[i](x, own)
                new += after
            return x, new

        return step

    def returned(self, made: Sequence[Any]) -> Any:
        return made[0], list(made[1:])


def begin(cell: Layer, x: Tensor, states: Sequence[Tensor]) -> Step:
    """The step of a cell, striate's or the user's own, for the inputs of a sequence."""
    own = getattr(cell, "begin", None)
    if own is not None:
        return own(x, states)  # type: ignore[no-any-return]
    named = {"training": cell.training} if "training" in call_parameters(type(cell)) else {}

    def step(x: Tensor, states: Sequence[Tensor]) -> tuple[Tensor, Sequence[Tensor]]:
        out, *new = leaves(cell.call(x, list(states), **named))
        return out, new

    return step


def state_shapes(cell: Layer) -> list[tuple[int, ...]]:
    """The shape of each state of a cell, without the batch.

    Raises:
        ArgumentError: the cell does not say it.
    """
    sizes = getattr(cell, "state_size", None)
    if sizes is None:
        raise errors.ArgumentError(
            errors.message(
                cell.where,
                "a cell without `state_size`",
                expected="the length of its state, or a list of lengths for several",
                fix="self.state_size = units in its constructor",
            )
        )
    many = sizes if isinstance(sizes, (list, tuple)) else [sizes]
    return [tuple(n) if isinstance(n, (list, tuple)) else (int(n),) for n in many]


def graph_of_cells(cells: Sequence[Layer], step: Spec) -> Graph:
    """The graph of cells, each called on the output of the one before and on its own states."""
    entries = [InputLayer(batch_shape=step.shape, dtype=step.dtype).output]
    out: Any = entries[0]
    after: list[Any] = []
    for cell in cells:
        shapes = [(step.shape[0], *shape) for shape in state_shapes(cell)]
        states = [InputLayer(batch_shape=shape, dtype=step.dtype).output for shape in shapes]
        entries += states
        out, *new = leaves(cell(out, states))
        after += new
    return freeze(entries, [out, *after], name=cells[0].name).graph


def copied(cell: Layer) -> Layer:
    """A cell of the same arguments without weights."""
    if isinstance(cell, StackedRNNCells):
        return StackedRNNCells([copied(c) for c in cell.cells])
    if isinstance(cell, BuiltIn):
        return type(cell)(**arguments_of(cell))
    config = cell.get_config()
    config.pop("name", None)
    return type(cell).from_config(config)
