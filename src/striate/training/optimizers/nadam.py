"""Nadam."""

from __future__ import annotations

import math
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


class Nadam(Optimizer):
    """Adam with Nesterov's look ahead, and a momentum that grows at the start.

    With t the number of the update and P(t) the product of all u up to t::

        u(t) = beta_1 * (1 - 0.96^t / 2)
        m <- m + (1 - beta_1) * (g - m)
        v <- v + (1 - beta_2) * (g^2 - v)
        m_hat = u(t + 1) * m / (1 - P(t + 1)) + (1 - u(t)) * g / (1 - P(t))
        p <- p - learning_rate * m_hat / (sqrt(v / (1 - beta_2^t)) + epsilon)

    Args:
        learning_rate: a number, schedule or function.
        beta_1: share of the mean kept per step, in [0, 1).
        beta_2: share of the mean square kept per step, in [0, 1).
        epsilon: keeps the divisor away from 0.
        options: the arguments of every optimizer, see `Optimizer`.

    Raises:
        ArgumentError: an argument is out of range.

    Example:
        >>> p = torch.nn.Parameter(torch.tensor([1.0]))
        >>> optimizer = Nadam(0.01)
        >>> optimizer.build([p])
        >>> p.grad = torch.tensor([5.0])
        >>> optimizer.step()
        >>> round(p.item(), 4)
        0.9894

    References:
        Dozat (2016), https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ
    """

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
        self.scalars["momentum_product"] = 1.0

    def new_state(self, p: torch.Tensor, kind: str) -> dict[str, torch.Tensor]:
        return {"momentum": torch.zeros_like(p), "velocity": torch.zeros_like(p)}

    def before_update(self, number: int) -> None:
        self.scalars["momentum_product"] *= self._momentum(number)

    def _momentum(self, number: int) -> float:
        return self.beta_1 * (1 - 0.5 * 0.96**number)

    def _shares(self, number: int) -> tuple[float, float]:
        """What m and g are multiplied by in m_hat."""
        product, following = self.scalars["momentum_product"], self._momentum(number + 1)
        now = (1 - self._momentum(number)) / (1 - product)
        return following / (1 - product * following), now

    def update_one(
        self, p: torch.Tensor, g: torch.Tensor, state: dict[str, torch.Tensor], at: StepValues
    ) -> None:
        m, v = state["momentum"], state["velocity"]
        m += (1 - self.beta_1) * (g - m)
        v += (1 - self.beta_2) * (g**2 - v)
        of_m, of_g = self._shares(at.number)
        v_hat = v / (1 - self.beta_2**at.number)
        p -= at.learning_rate * (of_m * m + of_g * g) / (torch.sqrt(v_hat) + self.epsilon)

    def native_rule(self, at: StepValues) -> NativeRule:
        # sqrt(v / c) + epsilon = (sqrt(v) + epsilon * sqrt(c)) / sqrt(c)
        correction = math.sqrt(1 - self.beta_2**at.number)
        rate, epsilon = at.learning_rate * correction, self.epsilon * correction
        numbers = (rate, 1 - self.beta_1, 1 - self.beta_2, epsilon, *self._shares(at.number))
        return NativeRule("nadam", ("momentum", "velocity"), numbers)

    def update_many(self, bucket: Bucket, grads: list[torch.Tensor], at: StepValues) -> None:
        m, v = bucket["momentum"], bucket["velocity"]
        torch._foreach_lerp_(m, grads, 1 - self.beta_1)
        torch._foreach_mul_(v, self.beta_2)
        torch._foreach_addcmul_(v, grads, grads, 1 - self.beta_2)
        of_m, of_g = self._shares(at.number)
        # sqrt(v / c) + epsilon = (sqrt(v) + epsilon * sqrt(c)) / sqrt(c), which saves a pass
        correction = math.sqrt(1 - self.beta_2**at.number)
        divisor = torch._foreach_sqrt(v)
        torch._foreach_add_(divisor, self.epsilon * correction)
        rate = -at.learning_rate * correction
        torch._foreach_addcdiv_(bucket.params, m, divisor, rate * of_m)
        torch._foreach_addcdiv_(bucket.params, grads, divisor, rate * of_g)
