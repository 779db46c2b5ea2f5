"""Analysed: what a model says about itself before it runs; each method is one call downwards."""

from __future__ import annotations

from typing import Any

import torch

from striate import analysis
from striate.models.training import Trainable
from striate.training.optimizers import Optimizer


class Analysed(Trainable):
    """The part of a model that answers questions about cost, memory and sight."""

    def memory(
        self,
        batch_size: int = 32,
        precision: str = "float32",
        optimizer: str | None = None,
        training: bool = True,
        *,
        plan: bool = True,
    ) -> analysis.Memory:
        """What it needs in memory; see `striate.analysis.memory`.

        Args:
            batch_size: samples per step.
            precision: as in `fit`; with "auto" the plan says which products are bfloat16 here.
            optimizer: a name; by default that of `compile`, with its settings, or "adam".
            training: whether the peak asked for is that of training.
            plan: as in `fit`.

        Example:
            >>> import striate as st
            >>> model = st.Sequential([st.layers.Dense(10, input_shape=(784,))])
            >>> model.memory(batch_size=64).weights_bytes
            31400
        """
        own = self.optimizer if optimizer is None else None
        known = isinstance(own, Optimizer) and type(own).__name__.lower() in analysis.OPTIMIZERS
        name = type(own).__name__ if known else optimizer or "adam"
        return analysis.memory(
            self.graph,
            batch_size,
            self._low_products() if precision == "auto" else precision,
            name,
            training,
            plan=plan,
            optimizer_bytes=None if own is None else self._optimizer_bytes(own),
        )

    def _low_products(self) -> tuple[str, ...]:
        """The layers whose products the plan computes in bfloat16 on this machine."""
        operations = self.plan(training=True, precision="auto").operations
        return tuple(self.graph[o.node].layer for o in operations if o.precision == "bfloat16")

    def _optimizer_bytes(self, optimizer: Any) -> int | None:
        """What a compiled optimizer keeps, by asking it for its state of tensors without data."""
        if not isinstance(optimizer, Optimizer):
            return None
        total = 0
        for name, weight in self.named_parameters():
            if weight.requires_grad:
                empty = torch.empty_like(weight, device="meta")
                state = optimizer._new_state(empty, optimizer.kind_of(name, weight))
                total += sum(slot.numel() * slot.element_size() for slot in state.values())
        return total
