"""Calibration: whether a confidence of 0.9 is right nine times out of ten; temperature scaling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from striate.diagnosis.records import Record, number, plain
from striate.errors import ArgumentError, DataError, message

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = np.ndarray[Any, Any]

_COLDEST, _HOTTEST = 0.01, 100.0
_STEPS = 100


@dataclass(frozen=True, eq=False)
class Calibration(Record):
    """How confidence and accuracy agree, in bins of equal width.

    Args:
        edges: of the bins, one more than bins.
        counts: samples in each bin; bin i holds confidences above edge i, up to edge i + 1.
        confidence: their mean confidence, NaN in an empty bin.
        accuracy: the share of them that is right, NaN in an empty bin.
        error: expected calibration error (ECE): the mean difference of both, over samples.
        largest_error: the largest such difference of a bin (MCE).
        log_loss: mean of -log(probability of the true class).
        brier: mean of the squared differences between probabilities and the true class's 0 and 1.

    References:
        Guo et al. (2017), On calibration of modern neural networks, arXiv:1706.04599.
    """

    edges: Array
    counts: Array
    confidence: Array
    accuracy: Array
    error: float
    largest_error: float
    log_loss: float
    brier: float

    @property
    def title(self) -> str:
        return f"expected calibration error {self.error:.4f}"

    def header(self) -> list[str]:
        return ["confidence", "samples", "mean confidence", "accuracy"]

    def cells(self) -> list[list[str]]:
        rows = zip(
            self.edges, self.edges[1:], self.counts, self.confidence, self.accuracy, strict=False
        )
        return [
            [f"{low:.3g} to {high:.3g}", f"{count:,}", number(mean), number(right)]
            for low, high, count, mean, right in rows
            if count
        ]

    def notes(self) -> list[str]:
        return [
            f"largest error of a bin {self.largest_error:.4f}, log loss {self.log_loss:.4f}, "
            f"Brier score {self.brier:.4f}"
        ]

    def to_dict(self) -> dict[str, Any]:
        lists = {"confidence": plain(self.confidence), "accuracy": plain(self.accuracy)}
        return {
            "expected_calibration_error": self.error,
            "largest_error": self.largest_error,
            "log_loss": self.log_loss,
            "brier": self.brier,
            "edges": self.edges.tolist(),
            "counts": self.counts.tolist(),
            **lists,
        }

    def plot(self) -> Figure:
        """The reliability diagram: accuracy over confidence, and how many samples there are."""
        from striate.figures import ACCENT, MUTED, WRONG, figure, quiet

        picture = figure(4.8, 4.8)
        grid = picture.add_gridspec(2, 1, height_ratios=(3, 1))
        width, left = np.diff(self.edges), self.edges[:-1]
        there = self.counts > 0
        right = np.where(there, self.accuracy, 0.0)
        axes = quiet(picture.add_subplot(grid[0]), f"ECE {self.error:.3f}", "", "accuracy")
        bars = {"align": "edge", "linewidth": 0}
        axes.bar(left, right, width * 0.92, color=ACCENT, label="accuracy", **bars)
        centre, sure = (left + width / 2)[there], self.confidence[there]
        axes.vlines(centre, sure, right[there], color=WRONG, linewidth=2)
        axes.plot(centre, sure, "o", color=WRONG, ms=5, label="mean confidence")
        axes.plot([0, 1], [0, 1], color=MUTED, linestyle=":", label="perfect")
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1.02)
        axes.legend(frameon=False, fontsize=8, loc="upper left")
        below = quiet(picture.add_subplot(grid[1], sharex=axes), "", "confidence", "samples")
        below.bar(left, self.counts, width * 0.92, color=MUTED, **bars)
        return picture


def calibration(labels: Array, probabilities: Array, bins: int = 15) -> Calibration:
    """The calibration of the most probable class's probability.

    Args:
        labels: true classes, whole numbers.
        probabilities: (samples, classes).
        bins: their number; 15, as in the paper.

    Raises:
        ArgumentError: fewer than one bin.

    Example:
        >>> p = np.array([[0.8, 0.2]] * 4)
        >>> print(f"{calibration(np.array([0, 0, 0, 1]), p).error:.2f}")
        0.05
    """
    if bins < 1:
        raise ArgumentError(
            message("calibration", "there are no bins", got={"bins": bins}, expected="1 or more")
        )
    sure, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    edges = np.linspace(0.0, 1.0, bins + 1)
    place = np.clip(np.digitize(sure, edges, right=True) - 1, 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    with np.errstate(invalid="ignore"):
        confidence = np.bincount(place, sure, bins) / counts
        accuracy = np.bincount(place, right, bins) / counts
    gaps = np.abs(accuracy - confidence)[counts > 0]
    true = np.take_along_axis(probabilities, labels[:, np.newaxis], axis=1)[:, 0]
    tiny = np.finfo(np.float64).tiny
    return Calibration(
        edges=edges,
        counts=counts,
        confidence=confidence,
        accuracy=accuracy,
        error=float((gaps * counts[counts > 0]).sum() / counts.sum()),
        largest_error=float(gaps.max()),
        log_loss=float(-np.log(np.maximum(true, tiny)).mean()),
        brier=float(((probabilities**2).sum(axis=1) - 2 * true + 1).mean()),
    )


def best_temperature(labels: Array, logits: Array) -> float:
    """The T for which softmax(logits / T) has the lowest log loss on these samples.

    In 1 / T the loss is convex; where its derivative, the mean of E_p[logit] - logit of the true
    class, is zero is found by bisection.

    Raises:
        DataError: no temperature is best: a model that makes no mistake here could be made surer
            without end, or one that knows nothing less sure without end.

    Example:
        >>> logits = np.array([[3.0, 0.0]] * 4)  # says 0.95, is right three times out of four
        >>> print(f"{best_temperature(np.array([0, 0, 0, 1]), logits):.3f}")
        2.731
    """
    wide = logits.astype(np.float64)
    wide -= wide.max(axis=1, keepdims=True)
    true = np.take_along_axis(wide, labels[:, np.newaxis], axis=1)[:, 0]
    low, high = np.log(1 / _HOTTEST), np.log(1 / _COLDEST)
    if _slope(wide, true, np.exp(low)) >= 0 or _slope(wide, true, np.exp(high)) <= 0:
        raise DataError(
            message(
                "temperature",
                "no temperature from 0.01 to 100 is the best for these samples",
                got={"samples": len(labels), "right": int((wide.argmax(axis=1) == labels).sum())},
                expected="data on which the model is sometimes wrong, but better than chance",
                fix="Use more validation data",
            )
        )
    for _ in range(_STEPS):
        middle = (low + high) / 2
        below = _slope(wide, true, np.exp(middle)) < 0
        low, high = (middle, high) if below else (low, middle)
    return float(np.exp(-(low + high) / 2))


def _slope(logits: Array, true: Array, inverse: float) -> float:
    """Derivative of the log loss in 1 / T."""
    return float(((softmax(logits * inverse) * logits).sum(axis=1) - true).mean())


def softmax(logits: Array) -> Array:
    """Probabilities of logits (samples, classes), in float64.

    Example:
        >>> softmax(np.array([[0.0, 0.0]])).tolist()
        [[0.5, 0.5]]
    """
    wide = logits.astype(np.float64)
    powers = np.exp(wide - wide.max(axis=1, keepdims=True))
    found: Array = powers / powers.sum(axis=1, keepdims=True)
    return found
