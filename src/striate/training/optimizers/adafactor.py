"""Adafactor."""

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


class Adafactor(Optimizer):
    """Divides gradients by a root mean square kept as one number per row and one per column.

    Nearly no state: a (1152, 128) kernel keeps 1,280 numbers where Adam keeps 294,912. Steps are
    as long as the weights are large, and get shorter as 1 / sqrt(t) at the latest. The rule::

        rho = min(learning_rate, 1 / sqrt(t));  alpha = rho * max(epsilon_2, rms(p))
        b = 1 - t^beta_2_decay;  s = g^2 + epsilon_1        t: number of the update
        r <- b * r + (1 - b) * mean of s over its last axis
        c <- b * c + (1 - b) * mean of s over its last axis but one
        v = r / mean(r) * c                  (vectors: v <- b * v + (1 - b) * s)
        u = g / sqrt(v)
        p <- p - alpha * u / max(1, rms(u) / clip_threshold)

    The last two axes are those of Keras's kernels: inputs and outputs. Keras also keeps v of
    kernels as a variable; here it is only passed through.

    Args:
        learning_rate: a number, schedule or function.
        beta_2_decay: how fast the share b of the old mean nears 1; not above 0.
        epsilon_1: added to squares.
        epsilon_2: least size of weights that steps are in proportion to.
        clip_threshold: root mean square of u above which a step is shortened.
        relative_step: kept for Keras's sake; rho is the minimum above in either case.
        options: the arguments of every optimizer, see `Optimizer`.

    Raises:
        ArgumentError: an argument is out of range.

    Example:
        >>> p = torch.nn.Parameter(torch.full((3, 2), 2.0))
        >>> optimizer = Adafactor(0.1)
        >>> optimizer.build([p])
        >>> p.grad = torch.ones(3, 2)
        >>> optimizer.step()
        >>> round(p[0, 0].item(), 4), sorted(optimizer.state[p])
        (1.8, ['column', 'row'])

    References:
        Shazeer, Stern (2018), https://arxiv.org/abs/1804.04235
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_2_decay: float = -0.8,
        epsilon_1: float = 1e-30,
        epsilon_2: float = 1e-3,
        clip_threshold: float = 1.0,
        relative_step: bool = True,
        **options: Unpack[Options],
    ) -> None:
        where = type(self).__name__
        self.beta_2_decay = check_number(where, "beta_2_decay", beta_2_decay, "(-inf, 0]")
        self.epsilon_1 = check_number(where, "epsilon_1", epsilon_1, "[0, inf)")
        self.epsilon_2 = check_number(where, "epsilon_2", epsilon_2, "[0, inf)")
        self.clip_threshold = check_number(where, "clip_threshold", clip_threshold, "(0, inf)")
        self.relative_step = relative_step
        super().__init__(learning_rate, **options)

    def kind_of(self, name: str, p: torch.Tensor) -> str:
        return "factored" if p.ndim >= 2 else "full"

    def new_state(self, p: torch.Tensor, kind: str) -> dict[str, torch.Tensor]:
        if kind == "full":
            return {"velocity": torch.zeros_like(p)}
        rows, columns = p.shape[:-1], (*p.shape[:-2], p.shape[-1])
        return {"row": p.new_zeros(rows), "column": p.new_zeros(columns)}

    def update_one(
        self, p: torch.Tensor, g: torch.Tensor, state: dict[str, torch.Tensor], at: StepValues
    ) -> None:
        share = 1 - at.number**self.beta_2_decay
        square = g**2 + self.epsilon_1
        if "row" in state:
            r, c = state["row"], state["column"]
            r.copy_(share * r + (1 - share) * square.mean(-1))
            c.copy_(share * c + (1 - share) * square.mean(-2))
            v = (r / r.mean(-1, keepdim=True)).unsqueeze(-1) * c.unsqueeze(-2)
        else:
            v = state["velocity"]
            v.copy_(share * v + (1 - share) * square)
        u = g / torch.sqrt(v)
        alpha = self._longest(at) * _rms(p).clamp(min=self.epsilon_2)
        p -= alpha * u / (_rms(u) / self.clip_threshold).clamp(min=1.0)

    def _longest(self, at: StepValues) -> float:
        return min(at.learning_rate, 1 / math.sqrt(at.number))

    def update_many(self, bucket: Bucket, grads: list[torch.Tensor], at: StepValues) -> None:
        weight = at.number**self.beta_2_decay
        square = torch._foreach_mul(grads, grads)
        torch._foreach_add_(square, self.epsilon_1)
        if bucket.kind == "factored":
            r, c = bucket["row"], bucket["column"]
            torch._foreach_lerp_(r, [s.mean(-1) for s in square], weight)
            torch._foreach_lerp_(c, [s.mean(-2) for s in square], weight)
            u = torch._foreach_mul(grads, [x.rsqrt().unsqueeze(-2) for x in c])
            scaled = [(x / x.mean(-1, keepdim=True)).rsqrt().unsqueeze(-1) for x in r]
            torch._foreach_mul_(u, scaled)
        else:
            torch._foreach_lerp_(bucket["velocity"], square, weight)
            u = torch._foreach_div(grads, torch._foreach_sqrt(bucket["velocity"]))
        roots = bucket.root_sizes
        of_weights = torch.stack(torch._foreach_norm(bucket.params)) / roots
        of_steps = torch.stack(torch._foreach_norm(u)) / roots
        alpha = self._longest(at) * of_weights.clamp(min=self.epsilon_2)
        factors = alpha / (of_steps / self.clip_threshold).clamp(min=1.0)
        torch._foreach_mul_(u, list(factors.unbind()))
        torch._foreach_sub_(bucket.params, u)


def _rms(x: torch.Tensor) -> torch.Tensor:
    return torch.sqrt(torch.mean(x**2))
