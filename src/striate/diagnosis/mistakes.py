"""The mistakes that a model is surest of, as data and as a gallery."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from striate.diagnosis.records import Record

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = np.ndarray[Any, Any]

_COLUMNS = 4


@dataclass(frozen=True)
class Mistake:
    """One image that is taken for something else.

    Args:
        index: its number in the data.
        true: the name of its class.
        predicted: what it is taken for.
        confidence: the probability of that.
        true_probability: the probability given to its class.
    """

    index: int
    true: str
    predicted: str
    confidence: float
    true_probability: float


@dataclass(frozen=True, eq=False)
class Mistakes(Record):
    """The surest mistakes first.

    Args:
        mistakes: what they are.
        images: the image of each, None where it was not kept.
        total: how many mistakes there are in all.
    """

    mistakes: tuple[Mistake, ...]
    images: tuple[Array | None, ...]
    total: int

    def __iter__(self) -> Any:
        return iter(self.mistakes)

    def __len__(self) -> int:
        return len(self.mistakes)

    @property
    def title(self) -> str:
        return f"the {len(self)} surest of {self.total:,} mistakes"

    def header(self) -> list[str]:
        return ["true, predicted", "image", "confidence", "of the true class"]

    def cells(self) -> list[list[str]]:
        return [
            [
                f"{m.true}, {m.predicted}",
                f"{m.index}",
                f"{m.confidence:.3f}",
                f"{m.true_probability:.3f}",
            ]
            for m in self.mistakes
        ]

    def to_dict(self) -> dict[str, Any]:
        return {"total": self.total, "mistakes": [asdict(m) for m in self.mistakes]}

    def plot(self) -> Figure:
        """A gallery: each image with its class, what it is taken for and how surely."""
        from striate.figures import as_text, panels, show_image

        picture, places = panels(
            len(self), most_columns=_COLUMNS, width_inches=1.9, height_inches=2.3
        )
        bounds = _bounds([image for image in self.images if image is not None])
        for axes, mistake, image in zip(places, self.mistakes, self.images, strict=True):
            if image is not None:
                show_image(axes, image, bounds)
            axes.set_axis_off()
            text = f"{mistake.predicted} {mistake.confidence:.0%}\nis {mistake.true}"
            axes.set_title(as_text(text), fontsize=9)
        return picture


def surest_mistakes(
    labels: Array, probabilities: Array, class_names: Sequence[str], images: Any, count: int
) -> Mistakes:
    """The wrong predictions with the highest probabilities.

    Args:
        labels: true classes.
        probabilities: (samples, classes).
        class_names: their names.
        images: index -> image, for those that there are; None: no images.
        count: how many at most.
    """
    predicted, sure = probabilities.argmax(axis=1), probabilities.max(axis=1)
    wrong = np.flatnonzero(predicted != labels)
    first = wrong[np.argsort(-sure[wrong], kind="stable")][:count]
    found = tuple(
        Mistake(
            index=int(i),
            true=class_names[labels[i]],
            predicted=class_names[predicted[i]],
            confidence=float(sure[i]),
            true_probability=float(probabilities[i, labels[i]]),
        )
        for i in first
    )
    return Mistakes(found, tuple(image_of(images, int(i)) for i in first), len(wrong))


def image_of(images: Any, index: int) -> Array | None:
    """One of the images, None where it was not kept."""
    if images is None or (not isinstance(images, np.ndarray) and index not in images):
        return None
    found: Array = np.asarray(images[index])
    return found


def _bounds(images: Sequence[Array]) -> tuple[float, float]:
    """The lowest and the highest value, so that all images of a gallery share one scale."""
    if not images:
        return 0.0, 1.0
    return float(min(i.min() for i in images)), float(max(i.max() for i in images))
