"""Recurrent layers of maps: ConvLSTM over sequences of sequences, images and volumes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from striate.graph import kinds
from striate.layers.arguments import keras_arguments
from striate.layers.builtin import register
from striate.layers.recurrent import GatedRecurrent
from striate.ops import recurrent
from striate.ops.convolution import conv
from striate.ops.layout import to_external, to_internal


class ConvLSTM(GatedRecurrent):
    """What `ConvLSTM1D` to `ConvLSTM3D` share."""

    kind: kinds.ConvLSTM
    kind_class: ClassVar[type[kinds.ConvLSTM]]

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: int | Sequence[int] = 1,
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
        **kwargs: Any,
    ) -> None:
        super().__init__(self.kind_class, keras_arguments(locals()), **kwargs)

    def run(
        self, x: Tensor, states: Sequence[Tensor], mask: Tensor | None
    ) -> tuple[Tensor, Sequence[Tensor]]:
        k = self.kind
        drop_x, drop_h = self.masks_of_dropout(x[:, 0], states[0], k.gates)
        if drop_x is not None:  # the same for all steps
            drop_x = drop_x.unsqueeze(2).expand(-1, -1, x.shape[1], *x.shape[2:]).flatten(1, 2)
        where = (k.strides, k.padding, k.dilation_rate)
        bias = self.bias if k.use_bias else None
        projected = gated(x.flatten(0, 1), self.kernel, bias, drop_x, *where)
        ones = (1,) * k.rank

        def product(h: Tensor) -> Tensor:
            return gated(h, self.recurrent_kernel, None, drop_h, ones, "same", ones)

        bends = self.bent("activation"), self.bent("recurrent_activation")
        cell = recurrent.lstm_cell(product, *bends, axis=-1)
        steps = projected.unflatten(0, x.shape[:2])
        zero, every = k.zero_output_for_mask, k.return_sequences
        return recurrent.run_steps(cell, steps, states, mask, zero, every)


def gated(
    x: Tensor,
    kernel: Tensor,
    bias: Tensor | None,
    drops: Tensor | None,
    strides: Sequence[int],
    padding: str,
    dilation: Sequence[int],
) -> Tensor:
    """The convolution of all gates, each with its own dropout mask if there are any.

    Shapes: x (N, ..., C), kernel (..., C, 4 F), drops (4, N, ..., C) -> (N, ..., 4 F).
    """
    if drops is None:
        out = conv(to_internal(x), kernel, bias, strides, padding, dilation, 1)
        return to_external(out)
    pairs = zip(drops, kernel.chunk(4, -1), strict=True)
    parts = [gated(x * d, k, None, None, strides, padding, dilation) for d, k in pairs]
    out = torch.cat(parts, -1)
    return out if bias is None else out + bias


@register()
class ConvLSTM1D(ConvLSTM):
    """Reads a sequence of sequences with an LSTM whose products are convolutions.

    `ConvLSTM2D` of 1 dimension, with its formula.

    Shapes: (N, T, L, C) -> (N, L', filters), or
        (N, T, L', filters) with return_sequences; sizes as a convolution of the input gives
        them. With return_state the last h and c behind
        it. Also called with `initial_state` ([h, c]) and `mask` (N, T).

    Args:
        filters: number of maps of the output and of each state.
        kernel_size: size of the windows, over the input and over the state.
        strides: steps between windows over the input; those over the state take every place.
        padding: "valid" or "same", of the input; the state has "same".
        data_format: "channels_last", striate's only order.
        dilation_rate: distance between samples of a window over the input.
        activation: the function of what is new.
        recurrent_activation: the function of the gates.
        use_bias: adds learned numbers to the convolutions.
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

    Raises:
        ArgumentError: an argument out of its range.
        ShapeError: not 4 dimensions, an open size, a window larger than its input, states or a
            mask that do not fit, or stateful without a fixed batch size.

    Example:
        >>> from striate import Input, layers
        >>> layers.ConvLSTM1D(8, 3, padding="same")(Input((10, 16, 3))).shape
        (None, 16, 8)

    References: Shi et al. (2015), https://arxiv.org/abs/1506.04214
    """

    kind_class = kinds.ConvLSTM1D


@register()
class ConvLSTM2D(ConvLSTM):
    """Reads a sequence of images with an LSTM whose products are convolutions.

    For films, radar and weather maps. An `LSTM` with * in place of its products: z = x * kernel +
    bias + h * recurrent_kernel in four parts, c' = s(z_f) c + s(z_i) a(z_c), h' = s(z_o) a(c').
    The paper's peepholes from c to the gates are left out, as in Keras.

    Shapes: (N, T, H, W, C) -> (N, H', W', filters), or
        (N, T, H', W', filters) with return_sequences; sizes as a convolution of the input gives
        them. With return_state the last h and c behind
        it. Also called with `initial_state` ([h, c]) and `mask` (N, T).

    Args:
        filters: number of maps of the output and of each state.
        kernel_size: size of the windows, over the input and over the state.
        strides: steps between windows over the input; those over the state take every place.
        padding: "valid" or "same", of the input; the state has "same".
        data_format: "channels_last", striate's only order.
        dilation_rate: distance between samples of a window over the input.
        activation: the function of what is new.
        recurrent_activation: the function of the gates.
        use_bias: adds learned numbers to the convolutions.
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

    Raises:
        ArgumentError: an argument out of its range.
        ShapeError: not 5 dimensions, an open size, a window larger than its input, states or a
            mask that do not fit, or stateful without a fixed batch size.

    Example:
        >>> from striate import Input, layers
        >>> layers.ConvLSTM2D(8, 3, padding="same")(Input((10, 16, 16, 3))).shape
        (None, 16, 16, 8)

    References: Shi et al. (2015), https://arxiv.org/abs/1506.04214
    """

    kind_class = kinds.ConvLSTM2D


@register()
class ConvLSTM3D(ConvLSTM):
    """Reads a sequence of volumes with an LSTM whose products are convolutions.

    `ConvLSTM2D` of 3 dimensions, with its formula.

    Shapes: (N, T, D, H, W, C) -> (N, D', H', W', filters), or
        (N, T, D', H', W', filters) with return_sequences; sizes as a convolution of the input gives
        them. With return_state the last h and c behind
        it. Also called with `initial_state` ([h, c]) and `mask` (N, T).

    Args:
        filters: number of maps of the output and of each state.
        kernel_size: size of the windows, over the input and over the state.
        strides: steps between windows over the input; those over the state take every place.
        padding: "valid" or "same", of the input; the state has "same".
        data_format: "channels_last", striate's only order.
        dilation_rate: distance between samples of a window over the input.
        activation: the function of what is new.
        recurrent_activation: the function of the gates.
        use_bias: adds learned numbers to the convolutions.
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

    Raises:
        ArgumentError: an argument out of its range.
        ShapeError: not 6 dimensions, an open size, a window larger than its input, states or a
            mask that do not fit, or stateful without a fixed batch size.

    Example:
        >>> from striate import Input, layers
        >>> layers.ConvLSTM3D(8, 3, padding="same")(Input((10, 8, 8, 8, 3))).shape
        (None, 8, 8, 8, 8)

    References: Shi et al. (2015), https://arxiv.org/abs/1506.04214
    """

    kind_class = kinds.ConvLSTM3D
