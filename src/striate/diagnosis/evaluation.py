"""evaluate_classifier: one pass over labelled data, and every question that it answers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from striate.diagnosis.calibration import Calibration, calibration, softmax
from striate.diagnosis.classification import ClassificationReport, classification_report
from striate.diagnosis.confusion import ConfusionMatrix, confusion_matrix
from striate.diagnosis.curves import Curve, plot_curves, precision_recall_curves, roc_curves
from striate.diagnosis.mistakes import Mistakes, image_of, surest_mistakes
from striate.diagnosis.proportion import Proportion
from striate.diagnosis.scores import as_logits, collect
from striate.diagnosis.slices import Slices, slices
from striate.diagnosis.temperature import TemperatureScaling, fit_temperature
from striate.errors import ArgumentError, DataError, message

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = np.ndarray[Any, Any]


class ClassifierEvaluation:
    """What a classifier says about labelled samples; every method is a look at that.

    `evaluate_classifier` makes one from a model, `of_outputs` from the predictions of anything
    else.

    Args:
        labels: true classes, whole numbers (N,).
        logits: (N, classes); softmax of them are the probabilities.
        class_names: one per class; None: their numbers.
        images: index -> image, for galleries.

    Attributes:
        labels: (N,) true classes.
        logits: (N, classes); softmax of them gives `probabilities`.
        class_names: names of the classes.
        images: the images, where they are at hand.

    Raises:
        DataError: labels that are not classes of the outputs, other numbers of both, outputs that
            are not finite.
        ArgumentError: another number of names than classes.

    Example:
        >>> found = ClassifierEvaluation.of_outputs([0, 1, 1], [0.2, 0.9, 0.4], ["no", "yes"])
        >>> print(found)
        accuracy 0.667 (2 of 3; 95 % interval 0.208 to 0.939), 2 classes
    """

    def __init__(
        self,
        labels: Any,
        logits: Any,
        class_names: Sequence[str] | None = None,
        images: Any = None,
    ) -> None:
        self.labels: Array = np.asarray(labels, np.int64)
        self.logits: Array = np.asarray(logits)
        names = range(self.logits.shape[1]) if class_names is None else class_names
        self.class_names = tuple(str(name) for name in names)
        self.images = images
        self._check()

    @classmethod
    def of_outputs(
        cls,
        labels: Any,
        outputs: Any,
        class_names: Sequence[str] | None = None,
        images: Any = None,
    ) -> ClassifierEvaluation:
        """From the outputs of any classifier.

        Args:
            labels: true classes (N,).
            outputs: (N, classes), probabilities if rows add up to 1, else logits; for two classes
                (N, 1) or (N,), probabilities of class 1 if from 0 to 1, else its logits.
            class_names: as in the constructor.
            images: as in the constructor.
        """
        scores = np.asarray(outputs)
        matrix = scores[:, np.newaxis] if scores.ndim == 1 else scores
        return cls(labels, as_logits(matrix, None), class_names, images)

    def _check(self) -> None:
        count = self.logits.shape[1]
        if len(self.class_names) != count:
            raise ArgumentError(
                message(
                    "evaluate_classifier",
                    "there is another number of class names than of classes",
                    got={"class_names": len(self.class_names), "classes": count},
                    expected="one name per class",
                )
            )
        if self.labels.shape != (len(self.logits),) or not len(self.labels):
            raise DataError(
                message(
                    "evaluate_classifier",
                    "labels and outputs do not belong together",
                    got={"labels": self.labels.shape, "outputs": self.logits.shape},
                    expected="one label for every row of outputs",
                )
            )
        low, high = int(self.labels.min()), int(self.labels.max())
        if low < 0 or high >= count:
            raise DataError(
                message(
                    "evaluate_classifier",
                    "there are labels that are none of the model's classes",
                    got={"lowest": low, "highest": high},
                    expected=f"0 to {count - 1}, for {count} classes",
                )
            )

    # what was said ------------------------------------------------------------------------------

    @cached_property
    def probabilities(self) -> Array:
        """(N, classes), float64; rows add up to 1."""
        return softmax(self.logits)

    @property
    def predicted(self) -> Array:
        """(N,) the most probable class of each sample."""
        found: Array = self.logits.argmax(axis=1)
        return found

    @property
    def confidence(self) -> Array:
        """(N,) its probability."""
        found: Array = self.probabilities.max(axis=1)
        return found

    @property
    def correct(self) -> Array:
        """(N,) whether it is the true class."""
        found: Array = self.predicted == self.labels
        return found

    def __len__(self) -> int:
        return len(self.labels)

    def __str__(self) -> str:
        return f"accuracy {self.accuracy()}, {len(self.class_names)} classes"

    def image(self, index: int) -> Array | None:
        """The image of a sample; None where it was not kept."""
        return image_of(self.images, index)

    # numbers and figures ------------------------------------------------------------------------

    def accuracy(self, level: float = 0.95) -> Proportion:
        """The share of samples that is right, with Wilson's interval."""
        return Proportion(int(self.correct.sum()), len(self), level)

    def top_k_accuracy(self, k: int = 5, level: float = 0.95) -> Proportion:
        """The share of samples whose class is among the k most probable ones."""
        best = np.argsort(-self.logits, axis=1, kind="stable")[:, :k]
        return Proportion(int((best == self.labels[:, None]).any(axis=1).sum()), len(self), level)

    def report(self) -> ClassificationReport:
        """Precision, recall and F1 of every class, and their means."""
        return classification_report(self.labels, self.predicted, self.class_names)

    def confusion_matrix(self) -> ConfusionMatrix:
        """Which class is taken for which; its `plot()` draws it."""
        return confusion_matrix(self.labels, self.predicted, self.class_names)

    def roc_curves(self) -> list[Curve]:
        """One per class against all others; of two classes that of the second."""
        return roc_curves(self.labels, self.probabilities, self.class_names)

    def precision_recall_curves(self) -> list[Curve]:
        """One per class against all others; of two classes that of the second."""
        return precision_recall_curves(self.labels, self.probabilities, self.class_names)

    def plot_roc(self) -> Figure:
        """The ROC curves in a figure."""
        return plot_curves(self.roc_curves())

    def plot_precision_recall(self) -> Figure:
        """The precision-recall curves in a figure."""
        return plot_curves(self.precision_recall_curves())

    def calibration(self, bins: int = 15) -> Calibration:
        """Whether confidences are true; its `plot()` is the reliability diagram."""
        return calibration(self.labels, self.probabilities, bins)

    def temperature_scaling(self) -> TemperatureScaling:
        """The temperature that makes confidences truest on these samples: validation data."""
        return fit_temperature(self.labels, self.logits)

    def with_temperature(self, temperature: float) -> ClassifierEvaluation:
        """The same evaluation with every logit divided by a temperature."""
        logits = self.logits / temperature
        return ClassifierEvaluation(self.labels, logits, self.class_names, self.images)

    def worst_mistakes(self, count: int = 12) -> Mistakes:
        """The wrong predictions that the model is surest of; `plot()` is their gallery."""
        return surest_mistakes(
            self.labels, self.probabilities, self.class_names, self.images, count
        )

    def slices(self, values: Any, column: str = "slice", level: float = 0.95) -> Slices:
        """The accuracy for each value of a column that has one value per sample."""
        return slices(self.correct, values, column, level)


def evaluate_classifier(
    model: torch.nn.Module,
    x: Any,
    y: Any = None,
    *,
    class_names: Sequence[str] | None = None,
    batch_size: int | None = None,
    steps: int | None = None,
    device: str | torch.device = "auto",
) -> ClassifierEvaluation:
    """Runs a classifier over labelled data once; the result answers how good it is, and where not.

    Args:
        model: a model, or any torch module that takes the images as they are given and returns
            (N, classes) probabilities or logits, or (N, 1) for two classes.
        x: images, in the forms that `fit` takes: arrays, or data that come in batches. Of the
            latter the images of the hundred surest mistakes are kept.
        y: true classes, if `x` is arrays: whole numbers from 0, or rows with a single 1.
        class_names: one per class; None: the model's own, else numbers.
        batch_size: images per step; 256 by default.
        steps: at most so many batches.
        device: as in `fit`.

    Raises:
        DataError: no data or labels, labels that are none of the model's classes, outputs that are
            not one finite score per class.
        ArgumentError: another number of names than classes.

    Example:
        >>> import striate as st
        >>> model = st.Sequential([layers.Flatten(input_shape=(2, 2, 1)), layers.Dense(3)])
        >>> found = st.evaluate_classifier(model, np.zeros((5, 2, 2, 1)), np.zeros(5, int))
        >>> found.accuracy().total, found.probabilities.shape
        (5, (5, 3))
    """
    logits, labels, images = collect(model, x, y, batch_size, steps, device)
    names = class_names if class_names is not None else getattr(model, "class_names", None)
    return ClassifierEvaluation(labels, logits, names, images)


def worst_mistakes(model: torch.nn.Module, x: Any, y: Any = None, count: int = 12) -> Mistakes:
    """The wrong predictions that a model is surest of; `plot()` is a gallery.

    Args:
        model: as in `evaluate_classifier`.
        x: as there.
        y: as there.
        count: how many at most.

    Raises:
        DataError: as there.
    """
    return evaluate_classifier(model, x, y).worst_mistakes(count)
