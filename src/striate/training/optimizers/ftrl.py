"""FTRL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from striate.training.optimizers.buckets import Bucket, StepValues
from striate.training.optimizers.checks import check_number
from striate.training.optimizers.optimizer import Optimizer
from striate.training.optimizers.options import Options
from striate.training.optimizers.rate import LearningRate

if TYPE_CHECKING:
    from typing import Unpack


class Ftrl(Optimizer):
    """Follows the regularised leader: weights are a function of the sum of all gradients.

    Made for wide sparse linear models, where l1 keeps most weights at exactly 0. The rule::

        n' = n + g^2;  sigma = (n'^-power - n^-power) / learning_rate
        z <- z + g + 2 * shrinkage * p - sigma * p
        p <- (clip(z, -l1, l1) - z) / (n'^-power / learning_rate + 2 * l2 + beta / learning_rate)
        n <- n'

    A step at rate 0 changes nothing (the formula divides by the rate; Keras's weights become NaN).

    Args:
        learning_rate: a number, schedule or function.
        learning_rate_power: how the rate falls as squares add up; not above 0. 0: not at all.
        initial_accumulator_value: of n.
        l1_regularization_strength: l1.
        l2_regularization_strength: l2.
        l2_shrinkage_regularization_strength: shrinkage, a penalty on the size of the weights.
        beta: added to the root of n in the paper.
        options: the arguments of every optimizer, see `Optimizer`.

    Raises:
        ArgumentError: an argument is out of range.

    Example:
        >>> p = torch.nn.Parameter(torch.tensor([0.0, 0.0]))
        >>> optimizer = Ftrl(0.1, l1_regularization_strength=0.5)
        >>> optimizer.build([p])
        >>> p.grad = torch.tensor([0.4, -2.0])
        >>> optimizer.step()
        >>> [round(x, 4) for x in p.tolist()]
        [0.0, 0.0741]

    References:
        McMahan et al. (2013), https://research.google.com/pubs/archive/41159.pdf
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
        **options: Unpack[Options],
    ) -> None:
        where = type(self).__name__
        self.learning_rate_power = check_number(
            where, "learning_rate_power", learning_rate_power, "(-inf, 0]"
        )
        self.initial_accumulator_value = check_number(
            where, "initial_accumulator_value", initial_accumulator_value, "[0, inf)"
        )
        self.l1_regularization_strength = check_number(
            where, "l1_regularization_strength", l1_regularization_strength, "[0, inf)"
        )
        self.l2_regularization_strength = check_number(
            where, "l2_regularization_strength", l2_regularization_strength, "[0, inf)"
        )
        self.l2_shrinkage_regularization_strength = check_number(
            where,
            "l2_shrinkage_regularization_strength",
            l2_shrinkage_regularization_strength,
            "[0, inf)",
        )
        self.beta = check_number(where, "beta", beta, "[0, inf)")
        super().__init__(learning_rate, **options)

    def new_state(self, p: torch.Tensor, kind: str) -> dict[str, torch.Tensor]:
        return {
            "accumulator": torch.full_like(p, self.initial_accumulator_value),
            "linear": torch.zeros_like(p),
        }

    def update_one(
        self, p: torch.Tensor, g: torch.Tensor, state: dict[str, torch.Tensor], at: StepValues
    ) -> None:
        if at.learning_rate == 0.0:
            return
        n, z, rate = state["accumulator"], state["linear"], at.learning_rate
        l1, power = self.l1_regularization_strength, -self.learning_rate_power
        new = n + g**2
        sigma = (new**power - n**power) / rate
        z += g + 2 * self.l2_shrinkage_regularization_strength * p - sigma * p
        l2 = 2 * self.l2_regularization_strength + self.beta / rate
        p.copy_((z.clamp(-l1, l1) - z) / (new**power / rate + l2))
        n.copy_(new)

    def update_many(self, bucket: Bucket, grads: list[torch.Tensor], at: StepValues) -> None:
        if at.learning_rate == 0.0:
            return
        n, z, params, rate = (
            bucket["accumulator"],
            bucket["linear"],
            bucket.params,
            at.learning_rate,
        )
        l1, power = self.l1_regularization_strength, -self.learning_rate_power
        before = torch._foreach_pow(n, power)
        torch._foreach_addcmul_(n, grads, grads)
        divisor = torch._foreach_pow(n, power)
        torch._foreach_sub_(before, divisor)  # -sigma * rate
        torch._foreach_add_(z, grads)
        torch._foreach_addcmul_(z, before, params, 1 / rate)
        if self.l2_shrinkage_regularization_strength:
            torch._foreach_add_(z, params, alpha=2 * self.l2_shrinkage_regularization_strength)
        torch._foreach_div_(divisor, rate)
        torch._foreach_add_(divisor, 2 * self.l2_regularization_strength + self.beta / rate)
        if l1:
            clipped = torch._foreach_clamp_min(z, -l1)
            torch._foreach_clamp_max_(clipped, l1)
            torch._foreach_sub_(clipped, z)
        else:
            clipped = torch._foreach_neg(z)
        torch._foreach_div_(clipped, divisor)
        torch._foreach_copy_(params, clipped)
