"""RMSprop."""

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


class RMSprop(Optimizer):
    """Divides each gradient by the root of its recent mean square.

    Steps become about equally long for all weights, whatever the scale of their gradients.
    The rule::

        v <- rho * v + (1 - rho) * g^2
        a <- rho * a + (1 - rho) * g                   (centered only)
        s = learning_rate * g / sqrt(v - a^2 + epsilon)
        m <- momentum * m + s;  p <- p - m             (p <- p - s without momentum)

    Epsilon is inside the root, as in Keras (PyTorch adds it outside). The state `velocity` holds
    v + epsilon: the weighted mean of g^2 + epsilon is just that, so that epsilon costs no pass over
    memory of its own. A variance v - a^2 that rounding makes negative counts as 0 (in Keras it can
    become NaN).

    Args:
        learning_rate: a number, schedule or function.
        rho: share of the mean square kept per step, in [0, 1).
        momentum: share of the velocity kept per step, in [0, 1]; 0 keeps none.
        epsilon: keeps the root away from 0.
        centered: whether to divide by the standard deviation instead of the mean square.
        options: the arguments of every optimizer, see `Optimizer`.

    Raises:
        ArgumentError: an argument is out of range.

    Example:
        >>> p = torch.nn.Parameter(torch.tensor([1.0, 1.0]))
        >>> optimizer = RMSprop(0.01)
        >>> optimizer.build([p])
        >>> p.grad = torch.tensor([0.001, 1000.0])
        >>> optimizer.step()
        >>> [round(x, 3) for x in p.tolist()]
        [0.978, 0.968]

    References:
        Hinton, Tieleman (2012), https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf
    """

    momentum_argument = "momentum"

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **options: Unpack[Options],
    ) -> None:
        where = type(self).__name__
        self.rho = check_number(where, "rho", rho, "[0, 1)")
        self.momentum = check_number(where, "momentum", momentum, "[0, 1]")
        self.epsilon = check_number(where, "epsilon", epsilon, "[0, inf)")
        self.centered = centered
        super().__init__(learning_rate, **options)

    def new_state(self, p: torch.Tensor, kind: str) -> dict[str, torch.Tensor]:
        state = {"velocity": torch.full_like(p, self.epsilon)}
        if self.momentum:
            state["momentum"] = torch.zeros_like(p)
        if self.centered:
            state["average_gradient"] = torch.zeros_like(p)
        return state

    def update_one(
        self, p: torch.Tensor, g: torch.Tensor, state: dict[str, torch.Tensor], at: StepValues
    ) -> None:
        v = state["velocity"]
        v.copy_(self.rho * v + (1 - self.rho) * (g**2 + self.epsilon))
        square = v
        if self.centered:
            a = state["average_gradient"]
            a.copy_(self.rho * a + (1 - self.rho) * g)
            square = (v - a**2).clamp(min=self.epsilon)
        s = at.learning_rate * g / torch.sqrt(square)
        if self.momentum:
            m = state["momentum"]
            m.copy_(at.momentum * m + s)
            s = m
        p -= s

    def native_rule(self, at: StepValues) -> NativeRule:
        name, slots = "rmsprop", ["velocity"]
        if self.centered:
            name, slots = f"{name}_centered", [*slots, "average_gradient"]
        if self.momentum:
            name, slots = f"{name}_momentum", [*slots, "momentum"]
        numbers = (at.learning_rate, at.momentum, self.rho, 1 - self.rho, self.epsilon)
        return NativeRule(name, tuple(slots), numbers)

    def update_many(self, bucket: Bucket, grads: list[torch.Tensor], at: StepValues) -> None:
        v = bucket["velocity"]
        bucket.pull("velocity", self.epsilon, 1 - self.rho)
        torch._foreach_addcmul_(v, grads, grads, 1 - self.rho)
        if self.centered:
            a = bucket["average_gradient"]
            torch._foreach_lerp_(a, grads, 1 - self.rho)
            root = torch._foreach_addcmul(v, a, a, -1)
            torch._foreach_clamp_min_(root, self.epsilon)
            torch._foreach_sqrt_(root)
        else:
            root = torch._foreach_sqrt(v)
        if self.momentum:
            m = bucket["momentum"]
            torch._foreach_mul_(m, at.momentum)
            torch._foreach_addcdiv_(m, grads, root, at.learning_rate)
            torch._foreach_sub_(bucket.params, m)
        else:
            torch._foreach_addcdiv_(bucket.params, grads, root, -at.learning_rate)
