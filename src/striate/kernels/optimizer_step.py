"""OptimizerStep: one step of an optimizer over all its parameters, in one pass over memory."""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Sequence

import torch
from torch import Tensor

from striate.kernels import library

# The rules that native/optimizer_step.cpp knows, in its order. What their numbers and states are
# stands there.
RULES = (
    "sgd",
    "sgd_momentum",
    "sgd_nesterov",
    "rmsprop",
    "rmsprop_momentum",
    "rmsprop_centered",
    "rmsprop_centered_momentum",
    "adagrad",
    "adadelta",
    "adam",
    "adam_amsgrad",
    "adamax",
    "nadam",
    "lion",
)


class OptimizerStep:
    """The step of some parameters; each fills its memory without gaps, in any order.

    Args:
        params: tensors of float32 on the CPU.
        states: what the rule keeps, slot by slot; each in the memory order of its parameter.
        decays: whether weight decay applies, one per parameter.
    """

    def __init__(
        self, params: Sequence[Tensor], states: Sequence[Sequence[Tensor]], decays: Sequence[bool]
    ) -> None:
        self.params, self.decays = params, decays
        self._states = [s for slot in states for s in slot]
        self._sizes = array("q", [p.numel() for p in params])
        self._kept = array("f", [1.0] * len(params))
        self._decayed = 1.0
        pointers = (ctypes.c_int32, ctypes.c_void_p, ctypes.c_int64, *[ctypes.c_void_p] * 5)
        self._run = library.function("optimizer_step", *pointers, ctypes.c_int32)

    def __call__(
        self, rule: str, numbers: Sequence[float], grads: Sequence[Tensor], kept: float = 1.0
    ) -> None:
        """Does the step.

        Args:
            rule: one of `RULES`.
            numbers: the rule's.
            grads: one per parameter, in its memory order.
            kept: what decayed parameters are multiplied by before the rule.
        """
        if kept != self._decayed:
            self._kept = array("f", [kept if decays else 1.0 for decays in self.decays])
            self._decayed = kept
        params, gradients, states = (
            array("q", [t.data_ptr() for t in tensors])
            for tensors in (self.params, grads, self._states)
        )
        columns = (params, gradients, states, self._sizes, self._kept)
        places = [column.buffer_info()[0] for column in columns]
        values = array("f", numbers)
        status = self._run(
            *(RULES.index(rule), values.buffer_info()[0], len(params), *places),
            library.threads(),
        )
        library.check(status, "optimizer_step")
        # torch counts writes to tensors; those of native code it does not see
        torch.autograd.graph.increment_version(self.params)
