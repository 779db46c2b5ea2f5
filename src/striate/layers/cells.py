"""Cells: one step of a recurrent layer, alone or inside `RNN`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from striate.graph import kinds
from striate.layers.arguments import keras_arguments
from striate.layers.builtin import register
from striate.layers.calls import leaves
from striate.layers.steps import DenseStep, GRUStep, LSTMStep

Step = Callable[[Tensor, Sequence[Tensor]], tuple[Tensor, Sequence[Tensor]]]


class Cell(DenseStep):
    """What cells share: a call is one step."""

    @property
    def state_size(self) -> int | list[int]:
        """The length of the state, or of each of several."""
        units, count = self.kind.units, self.kind.num_states
        return units if count == 1 else [units] * count

    @property
    def output_size(self) -> int:
        """The length of the output."""
        return self.kind.units

    def get_initial_state(self, batch_size: int) -> list[Tensor]:
        """States of zeros for so many samples."""
        return [torch.zeros(batch_size, self.kind.units) for _ in range(self.kind.num_states)]

    def call(self, inputs: Tensor, states: Any) -> tuple[Tensor, Sequence[Tensor]]:
        """One step.

        Args:
            inputs: (N, C).
            states: the states before it, a list of (N, units).
        """
        found = leaves(states)
        return self.begin(inputs, found)(inputs, found)

    def begin(self, x: Tensor, states: Sequence[Tensor]) -> Step:
        """The step for all inputs of a sequence, with its dropout masks."""
        drop_x, drop_h = self.drops(x, states)
        step = self.step(drop_h)
        return lambda x, states: step(self.projected(x, drop_x), states)

    def returned(self, made: Sequence[Any]) -> Any:
        return made[0], list(made[1:])


@register()
class SimpleRNNCell(Cell):
    """One step of `SimpleRNN`: a state that is a function of the input and of itself.

    h' = activation(x kernel + bias + h recurrent_kernel). Put it into `RNN` to read sequences.

    Shapes: (N, C) and states [(N, units)] -> (N, units) and the next states.

    Args:
        units: length of the output and of each state.
        activation: the function of what is new.
        use_bias: adds learned numbers to the products.
        kernel_initializer: how the kernel of the input starts.
        recurrent_initializer: how the kernel of the state starts.
        bias_initializer: how the bias starts.
        kernel_regularizer: penalty on the kernel.
        recurrent_regularizer: penalty on the recurrent kernel.
        bias_regularizer: penalty on the bias.
        kernel_constraint: projection of the kernel after each step.
        recurrent_constraint: projection of the recurrent kernel after each step.
        bias_constraint: projection of the bias after each step.
        dropout: share of the input that is zeroed in training, the same for a whole sequence.
        recurrent_dropout: share of the state that is zeroed, likewise.
        seed: for a stream of random numbers of its own; by default from the seed of the run.

    Raises:
        ArgumentError: an argument out of its range.
        ShapeError: not 2 dimensions, open channels, or states that do not fit.

    Example:
        >>> from striate import Input, layers
        >>> layers.RNN(layers.SimpleRNNCell(32))(Input((10, 8))).shape
        (None, 32)
    """

    kind: kinds.SimpleRNNCell

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(kinds.SimpleRNNCell, keras_arguments(locals()), **kwargs)


@register()
class LSTMCell(Cell, LSTMStep):
    """One step of `LSTM`: a memory that gates write, forget and read.

    With z = x kernel + bias + h recurrent_kernel in four parts: c' = s(z_f) c + s(z_i) a(z_c) and
    h' = s(z_o) a(c'), s the recurrent activation and a the activation. Put it into `RNN` to read
    sequences.

    Shapes: (N, C) and states [(N, units), (N, units)] -> (N, units) and the next states.

    Args:
        units: length of the output and of each state.
        activation: the function of what is new.
        recurrent_activation: the function of the gates.
        use_bias: adds learned numbers to the products.
        kernel_initializer: how the kernel of the input starts.
        recurrent_initializer: how the kernel of the state starts.
        bias_initializer: how the bias starts.
        unit_forget_bias: starts the bias of the forget gate at 1, so that it remembers first.
        kernel_regularizer: penalty on the kernel.
        recurrent_regularizer: penalty on the recurrent kernel.
        bias_regularizer: penalty on the bias.
        kernel_constraint: projection of the kernel after each step.
        recurrent_constraint: projection of the recurrent kernel after each step.
        bias_constraint: projection of the bias after each step.
        dropout: share of the input that is zeroed in training, the same for a whole sequence.
        recurrent_dropout: share of the state that is zeroed, likewise.
        seed: for a stream of random numbers of its own; by default from the seed of the run.

    Raises:
        ArgumentError: an argument out of its range.
        ShapeError: not 2 dimensions, open channels, or states that do not fit.

    Example:
        >>> from striate import Input, layers
        >>> layers.RNN(layers.LSTMCell(32))(Input((10, 8))).shape
        (None, 32)
    """

    kind: kinds.LSTMCell

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(kinds.LSTMCell, keras_arguments(locals()), **kwargs)


@register()
class GRUCell(Cell, GRUStep):
    """One step of `GRU`: a state that one gate keeps and another resets.

    In three parts: z = s(x W_z + h U_z), r = s(x W_r + h U_r), new = a(x W_n + r (h U_n)), or
    a(x W_n + (r h) U_n) without reset_after, and h' = z h + (1 - z) new, with biases. Put it into
    `RNN` to read sequences.

    Shapes: (N, C) and states [(N, units)] -> (N, units) and the next states.

    Args:
        units: length of the output and of each state.
        activation: the function of what is new.
        recurrent_activation: the function of the gates.
        use_bias: adds learned numbers to the products.
        kernel_initializer: how the kernel of the input starts.
        recurrent_initializer: how the kernel of the state starts.
        bias_initializer: how the bias starts.
        kernel_regularizer: penalty on the kernel.
        recurrent_regularizer: penalty on the recurrent kernel.
        bias_regularizer: penalty on the bias.
        kernel_constraint: projection of the kernel after each step.
        recurrent_constraint: projection of the recurrent kernel after each step.
        bias_constraint: projection of the bias after each step.
        dropout: share of the input that is zeroed in training, the same for a whole sequence.
        recurrent_dropout: share of the state that is zeroed, likewise.
        seed: for a stream of random numbers of its own; by default from the seed of the run.
        reset_after: applies the reset gate after the product, as cuDNN, or before it, as the paper.

    Raises:
        ArgumentError: an argument out of its range.
        ShapeError: not 2 dimensions, open channels, or states that do not fit.

    Example:
        >>> from striate import Input, layers
        >>> layers.RNN(layers.GRUCell(32))(Input((10, 8))).shape
        (None, 32)
    """

    kind: kinds.GRUCell

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        reset_after: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(kinds.GRUCell, keras_arguments(locals()), **kwargs)
