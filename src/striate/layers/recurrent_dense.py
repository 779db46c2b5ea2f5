"""Recurrent layers of numbers: SimpleRNN, LSTM and GRU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from striate.graph import kinds
from striate.layers.arguments import keras_arguments
from striate.layers.builtin import register
from striate.layers.recurrent import GatedRecurrent
from striate.layers.steps import DenseStep, GRUStep, LSTMStep
from striate.ops import recurrent

Result = tuple[Tensor, Sequence[Tensor]]


class RecurrentDense(GatedRecurrent, DenseStep):
    """What recurrent layers of vectors share."""

    kind: kinds.SimpleRNN | kinds.LSTM | kinds.GRU

    def run(self, x: Tensor, states: Sequence[Tensor], mask: Tensor | None) -> Result:
        k = self.kind
        drop_x, drop_h = self.drops(x[:, 0], states)
        drop_x = None if drop_x is None else drop_x.unsqueeze(2)  # the same for all steps
        if mask is None and drop_h is None and self.has_kernel_of_torch():
            x = x if drop_x is None else x * drop_x[0]
            every, last = self.fused(x, states, self.bias if k.use_bias else None)
            return every if k.return_sequences else last[0], last
        return recurrent.run_steps(
            self.step(drop_h),
            self.projected(x, drop_x),
            states,
            mask,
            k.zero_output_for_mask,
            k.return_sequences,
        )

    def fused(self, x: Tensor, states: Sequence[Tensor], bias: Tensor | None) -> Result:
        """All steps by torch's kernel."""
        return recurrent.fused_simple(x, states, self.kernel, self.recurrent_kernel, bias)


@register()
class SimpleRNN(RecurrentDense):
    """Reads a sequence with a state that is a function of the input and of itself.

    h' = activation(x kernel + bias + h recurrent_kernel). Its gradients vanish or explode over
    many steps (Bengio et al. 1994); `LSTM` and `GRU` learn what lies further back.

    Shapes: (N, T, C) -> (N, units), or (N, T, units) with return_sequences; with return_state the
        last states (N, units) behind it. Also called with `initial_state` (one tensor) and `mask`
        (N, T), which is False for steps that leave all as it was.

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
        activity_regularizer: penalty on the output, per sample.
        kernel_constraint: projection of the kernel after each step.
        recurrent_constraint: projection of the recurrent kernel after each step.
        bias_constraint: projection of the bias after each step.
        dropout: share of the input that is zeroed in training, the same for all steps of a call.
        recurrent_dropout: share of the state that is zeroed, likewise.
        return_sequences: returns the output of every step, not only of the last.
        return_state: returns the last states, too.
        go_backwards: reads the sequence from its end; outputs are in the order they are made.
        stateful: starts each call from the states of the last one; needs a fixed batch size.
        unroll: ignored: how it runs does not change the result.
        seed: for a stream of random numbers of its own; by default from the seed of the run.

    Raises:
        ArgumentError: an argument out of its range.
        ShapeError: not 3 dimensions, open channels, states or a mask that do not fit, or
            stateful without a fixed batch size.

    Example:
        >>> from striate import Input, layers
        >>> layers.SimpleRNN(32, return_sequences=True)(Input((10, 8))).shape
        (None, 10, 32)

    References: Elman (1990), "Finding structure in time"; Bengio et al. (1994), "Learning long-term
        dependencies with gradient descent is difficult"
    """

    kind: kinds.SimpleRNN

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
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(kinds.SimpleRNN, keras_arguments(locals()), **kwargs)


@register()
class LSTM(RecurrentDense, LSTMStep):
    """Reads a sequence with a memory that gates write, forget and read.

    With z = x kernel + bias + h recurrent_kernel in four parts: c' = s(z_f) c + s(z_i) a(z_c) and
    h' = s(z_o) a(c'), s the recurrent activation and a the activation. With tanh and sigmoid, and
    without mask and recurrent dropout, whole sequences run in torch's (cuDNN's) kernel.

    Shapes: (N, T, C) -> (N, units), or (N, T, units) with return_sequences; with return_state the
        last states (N, units) behind it. Also called with `initial_state` ([h, c]) and `mask`
        (N, T), which is False for steps that leave all as it was.

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
        activity_regularizer: penalty on the output, per sample.
        kernel_constraint: projection of the kernel after each step.
        recurrent_constraint: projection of the recurrent kernel after each step.
        bias_constraint: projection of the bias after each step.
        dropout: share of the input that is zeroed in training, the same for all steps of a call.
        recurrent_dropout: share of the state that is zeroed, likewise.
        seed: for a stream of random numbers of its own; by default from the seed of the run.
        return_sequences: returns the output of every step, not only of the last.
        return_state: returns the last states, too.
        go_backwards: reads the sequence from its end; outputs are in the order they are made.
        stateful: starts each call from the states of the last one; needs a fixed batch size.
        unroll: ignored: how it runs does not change the result.
        use_cudnn: False never uses the kernel for whole sequences.

    Raises:
        ArgumentError: an argument out of its range.
        ShapeError: not 3 dimensions, open channels, states or a mask that do not fit, or
            stateful without a fixed batch size.

    Example:
        >>> from striate import Input, layers
        >>> layers.LSTM(32, return_sequences=True)(Input((10, 8))).shape
        (None, 10, 32)

    References: Hochreiter & Schmidhuber (1997), "Long short-term memory"; Gers et al. (2000),
        "Learning to forget"
    """

    kind: kinds.LSTM

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
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        use_cudnn: bool | str = "auto",
        **kwargs: Any,
    ) -> None:
        super().__init__(kinds.LSTM, keras_arguments(locals()), **kwargs)

    def fused(self, x: Tensor, states: Sequence[Tensor], bias: Tensor | None) -> Result:
        return recurrent.fused_lstm(x, states, self.kernel, self.recurrent_kernel, bias)


@register()
class GRU(RecurrentDense, GRUStep):
    """Reads a sequence with a state that one gate keeps and another resets.

    In three parts: z = s(x W_z + h U_z), r = s(x W_r + h U_r), new = a(x W_n + r (h U_n)), or
    a(x W_n + (r h) U_n) without reset_after, and h' = z h + (1 - z) new, with biases. With tanh,
    sigmoid and reset_after, and without mask and recurrent dropout, whole sequences run in torch's
    (cuDNN's) kernel.

    Shapes: (N, T, C) -> (N, units), or (N, T, units) with return_sequences; with return_state the
        last states (N, units) behind it. Also called with `initial_state` (one tensor) and `mask`
        (N, T), which is False for steps that leave all as it was.

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
        activity_regularizer: penalty on the output, per sample.
        kernel_constraint: projection of the kernel after each step.
        recurrent_constraint: projection of the recurrent kernel after each step.
        bias_constraint: projection of the bias after each step.
        dropout: share of the input that is zeroed in training, the same for all steps of a call.
        recurrent_dropout: share of the state that is zeroed, likewise.
        seed: for a stream of random numbers of its own; by default from the seed of the run.
        return_sequences: returns the output of every step, not only of the last.
        return_state: returns the last states, too.
        go_backwards: reads the sequence from its end; outputs are in the order they are made.
        stateful: starts each call from the states of the last one; needs a fixed batch size.
        unroll: ignored: how it runs does not change the result.
        reset_after: applies the reset gate after the product, as cuDNN, or before it, as the paper.
        use_cudnn: False never uses the kernel for whole sequences.

    Raises:
        ArgumentError: an argument out of its range.
        ShapeError: not 3 dimensions, open channels, states or a mask that do not fit, or
            stateful without a fixed batch size.

    Example:
        >>> from striate import Input, layers
        >>> layers.GRU(32, return_sequences=True)(Input((10, 8))).shape
        (None, 10, 32)

    References: Cho et al. (2014), https://arxiv.org/abs/1406.1078
    """

    kind: kinds.GRU

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
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        reset_after: bool = True,
        use_cudnn: bool | str = "auto",
        **kwargs: Any,
    ) -> None:
        super().__init__(kinds.GRU, keras_arguments(locals()), **kwargs)

    def has_kernel_of_torch(self) -> bool:
        return self.kind.reset_after and super().has_kernel_of_torch()

    def fused(self, x: Tensor, states: Sequence[Tensor], bias: Tensor | None) -> Result:
        return recurrent.fused_gru(x, states, self.kernel, self.recurrent_kernel, bias)
