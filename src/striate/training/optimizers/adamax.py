"""Adamax."""

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


class Adamax(Optimizer):
    """Adam with the largest recent gradient in place of the root mean square.

    The rule::

        m <- m + (1 - beta_1) * (g - m)
        u <- max(beta_2 * u, |g|)
        p <- p - learning_rate / (1 - beta_1^t) * m / (u + epsilon)      t: number of the update

    Args:
        learning_rate: a number, schedule or function.
        beta_1: share of the mean kept per step, in [0, 1).
        beta_2: share of the largest gradient kept per step, in [0, 1).
        epsilon: keeps the divisor away from 0.
        options: the arguments of every optimizer, see `Optimizer`.

    Raises:
        ArgumentError: an argument is out of range.

    Example:
        >>> p = torch.nn.Parameter(torch.tensor([1.0]))
        >>> optimizer = Adamax(0.01)
        >>> optimizer.build([p])
        >>> p.grad = torch.tensor([5.0])
        >>> optimizer.step()
        >>> round(p.item(), 4)
        0.99

    References:
        Kingma, Ba (2014), section 7.1, https://arxiv.org/abs/1412.6980
    """

    momentum_argument = "beta_1"

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **options: Unpack[Options],
    ) -> None:
        where = type(self).__name__
        self.beta_1 = check_number(where, "beta_1", beta_1, "[0, 1)")
        self.beta_2 = check_number(where, "beta_2", beta_2, "[0, 1)")
        self.epsilon = check_number(where, "epsilon", epsilon, "[0, inf)")
        super().__init__(learning_rate, **options)

    def new_state(self, p: torch.Tensor, kind: str) -> dict[str, torch.Tensor]:
        return {"momentum": torch.zeros_like(p), "norm": torch.zeros_like(p)}

    def update_one(
        self, p: torch.Tensor, g: torch.Tensor, state: dict[str, torch.Tensor], at: StepValues
    ) -> None:
        m, u = state["momentum"], state["norm"]
        m += (1 - at.momentum) * (g - m)
        u.copy_(torch.maximum(self.beta_2 * u, g.abs()))
        p -= at.learning_rate / (1 - at.momentum**at.number) * m / (u + self.epsilon)

    def native_rule(self, at: StepValues) -> NativeRule:
        alpha = at.learning_rate / (1 - at.momentum**at.number)
        numbers = (alpha, 1 - at.momentum, self.beta_2, self.epsilon)
        return NativeRule("adamax", ("momentum", "norm"), numbers)

    def update_many(self, bucket: Bucket, grads: list[torch.Tensor], at: StepValues) -> None:
        m, u = bucket["momentum"], bucket["norm"]
        torch._foreach_lerp_(m, grads, 1 - at.momentum)
        torch._foreach_mul_(u, self.beta_2)
        torch._foreach_maximum_(u, torch._foreach_abs(grads))
        divisor = torch._foreach_add(u, self.epsilon)
        alpha = at.learning_rate / (1 - at.momentum**at.number)
        torch._foreach_addcdiv_(bucket.params, m, divisor, -alpha)
