"""The confusion matrix: which class is taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from striate.diagnosis.records import Record
from striate.errors import ArgumentError, message

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = np.ndarray[Any, Any]

_MOST_NUMBERS = 20
"""Matrices of more classes are drawn without a number in each cell."""

_MOST_NAMES = 50
_LONGEST = 16


@dataclass(frozen=True, eq=False)
class ConfusionMatrix(Record):
    """Row: the true class; column: the predicted one.

    Args:
        counts: (classes, classes), numbers of samples.
        class_names: their names.
    """

    counts: Array
    class_names: tuple[str, ...]

    def normalized(self, by: str = "true") -> Array:
        """Shares instead of counts; a row or column without samples is 0.

        Args:
            by: "true" makes rows add up to 1 (the diagonal is recall), "predicted" columns
                (precision), "all" the whole matrix.

        Raises:
            ArgumentError: another word.
        """
        axes = {"true": 1, "predicted": 0, "all": None}
        if by not in axes:
            raise ArgumentError(
                message(
                    "confusion matrix",
                    "it cannot be normalized by this",
                    got={"normalize": by},
                    expected='"true", "predicted", "all", or None for counts',
                )
            )
        total = self.counts.sum(axis=axes[by], keepdims=True)
        found: Array = self.counts / np.maximum(total, 1)
        return found

    def pairs(self, count: int = 10) -> list[tuple[str, str, int]]:
        """The mistakes that are made most: (true, predicted, how often), most first."""
        wrong = self.counts.copy()
        np.fill_diagonal(wrong, 0)
        order = np.argsort(-wrong, axis=None, kind="stable")[:count]
        rows, columns = np.unravel_index(order, wrong.shape)
        names = self.class_names
        found = [(names[i], names[j], int(wrong[i, j])) for i, j in zip(rows, columns, strict=True)]
        return [pair for pair in found if pair[2]]

    @property
    def title(self) -> str:
        return "true class below each other, predicted class side by side"

    def header(self) -> list[str]:
        return ["", *self.class_names]

    def cells(self) -> list[list[str]]:
        rows = zip(self.class_names, self.counts, strict=True)
        return [[name, *(f"{count:,}" for count in row)] for name, row in rows]

    def to_dict(self) -> dict[str, Any]:
        return {"class_names": list(self.class_names), "counts": self.counts.tolist()}

    def plot(self, normalize: str | None = None) -> Figure:
        """The matrix as a picture; colours are shares of the row, numbers what is asked for.

        Args:
            normalize: None writes counts; see `normalized` for the rest.
        """
        from striate.figures import figure, shades

        shown = self.counts if normalize is None else self.normalized(normalize)
        colours = self.normalized("true" if normalize is None else normalize)
        size = len(self.class_names)
        side = min(max(3.6, 1.6 + 0.36 * size), 12)
        picture = figure(side + 0.4, side)
        axes = picture.add_subplot()
        axes.imshow(colours, cmap=shades(), vmin=0, vmax=max(float(colours.max()), 1e-9))
        if size <= _MOST_NUMBERS:
            _write_numbers(axes, shown, colours / max(float(colours.max()), 1e-9))
        _name_axes(axes, self.class_names)
        return picture


def confusion_matrix(
    labels: Array, predicted: Array, class_names: Sequence[str]
) -> ConfusionMatrix:
    """The matrix for whole numbers of true and predicted classes.

    Example:
        >>> confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), ["cat", "dog"]).counts
        array([[1, 1],
               [0, 1]])
    """
    from sklearn import metrics

    counts = metrics.confusion_matrix(labels, predicted, labels=range(len(class_names)))
    return ConfusionMatrix(counts, tuple(class_names))


def _write_numbers(axes: Any, shown: Array, level: Array) -> None:
    whole = shown.dtype.kind == "i"
    size = 9 if len(shown) <= 12 else 6.5
    for i, j in np.ndindex(*shown.shape):
        if shown[i, j]:
            text = f"{shown[i, j]:,}" if whole else f"{shown[i, j]:.2f}".lstrip("0")
            # White on the deep end; elsewhere the colour of all text, which a page may change.
            colour = "#ffffff" if level[i, j] > 0.82 else "#000000"
            axes.text(j, i, text, ha="center", va="center", fontsize=size, color=colour)


def _name_axes(axes: Any, names: Sequence[str]) -> None:
    from striate.figures import as_text

    step = -(-len(names) // _MOST_NAMES)
    places = range(0, len(names), step)
    shown = [as_text(_short(names[i])) for i in places]
    long = max(len(name) for name in names) > 3
    axes.set_xticks(places, shown, rotation=90 if long else 0)
    axes.set_yticks(places, shown)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _short(name: str) -> str:
    """A name that leaves room for the matrix."""
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}\u2026"
