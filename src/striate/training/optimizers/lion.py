"""Lion."""

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


class Lion(Optimizer):
    """Steps by the learning rate up or down, whichever sign a blend of gradients has.

    Half of Adam's state. Steps do not shrink with the gradients, so a rate 3 to 10 times below
    Adam's, with a weight decay as many times above, is the usual start. The rule::

        p <- p - learning_rate * sign(beta_1 * m + (1 - beta_1) * g)
        m <- beta_2 * m + (1 - beta_2) * g

    Args:
        learning_rate: a number, schedule or function.
        beta_1: share of the mean in the blend, in (0, 1].
        beta_2: share of the mean kept per step, in [0, 1].
        options: the arguments of every optimizer, see `Optimizer`.

    Raises:
        ArgumentError: an argument is out of range.

    Example:
        >>> p = torch.nn.Parameter(torch.tensor([1.0, 1.0]))
        >>> optimizer = Lion(0.1)
        >>> optimizer.build([p])
        >>> p.grad = torch.tensor([0.003, -70.0])
        >>> optimizer.step()
        >>> [round(x, 4) for x in p.tolist()]
        [0.9, 1.1]

    References:
        Chen et al. (2023), https://arxiv.org/abs/2302.06675
    """

    momentum_argument = "beta_1"

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        **options: Unpack[Options],
    ) -> None:
        where = type(self).__name__
        self.beta_1 = check_number(where, "beta_1", beta_1, "(0, 1]")
        self.beta_2 = check_number(where, "beta_2", beta_2, "[0, 1]")
        super().__init__(learning_rate, **options)

    def new_state(self, p: torch.Tensor, kind: str) -> dict[str, torch.Tensor]:
        return {"momentum": torch.zeros_like(p)}

    def update_one(
        self, p: torch.Tensor, g: torch.Tensor, state: dict[str, torch.Tensor], at: StepValues
    ) -> None:
        m = state["momentum"]
        p -= at.learning_rate * torch.sign(at.momentum * m + (1 - at.momentum) * g)
        m.copy_(self.beta_2 * m + (1 - self.beta_2) * g)

    def native_rule(self, at: StepValues) -> NativeRule:
        numbers = (at.learning_rate, 1 - at.momentum, 1 - self.beta_2)
        return NativeRule("lion", ("momentum",), numbers)

    def update_many(self, bucket: Bucket, grads: list[torch.Tensor], at: StepValues) -> None:
        m = bucket["momentum"]
        blend = torch._foreach_lerp(m, grads, 1 - at.momentum)
        torch._foreach_sign_(blend)
        torch._foreach_add_(bucket.params, blend, alpha=-at.learning_rate)
        torch._foreach_lerp_(m, grads, 1 - self.beta_2)
