"""ROC and precision-recall curves, one class against all others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from striate.diagnosis.records import plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = np.ndarray[Any, Any]

ROC, PRECISION_RECALL = "ROC", "precision-recall"
_MOST_COLOURS = 10


@dataclass(frozen=True, eq=False)
class Curve:
    """One curve: what happens as the threshold of one class's probability moves.

    Args:
        kind: "ROC" (x false positive rate, y true positive rate) or "precision-recall" (x recall,
            y precision).
        name: the class.
        x: along the horizontal axis.
        y: along the vertical axis.
        thresholds: a sample is taken for this class if its probability is at least this; of a
            precision-recall curve one fewer than points, whose last is (0, 1) by definition.
        area: area below the ROC curve, or the average precision.
        share: share of the samples that are of this class; chance level of average precision.
    """

    kind: str
    name: str
    x: Array
    y: Array
    thresholds: Array
    area: float
    share: float

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON values."""
        lists = {"x": plain(self.x), "y": plain(self.y), "thresholds": _finite(self.thresholds)}
        return {
            "kind": self.kind,
            "name": self.name,
            "area": self.area,
            "share": self.share,
            **lists,
        }


def roc_curves(labels: Array, probabilities: Array, class_names: Sequence[str]) -> list[Curve]:
    """The ROC curve of each class; of two classes that of the second, the positive one.

    Classes without samples, or without samples of other classes, have no curve.

    Example:
        >>> p = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]])
        >>> (curve,) = roc_curves(np.array([0, 1, 1]), p, ["no", "yes"])
        >>> curve.name, curve.area
        ('yes', 1.0)
    """
    from sklearn import metrics

    found = []
    for index, name, truth in _each(labels, class_names):
        x, y, thresholds = metrics.roc_curve(truth, probabilities[:, index])
        area = float(metrics.auc(x, y))
        found.append(Curve(ROC, name, x, y, thresholds, area, float(truth.mean())))
    return found


def precision_recall_curves(
    labels: Array, probabilities: Array, class_names: Sequence[str]
) -> list[Curve]:
    """The precision-recall curve of each class, as `roc_curves`.

    The area is the average precision: the mean of precisions, weighted by what each adds to recall.
    """
    from sklearn import metrics

    found = []
    for index, name, truth in _each(labels, class_names):
        scores = probabilities[:, index]
        y, x, thresholds = metrics.precision_recall_curve(truth, scores)
        area = float(metrics.average_precision_score(truth, scores))
        found.append(Curve(PRECISION_RECALL, name, x, y, thresholds, area, float(truth.mean())))
    return found


def plot_curves(curves: Sequence[Curve]) -> Figure:
    """All curves of one kind in one figure; of more than ten, the lowest ten are named."""
    from striate.figures import MUTED, as_text, colour, figure, quiet

    is_roc = bool(curves) and curves[0].kind == ROC
    picture = figure(5.2, 4.4)
    names = ("false positive rate", "true positive rate") if is_roc else ("recall", "precision")
    axes = quiet(picture.add_subplot(), "", *names)
    if is_roc:
        axes.plot([0, 1], [0, 1], color=MUTED, linestyle=":", label="chance")
    ranked = sorted(curves, key=lambda curve: curve.area)
    named = curves if len(curves) <= _MOST_COLOURS else ranked[:_MOST_COLOURS]
    for curve in [c for c in curves if not any(c is other for other in named)]:
        axes.plot(curve.x, curve.y, color=MUTED, alpha=0.3, linewidth=0.8)
    steps = "default" if is_roc else "steps-pre"
    for i, curve in enumerate(named):
        text = as_text(f"{curve.name}: {curve.area:.3f}")
        axes.plot(curve.x, curve.y, color=colour(i), label=text, drawstyle=steps, linewidth=1.6)
    what = "area" if is_roc else "average precision"
    mean = float(np.mean([c.area for c in curves])) if curves else float("nan")
    axes.set_title(f"{what}, mean {mean:.3f}" if len(curves) > 1 else what, fontsize=11)
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.04)
    axes.legend(frameon=False, fontsize=8, loc="lower right" if is_roc else "best")
    return picture


def _each(labels: Array, class_names: Sequence[str]) -> list[tuple[int, str, Array]]:
    """(class, name, which samples are of it) of every class that has a curve."""
    first = 1 if len(class_names) == 2 else 0
    found = [(i, class_names[i], labels == i) for i in range(first, len(class_names))]
    return [(i, name, truth) for i, name, truth in found if truth.any() and not truth.all()]


def _finite(thresholds: Array) -> list[float | None]:
    """The first threshold of a ROC curve is infinite, which JSON does not know."""
    return plain(np.where(np.isfinite(thresholds), thresholds, np.nan))
