"""Adadelta."""

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


class Adadelta(Optimizer):
    """Scales each gradient by the ratio of recent steps to recent gradients.

    With `learning_rate=1` it is the paper's rule, which needs no rate; Keras's default makes steps
    a thousand times shorter. The rule::

        v <- rho * v + (1 - rho) * g^2
        s = g * sqrt(d + epsilon) / sqrt(v + epsilon)
        d <- rho * d + (1 - rho) * s^2
        p <- p - learning_rate * s

    The states `accumulated_grad` and `accumulated_delta_var` hold v + epsilon and d + epsilon: the
    weighted mean of x + epsilon is that of x, plus epsilon.

    Args:
        learning_rate: a number, schedule or function.
        rho: share of both mean squares kept per step, in [0, 1).
        epsilon: keeps the roots away from 0 and sets the length of the first steps.
        options: the arguments of every optimizer, see `Optimizer`.

    Raises:
        ArgumentError: an argument is out of range.

    Example:
        >>> p = torch.nn.Parameter(torch.tensor([1.0]))
        >>> optimizer = Adadelta(1.0)
        >>> optimizer.build([p])
        >>> p.grad = torch.tensor([100.0])
        >>> optimizer.step()
        >>> round(p.item(), 5)
        0.99859

    References:
        Zeiler (2012), https://arxiv.org/abs/1212.5701
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        **options: Unpack[Options],
    ) -> None:
        where = type(self).__name__
        self.rho = check_number(where, "rho", rho, "[0, 1)")
        self.epsilon = check_number(where, "epsilon", epsilon, "[0, inf)")
        super().__init__(learning_rate, **options)

    def new_state(self, p: torch.Tensor, kind: str) -> dict[str, torch.Tensor]:
        return {
            "accumulated_grad": torch.full_like(p, self.epsilon),
            "accumulated_delta_var": torch.full_like(p, self.epsilon),
        }

    def update_one(
        self, p: torch.Tensor, g: torch.Tensor, state: dict[str, torch.Tensor], at: StepValues
    ) -> None:
        v, d = state["accumulated_grad"], state["accumulated_delta_var"]
        v.copy_(self.rho * v + (1 - self.rho) * (g**2 + self.epsilon))
        s = g * torch.sqrt(d) / torch.sqrt(v)
        d.copy_(self.rho * d + (1 - self.rho) * (s**2 + self.epsilon))
        p -= at.learning_rate * s

    def native_rule(self, at: StepValues) -> NativeRule:
        numbers = (at.learning_rate, self.rho, 1 - self.rho, self.epsilon)
        return NativeRule("adadelta", ("accumulated_grad", "accumulated_delta_var"), numbers)

    def update_many(self, bucket: Bucket, grads: list[torch.Tensor], at: StepValues) -> None:
        v, d = bucket["accumulated_grad"], bucket["accumulated_delta_var"]
        bucket.pull("accumulated_grad", self.epsilon, 1 - self.rho)
        torch._foreach_addcmul_(v, grads, grads, 1 - self.rho)
        s = torch._foreach_div(d, v)
        torch._foreach_sqrt_(s)
        torch._foreach_mul_(s, grads)
        bucket.pull("accumulated_delta_var", self.epsilon, 1 - self.rho)
        torch._foreach_addcmul_(d, s, s, 1 - self.rho)
        torch._foreach_add_(bucket.params, s, alpha=-at.learning_rate)
