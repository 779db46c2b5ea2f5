"""Accuracy in parts of the data: where a model that is good on the whole is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from striate.diagnosis.proportion import Proportion
from striate.diagnosis.records import Record
from striate.errors import DataError, message

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = np.ndarray[Any, Any]

_MOST_VALUES = 12
"""A column of more numbers than this is cut into ranges of equally many samples."""


@dataclass(frozen=True)
class Slices(Record):
    """The accuracy of each slice.

    Args:
        column: the name of the column.
        names: of the slices, in the order of the column's values.
        accuracies: of the slices.
        overall: the accuracy on all samples.
    """

    column: str
    names: tuple[str, ...]
    accuracies: tuple[Proportion, ...]
    overall: Proportion

    @property
    def weak(self) -> list[str]:
        """The slices whose whole interval lies below the overall accuracy."""
        pairs = zip(self.names, self.accuracies, strict=True)
        return [name for name, found in pairs if found.high < self.overall.value]

    @property
    def title(self) -> str:
        return f"accuracy by {self.column}; overall {self.overall}"

    def header(self) -> list[str]:
        return [self.column, "accuracy", "low", "high", "samples"]

    def cells(self) -> list[list[str]]:
        return [
            [name, *(f"{v:.3f}" for v in (found.value, found.low, found.high)), f"{found.total:,}"]
            for name, found in zip(self.names, self.accuracies, strict=True)
        ]

    def notes(self) -> list[str]:
        weak = self.weak
        return [f"clearly below the overall accuracy: {', '.join(weak)}"] if weak else []

    def to_dict(self) -> dict[str, Any]:
        rows = zip(self.names, self.accuracies, strict=True)
        return {
            "column": self.column,
            "overall": self.overall.to_dict(),
            "slices": [{"name": name, **found.to_dict()} for name, found in rows],
            "weak": self.weak,
        }

    def plot(self) -> Figure:
        """The accuracies with their intervals, the overall one as a line."""
        from striate.figures import ACCENT, MUTED, WRONG, as_text, figure, quiet

        picture = figure(5.2, 1.2 + 0.32 * len(self.names))
        axes = quiet(picture.add_subplot(), as_text(f"accuracy by {self.column}"), "accuracy", "")
        axes.axvline(self.overall.value, color=MUTED, linestyle=":", label="overall")
        for place, (name, found) in enumerate(zip(self.names, self.accuracies, strict=True)):
            paint = WRONG if name in self.weak else ACCENT
            axes.plot([found.low, found.high], [place, place], color=paint, linewidth=2)
            axes.plot(found.value, place, "o", color=paint, ms=6)
        axes.set_yticks(range(len(self.names)), [as_text(name) for name in self.names])
        axes.invert_yaxis()
        axes.legend(frameon=False, fontsize=8)
        return picture


def slices(correct: Array, values: Any, column: str = "slice", level: float = 0.95) -> Slices:
    """The accuracy for each value of a column.

    Args:
        correct: True where the prediction is right.
        values: one value per sample: names, numbers, True and False. Of more than twelve different
            numbers, four ranges with equally many samples are made.
        column: its name.
        level: of the intervals.

    Raises:
        DataError: another number of values than samples, or a value is missing (NaN).

    Example:
        >>> found = slices(np.array([True, True, False]), ["day", "day", "night"], "time")
        >>> found.names, [float(a) for a in found.accuracies]
        (('day', 'night'), [1.0, 0.0])
    """
    given = np.asarray(values)
    if given.shape != correct.shape or (given.dtype.kind == "f" and np.isnan(given).any()):
        missing = int(np.isnan(given).sum()) if given.dtype.kind == "f" else 0
        raise DataError(
            message(
                f"slices by {column}",
                "the column does not fit the samples",
                got={"values": given.shape, "missing": missing, "samples": len(correct)},
                expected="one value for every sample",
            )
        )
    names, place = _parts(given)
    counts = np.bincount(place, minlength=len(names))
    right = np.bincount(place, correct, len(names)).astype(int)
    found = tuple(Proportion(int(r), int(n), level) for r, n in zip(right, counts, strict=True))
    overall = Proportion(int(correct.sum()), len(correct), level)
    return Slices(column, tuple(names), found, overall)


def _parts(values: Array) -> tuple[Sequence[str], Array]:
    """Names of the slices, and the slice of each sample."""
    distinct, place = np.unique(
        values.astype(str) if values.dtype == object else values, return_inverse=True
    )
    if values.dtype.kind not in "iuf" or len(distinct) <= _MOST_VALUES:
        return [f"{v:g}" if values.dtype.kind == "f" else str(v) for v in distinct], place
    edges = np.unique(np.quantile(values, [0.0, 0.25, 0.5, 0.75, 1.0]))
    place = np.clip(np.searchsorted(edges, values, side="left") - 1, 0, len(edges) - 2)
    used, place = np.unique(place, return_inverse=True)
    return [f"{edges[i]:.4g} to {edges[i + 1]:.4g}" for i in used], place
