"""Batch normalisation of a training step with the sum and the activation behind it.

Maps are (N, C, ...) of float32, or all of bfloat16, that lie in memory as (N, ..., C) without gaps.
All else is float32.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor

from striate.kernels import library
from striate.kernels.conv import new_floats
from striate.kernels.shapes import ACTIVATIONS, activation_text

LANES = 16


class NativeNorm(ctypes.Structure):
    """`struct Norm`."""

    _fields_ = [
        ("rows", ctypes.c_int64),
        *((name, ctypes.c_int32) for name in ("channels", "activation")),
        *((name, ctypes.c_float) for name in ("number", "epsilon", "momentum")),
        ("half", ctypes.c_int32),
    ]


@dataclass(frozen=True)
class BatchNorm:
    """A batch normalisation, what is added to its result, and the activation of the sum.

    Args:
        activation: one of `shapes.ACTIVATIONS`.
        number: the activation's cap or slope.
        adds: whether a map is added before the activation.
        epsilon: keeps the root away from zero.
        momentum: share that the moving statistics keep.
    """

    activation: str
    number: float
    adds: bool
    epsilon: float
    momentum: float

    @property
    def text(self) -> str:
        """What is done behind the normalisation, in words."""
        return (", sum" if self.adds else "") + activation_text(self.activation, self.number)

    def forward(
        self,
        x: Tensor,
        gamma: Tensor | None,
        beta: Tensor | None,
        add: Tensor | None,
        moving: tuple[Tensor, Tensor],
        backward: bool,
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """The result, the batch's statistics, and the bits that `backward` needs.

        Args:
            x: the input.
            gamma, beta: (C,); None: 1 and 0.
            add: as x.
            moving: mean and variance, moved towards the batch's.
            backward: whether a backward pass may follow.
        """
        y, statistics, bits = torch.empty_like(x), new_floats(3, x.shape[1]), None
        if backward and add is not None and self.activation != "linear":
            words = (x.shape[1] + LANES - 1) // LANES
            bits = torch.empty(x.numel() // x.shape[1] * words, dtype=torch.int16, device="cpu")
        _call("batch_norm", self._native(x), (x, gamma, beta, add, y, bits, *statistics, *moving))
        # torch counts writes to tensors; those of native code it does not see
        torch.autograd.graph.increment_version(moving)
        return y, statistics, bits

    def backward(
        self,
        x: Tensor,
        gamma: Tensor | None,
        beta: Tensor | None,
        statistics: Tensor,
        bits: Tensor | None,
        g: Tensor,
        wanted: tuple[bool, bool],
    ) -> tuple[Tensor | None, Tensor | None, Tensor, Tensor]:
        """The gradients of x and of what was added, if they are wanted, and of gamma and beta.

        Args:
            x, gamma, beta: as in `forward`.
            statistics, bits: what it returned.
            g: gradient of the result.
            wanted: whether the gradients of x and of what was added are.
        """
        dx = torch.empty_like(x) if wanted[0] else None
        dadd = g if wanted[1] else None  # through no activation it passes as it is
        if wanted[1] and bits is not None:
            dadd = torch.empty_like(x)
        dgamma, dbeta = torch.empty_like(statistics[:2])
        written = None if bits is None else dadd
        values = (x, gamma, beta, *statistics, g, bits, dx, written, dgamma, dbeta)
        _call("batch_norm_backward", self._native(x), values)
        return dx, dadd, dgamma, dbeta

    def open_at(self, z: Tensor) -> Tensor:
        """Where the activation of z lets a gradient through."""
        return (z >= 0) & (z <= self.number) if self.activation == "capped_relu" else ~(z <= 0)

    def opened(self, bits: Tensor, x: Tensor) -> Tensor:
        """The same from the bits of the forward pass on x."""
        sizes = (len(x), *x.shape[2:], -1)
        found = (bits.view(-1, 1) >> torch.arange(LANES, dtype=torch.int16)) & 1
        return found.bool().view(sizes)[..., : x.shape[1]].movedim(-1, 1)

    def _native(self, x: Tensor) -> NativeNorm:
        channels, activation = x.shape[1], ACTIVATIONS[self.activation]
        rows = x.numel() // channels
        numbers = self.number, self.epsilon, self.momentum
        return NativeNorm(rows, channels, activation, *numbers, x.dtype is torch.bfloat16)


@cache
def _function(name: str) -> Any:
    pointer = ctypes.c_void_p
    return library.function(name, ctypes.POINTER(NativeNorm), pointer, ctypes.c_int32)


def _call(name: str, norm: NativeNorm, values: Sequence[Tensor | None]) -> None:
    places = [None if t is None else t.data_ptr() for t in values]
    addresses = (ctypes.c_void_p * len(places))(*places)
    library.check(_function(name)(norm, addresses, library.threads()), name)
