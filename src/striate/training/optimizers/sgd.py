"""Stochastic gradient descent, with momentum."""

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


class SGD(Optimizer):
    """Steps against the gradient, or along a velocity that gradients push.

    The plainest rule, and with momentum 0.9 and a falling rate still the one that trains many image
    networks best. The rule::

        without momentum:  p <- p - learning_rate * g
        with momentum:     m <- momentum * m - learning_rate * g;  p <- p + m
        with nesterov:     the same m;  p <- p + momentum * m - learning_rate * g

    As in Keras, m holds rates already applied; PyTorch's holds gradients. The two agree as long as
    the rate is constant.

    Args:
        learning_rate: a number, schedule or function. Keras's default suits plain SGD.
        momentum: share of the velocity kept per step, in [0, 1]; 0 keeps no state.
        nesterov: whether to step from where the velocity leads.
        options: the arguments of every optimizer, see `Optimizer`.

    Raises:
        ArgumentError: an argument is out of range.

    Example:
        >>> p = torch.nn.Parameter(torch.tensor([1.0]))
        >>> optimizer = SGD(0.1, momentum=0.9)
        >>> optimizer.build([p])
        >>> for _ in range(2):
        ...     p.grad = torch.tensor([1.0])
        ...     optimizer.step()
        >>> round(p.item(), 4)
        0.71

    References:
        Sutskever, Martens, Dahl, Hinton (2013), http://proceedings.mlr.press/v28/sutskever13.html
    """

    momentum_argument = "momentum"

    def __init__(
        self,
        learning_rate: LearningRate = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        **options: Unpack[Options],
    ) -> None:
        self.momentum = check_number(type(self).__name__, "momentum", momentum, "[0, 1]")
        self.nesterov = nesterov
        super().__init__(learning_rate, **options)

    def new_state(self, p: torch.Tensor, kind: str) -> dict[str, torch.Tensor]:
        return {"momentum": torch.zeros_like(p)} if self.momentum else {}

    def update_one(
        self, p: torch.Tensor, g: torch.Tensor, state: dict[str, torch.Tensor], at: StepValues
    ) -> None:
        if not self.momentum:
            p -= at.learning_rate * g
            return
        m = state["momentum"]
        m.copy_(at.momentum * m - at.learning_rate * g)
        p += at.momentum * m - at.learning_rate * g if self.nesterov else m

    def native_rule(self, at: StepValues) -> NativeRule:
        if not self.momentum:
            return NativeRule("sgd", (), (at.learning_rate,))
        name = "sgd_nesterov" if self.nesterov else "sgd_momentum"
        return NativeRule(name, ("momentum",), (at.learning_rate, at.momentum))

    def update_many(self, bucket: Bucket, grads: list[torch.Tensor], at: StepValues) -> None:
        # torch's fused SGD is not used: on CPUs it took 2 to 5 times as long as these calls.
        if not self.momentum:
            torch._foreach_add_(bucket.params, grads, alpha=-at.learning_rate)
            return
        m = bucket["momentum"]
        torch._foreach_mul_(m, at.momentum)
        torch._foreach_add_(m, grads, alpha=-at.learning_rate)
        if self.nesterov:
            torch._foreach_add_(bucket.params, grads, alpha=-at.learning_rate)
            torch._foreach_add_(bucket.params, m, alpha=at.momentum)
        else:
            torch._foreach_add_(bucket.params, m)
