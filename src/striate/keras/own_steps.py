"""What a model's own `train_step` and `test_step` ask of it: losses, metrics, trackers."""

from __future__ import annotations

from typing import Any

import torch

from striate.training.metrics import Mean, Metric
from striate.training.outputs import layout_of


class OwnSteps:
    """Mixed into the models of `keras.models`: the parts of a training step, each by itself."""

    @property
    def own_steps(self) -> tuple[str, ...]:
        """Which of the steps its class writes itself; `fit` and `evaluate` run these."""
        names = ("train_step", "test_step")
        return tuple(n for n in names if getattr(type(self), n) is not getattr(OwnSteps, n))

    def train_step(self, data: Any) -> dict[str, Any]:
        """One update from a batch; a subclass may write it anew."""
        x, y, weight = unpacked(data)
        y_pred = self(x, training=True)  # type: ignore[operator]
        loss = self.compute_loss(x, y, y_pred, weight)
        weights = list(self.trainable_weights)  # type: ignore[attr-defined]
        gradients = torch.autograd.grad(loss, weights, allow_unused=True)
        self.optimizer.apply_gradients(zip(gradients, weights, strict=True))  # type: ignore[attr-defined]
        self._loss_tracker().update_state(loss)
        return self.compute_metrics(x, y, y_pred, weight)

    def test_step(self, data: Any) -> dict[str, Any]:
        """Losses and metrics of a batch; a subclass may write it anew."""
        x, y, weight = unpacked(data)
        y_pred = self(x, training=False)  # type: ignore[operator]
        self._loss_tracker().update_state(self.compute_loss(x, y, y_pred, weight))
        return self.compute_metrics(x, y, y_pred, weight)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """The loss that was compiled, with the penalties of layers."""
        objective, layout = self._bound(y_pred)
        targets = layout.spread(y, "compute_loss (y)")
        weights = layout.spread(sample_weight, "compute_loss (sample_weight)", share=True)
        total = objective.total(targets, layout.flatten(y_pred), weights)
        for penalty in self.training_losses():  # type: ignore[attr-defined]
            total = penalty if total is None else total + penalty
        return total

    def compute_metrics(
        self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None
    ) -> dict[str, Any]:
        """The metrics that were compiled, and the mean loss."""
        objective, layout = self._bound(y_pred)
        targets = layout.spread(y, "compute_metrics (y)")
        weights = layout.spread(sample_weight, "compute_metrics (sample_weight)", share=True)
        outputs = [output.detach() for output in layout.flatten(y_pred)]
        for term in objective.metrics:
            weight = weights[term.output] if term.weighted else None
            term.metric.update_state(targets[term.output], outputs[term.output], weight)
        return self.get_metrics_result()

    def get_metrics_result(self) -> dict[str, Any]:
        """The values of all metrics by name."""
        return {metric.name: metric.result() for metric in self.metrics}

    @property
    def metrics(self) -> list[Any]:
        """The mean loss, the metrics that were compiled, and those among its attributes."""
        objective = vars(self).get("_own_objective")
        compiled = [term.metric for term in objective.metrics] if objective is not None else []
        return [self._loss_tracker(), *compiled, *self._own_metrics()]

    def reset_metrics(self) -> None:
        """Every metric begins anew."""
        for metric in self.metrics:
            metric.reset_state()

    def _own_metrics(self) -> list[Any]:
        held = (v for k, v in vars(self).items() if k != "_tracker")
        return [value for value in held if isinstance(value, Metric)]

    def _loss_tracker(self) -> Any:
        if "_tracker" not in vars(self):
            object.__setattr__(self, "_tracker", Mean(name="loss"))
        return vars(self)["_tracker"]

    def _bound(self, y_pred: Any) -> tuple[Any, Any]:
        layout = layout_of(y_pred, getattr(self, "output_names", None))
        flat = layout.flatten(y_pred)
        compiled = self._compiled  # type: ignore[attr-defined]
        losses = compiled.losses_of(layout.names)
        objective = compiled.bind(layout, flat, losses, [None] * len(flat))
        object.__setattr__(self, "_own_objective", objective)
        return objective, layout

    def compiled_loss(
        self, y_true: Any, y_pred: Any, sample_weight: Any = None, regularization_losses: Any = None
    ) -> Any:
        """The loss that was compiled, by its name in Keras 2."""
        return self.compute_loss(None, y_true, y_pred, sample_weight)

    @property
    def compiled_metrics(self) -> CompiledMetrics:
        """The metrics that were compiled, by their name in Keras 2."""
        return CompiledMetrics(self)


class CompiledMetrics:
    """What `model.compiled_metrics` is in Keras 2.

    Args:
        model: whose metrics they are.
    """

    def __init__(self, model: OwnSteps) -> None:
        self._model = model

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Adds a batch."""
        self._model.compute_metrics(None, y_true, y_pred, sample_weight)


def unpacked(data: Any) -> tuple[Any, Any, Any]:
    """x, y and sample_weight of a batch; None for what is not there."""
    parts = tuple(data) if isinstance(data, (list, tuple)) else (data,)
    x, y, weight = (*parts, None, None)[:3]
    return x, y, weight
