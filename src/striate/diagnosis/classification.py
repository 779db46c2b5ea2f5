"""Precision, recall and F1 of every class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from striate.diagnosis.proportion import Proportion
from striate.diagnosis.records import Record, number, plain

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class ClassScores:
    """What is known of one class, or of a mean over classes.

    Args:
        name: the class.
        precision: share of the predictions of this class that are right.
        recall: share of this class's samples that are found.
        f1: harmonic mean of both.
        support: number of its samples.
    """

    name: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class ClassificationReport(Record):
    """Precision, recall and F1 per class, their means, and the accuracy.

    A class that is never predicted has precision 0. A class without samples has no scores (NaN,
    printed `-`) and no part in the means. `macro` counts every class alike, `weighted` every
    sample.

    Args:
        classes: one per class.
        macro: the plain means over classes.
        weighted: the means weighted by support.
        accuracy: share of samples that are right, with its interval.
    """

    classes: tuple[ClassScores, ...]
    macro: ClassScores
    weighted: ClassScores
    accuracy: Proportion

    @property
    def title(self) -> str:
        return f"accuracy {self.accuracy}"

    def header(self) -> list[str]:
        return ["class", "precision", "recall", "F1", "support"]

    def cells(self) -> list[list[str]]:
        return [
            [
                row.name,
                *(number(v) for v in (row.precision, row.recall, row.f1)),
                f"{row.support:,}",
            ]
            for row in (*self.classes, self.macro, self.weighted)
        ]

    def to_dict(self) -> dict[str, Any]:
        rows = [_as_dict(row) for row in self.classes]
        means = {"macro": _as_dict(self.macro), "weighted": _as_dict(self.weighted)}
        return {"accuracy": self.accuracy.to_dict(), "classes": rows, **means}


def classification_report(
    labels: Array, predicted: Array, class_names: Sequence[str]
) -> ClassificationReport:
    """The report for whole numbers of true and predicted classes.

    Example:
        >>> found = classification_report(np.array([0, 0, 1]), np.array([0, 1, 1]), ["cat", "dog"])
        >>> print(found)
        accuracy 0.667 (2 of 3; 95 % interval 0.208 to 0.939)
        class          precision  recall     F1  support
        cat                1.000   0.500  0.667        2
        dog                0.500   1.000  0.667        1
        macro mean         0.750   0.750  0.667        3
        weighted mean      0.833   0.667  0.667        3
    """
    from sklearn.metrics import precision_recall_fscore_support

    numbers = range(len(class_names))
    found = precision_recall_fscore_support(labels, predicted, labels=numbers, zero_division=0.0)
    scores = np.stack(found[:3], axis=1).astype(np.float64)
    support = found[3].astype(np.int64)
    scores[support == 0] = np.nan
    rows = tuple(
        _scores(name, row, int(n))
        for name, row, n in zip(class_names, scores, support, strict=True)
    )
    there = support > 0
    macro = _scores("macro mean", scores[there].mean(axis=0), len(labels))
    weighted = np.average(scores[there], axis=0, weights=support[there])
    right = Proportion(int((labels == predicted).sum()), len(labels))
    return ClassificationReport(rows, macro, _scores("weighted mean", weighted, len(labels)), right)


def _scores(name: str, row: Array, support: int) -> ClassScores:
    return ClassScores(name, float(row[0]), float(row[1]), float(row[2]), support)


def _as_dict(row: ClassScores) -> dict[str, Any]:
    record = asdict(row)
    names = ("precision", "recall", "f1")
    return {**record, **dict(zip(names, plain([record[n] for n in names]), strict=True))}
