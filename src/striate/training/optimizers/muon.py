"""Muon."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from striate.training.optimizers.adam import adam_many, adam_rate
from striate.training.optimizers.buckets import Bucket, StepValues
from striate.training.optimizers.checks import check_integer, check_number
from striate.training.optimizers.decay import require_name
from striate.training.optimizers.optimizer import Optimizer
from striate.training.optimizers.options import OtherOptions
from striate.training.optimizers.rate import LearningRate

if TYPE_CHECKING:
    from typing import Unpack


class Muon(Optimizer):
    """Steps of matrices along the nearest orthogonal matrix to their momentum; Adam for the rest.

    Every direction in which a matrix can change gets the same say, also those that gradients rarely
    point in. The rule::

        m <- momentum * m + g
        d = g + momentum * m with nesterov, else m
        p <- p - learning_rate * rms_rate * sqrt(max(rows, columns)) * orthogonal(d)

    where the orthogonal matrix comes from `ns_steps` Newton-Schulz steps, from X = d / norm(d)::

        A = X X^T;  X <- a X + (b A + c A A) X

    As in Keras, weights with exactly 2 dimensions are matrices, unless they are embeddings or
    excluded by name; all others follow `Adam` with a decay of their own. Convolution kernels are
    among those others; `flatten_kernels=True` takes them as (H * W * in, out) matrices.

    Args:
        learning_rate: a number, schedule or function.
        adam_beta_1: Adam's beta_1, for what is not a matrix.
        adam_beta_2: Adam's beta_2.
        adam_weight_decay: weight decay of what is not a matrix; None: off.
        epsilon: Adam's.
        weight_decay: of the matrices; None: off. A group's own decay applies to all of the group.
        exclude_layers: regular expressions; a parameter with one in its name follows Adam. The last
            layer should: `exclude_layers=["dense_1"]`. Needs named parameters.
        exclude_embeddings: whether parameters with "embedding" in their name follow Adam.
        muon_a: a of the iteration; these three make small singular values grow fast.
        muon_b: b of the iteration.
        muon_c: c of the iteration.
        adam_lr_ratio: Adam's rate as a multiple of the learning rate.
        momentum: share of the momentum kept per step, in [0, 1).
        ns_steps: number of iterations.
        nesterov: whether to step along the momentum of the next step.
        rms_rate: makes steps as long as Adam's, so that its rates and decays can be kept; None
            leaves the factor and the root away.
        flatten_kernels: whether weights of more than 2 dimensions are matrices, too. Not in Keras.
        options: the arguments of every optimizer, see `Optimizer`.

    Raises:
        ArgumentError: an argument is out of range, or names are needed and missing.

    Example:
        >>> p = torch.nn.Parameter(torch.zeros(2, 2))
        >>> optimizer = Muon(0.1, rms_rate=None, weight_decay=None, ns_steps=10)
        >>> optimizer.build([p])
        >>> p.grad = torch.tensor([[3.0, 0.0], [0.0, 1.0]])
        >>> optimizer.step()
        >>> bool((p.diagonal() < -0.06).all())
        True

    References:
        Jordan et al. (2024), https://kellerjordan.github.io/posts/muon/
        Liu et al. (2025), https://arxiv.org/abs/2502.16982
    """

    momentum_argument = "momentum"

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        adam_beta_1: float = 0.9,
        adam_beta_2: float = 0.999,
        adam_weight_decay: float | None = 0.004,
        epsilon: float = 1e-7,
        weight_decay: float | None = 0.004,
        *,
        exclude_layers: Sequence[str] | None = None,
        exclude_embeddings: bool = True,
        muon_a: float = 3.4445,
        muon_b: float = -4.7750,
        muon_c: float = 2.0315,
        adam_lr_ratio: float = 1.0,
        momentum: float = 0.95,
        ns_steps: int = 5,
        nesterov: bool = True,
        rms_rate: float | None = 0.2,
        flatten_kernels: bool = False,
        **options: Unpack[OtherOptions],
    ) -> None:
        where = type(self).__name__
        self.adam_beta_1 = check_number(where, "adam_beta_1", adam_beta_1, "[0, 1)")
        self.adam_beta_2 = check_number(where, "adam_beta_2", adam_beta_2, "[0, 1)")
        self.adam_weight_decay = _optional("adam_weight_decay", adam_weight_decay)
        self.epsilon = check_number(where, "epsilon", epsilon, "[0, inf)")
        self.exclude_layers = list(exclude_layers or ())
        self.exclude_embeddings = exclude_embeddings
        self.muon_a = check_number(where, "muon_a", muon_a, "(-inf, inf)")
        self.muon_b = check_number(where, "muon_b", muon_b, "(-inf, inf)")
        self.muon_c = check_number(where, "muon_c", muon_c, "(-inf, inf)")
        self.adam_lr_ratio = check_number(where, "adam_lr_ratio", adam_lr_ratio, "[0, inf)")
        self.momentum = check_number(where, "momentum", momentum, "[0, 1)")
        self.ns_steps = check_integer(where, "ns_steps", ns_steps, 0)
        self.nesterov = nesterov
        self.rms_rate = _optional("rms_rate", rms_rate)
        self.flatten_kernels = flatten_kernels
        super().__init__(learning_rate, weight_decay=weight_decay, **options)

    def kind_of(self, name: str, p: torch.Tensor) -> str:
        if p.ndim < 2 or (p.ndim > 2 and not self.flatten_kernels):
            return "adam"
        if self.exclude_embeddings and "embedding" in name.lower():
            return "adam"
        for pattern in self.exclude_layers:
            require_name(type(self).__name__, name, "exclude_layers")
            if re.search(pattern, name) or re.search(pattern, name.replace(".", "/")):
                return "adam"
        return "matrix"

    def new_state(self, p: torch.Tensor, kind: str) -> dict[str, torch.Tensor]:
        state = {"momentum": torch.zeros_like(p)}
        if kind == "adam":
            state["velocity"] = torch.zeros_like(p)
        return state

    def decay_of(self, bucket: Bucket) -> float | None:
        default = self.adam_weight_decay if bucket.kind == "adam" else self.weight_decay
        own: float | None = bucket.group.get("weight_decay", default)
        return own

    def _matrix_rate(self, at: StepValues, p: torch.Tensor) -> float:
        if self.rms_rate is None:
            return at.learning_rate
        rows, columns = p.numel() // p.shape[-1], p.shape[-1]
        return at.learning_rate * self.rms_rate * math.sqrt(max(rows, columns))

    def update_one(
        self, p: torch.Tensor, g: torch.Tensor, state: dict[str, torch.Tensor], at: StepValues
    ) -> None:
        m = state["momentum"]
        if "velocity" in state:
            v, beta_1, beta_2 = state["velocity"], self.adam_beta_1, self.adam_beta_2
            m += (1 - beta_1) * (g - m)
            v += (1 - beta_2) * (g**2 - v)
            alpha = self.adam_lr_ratio * adam_rate(at, beta_1, beta_2)
            p -= alpha * m / (torch.sqrt(v) + self.epsilon)
            return
        m.copy_(at.momentum * m + g)
        direction = g + at.momentum * m if self.nesterov else m
        step = self.orthogonal(direction.flatten(0, -2)).reshape(p.shape)
        p -= self._matrix_rate(at, p) * step

    def orthogonal(self, x: torch.Tensor) -> torch.Tensor:
        """Nearly the orthogonal factor of a matrix's polar decomposition, in its clearest form."""
        if x.shape[-2] > x.shape[-1]:
            return self.orthogonal(x.mT).mT
        x = x / (torch.linalg.matrix_norm(x, keepdim=True) + 1e-7)
        for _ in range(self.ns_steps):
            a = x @ x.mT
            x = self.muon_a * x + (self.muon_b * a + self.muon_c * a @ a) @ x
        return x

    def orthogonal_batch(self, x: torch.Tensor) -> torch.Tensor:
        """The same for matrices of one shape, (number, rows, columns), sums fused into products."""
        if x.shape[-2] > x.shape[-1]:
            return self.orthogonal_batch(x.mT).mT
        x = x / (torch.linalg.matrix_norm(x, keepdim=True) + 1e-7)
        for _ in range(self.ns_steps):
            a = torch.bmm(x, x.mT)
            b = torch.baddbmm(a, a, a, beta=self.muon_b, alpha=self.muon_c)
            x = torch.baddbmm(x, b, x, beta=self.muon_a)
        return x

    def update_many(self, bucket: Bucket, grads: list[torch.Tensor], at: StepValues) -> None:
        if bucket.kind == "adam":
            scaled = at._replace(learning_rate=at.learning_rate * self.adam_lr_ratio)
            adam_many(bucket, grads, scaled, (self.adam_beta_1, self.adam_beta_2, self.epsilon))
            return
        m = bucket["momentum"]
        torch._foreach_mul_(m, at.momentum)
        torch._foreach_add_(m, grads)
        directions = torch._foreach_add(grads, m, alpha=at.momentum) if self.nesterov else m
        for indices in bucket.same_shapes:
            stacked = torch.stack([directions[i].flatten(0, -2) for i in indices])
            params = [bucket.params[i] for i in indices]
            steps = [s.reshape(params[0].shape) for s in self.orthogonal_batch(stacked)]
            torch._foreach_add_(params, steps, alpha=-self._matrix_rate(at, params[0]))


def _optional(name: str, value: float | None) -> float | None:
    return None if value is None else check_number("Muon", name, value, "[0, inf)")
