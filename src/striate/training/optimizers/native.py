"""Whole steps by our own kernel, where it fits."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple

import torch

from striate.kernels import library
from striate.kernels.optimizer_step import OptimizerStep
from striate.training.optimizers.buckets import Bucket, StepValues

if TYPE_CHECKING:
    from striate.training.optimizers.optimizer import Optimizer


class NativeRule(NamedTuple):
    """A rule as the kernel knows it.

    Args:
        name: one of `kernels.optimizer_step.RULES`.
        slots: the names of its states, in the kernel's order.
        numbers: in the kernel's order.
    """

    name: str
    slots: tuple[str, ...]
    numbers: tuple[float, ...]


def update_natively(
    optimizer: Optimizer, bucket: Bucket, grads: list[torch.Tensor], at: StepValues
) -> bool:
    """Weight decay and the rule for a bucket in one pass over memory; False if it does not fit.

    It fits float32 on the CPU, with gradients that lie in memory as their parameters. (States do:
    they are made like the parameters.)
    """
    if torch.compiler.is_compiling() or library.missing() or not _defines(type(optimizer)):
        return False
    rule = optimizer.native_rule(at)
    if rule is None or not bucket.fits_native(grads):
        return False
    if bucket.native is None:
        states = [bucket[slot] for slot in rule.slots]
        bucket.native = OptimizerStep(bucket.params, states, bucket.decays)
    decay = optimizer.decay_of(bucket)
    kept = 1.0 - decay * at.learning_rate if decay else 1.0
    bucket.native(rule.name, rule.numbers, grads, kept)
    return True


@functools.cache
def _defines(kind: type[Optimizer]) -> bool:
    """Whether the native rule is the class's own: no subclass changed the plain one."""
    names = ("native_rule", "update_one", "update_many")
    order = [next(i for i, c in enumerate(kind.__mro__) if n in vars(c)) for n in names]
    return order[0] <= min(order[1:])
