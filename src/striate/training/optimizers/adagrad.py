"""Adagrad."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from striate.training.optimizers.buckets import Bucket, StepValues
from striate.training.optimizers.checks import check_number
from striate.training.optimizers.native import NativeRule
from striate.training.optimizers.optimizer import Optimizer
from striate.training.optimizers.options import Options
from striate.training.optimizers.rate import LearningRate

if TYPE_CHECKING:
    from typing import Unpack


class Adagrad(Optimizer):
    """Divides each gradient by the root of the sum of all its squares so far.

    Weights whose gradients are rare keep long steps; all steps shrink as the sum grows. The rule::

        sum <- sum + g^2
        p <- p - learning_rate * g / sqrt(sum + epsilon)

    The state `accumulator` holds sum + epsilon, so that epsilon costs no pass over memory.

    Args:
        learning_rate: a number, schedule or function; the paper's examples use larger ones.
        initial_accumulator_value: of the sum, so that the first steps are not too long.
        epsilon: keeps the root away from 0.
        options: the arguments of every optimizer, see `Optimizer`.

    Raises:
        ArgumentError: an argument is out of range.

    Example:
        >>> p = torch.nn.Parameter(torch.tensor([1.0]))
        >>> optimizer = Adagrad(0.1, initial_accumulator_value=0.0)
        >>> optimizer.build([p])
        >>> p.grad = torch.tensor([2.0])
        >>> optimizer.step()
        >>> round(p.item(), 4)
        0.9

    References:
        Duchi, Hazan, Singer (2011), https://jmlr.org/papers/v12/duchi11a.html
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **options: Unpack[Options],
    ) -> None:
        where = type(self).__name__
        self.initial_accumulator_value = check_number(
            where, "initial_accumulator_value", initial_accumulator_value, "[0, inf)"
        )
        self.epsilon = check_number(where, "epsilon", epsilon, "[0, inf)")
        super().__init__(learning_rate, **options)

    def new_state(self, p: torch.Tensor, kind: str) -> dict[str, torch.Tensor]:
        return {"accumulator": torch.full_like(p, self.initial_accumulator_value + self.epsilon)}

    def update_one(
        self, p: torch.Tensor, g: torch.Tensor, state: dict[str, torch.Tensor], at: StepValues
    ) -> None:
        total = state["accumulator"]
        total += g**2
        p -= at.learning_rate * g / torch.sqrt(total)

    def native_rule(self, at: StepValues) -> NativeRule:
        return NativeRule("adagrad", ("accumulator",), (at.learning_rate,))

    def update_many(self, bucket: Bucket, grads: list[torch.Tensor], at: StepValues) -> None:
        # torch's fused Adagrad is not used: on CPUs it took longer than these calls.
        total = bucket["accumulator"]
        torch._foreach_addcmul_(total, grads, grads)
        root = torch._foreach_sqrt(total)
        torch._foreach_addcdiv_(bucket.params, grads, root, -at.learning_rate)
