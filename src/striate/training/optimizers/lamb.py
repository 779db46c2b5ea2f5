"""LAMB."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from striate.training.optimizers.buckets import Bucket, StepValues
from striate.training.optimizers.checks import check_number
from striate.training.optimizers.optimizer import Optimizer
from striate.training.optimizers.options import Options
from striate.training.optimizers.rate import LearningRate

if TYPE_CHECKING:
    from typing import Unpack


class Lamb(Optimizer):
    """Adam's direction, with a step as long as the tensor's own weights.

    For very large batches: each tensor moves by the same share of its norm. The rule::

        m <- m + (1 - beta_1) * (g - m)
        v <- v + (1 - beta_2) * (g^2 - v)
        u = m / (1 - beta_1^t) / (sqrt(v / (1 - beta_2^t)) + epsilon)     t: number of the update
        p <- p - learning_rate * |p| / |u| * u         (|p| / |u| counts as 1 if either norm is 0)

    Args:
        learning_rate: a number, schedule or function.
        beta_1: share of the mean kept per step, in [0, 1).
        beta_2: share of the mean square kept per step, in [0, 1).
        epsilon: keeps the divisor away from 0.
        options: the arguments of every optimizer, see `Optimizer`.

    Raises:
        ArgumentError: an argument is out of range.

    Example:
        >>> p = torch.nn.Parameter(torch.tensor([3.0, 4.0]))
        >>> optimizer = Lamb(0.1)
        >>> optimizer.build([p])
        >>> p.grad = torch.tensor([0.0, 7.0])
        >>> optimizer.step()
        >>> [round(x, 4) for x in p.tolist()]
        [3.0, 3.5]

    References:
        You et al. (2019), https://arxiv.org/abs/1904.00962
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
        return {"momentum": torch.zeros_like(p), "velocity": torch.zeros_like(p)}

    def update_one(
        self, p: torch.Tensor, g: torch.Tensor, state: dict[str, torch.Tensor], at: StepValues
    ) -> None:
        m, v = state["momentum"], state["velocity"]
        m += (1 - at.momentum) * (g - m)
        v += (1 - self.beta_2) * (g**2 - v)
        m_hat = m / (1 - at.momentum**at.number)
        v_hat = v / (1 - self.beta_2**at.number)
        u = m_hat / (torch.sqrt(v_hat) + self.epsilon)
        ratio = p.norm() / u.norm()
        ratio = torch.where((p.norm() > 0) & (u.norm() > 0), ratio, torch.ones_like(ratio))
        p -= at.learning_rate * ratio * u

    def update_many(self, bucket: Bucket, grads: list[torch.Tensor], at: StepValues) -> None:
        m, v = bucket["momentum"], bucket["velocity"]
        torch._foreach_lerp_(m, grads, 1 - at.momentum)
        torch._foreach_mul_(v, self.beta_2)
        torch._foreach_addcmul_(v, grads, grads, 1 - self.beta_2)
        # u up to a factor, which only matters where the ratio of the norms does not cancel it
        correction = math.sqrt(1 - self.beta_2**at.number)
        divisor = torch._foreach_sqrt(v)
        torch._foreach_add_(divisor, self.epsilon * correction)
        u = torch._foreach_div(m, divisor)
        factor = correction / (1 - at.momentum**at.number)
        weight_norms = torch.stack(torch._foreach_norm(bucket.params))
        update_norms = torch.stack(torch._foreach_norm(u))
        usable = (weight_norms > 0) & (update_norms > 0)
        ratios = torch.where(usable, weight_norms / update_norms, factor)
        torch._foreach_mul_(u, list((at.learning_rate * ratios).unbind()))
        torch._foreach_sub_(bucket.params, u)
