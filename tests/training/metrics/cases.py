"""One row per metric and way of calling it: what the comparisons with Keras run over.

A row names the class, its arguments, the kind of data it takes, and the shapes of weights that
Keras accepts with it. `draw` makes such data.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tests.training.losses import cases as loss_cases

PER_SAMPLE = ((6,), (6, 1))
ANY = (*PER_SAMPLE, ())


class Case(NamedTuple):
    """A metric as Keras and striate both build it."""

    name: str
    arguments: dict[str, Any]
    data: str
    weights: tuple[tuple[int, ...], ...] = ANY

    def __str__(self) -> str:
        inside = ",".join(f"{key}={value}" for key, value in self.arguments.items())
        return f"{self.name}({inside})-{self.data}"


THIRDS = [0.0, 0.5, 1.0]
UNEVEN = [0.7, 0.1, 0.35]

CASES = [
    Case("Accuracy", {}, "classes"),
    Case("BinaryAccuracy", {}, "binary"),
    Case("BinaryAccuracy", {"threshold": 0.2}, "binary_image", ((4,), (4, 3, 2))),
    Case("CategoricalAccuracy", {}, "rows"),
    Case("CategoricalAccuracy", {}, "rows_image", ((4,), (4, 3, 2))),
    Case("SparseCategoricalAccuracy", {}, "numbers", ((6,), ())),
    Case("SparseCategoricalAccuracy", {}, "numbers_column", ((6,),)),
    Case("SparseCategoricalAccuracy", {}, "numbers_image", ((4,), (4, 3, 2))),
    Case("TopKCategoricalAccuracy", {"k": 2}, "rows"),
    Case("TopKCategoricalAccuracy", {}, "rows_image", ((4,),)),
    Case("SparseTopKCategoricalAccuracy", {"k": 2}, "numbers", ((6,),)),
    Case("SparseTopKCategoricalAccuracy", {"k": 3}, "numbers_image", ((4,),)),
    Case("SparseTopKCategoricalAccuracy", {"k": 2, "from_sorted_ids": True}, "sorted_ids", ((6,),)),
    Case("TruePositives", {}, "binary", PER_SAMPLE),
    Case("FalsePositives", {"thresholds": 0.3}, "binary", PER_SAMPLE),
    Case("TrueNegatives", {"thresholds": UNEVEN}, "binary", PER_SAMPLE),
    Case("FalseNegatives", {"thresholds": THIRDS}, "binary", PER_SAMPLE),
    Case("Precision", {}, "binary", PER_SAMPLE),
    Case("Precision", {"thresholds": UNEVEN}, "binary", PER_SAMPLE),
    Case("Precision", {"thresholds": THIRDS}, "binary_vector", ((6,),)),
    Case("Precision", {"top_k": 2}, "rows", ((6,),)),
    Case("Precision", {"top_k": 2, "class_id": 1}, "rows", ((6,),)),
    Case("Precision", {"class_id": 3, "thresholds": 0.2}, "rows", ((6,),)),
    Case("Recall", {}, "binary", PER_SAMPLE),
    Case("Recall", {"thresholds": UNEVEN}, "binary_image", ()),
    Case("Recall", {"top_k": 3}, "rows", ((6,),)),
    Case("Recall", {"top_k": 2, "thresholds": [0.1, 0.4]}, "rows", ((6,),)),
    Case("SensitivityAtSpecificity", {"specificity": 0.6}, "binary", PER_SAMPLE),
    Case("SpecificityAtSensitivity", {"sensitivity": 0.4, "num_thresholds": 7}, "binary", ((6,),)),
    Case("PrecisionAtRecall", {"recall": 0.5, "num_thresholds": 1}, "binary", ((6,),)),
    Case("PrecisionAtRecall", {"recall": 0.5, "class_id": 2}, "rows", ((6,),)),
    Case("RecallAtPrecision", {"precision": 0.5}, "binary_vector", ((6,),)),
    Case("F1Score", {}, "rows", ((6,),)),
    Case("F1Score", {"average": "micro", "threshold": 0.3}, "binary", ((6,),)),
    Case("F1Score", {"average": "macro", "threshold": 0.3}, "binary", ((6,),)),
    Case("F1Score", {"average": "weighted"}, "rows", ((6,),)),
    Case("FBetaScore", {"beta": 2.0, "threshold": 0.5}, "binary", ((6,),)),
    Case("IoU", {"num_classes": 5, "target_class_ids": [0, 3]}, "classes", ()),
    Case("IoU", {"num_classes": 5, "target_class_ids": [1]}, "classes_image", ()),
    Case("BinaryIoU", {}, "binary", ()),
    Case("BinaryIoU", {"target_class_ids": [1], "threshold": 0.3}, "binary_image", ()),
    Case("MeanIoU", {"num_classes": 5, "dtype": "float32"}, "classes", ((6,),)),
    Case("MeanIoU", {"num_classes": 4}, "classes_image", ()),
    Case("MeanIoU", {"num_classes": 5, "ignore_class": 2}, "classes_image", ()),
    Case("MeanIoU", {"num_classes": 5, "sparse_y_pred": False}, "numbers_image", ()),
    Case("OneHotIoU", {"num_classes": 5, "target_class_ids": [2, 4]}, "rows_image", ()),
    Case("OneHotMeanIoU", {"num_classes": 5, "dtype": "float32"}, "rows", ((6,),)),
    Case("MeanSquaredError", {}, "real"),
    Case("RootMeanSquaredError", {}, "real"),
    Case("RootMeanSquaredError", {}, "real_image", ((4,), (4, 3, 2))),
    Case("MeanAbsoluteError", {}, "real_image", ((4,), (4, 3))),
    Case("MeanAbsolutePercentageError", {}, "positive"),
    Case("MeanSquaredLogarithmicError", {}, "positive"),
    Case("CosineSimilarity", {}, "real"),
    Case("LogCoshError", {}, "real"),
    Case("KLDivergence", {}, "soft_rows"),
    Case("Poisson", {}, "positive"),
    Case("Hinge", {}, "signs"),
    Case("SquaredHinge", {}, "binary_logits"),
    Case("CategoricalHinge", {}, "rows_logits"),
    Case("BinaryCrossentropy", {}, "binary"),
    Case("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, "binary_logits"),
    Case("CategoricalCrossentropy", {}, "rows"),
    Case("CategoricalCrossentropy", {"from_logits": True, "axis": 1}, "rows_image_logits", ()),
    Case("SparseCategoricalCrossentropy", {}, "numbers", ((6,),)),
    Case("SparseCategoricalCrossentropy", {"ignore_class": 2}, "numbers_image", ((4, 3, 2),)),
    Case("SparseCategoricalCrossentropy", {"from_logits": True}, "numbers_logits", ((6,),)),
    Case("R2Score", {}, "real", ((6,), (6, 1), (6, 5))),
    Case("R2Score", {"class_aggregation": None}, "real", ((6,),)),
    Case("R2Score", {"class_aggregation": "variance_weighted_average"}, "real", ((6,),)),
    Case("R2Score", {"num_regressors": 3}, "real", ((6,),)),
]

AREAS = [
    Case(
        "AUC",
        {"curve": curve, "summation_method": method, **more},
        data,
        PER_SAMPLE[:1] if data == "binary_vector" else PER_SAMPLE,
    )
    for curve in ("ROC", "PR", "PRGAIN")
    for method in ("interpolation", "majoring", "minoring")
    for more, data in (
        ({}, "binary_vector"),
        ({"num_thresholds": 11}, "binary"),
        ({"thresholds": [0.6, 0.2, 0.25]}, "binary"),
        ({"multi_label": True}, "binary"),
        ({"multi_label": True, "label_weights": [1.0, 0.5, 2.0, 0.0, 1.0]}, "binary"),
        ({"label_weights": [1.0, 0.5, 2.0, 0.0, 1.0]}, "binary"),
        ({"from_logits": True, "multi_label": True, "num_labels": 5}, "binary_logits"),
        ({"thresholds": [0.25, 0.5, 0.75], "multi_label": True}, "binary"),
    )
]


def draw(data: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Targets and predictions of a kind; those of the losses' table and a few more."""
    random = np.random.default_rng(seed)
    if data.startswith("classes"):
        shape = (4, 3, 2) if data.endswith("image") else (6,)
        return random.integers(0, 5, shape), random.integers(0, 5, shape)
    if data == "sorted_ids":
        return random.integers(0, 5, 6), np.stack([random.permutation(5) for _ in range(6)])
    if data == "binary_vector":
        return random.integers(0, 2, 6), random.uniform(size=6).astype("float32")
    return loss_cases.draw(data, seed)
