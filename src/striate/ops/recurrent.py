"""Recurrent steps: written out one by one, and by torch's kernels for whole sequences.

Gates lie in Keras's order in one matrix: LSTM input, forget, cell, output; GRU update, reset, new.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

Function = Callable[[Tensor], Tensor]
States = Sequence[Tensor]
Cell = Callable[[Tensor, States], tuple[Tensor, States]]  # (input, states) -> output, states
Product = Callable[[Tensor], Tensor]  # of a state with all gates of the recurrent kernel


def run_steps(
    cell: Cell,
    projected: Tensor,
    states: States,
    mask: Tensor | None,
    zero_output: bool,
    every: bool,
) -> tuple[Tensor, States]:
    """One step after another; a masked step leaves states and output as they were.

    Shapes: projected (N, T, ...), states (N, ...), mask (N, T) -> the output of `every` step
        (N, T, ...) or of the last (N, ...), and the last states.
    With `zero_output` the output of a masked step is 0 instead.
    """
    outputs: list[Tensor] = []
    for t in range(projected.shape[1]):
        out, new = cell(projected[:, t], states)
        if mask is not None:
            blank = torch.zeros_like(out) if zero_output or not outputs else outputs[-1]
            out = torch.where(like(mask[:, t], out), out, blank)
            new = [torch.where(like(mask[:, t], a), a, b) for a, b in zip(new, states, strict=True)]
        if not every:
            outputs.clear()
        outputs.append(out)
        states = new
    return torch.stack(outputs, 1) if every else outputs[-1], states


def like(mask: Tensor, x: Tensor) -> Tensor:
    """A mask (N,) with the dimensions of x (N, ...)."""
    return mask.view(-1, *(1,) * (x.dim() - 1))


def simple_cell(product: Product, activation: Function) -> Cell:
    """h' = f(x W + b + h U)."""

    def step(x: Tensor, states: States) -> tuple[Tensor, States]:
        h = activation(x + product(states[0]))
        return h, [h]

    return step


def lstm_cell(product: Product, activation: Function, gate: Function, axis: int) -> Cell:
    """c' = g_f c + g_i f(..), h' = g_o f(c'), every gate g of x W + b + h U along `axis`."""

    def step(x: Tensor, states: States) -> tuple[Tensor, States]:
        h, c = states
        i, f, new, o = (x + product(h)).chunk(4, axis)
        c = gate(f) * c + gate(i) * activation(new)
        h = gate(o) * activation(c)
        return h, [h, c]

    return step


def gru_cell(
    product: Product, activation: Function, gate: Function, new_product: Product | None
) -> Cell:
    """h' = g_z h + (1 - g_z) f(..), with the reset gate after the product or before it.

    With `new_product` (that of the last third of U, which `product` then leaves out) the reset gate
    is applied to the state before the product, as in Cho et al. (2014); without it to the product,
    as in cuDNN.
    """

    def step(x: Tensor, states: States) -> tuple[Tensor, States]:
        (h,) = states
        x_z, x_r, x_new = x.chunk(3, -1)
        h_z, h_r, *h_new = product(h).chunk(3 if new_product is None else 2, -1)
        z, r = gate(x_z + h_z), gate(x_r + h_r)
        new = activation(x_new + (r * h_new[0] if new_product is None else new_product(r * h)))
        h = z * h + (1 - z) * new
        return h, [h]

    return step


def fused_lstm(
    x: Tensor, states: States, kernel: Tensor, recurrent: Tensor, bias: Tensor | None
) -> tuple[Tensor, States]:
    """`lstm_cell` with tanh and sigmoid for a whole sequence, by torch's kernel.

    Shapes: x (N, T, C), states (N, U), kernel (C, 4 U), recurrent (U, 4 U), bias (4 U,).
    """
    weights = [kernel.t(), recurrent.t()]
    if bias is not None:
        weights += [bias, torch.zeros_like(bias)]
    start = [s.unsqueeze(0).contiguous() for s in states]
    out, h, c = _sequence(torch.lstm, x, start, weights)
    return out, [h[0], c[0]]


def fused_gru(
    x: Tensor, states: States, kernel: Tensor, recurrent: Tensor, bias: Tensor | None
) -> tuple[Tensor, States]:
    """`gru_cell` with tanh, sigmoid and the reset gate after the product, by torch's kernel.

    Shapes: as `fused_lstm` with 3 gates, bias (2, 3 U). torch has the reset gate first.
    """
    weights = [_reset_first(kernel.t()), _reset_first(recurrent.t())]
    if bias is not None:
        weights += [_reset_first(bias[0]), _reset_first(bias[1])]
    start = states[0].unsqueeze(0).contiguous()
    out, h = _sequence(torch.gru, x, start, weights)
    return out, [h[0]]


def fused_simple(
    x: Tensor, states: States, kernel: Tensor, recurrent: Tensor, bias: Tensor | None
) -> tuple[Tensor, States]:
    """`simple_cell` with tanh for a whole sequence, by torch's kernel."""
    weights = [kernel.t(), recurrent.t()]
    if bias is not None:
        weights += [bias, torch.zeros_like(bias)]
    start = states[0].unsqueeze(0).contiguous()
    out, h = _sequence(torch.rnn_tanh, x, start, weights)
    return out, [h[0]]


def _reset_first(weight: Tensor) -> Tensor:
    update, reset, new = weight.chunk(3, 0)
    return torch.cat([reset, update, new])


def _sequence(kernel: Callable[..., Any], x: Tensor, start: Any, weights: list[Tensor]) -> Any:
    """One layer, one direction, batch first; with biases if there are four weights."""
    # cuDNN keeps what a backward pass needs only in "training"; nothing else depends on it here.
    arguments = (x, start, weights, len(weights) == 4, 1, 0.0, torch.is_grad_enabled(), False, True)
    if not x.is_cuda:
        return kernel(*arguments)
    with warnings.catch_warnings():
        # cuDNN wants its weights side by side, and copies Keras's there at every call.
        warnings.filterwarnings("ignore", "RNN module weights")
        return kernel(*arguments)
