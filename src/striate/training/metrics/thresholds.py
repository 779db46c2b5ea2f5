"""Positives and negatives on either side of many thresholds, counted in one pass.

A prediction is above the first b thresholds (in ascending order) for one b, its bin. Adding 1 to
`counts[label, b]` is all that a batch does, O(N) for any number of thresholds; true positives at
threshold t are the counts of positives in the bins above t, one running sum, made when a result is
asked for. Keras's state, four arrays per metric, follows from it (`true_positives` and so on).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from striate.errors import ArgumentError, ShapeError, message
from striate.training.losses.conversion import EPSILON, Array, align_ranks
from striate.training.losses.reduction import with_trailing_axes
from striate.training.metrics.metric import Metric
from striate.training.metrics.variable import accumulator_dtype

LOWEST = -1e10
"""Below every threshold: what predictions outside the top k are set to."""

MANY = 1 << 16
"""From here on, one threshold is counted by sums: adding to four bins would contend on a GPU."""


def are_even(thresholds: Sequence[float]) -> bool:
    """Whether the thresholds are 0, 1/(T-1), ..., 1, so that arithmetic finds the bin."""
    count = len(thresholds)
    if count < 3:
        return False
    return bool(np.allclose(thresholds, np.arange(count) / (count - 1), atol=EPSILON))


def checked_thresholds(
    thresholds: float | Sequence[float] | None, default: float, where: str
) -> list[float]:
    """A list of thresholds in [0, 1], or of the default alone.

    Raises:
        ArgumentError: a threshold is outside [0, 1].
    """
    if thresholds is None:
        return [default]
    found = [thresholds] if isinstance(thresholds, (int, float)) else list(thresholds)
    wrong = [t for t in found if t is None or not 0 <= t <= 1]
    if wrong or not found:
        raise ArgumentError(
            message(
                where,
                "thresholds are out of range",
                got={"thresholds": tuple(found)},
                expected="numbers in [0, 1]",
            )
        )
    return found


class ThresholdCounts(Metric):
    """The counts behind precision, recall, AUC and their kin; a subclass makes the result.

    Args:
        thresholds: numbers in [0, 1], in any order; results keep that order.
        top_k: only the k largest predictions of the last axis can be positive.
        class_id: look at this class of the last axis only.
        margin: the first threshold stands for one just below 0 (predictions of 0 are above it).
        per_column: count the columns of rank-2 predictions apart.
    """

    def __init__(
        self,
        thresholds: Sequence[float],
        name: str | None,
        dtype: torch.dtype | str | None,
        top_k: int | None = None,
        class_id: int | None = None,
        margin: bool = False,
        per_column: bool = False,
    ) -> None:
        super().__init__(name, dtype)
        self.thresholds = list(thresholds)
        self.top_k = top_k
        self.class_id = class_id
        self._bins = len(self.thresholds) + 1
        self._lowest_bin = 1 if margin else 0
        self._even = are_even(self.thresholds)
        self._order = np.argsort(self.thresholds, kind="stable")
        self._edges = torch.tensor(np.asarray(self.thresholds)[self._order], dtype=torch.float32)
        self._per_column = per_column
        self.counts = self.add_variable(None if per_column else (2, self._bins), name="counts")

    def update_state(
        self, y_true: Array, y_pred: Array, sample_weight: Array | None = None
    ) -> None:
        """Adds a batch: targets of any dtype (nonzero is positive), predictions in [0, 1].

        Shapes: y_true, y_pred (N, ...); sample_weight (N,) or broadcastable
        """
        positive, predictions, weight = self._prepared(y_true, y_pred, sample_weight)
        self._count(positive, predictions, weight)

    def _prepared(
        self, y_true: Array, y_pred: Array, sample_weight: Array | None
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
        predictions = y_pred if isinstance(y_pred, torch.Tensor) else torch.as_tensor(y_pred)
        predictions = predictions.float()
        targets = torch.as_tensor(y_true, device=predictions.device)
        predictions, targets = align_ranks(predictions, targets)
        if predictions.shape != targets.shape:
            raise self._wrong_shapes(targets, predictions)
        weight = None
        if sample_weight is not None:
            weight = torch.as_tensor(sample_weight, device=predictions.device)
            _, weight = align_ranks(targets, weight, expand_rank_1=False)
            weight = with_trailing_axes(weight, predictions)
        if self.top_k is not None:
            predictions = _only_top(predictions, self.top_k)
        if self.class_id is not None:
            if predictions.ndim == 1:
                raise self._wrong_shapes(targets, predictions)
            targets = targets[..., self.class_id].unsqueeze(-1)
            predictions = predictions[..., self.class_id].unsqueeze(-1)
            if weight is not None and weight.ndim == predictions.ndim and weight.shape[-1] > 1:
                weight = weight[..., self.class_id].unsqueeze(-1)
        positive = targets if targets.dtype is torch.bool else targets != 0
        return positive, predictions, weight

    def _count(
        self, positive: torch.Tensor, predictions: torch.Tensor, weight: torch.Tensor | None
    ) -> None:
        counts = self.counts.place(predictions.device)
        if weight is not None:
            weight = weight.to(counts.dtype).broadcast_to(predictions.shape)
        if self._bins == 2 and predictions.numel() >= MANY:
            self.counts.assign_add(count_by_sums(positive, self._above(predictions), weight))
            return
        index = positive.long().mul_(self._bins).add_(self._bin(predictions))
        if self._per_column:
            columns = torch.arange(index.shape[1], device=index.device)
            index = index + columns * (2 * self._bins)
        index = index.reshape(-1)
        if weight is None:
            weight = counts.new_ones(1).expand(index.shape)
        counts.view(-1).index_add_(0, index, weight.reshape(-1))

    def _above(self, predictions: torch.Tensor) -> torch.Tensor:
        return predictions > self.thresholds[0]

    def _bin(self, predictions: torch.Tensor) -> torch.Tensor:
        """The number of thresholds below each prediction; 0 for one that is not a number."""
        if self._bins == 2:
            return self._above(predictions)
        last = self._bins - 2
        if self._even:
            # In float32 as Keras has it: the same predictions fall on the same side.
            scaled = (predictions * last).ceil_().clamp_(self._lowest_bin, last)
            return scaled.nan_to_num_(nan=0.0).long()
        if self._edges.device != predictions.device:
            self._edges = self._edges.to(predictions.device)
        finite = predictions.nan_to_num(nan=float("-inf"), posinf=float("inf"), neginf=LOWEST)
        return torch.bucketize(finite, self._edges)

    def _wrong_shapes(self, targets: torch.Tensor, predictions: torch.Tensor) -> ShapeError:
        return ShapeError(
            message(
                self.where,
                "targets and predictions do not fit",
                got={
                    "y_true.shape": tuple(targets.shape),
                    "y_pred.shape": tuple(predictions.shape),
                },
                expected="equal shapes" + (" (N, classes)" if self.class_id is not None else ""),
                fix="For class numbers pass st.to_categorical(y, classes)",
            )
        )

    @property
    def true_positives(self) -> torch.Tensor:
        """Weights of positives above each threshold, shape (T,) or (T, columns)."""
        return self._side(1, above=True)

    @property
    def false_positives(self) -> torch.Tensor:
        """Weights of negatives above each threshold, shape (T,) or (T, columns)."""
        return self._side(0, above=True)

    @property
    def true_negatives(self) -> torch.Tensor:
        """Weights of negatives not above each threshold, shape (T,) or (T, columns)."""
        return self._side(0, above=False)

    @property
    def false_negatives(self) -> torch.Tensor:
        """Weights of positives not above each threshold, shape (T,) or (T, columns)."""
        return self._side(1, above=False)

    def _side(self, label: int, above: bool) -> torch.Tensor:
        counts = self.counts.value[..., label, :]
        below = counts.cumsum(-1)[..., :-1]
        side = counts.sum(-1, keepdim=True) - below if above else below
        places = torch.as_tensor(np.argsort(self._order), device=side.device)
        return side.index_select(-1, places).movedim(-1, 0)

    def single(self, result: torch.Tensor) -> torch.Tensor:
        """The result: a scalar where there is one threshold."""
        return self.cast(result[0] if len(self.thresholds) == 1 else result)


def count_by_sums(
    positive: torch.Tensor, above: torch.Tensor, weight: torch.Tensor | None
) -> torch.Tensor:
    """`counts[label, above]` of one threshold by three sums.

    Shapes: (N, ...) twice -> (2, 2)
    """
    if weight is None:
        sums = [(positive & above).sum(), positive.sum(), above.sum()]
        total: torch.Tensor | int = positive.numel()
    else:
        sums = [(weight * kind).sum() for kind in (positive & above, positive, above)]
        total = weight.sum()
    both, positives, aboves = sums
    rest = total - positives - aboves + both
    counts = torch.stack((rest, aboves - both, positives - both, both))
    return counts.view(2, 2).to(accumulator_dtype(positive.device))


def _only_top(predictions: torch.Tensor, k: int) -> torch.Tensor:
    """Predictions outside the k largest of the last axis become `LOWEST`."""
    best = predictions.topk(min(k, predictions.shape[-1]), dim=-1).indices
    kept = torch.zeros_like(predictions, dtype=torch.bool).scatter_(-1, best, True)
    return torch.where(kept, predictions, torch.full_like(predictions, LOWEST))
