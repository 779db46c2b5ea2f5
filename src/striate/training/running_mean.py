"""A mean that grows on the device: one operation per step, no wait for the device."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch


class RunningMean:
    """The mean of scalars, each counted as many times as its batch has samples.

    Formula: sum(n_i v_i) / sum(n_i), the way Keras averages a loss over an epoch. The sum is kept
    in float64 where the device has it, so that long epochs do not lose digits.

    Example:
        >>> mean = RunningMean()
        >>> mean.add(torch.tensor(1.0), 3)
        >>> mean.add(torch.tensor(5.0), 1)
        >>> float(mean.result())
        2.0
    """

    __slots__ = ("_count", "_total")

    def __init__(self) -> None:
        self._total: torch.Tensor | None = None
        self._count = 0

    def add(self, value: torch.Tensor, count: int) -> None:
        """Adds a scalar that stands for `count` samples; call it under `torch.no_grad()`."""
        if self._total is None:
            dtype = torch.float32 if value.device.type == "mps" else torch.float64
            self._total = torch.zeros((), dtype=dtype, device=value.device)
        self._total.add_(value, alpha=count)
        self._count += count

    def result(self) -> torch.Tensor | float:
        """The mean so far, still on the device; 0 before the first value."""
        if self._total is None or self._count == 0:
            return 0.0
        return self._total / self._count

    def reset(self) -> None:
        """Forgets everything."""
        self._total = None
        self._count = 0

    def state_dict(self) -> dict[str, Any]:
        """The sum and the count."""
        return {"total": self._total, "count": self._count}

    def load_state_dict(self, state: Mapping[str, Any], device: torch.device) -> None:
        """Takes back a state, onto the device that computes."""
        total = state["total"]
        self._total = None if total is None else total.to(device)
        self._count = int(state["count"])
