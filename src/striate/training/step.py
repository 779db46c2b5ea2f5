"""One batch: forward, loss, and in training the update. This is the code that runs most often."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from striate.errors import ArgumentError, DataError, message
from striate.ops.masks import attach, mask_of
from striate.training.ahead import send_to
from striate.training.compiled import Compiled
from striate.training.loss_scaling import loss_scaling
from striate.training.objective import ACTIVATIONS, Objective, Tensors
from striate.training.outputs import OutputLayout, first_tensor, layout_of
from striate.training.replay import Replay

Guard = Callable[[torch.Tensor, Any, Any], bool]


class Stepper:
    """Runs batches through a module, for training and for evaluation.

    Nothing here waits for the device: losses and metrics are accumulated where they are computed.
    A module whose last step is a softmax or sigmoid, and says so by `logits_split()`, is trained
    from the values before it, where the loss has a form for them; metrics see the activated ones.

    Args:
        module: any `torch.nn.Module`, already on `device`.
        compiled: its losses, metrics and optimizer.
        device: where batches are sent; images that are uint8 travel as uint8.
        where: the method of the user, for messages.

    Attributes:
        guard: sees each training loss before the update; False from it skips the update.
        replay: repeats recorded steps, on NVIDIA cards.
        check_targets: whether targets on the host are checked against the losses.
        pending: state of an interrupted epoch, taken over as soon as the outputs are known.
        scaling: scales the loss, where gradients are float16.
        refused: the loss that the guard refused, None if there is none.
    """

    def __init__(
        self, module: torch.nn.Module, compiled: Compiled, device: torch.device, where: str
    ) -> None:
        self.module = module
        self.compiled = compiled
        self.device = device
        self.where = where
        self.guard: Guard | None = None
        self.replay: Replay | None = None
        self.check_targets = True
        self.pending: Any = None
        self.refused: float | None = None
        self._bound: tuple[OutputLayout, Objective] | None = None
        self._shapes: list[tuple[int, ...]] = []
        self._penalties: Callable[[], list[torch.Tensor]] | None = getattr(
            module, "training_losses", None
        )
        fixed = getattr(compiled.optimizer, "loss_scale_factor", None) is not None
        self.scaling = None if fixed else loss_scaling(module, compiled, device)
        self._scale: Any = compiled.optimizer.scale_loss if fixed else None
        self._constrain: Callable[[], None] | None = getattr(module, "apply_constraints", None)
        self._names: Any = getattr(module, "output_names", None)
        self._plan = self._planned_logits()
        self._forward: Callable[[Any], Any] = self._forward_logits if self._plan else module

    @property
    def objective(self) -> Objective | None:
        """Losses and metrics; None before the first batch."""
        return self._bound[1] if self._bound is not None else None

    @property
    def keys(self) -> tuple[str, ...]:
        """The names in logs, sorted; none before the first batch."""
        return self._bound[1].keys if self._bound is not None else ()

    def results(self) -> dict[str, Any]:
        """The means so far by name; waits for the device."""
        return self._bound[1].results() if self._bound is not None else {}

    def train(self, x: Any, y: Any, sample_weight: Any) -> bool:
        """One update from one batch; False if the guard refused the loss and nothing changed."""
        repeated = self.replay(x, y, sample_weight) if self.replay is not None else None
        optimizer = self.compiled.optimizer
        if repeated is None:
            optimizer.zero_grad(set_to_none=True)  # first: the forward pass can use their memory
            x, flat, targets, weights, objective = self._run(x, y, sample_weight)
            loss = self._total(objective, targets, flat, weights)
        else:
            loss, flat, targets, weights, objective = repeated.results
        if self.guard is not None and not self.guard(loss, x, y):
            self.refused = float(loss.detach())
            return False
        if repeated is None:
            self._backward(loss)
        if self.scaling is None:
            optimizer.step()
        else:
            self.scaling.step(optimizer)  # nothing, if a gradient is not finite
            self.scaling.update()
        with torch.no_grad():
            if self._constrain is not None:
                self._constrain()
            objective.record(
                loss.detach(),
                targets,
                tuple(output.detach() for output in flat),
                weights,
                first_tensor(x).shape[0],
                tuple(mask_of(output) for output in flat),
            )
        return True

    def forward_backward(self, x: Any, y: Any, sample_weight: Any) -> tuple[Any, ...]:
        """The part of a step that can be recorded; (loss, outputs, targets, weights, objective)."""
        x, flat, targets, weights, objective = self._run(x, y, sample_weight)
        loss = self._total(objective, targets, flat, weights)
        self._backward(loss)
        return loss, flat, targets, weights, objective

    def _backward(self, loss: torch.Tensor) -> None:
        if not loss.requires_grad:
            raise _no_weights(self.where)
        if self.scaling is not None:
            loss = self.scaling.scale(loss)
        elif self._scale is not None:
            loss = self._scale(loss)
        loss.backward()

    def test(self, x: Any, y: Any, sample_weight: Any) -> None:
        """The losses and metrics of one batch; call it under `torch.no_grad()`."""
        x, flat, targets, weights, objective = self._run(x, y, sample_weight)
        loss = self._total(objective, targets, flat, weights)
        masks = tuple(mask_of(output) for output in flat)
        objective.record(loss, targets, flat, weights, first_tensor(x).shape[0], masks)

    def _run(
        self, x: Any, y: Any, sample_weight: Any
    ) -> tuple[Any, Tensors, tuple[Any, ...], tuple[Any, ...], Objective]:
        """Forward, and everything in the flat order of the outputs."""
        x = send_to(x, self.device)
        outputs = self._forward(x)
        layout, objective = self._bound or self._bind(outputs)
        flat = layout.flatten(outputs)
        targets = layout.spread(y, f"{self.where} (y)")
        if self.check_targets:
            self._check(objective, targets, [tuple(output.shape[1:]) for output in flat])
        weights = layout.spread(sample_weight, f"{self.where} (sample_weight)", share=True)
        return x, flat, send_to(targets, self.device), send_to(weights, self.device), objective

    def _total(
        self, objective: Objective, targets: Any, flat: Tensors, weights: Any
    ) -> torch.Tensor:
        total: torch.Tensor | None = objective.total(targets, flat, weights)
        if self._penalties is not None:
            for penalty in self._penalties():
                total = penalty if total is None else total + penalty
        if total is None:
            raise ArgumentError(
                message(
                    self.where,
                    "there is no loss to minimise",
                    got={"loss": None},
                    expected="a loss in compile(), or penalties in the layers",
                    fix='Call compile(loss="sparse_categorical_crossentropy")',
                )
            )
        return total

    def check_repeated(self, y: Any) -> None:
        """As before an unrecorded step: targets on the host, while they are still to be checked."""
        if self.check_targets and self._bound is not None:
            layout, objective = self._bound
            self._check(objective, layout.spread(y, f"{self.where} (y)"), self._shapes)

    def _check(
        self,
        objective: Objective,
        targets: tuple[Any, ...],
        shapes: Sequence[tuple[int, ...]],
    ) -> None:
        where = f"{self.where} (y)"
        for term in objective.losses:
            target = targets[term.output]
            if target is None:
                raise DataError(message(where, "there are no targets", expected="one per sample"))
            if target.device.type == "cpu":
                term.loss.check_targets(target, (None, *shapes[term.output]), where)

    def _bind(self, outputs: Any) -> tuple[OutputLayout, Objective]:
        layout = layout_of(outputs, self._names)
        plan = self._plan or [_Output(loss) for loss in self.compiled.losses_of(layout.names)]
        losses = [entry.loss for entry in plan]
        for loss in losses:
            if hasattr(loss, "to"):
                loss.to(self.device)
        activations = [entry.activation for entry in plan]
        objective = self.compiled.bind(layout, layout.flatten(outputs), losses, activations)
        objective.reset()
        if self.pending is not None:
            objective.load_state_dict(self.pending, self.device)
            self.pending = None
        self._bound = (layout, objective)
        self._shapes = [tuple(output.shape[1:]) for output in layout.flatten(outputs)]
        return self._bound

    def _planned_logits(self) -> list[_Output] | None:
        """Decides before the first batch whether the module is run up to its logits only."""
        split = getattr(self.module, "logits_split", None)
        activations = split() if split is not None else None
        if activations is None:
            return None
        names = self._names or [f"output_{i + 1}" for i in range(len(activations))]
        plan = []
        for loss, name in zip(self.compiled.losses_of(names), activations, strict=True):
            variant = self.compiled.logits_loss(loss, name)
            if loss is None or variant is not None:
                plan.append(_Output(variant, activation=name))
            else:
                plan.append(_Output(loss, applied=name))
        return plan if any(entry.loss and entry.activation for entry in plan) else None

    def _forward_logits(self, x: Any) -> Any:
        """Logits where the loss takes them; where it does not, the activation is applied."""
        outputs = self.module.forward_logits(x)  # type: ignore[operator]
        applied = [entry.applied for entry in self._plan or ()]
        if not any(applied):
            return outputs
        layout = layout_of(outputs, self._names)
        flat = [
            output if name is None else attach(ACTIVATIONS[name](output), mask_of(output))
            for name, output in zip(applied, layout.flatten(outputs), strict=True)
        ]
        return layout.pack(flat)


@dataclass(frozen=True)
class _Output:
    """How one output is used: its loss, what metrics apply to it, what is applied in forward."""

    loss: Any
    activation: str | None = None
    applied: str | None = None


def _no_weights(where: str) -> ArgumentError:
    return ArgumentError(
        message(
            where,
            "the module has no trainable weights",
            expected="at least one parameter with requires_grad",
            fix="Set layer.trainable = True, or use evaluate()",
        )
    )
