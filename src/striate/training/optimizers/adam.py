"""Adam."""

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


class Adam(Optimizer):
    """Steps along the mean gradient, divided by the root of the mean square gradient.

    The usual first choice: it trains most networks without tuning. The rule::

        m <- m + (1 - beta_1) * (g - m)
        v <- v + (1 - beta_2) * (g^2 - v)
        alpha = learning_rate * sqrt(1 - beta_2^t) / (1 - beta_1^t)       t: number of the update
        p <- p - alpha * m / (sqrt(v) + epsilon)

    This epsilon is the paper's "epsilon hat", as in Keras; PyTorch's is sqrt(1 - beta_2^t) times as
    large. With `amsgrad`, v in the last line is the largest v so far.

    Args:
        learning_rate: a number, schedule or function.
        beta_1: share of the mean kept per step, in [0, 1).
        beta_2: share of the mean square kept per step, in [0, 1).
        epsilon: keeps the divisor away from 0.
        amsgrad: whether steps may only shrink where gradients were large once.
        options: the arguments of every optimizer, see `Optimizer`.

    Raises:
        ArgumentError: an argument is out of range.

    Example:
        >>> p = torch.nn.Parameter(torch.tensor([1.0, 1.0]))
        >>> optimizer = Adam(0.01)
        >>> optimizer.build([p])
        >>> p.grad = torch.tensor([0.01, -100.0])
        >>> optimizer.step()
        >>> [round(x, 3) for x in p.tolist()]
        [0.99, 1.01]

    References:
        Kingma, Ba (2014), https://arxiv.org/abs/1412.6980
        Reddi, Kale, Kumar (2018), https://arxiv.org/abs/1904.09237
    """

    momentum_argument = "beta_1"

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **options: Unpack[Options],
    ) -> None:
        where = type(self).__name__
        self.beta_1 = check_number(where, "beta_1", beta_1, "[0, 1)")
        self.beta_2 = check_number(where, "beta_2", beta_2, "[0, 1)")
        self.epsilon = check_number(where, "epsilon", epsilon, "[0, inf)")
        self.amsgrad = amsgrad
        super().__init__(learning_rate, **options)

    def new_state(self, p: torch.Tensor, kind: str) -> dict[str, torch.Tensor]:
        state = {"momentum": torch.zeros_like(p), "velocity": torch.zeros_like(p)}
        if self.amsgrad:
            state["velocity_hat"] = torch.zeros_like(p)
        return state

    def update_one(
        self, p: torch.Tensor, g: torch.Tensor, state: dict[str, torch.Tensor], at: StepValues
    ) -> None:
        m, v = state["momentum"], state["velocity"]
        m += (1 - at.momentum) * (g - m)
        v += (1 - self.beta_2) * (g**2 - v)
        if self.amsgrad:
            v = state["velocity_hat"].copy_(torch.maximum(state["velocity_hat"], v))
        p -= adam_rate(at, at.momentum, self.beta_2) * m / (torch.sqrt(v) + self.epsilon)

    def native_rule(self, at: StepValues) -> NativeRule:
        slots = ("momentum", "velocity", *(("velocity_hat",) if self.amsgrad else ()))
        rate = adam_rate(at, at.momentum, self.beta_2)
        numbers = (rate, 1 - at.momentum, 1 - self.beta_2, self.epsilon)
        return NativeRule("adam_amsgrad" if self.amsgrad else "adam", slots, numbers)

    def update_many(self, bucket: Bucket, grads: list[torch.Tensor], at: StepValues) -> None:
        adam_many(bucket, grads, at, (at.momentum, self.beta_2, self.epsilon))

    def update_by_torch(self, bucket: Bucket, grads: list[torch.Tensor], at: StepValues) -> None:
        if self.form in ("native", "fused") and bucket.fits_fused(grads):
            self._update_fused(bucket, grads, at)
        else:
            super().update_by_torch(bucket, grads, at)

    def _update_fused(self, bucket: Bucket, grads: list[torch.Tensor], at: StepValues) -> None:
        """The rule and weight decay in one pass over memory, by torch's fused kernel.

        The kernel corrects the bias of m and v by 1 - beta^t. Given t = infinity it leaves them
        alone, and alpha and epsilon can be Keras's.
        """
        alpha = adam_rate(at, at.momentum, self.beta_2)
        decay = (self.decay_of(bucket) or 0.0) if bucket.decayed else 0.0
        if decay and len(bucket.decayed) < len(bucket.params):
            torch._foreach_mul_(bucket.decayed, 1 - decay * at.learning_rate)
            decay = 0.0
        torch._fused_adamw_(
            bucket.params,
            grads,
            bucket["momentum"],
            bucket["velocity"],
            bucket["velocity_hat"] if self.amsgrad else [],
            bucket.endless,
            lr=alpha,
            beta1=at.momentum,
            beta2=self.beta_2,
            weight_decay=decay * at.learning_rate / alpha if alpha else 0.0,
            eps=self.epsilon,
            amsgrad=self.amsgrad,
            maximize=False,
        )
        # The kernel does not count its writes, by which plans know that a weight is another one.
        torch.autograd.graph.increment_version(bucket.params)


def adam_rate(at: StepValues, beta_1: float, beta_2: float) -> float:
    """The learning rate times the factor that corrects the bias of the means towards 0."""
    return at.learning_rate * math.sqrt(1 - beta_2**at.number) / (1 - beta_1**at.number)


def adam_many(
    bucket: Bucket, grads: list[torch.Tensor], at: StepValues, constants: tuple[float, float, float]
) -> None:
    """Adam's rule for a bucket; its constants are beta_1, beta_2 and epsilon."""
    beta_1, beta_2, epsilon = constants
    m, v = bucket["momentum"], bucket["velocity"]
    torch._foreach_lerp_(m, grads, 1 - beta_1)
    torch._foreach_mul_(v, beta_2)
    torch._foreach_addcmul_(v, grads, grads, 1 - beta_2)
    if "velocity_hat" in bucket.states[0]:
        torch._foreach_maximum_(bucket["velocity_hat"], v)
        v = bucket["velocity_hat"]
    divisor = torch._foreach_sqrt(v)
    torch._foreach_add_(divisor, epsilon)
    torch._foreach_addcdiv_(bucket.params, m, divisor, -adam_rate(at, beta_1, beta_2))
