"""Analysed: what a model says about itself before it runs; each method is one call downwards."""

from __future__ import annotations

from typing import Any

import torch

from striate import analysis
from striate.models import capacity
from striate.models.profiling import Profile, profile
from striate.models.sight import EffectiveField, effective_receptive_field
from striate.models.training import Trainable
from striate.ops.device import device as choose_device
from striate.plan.build import check_precision
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

    def largest_batch(
        self,
        training: bool = True,
        *,
        device: str | torch.device = "auto",
        precision: str = "auto",
        recompute: bool = False,
        trial: bool = False,
    ) -> int:
        """The largest batch that fits into the memory that is free now; 0 if none does.

        From the graph: what `memory` says, against 90 % of the memory of the card, or of what the
        container may still take. The data themselves are not counted.

        Args:
            training: a training step, with the optimizer of `compile`, or inference.
            device: as in `fit`.
            precision: as in `fit`.
            recompute: as in `fit`.
            trial: also runs steps on zeros, and lowers the number if they take more: on a card
                of that size, on the CPU of an eighth of it. The model is left as it was.

        Raises:
            NotBuiltError: the input shape is not known yet.
            ArgumentError: an open height or width, an unknown precision or device.

        Example:
            >>> import striate as st
            >>> model = st.Sequential([st.layers.Conv2D(8, 3, input_shape=(32, 32, 3))])
            >>> 0 < model.largest_batch(device="cpu") < model.largest_batch(False, device="cpu")
            True
        """
        place = choose_device(device)
        check_precision(precision, "largest_batch")
        found = capacity.largest_batch(self, place, precision, training, recompute)
        if trial:
            return capacity.Trial(self, place, precision, training, recompute).largest(found)
        return found

    def cost(self) -> analysis.Cost:
        """Multiplications, operations and parameters by layer; see `striate.analysis.cost`."""
        return analysis.cost(self.graph)

    def explain_shape(self, layer: str) -> analysis.ShapeExplanation:
        """How a layer's output shape comes about; see `striate.analysis.explain_shape`."""
        return analysis.explain_shape(self.graph, layer)

    def receptive_field(self, layer: str | None = None, *unit: int) -> Any:
        """What units see of the input; see `striate.analysis.receptive_field`.

        Args:
            layer: its name; None for a table of all layers.
            unit: row and column of one unit, whose box of the input is then returned.
        """
        fields = analysis.receptive_field(self.graph)
        if layer is None:
            return fields
        return fields.box(layer, *unit) if unit else fields[layer]

    def effective_receptive_field(
        self, layer: str, *unit: int, samples: int = 16
    ) -> EffectiveField:
        """How much each pixel counts for a unit, from gradients; see `models.sight`.

        Args:
            layer: its name.
            unit: row and column; by default the unit in the middle.
            samples: random images whose gradients are averaged.
        """
        return effective_receptive_field(self, layer, unit, samples)

    def profile(self, batch_size: int = 32) -> Profile:
        """How long each step of inference takes here, predicted and measured; see `models.profile`.

        Args:
            batch_size: samples at once.
        """
        return profile(self, batch_size)

    def advice(self, object_px: int | None = None) -> analysis.Advice:
        """What may be wrong or wasteful; see `striate.analysis.advice`.

        Args:
            object_px: height or width of what is to be seen, in pixels of the input.
        """
        return analysis.advice(self.graph, object_px, self._expected())

    def _expected(self) -> dict[str, tuple[str, bool]]:
        """By output layer, the name of its loss and whether it takes logits."""
        if self._compiled is None:
            return {}
        names = self.output_names
        ends = [self.graph[port.node].layer for port in self.graph.outputs]
        found = zip(ends, self._compiled.losses_of(names), strict=True)
        return {
            layer: (type(loss).__name__, bool(loss.from_logits))
            for layer, loss in found
            if hasattr(loss, "from_logits")
        }

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
