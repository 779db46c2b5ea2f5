"""What is minimised and what is measured, bound to the outputs of one module."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from striate.errors import ArgumentError, CheckpointError, message
from striate.training.logs import plain_logs
from striate.training.losses.reduction import weight_of_mask
from striate.training.metrics.mean import Mean
from striate.training.running_mean import RunningMean

ACTIVATIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "softmax": lambda logits: torch.softmax(logits, dim=-1),
    "sigmoid": torch.sigmoid,
}
"""The last steps that a module may leave to the loss, over the last axis."""

Tensors = tuple[torch.Tensor, ...]


@dataclass
class LossTerm:
    """The loss of one output, its factor in the sum, and its own mean if there are several."""

    output: int
    loss: Any
    factor: float | None
    name: str
    mean: RunningMean = field(default_factory=RunningMean)


@dataclass(frozen=True)
class MetricTerm:
    """A metric of one output, under the name it has in logs."""

    output: int
    metric: Any
    key: str
    weighted: bool


class Objective:
    """The total loss, its parts and the metrics, accumulated over an epoch on the device.

    Formula: total = sum(factor_i loss_i) + penalties; the logged "loss" is the mean of the totals
    weighted by batch size, a logged "<output>_loss" that of loss_i without its factor.

    Args:
        losses: one term per output that has a loss.
        metrics: one term per metric.
        activations: per output, what turns it into predictions: "softmax" or "sigmoid" where the
            module gave logits, None where it gave predictions.
    """

    def __init__(
        self,
        losses: Sequence[LossTerm],
        metrics: Sequence[MetricTerm],
        activations: Sequence[str | None],
    ) -> None:
        self.losses = tuple(losses)
        self.metrics = tuple(metrics)
        self.activations = tuple(activations)
        self._total = RunningMean()
        self._measured = {term.output for term in metrics}
        parts = [f"{term.name}_loss" for term in losses] if len(losses) > 1 else []
        # The order of Keras's `evaluate`: the total, metrics under their own names, then the rest.
        own = [term.key for term in metrics if term.key == term.metric.name]
        rest = [term.key for term in metrics if term.key != term.metric.name]
        self.names: tuple[str, ...] = ("loss", *own, *parts, *sorted(rest))
        self.keys: tuple[str, ...] = tuple(sorted(self.names))

    def total(self, targets: Sequence[Any], outputs: Tensors, weights: Sequence[Any]) -> Any:
        """The weighted sum of the losses, without penalties; None if no output has a loss."""
        total = None
        parts = len(self.losses) > 1
        for term in self.losses:
            index = term.output
            value = term.loss(targets[index], outputs[index], weights[index])
            if value.ndim:
                raise _not_a_scalar(term, value)
            if parts:
                with torch.no_grad():
                    term.mean.add(value.detach(), outputs[index].shape[0])
            if term.factor is not None:
                value = value * term.factor
            total = value if total is None else total + value
        return total

    def record(
        self,
        loss: torch.Tensor,
        targets: Sequence[Any],
        outputs: Tensors,
        weights: Sequence[Any],
        count: int,
        masks: Sequence[Any] = (),
    ) -> None:
        """Adds a batch to the mean loss and the metrics; call it under `torch.no_grad()`.

        Means leave out the steps that the mask of an output leaves out, as in Keras; other metrics
        (areas, confusions) count every step.
        """
        self._total.add(loss, count)
        if not self.metrics:
            return
        predictions = self.predictions(outputs, self._measured)
        for term in self.metrics:
            index = term.output
            weight = weights[index] if term.weighted else None
            mask = masks[index] if masks else None
            if mask is not None and isinstance(term.metric, Mean):
                weight = weight_of_mask(mask, weight, torch.float32, "sum")
            term.metric.update_state(targets[index], predictions[index], weight)

    def predictions(self, outputs: Tensors, wanted: set[int] | None = None) -> Tensors:
        """The outputs after the activation that the module left to the loss."""
        return tuple(
            ACTIVATIONS[name](output)
            if name is not None and (wanted is None or index in wanted)
            else output
            for index, (name, output) in enumerate(zip(self.activations, outputs, strict=True))
        )

    def results(self) -> dict[str, Any]:
        """Every mean and metric so far, as floats, sorted by name; waits for the device."""
        values: dict[str, Any] = {"loss": self._total.result()}
        if len(self.losses) > 1:
            values.update({f"{term.name}_loss": term.mean.result() for term in self.losses})
        values.update({term.key: term.metric.result() for term in self.metrics})
        return plain_logs(values)

    def reset(self) -> None:
        """Starts a new epoch."""
        self._total.reset()
        for term in self.losses:
            term.mean.reset()
        for metric_term in self.metrics:
            metric_term.metric.reset_state()

    def state_dict(self) -> dict[str, Any]:
        """The sums so far, so that an epoch can be continued in another process."""
        return {
            "total": self._total.state_dict(),
            "losses": [term.mean.state_dict() for term in self.losses],
            "metrics": {term.key: metric_state(term.metric) for term in self.metrics},
        }

    def load_state_dict(self, state: Mapping[str, Any], device: torch.device) -> None:
        """Takes back what `state_dict` returned."""
        keys = [term.key for term in self.metrics]
        if len(state["losses"]) != len(self.losses) or list(state["metrics"]) != keys:
            raise CheckpointError(
                message(
                    "resume",
                    "the losses or metrics are not those of the checkpoint",
                    got={"metrics": tuple(keys), "losses": len(self.losses)},
                    expected=f"{tuple(state['metrics'])} and {len(state['losses'])} losses",
                    fix="Compile as before, or use another checkpoint_dir",
                )
            )
        self._total.load_state_dict(state["total"], device)
        for term, saved in zip(self.losses, state["losses"], strict=True):
            term.mean.load_state_dict(saved, device)
        for metric_term in self.metrics:
            load_metric_state(metric_term.metric, state["metrics"][metric_term.key], device)


def metric_state(metric: Any) -> dict[str, Any]:
    """The tensors of a metric: its own `state_dict`, or every tensor among its attributes."""
    own = getattr(metric, "state_dict", None)
    if own is not None:
        return dict(own())
    return {name: value for name, value in vars(metric).items() if _is_state(value)}


def load_metric_state(metric: Any, state: Mapping[str, Any], device: torch.device) -> None:
    """The inverse of `metric_state`, onto the device that computes."""
    moved = {
        name: value.to(device) if isinstance(value, torch.Tensor) else value
        for name, value in state.items()
    }
    own = getattr(metric, "load_state_dict", None)
    if own is not None:
        own(moved)
        return
    vars(metric).update(moved)


def _is_state(value: object) -> bool:
    return value is None or isinstance(value, (torch.Tensor, int, float))


def _not_a_scalar(term: LossTerm, value: torch.Tensor) -> ArgumentError:
    return ArgumentError(
        message(
            f"{term.name} ({type(term.loss).__name__})",
            "the loss of a batch is not one number",
            got={"shape": tuple(value.shape), "reduction": getattr(term.loss, "reduction", None)},
            expected="a scalar",
            fix='Use reduction="sum_over_batch_size"',
        )
    )
