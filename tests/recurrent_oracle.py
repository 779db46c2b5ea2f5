"""Slow definitions of recurrent layers: one step, one sample, one unit at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tests import oracle

Array = npt.NDArray[Any]
Step = Callable[[Array, list[Array]], list[Array]]  # states after one step, the output first


def sigmoid(x: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-x))


def run(step: Step, x: Array, states: Sequence[Array], mask: Array | None = None) -> list[Array]:
    """The output of every step (N, T, ...) and the last states; masked steps change nothing."""
    now = [s.copy() for s in states]
    outputs = np.zeros((*x.shape[:2], *now[0].shape[1:]))
    for n in range(len(x)):
        own = [s[n] for s in now]
        last = np.zeros_like(own[0])
        for t in range(x.shape[1]):
            if mask is None or mask[n, t]:
                own = step(x[n, t], own)
                last = own[0]
            outputs[n, t] = last
        for state, value in zip(now, own, strict=True):
            state[n] = value
    return [outputs, *now]


def product(x: Array, kernel: Array, unit: int) -> float:
    return sum(float(x[i]) * float(kernel[i, unit]) for i in range(len(x)))


def simple_step(kernel: Array, recurrent: Array, bias: Array) -> Step:
    def step(x: Array, states: list[Array]) -> list[Array]:
        (h,) = states
        units = range(len(h))
        sums = [product(x, kernel, u) + product(h, recurrent, u) + bias[u] for u in units]
        return [np.tanh(np.array(sums))]

    return step


def lstm_step(kernel: Array, recurrent: Array, bias: Array) -> Step:
    def step(x: Array, states: list[Array]) -> list[Array]:
        h, c = states
        count = len(h)
        sums = np.array(
            [product(x, kernel, u) + product(h, recurrent, u) + bias[u] for u in range(4 * count)]
        )
        write, forget, new, read = (sums[g * count : (g + 1) * count] for g in range(4))
        c = sigmoid(forget) * c + sigmoid(write) * np.tanh(new)
        return [sigmoid(read) * np.tanh(c), c]

    return step


def gru_step(kernel: Array, recurrent: Array, bias: Array, reset_after: bool) -> Step:
    first, second = bias if reset_after else (bias, np.zeros_like(bias))

    def step(x: Array, states: list[Array]) -> list[Array]:
        (h,) = states
        units = len(h)
        new = np.zeros(units)
        for u in range(units):
            update = _gate(x, h, kernel, recurrent, first, second, u)
            if reset_after:
                reset = _gate(x, h, kernel, recurrent, first, second, units + u)
                read = reset * (product(h, recurrent, 2 * units + u) + second[2 * units + u])
            else:
                resets = [
                    _gate(x, h, kernel, recurrent, first, second, units + v) for v in range(units)
                ]
                read = product(np.array(resets) * h, recurrent, 2 * units + u)
            fresh = np.tanh(product(x, kernel, 2 * units + u) + first[2 * units + u] + read)
            new[u] = update * h[u] + (1.0 - update) * fresh
        return [new]

    return step


def _gate(
    x: Array, h: Array, kernel: Array, recurrent: Array, first: Array, second: Array, place: int
) -> float:
    total = product(x, kernel, place) + first[place] + product(h, recurrent, place) + second[place]
    return float(sigmoid(np.array(total)))


def conv_lstm_step(
    kernel: Array, recurrent: Array, bias: Array, strides: Sequence[int], padding: str
) -> Step:
    """The LSTM of images, its products convolutions."""
    ones = (1,) * (kernel.ndim - 2)

    def step(x: Array, states: list[Array]) -> list[Array]:
        h, c = states
        own = np.zeros(recurrent.shape[-1])
        sums = oracle.conv(x[None], kernel, bias, strides, padding, ones)
        sums = sums + oracle.conv(h[None], recurrent, own, ones, "same", ones)
        write, forget, new, read = np.split(sums[0], 4, axis=-1)
        c = sigmoid(forget) * c + sigmoid(write) * np.tanh(new)
        return [sigmoid(read) * np.tanh(c), c]

    return step
