"""Parameters that one call updates together, and what such a call needs to know.

A step over many small tensors is mostly overhead if each is updated by itself. So the parameters
are sorted into buckets once, when the optimizer is built, and a step does each operation for a
whole bucket in one `torch._foreach_*` call.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import Any, NamedTuple

import torch

from striate.kernels.optimizer_step import OptimizerStep


class StepValues(NamedTuple):
    """The numbers of one update; plain Python numbers, computed on the host.

    Args:
        learning_rate: of the bucket, its group's multiplier included.
        number: of the update, from 1; with accumulated gradients, updates are counted, not calls.
        momentum: the optimizer's momentum or beta_1, or what the schedule puts in its place.
    """

    learning_rate: float
    number: int
    momentum: float


@dataclasses.dataclass(eq=False)
class Bucket:
    """Parameters of one group, device, dtype and treatment, with their state.

    Args:
        group: the entry of `param_groups` that they belong to.
        kind: the treatment, where an algorithm has more than one (Muon, Adafactor), or "".
        params: the parameters.
        names: their names, "" where unknown.
        decays: whether weight decay applies, one per parameter.
        states: the optimizer's `state[p]`, one per parameter.
    """

    group: dict[str, Any]
    kind: str
    params: list[torch.Tensor]
    names: list[str]
    decays: list[bool]
    states: list[dict[str, torch.Tensor]]

    def __post_init__(self) -> None:
        self.device = self.params[0].device
        self.dtype = self.params[0].dtype
        self._slots: dict[str, list[torch.Tensor]] = {}
        self._constants: dict[float, list[torch.Tensor]] = {}
        self._parts: dict[tuple[int, ...], Bucket] = {}
        self.native: OptimizerStep | None = None  # made at the first step that it fits

    @property
    def moved(self) -> bool:
        """Whether its parameters have gone to another device or dtype since it was made."""
        return self.params[0].device != self.device or self.params[0].dtype != self.dtype

    def __getitem__(self, slot: str) -> list[torch.Tensor]:
        """One kind of state of all parameters, for example `bucket["momentum"]`."""
        if slot not in self._slots:
            self._slots[slot] = [state[slot] for state in self.states]
        return self._slots[slot]

    def part(self, indices: tuple[int, ...]) -> Bucket:
        """The bucket of some of the parameters, for a step in which others have no gradient."""
        if indices not in self._parts:
            if len(self._parts) >= 16:  # a pattern that changes all the time is not worth keeping
                self._parts.clear()
            self._parts[indices] = Bucket(
                self.group,
                self.kind,
                [self.params[i] for i in indices],
                [self.names[i] for i in indices],
                [self.decays[i] for i in indices],
                [self.states[i] for i in indices],
            )
        return self._parts[indices]

    def pull(self, slot: str, value: float, weight: float) -> None:
        """state <- (1 - weight) * state + weight * value, in one pass over memory on a CPU."""
        if self.device.type == "cpu":
            if value not in self._constants:
                number = torch.full((), value, dtype=self.dtype)
                self._constants[value] = [number] * len(self.params)
            torch._foreach_lerp_(self[slot], self._constants[value], weight)
        else:  # where lists of numbers leave the fast path, two fast passes are better
            torch._foreach_mul_(self[slot], 1 - weight)
            torch._foreach_add_(self[slot], value * weight)

    @functools.cached_property
    def endless(self) -> list[torch.Tensor]:
        """The step number infinity once per parameter, as torch's fused kernels take it."""
        return [torch.full((), math.inf, device=self.device)] * len(self.params)

    @functools.cached_property
    def decayed(self) -> list[torch.Tensor]:
        """The parameters that weight decay applies to."""
        return [p for p, decays in zip(self.params, self.decays, strict=True) if decays]

    @functools.cached_property
    def same_shapes(self) -> list[list[int]]:
        """The indices of the parameters, those of one shape together."""
        found: dict[torch.Size, list[int]] = {}
        for index, p in enumerate(self.params):
            found.setdefault(p.shape, []).append(index)
        return list(found.values())

    @functools.cached_property
    def root_sizes(self) -> torch.Tensor:
        """The roots of the numbers of elements: norm / root = root mean square."""
        sizes = [math.sqrt(p.numel()) for p in self.params]
        return torch.tensor(sizes, dtype=self.dtype).to(self.device, non_blocking=True)

    @functools.cached_property
    def _flat(self) -> bool:
        known = self.device.type in ("cpu", "cuda")
        wide = self.dtype in (torch.float32, torch.float64)
        return known and wide and all(is_flat(p) for p in self.params)

    @functools.cached_property
    def _native(self) -> bool:
        plain = all(type(p) in (torch.Tensor, torch.nn.Parameter) for p in self.params)
        return plain and self.device.type == "cpu" and self.dtype == torch.float32 and self._flat

    def fits_native(self, grads: list[torch.Tensor]) -> bool:
        """Whether our own kernel may update the bucket: float32 on the CPU, without gaps."""
        if not self._native:
            return False
        return all(
            g.dtype is torch.float32 and same_order(p, g) and not g.is_neg()
            for p, g in zip(self.params, grads, strict=True)
        )

    def fits_fused(self, grads: list[torch.Tensor]) -> bool:
        """Whether torch's fused kernels may update the bucket.

        The CPU ones walk through memory without looking at strides, so each parameter must fill
        its memory without gaps, and its gradient must lie in the same order. (State does: it is
        made like the parameter.)
        """
        if not self._flat:
            return False
        return all(
            same_order(p, g) and same_order(p, s)
            for p, g, s in zip(self.params, grads, self[next(iter(self.states[0]))], strict=True)
        )


def is_flat(tensor: torch.Tensor) -> bool:
    """Whether a tensor's elements fill one stretch of memory, in any order of the dimensions."""
    expected = 1
    for stride, size in sorted(zip(tensor.stride(), tensor.shape, strict=True)):
        if size == 1:
            continue
        if stride != expected:
            return False
        expected *= size
    return tensor.numel() > 0


def same_order(tensor: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether two tensors of one shape lie in memory in the same order.

    The stride of a dimension of one element means nothing.
    """
    strides, others = tensor.stride(), other.stride()
    if strides == others:
        return True
    sizes = zip(tensor.shape, strides, others, strict=True)
    return all(a == b or size == 1 for size, a, b in sizes)


def like(parameter: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """A copy of a state tensor on the parameter's device, in its dtype and memory order.

    Memory order matters for speed, and for exact resume: the same operation may round differently
    on tensors whose orders differ.
    """
    if value.shape == parameter.shape:
        return torch.empty_like(parameter, requires_grad=False).copy_(value)
    dtype = parameter.dtype if value.is_floating_point() else value.dtype
    return value.detach().to(parameter.device, dtype, copy=True)
