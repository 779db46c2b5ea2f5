"""Steps of recurrent layers with gates: products, dropout, biases; cells and layers share them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from striate.graph import kinds
from striate.graph.spec import Spec
from striate.layers.activating import activate
from striate.layers.calling import Calling
from striate.layers.random import Random
from striate.ops import activations, recurrent
from striate.ops.dense import dense
from striate.ops.layout import to_external, to_internal
from striate.ops.random import kept

Step = Callable[[Tensor, Sequence[Tensor]], tuple[Tensor, Sequence[Tensor]]]


class Gated(Calling, Random):
    """What layers share whose step has gates.

    Dropout of inputs and states is drawn once per sequence, the same for all steps, as in Keras.
    """

    kind: kinds.Gated
    choices_of = {"recurrent_kernel": "recurrent"}  # noqa: RUF012 - read only

    def after_build(self, specs: tuple[Spec, ...]) -> None:
        if self.kind.use_bias and getattr(self.kind, "unit_forget_bias", False):
            width = self.bias.shape[0] // 4
            with torch.no_grad():
                self.bias[width : 2 * width] = 1.0

    def masks_of_dropout(self, x: Tensor, state: Tensor, count: int) -> tuple[Any, Any]:
        """What inputs and states are multiplied by, `count` of each; None for nothing.

        Args:
            x: the input of one step.
            state: a state.
            count: how many products get a mask of their own.
        """
        k = self.kind
        if not self.training or not (k.dropout or k.recurrent_dropout):
            return None, None
        source = self.stream(x)
        first = scaled_mask((count, *x.shape), x, k.dropout, source)
        return first, scaled_mask((count, *state.shape), state, k.recurrent_dropout, source)

    def bent(self, name: str) -> Any:
        """One of its activations as a function of a channels-last tensor."""
        function = self._choices[name]
        if activations.of_each_value(function):
            return function
        return lambda x: to_external(activate(function, to_internal(x), self.where))


def scaled_mask(
    shape: Sequence[int], like: Tensor, rate: float, source: torch.Generator | None
) -> Tensor | None:
    """1 / (1 - rate) where a value is kept, else 0; None where all are."""
    if rate in (0.0, 1.0):
        return torch.zeros(tuple(shape)).to(like) if rate else None
    return kept(shape, like, rate, source) / (1.0 - rate)


class DenseStep(Gated):
    """A step over vectors: products of all gates at once."""

    kind: kinds.Cell

    def drops(self, x: Tensor, states: Sequence[Tensor]) -> tuple[Any, Any]:
        """The dropout masks of inputs and states; see `masks_of_dropout`."""
        count = self.kind.gates if self.kind.recurrent_dropout else 1
        return self.masks_of_dropout(x, states[0], count)

    def projected(self, x: Tensor, drop_x: Tensor | None) -> Tensor:
        """The product of inputs (of one step or all) with the kernel, with its bias."""
        first, _ = self.biases()
        return gated(x, self.kernel, first, drop_x, self.kind.gates)

    def step(self, drop_h: Tensor | None) -> recurrent.Cell:
        """The function of a projected input and the states."""
        _, second = self.biases()

        def product(h: Tensor) -> Tensor:
            return gated(h, self.recurrent_kernel, second, drop_h, self.kind.gates)

        return self.cell(product, drop_h)

    def biases(self) -> tuple[Tensor | None, Tensor | None]:
        """The bias of the product with the input, and of that with the state."""
        return (self.bias if self.kind.use_bias else None), None

    def cell(self, product: Any, drop_h: Tensor | None) -> recurrent.Cell:
        """The step; `product` is that of a state with all gates."""
        return recurrent.simple_cell(product, self.bent("activation"))


class LSTMStep(DenseStep):
    """The step of an LSTM."""

    kind: kinds.LSTMCell

    def cell(self, product: Any, drop_h: Tensor | None) -> recurrent.Cell:
        bends = self.bent("activation"), self.bent("recurrent_activation")
        return recurrent.lstm_cell(product, *bends, axis=-1)


class GRUStep(DenseStep):
    """The step of a GRU."""

    kind: kinds.GRUCell

    def biases(self) -> tuple[Tensor | None, Tensor | None]:
        if not self.kind.use_bias:
            return None, None
        return (self.bias[0], self.bias[1]) if self.kind.reset_after else (self.bias, None)

    def cell(self, product: Any, drop_h: Tensor | None) -> recurrent.Cell:
        bends = self.bent("activation"), self.bent("recurrent_activation")
        if self.kind.reset_after:
            return recurrent.gru_cell(product, *bends, new_product=None)
        units = self.kind.units
        gates, last = self.recurrent_kernel.split((2 * units, units), -1)
        drops = (None, None) if drop_h is None else (drop_h[:2], drop_h[-1:])
        return recurrent.gru_cell(
            lambda h: gated(h, gates, None, drops[0], 2),
            *bends,
            lambda h: gated(h, last, None, drops[1], 1),
        )


def gated(
    x: Tensor, kernel: Tensor, bias: Tensor | None, drops: Tensor | None, gates: int
) -> Tensor:
    """x kernel + bias for all gates, each with its own dropout mask if there are several.

    Shapes: x (..., C), kernel (C, gates U), drops (1 or gates, ..., C) -> (..., gates U).
    """
    if drops is None or len(drops) == 1:
        return dense(x if drops is None else x * drops[0], kernel, bias)
    parts = [dense(x * d, k, None) for d, k in zip(drops, kernel.chunk(gates, -1), strict=True)]
    out = torch.cat(parts, -1)
    return out if bias is None else out + bias
