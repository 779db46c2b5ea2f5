"""F-scores: one number of precision and recall."""

from __future__ import annotations

from typing import Any

import torch

from striate.errors import ArgumentError, ShapeError, message
from striate.training.losses.conversion import EPSILON, Array
from striate.training.metrics.mean import floats
from striate.training.metrics.metric import Metric

AVERAGES = (None, "micro", "macro", "weighted")


class FBetaScore(Metric):
    """The weighted harmonic mean of precision p and recall r of each class.

    `(1 + beta^2) p r / (beta^2 p + r)`, where each divisor has 1e-7 added, as in Keras.

    Shapes: y_true (one-hot or several labels), y_pred (N, classes) -> (classes,), or a scalar with
        an average

    Args:
        average: None: one score per class; "micro": of the counts over all classes; "macro": the
            mean of the classes; "weighted": the mean weighted by the number of positives.
        beta: how many times as important recall is, > 0.
        threshold: in (0, 1]; predictions above it are positive; None: the largest of each row.
        name: the key in logs.

    Raises:
        ArgumentError: unknown average, beta not above 0, threshold outside (0, 1].
        ShapeError: targets or predictions are not (N, classes).

    Example:
        >>> metric = FBetaScore(beta=2.0, threshold=0.5)
        >>> metric([[1, 1], [1, 0]], [[0.2, 0.6], [0.8, 0.2]])
        tensor([0.5556, 1.0000], dtype=torch.float64)
    """

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = "fbeta_score",
        dtype: torch.dtype | str | None = None,
    ) -> None:
        super().__init__(name, dtype)
        if average not in AVERAGES:
            self._refuse("unknown average", {"average": average}, f"one of {AVERAGES}")
        if not beta > 0:
            self._refuse("beta is out of range", {"beta": beta}, "beta > 0")
        if threshold is not None and not 0 < threshold <= 1:
            self._refuse(
                "threshold is out of range", {"threshold": threshold}, "0 < threshold <= 1"
            )
        self.average = average
        self.beta = float(beta)
        self.threshold = threshold
        shape = () if average == "micro" else None
        self.true_positives = self.add_variable(shape, name="true_positives")
        self.false_positives = self.add_variable(shape, name="false_positives")
        self.false_negatives = self.add_variable(shape, name="false_negatives")
        self.intermediate_weights = self.add_variable(shape, name="intermediate_weights")

    def update_state(
        self, y_true: Array, y_pred: Array, sample_weight: Array | None = None
    ) -> None:
        """Adds a batch; sample_weight is (N,)."""
        predictions = floats(y_pred)
        targets = torch.as_tensor(y_true).to(predictions.device, predictions.dtype)
        self._allocate(targets, predictions)
        if self.threshold is None:
            best = predictions.amax(-1, keepdim=True)
            found = (predictions >= best) & (predictions.abs() > 1e-9)
        else:
            found = predictions > self.threshold
        right, chosen = targets, found.to(predictions.dtype)
        if sample_weight is not None:
            weight = torch.as_tensor(sample_weight, device=predictions.device)
            right = right * weight.to(predictions.dtype).reshape(-1, 1)
            hits, chosen = chosen * right, chosen * weight.to(predictions.dtype).reshape(-1, 1)
        else:
            hits = chosen * right
        hits, chosen, right = self._sum(hits), self._sum(chosen), self._sum(right)
        self.true_positives.assign_add(hits)
        self.false_positives.assign_add(chosen - hits)
        self.false_negatives.assign_add(right - hits)
        self.intermediate_weights.assign_add(right)

    def result(self) -> torch.Tensor:
        """The score or scores so far."""
        hits = self.true_positives.value
        precision = hits / (hits + self.false_positives.value + EPSILON)
        recall = hits / (hits + self.false_negatives.value + EPSILON)
        squared = self.beta**2
        scores = (1 + squared) * precision * recall / (squared * precision + recall + EPSILON)
        if self.average == "weighted":
            weights = self.intermediate_weights.value
            return self.cast((scores * weights / (weights.sum() + EPSILON)).sum())
        return self.cast(scores if self.average is None else scores.mean())

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return {
            **super().get_config(),
            "average": self.average,
            "beta": self.beta,
            "threshold": self.threshold,
        }

    def _sum(self, values: torch.Tensor) -> torch.Tensor:
        return values.sum() if self.average == "micro" else values.sum(0)

    def _allocate(self, targets: torch.Tensor, predictions: torch.Tensor) -> None:
        if targets.ndim != 2 or targets.shape != predictions.shape:
            raise ShapeError(
                message(
                    self.where,
                    "targets and predictions are not rows of classes",
                    got={
                        "y_true.shape": tuple(targets.shape),
                        "y_pred.shape": tuple(predictions.shape),
                    },
                    expected="(N, classes) twice",
                    fix="For class numbers pass st.to_categorical(y, classes)",
                )
            )
        if not self.true_positives.is_allocated:
            for variable in self.variables:
                variable.allocate((predictions.shape[1],))

    def _refuse(self, fault: str, got: dict[str, object], expected: str) -> None:
        raise ArgumentError(message(self.where, fault, got=got, expected=expected))


class F1Score(FBetaScore):
    """The harmonic mean of precision and recall of each class: `FBetaScore` with beta 1.

    Shapes: y_true (one-hot or several labels), y_pred (N, classes) -> (classes,), or a scalar with
        an average

    Args:
        average: None, "micro", "macro" or "weighted", as in `FBetaScore`.
        threshold: in (0, 1]; predictions above it are positive; None: the largest of each row.
        name: the key in logs.

    Raises:
        ArgumentError: unknown average, threshold outside (0, 1].
        ShapeError: targets or predictions are not (N, classes).

    Example:
        >>> F1Score("macro", threshold=0.5)([[1, 1], [1, 0]], [[0.2, 0.6], [0.8, 0.2]])
        tensor(0.8333, dtype=torch.float64)
    """

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str | None = "f1_score",
        dtype: torch.dtype | str | None = None,
    ) -> None:
        super().__init__(average, 1.0, threshold, name, dtype)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        config = super().get_config()
        del config["beta"]
        return config
