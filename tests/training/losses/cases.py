"""One row per loss and way of calling it: what the comparisons with Keras and the plain form run.

A row names the class, its arguments and the kind of data it takes; `draw` makes such data.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class Case(NamedTuple):
    """A loss as Keras and striate both build it."""

    name: str
    arguments: dict[str, Any]
    data: str
    function: str = ""

    def __str__(self) -> str:
        inside = ",".join(f"{key}={value}" for key, value in self.arguments.items())
        return f"{self.name}({inside})-{self.data}"


CASES = [
    Case("BinaryCrossentropy", {}, "binary", "binary_crossentropy"),
    Case("BinaryCrossentropy", {"label_smoothing": 0.2}, "binary", "binary_crossentropy"),
    Case("BinaryCrossentropy", {"from_logits": True}, "binary_logits", "binary_crossentropy"),
    Case(
        "BinaryCrossentropy",
        {"from_logits": True, "label_smoothing": 0.1},
        "binary_image_logits",
        "binary_crossentropy",
    ),
    Case("CategoricalCrossentropy", {}, "rows", "categorical_crossentropy"),
    Case("CategoricalCrossentropy", {}, "rows_image", "categorical_crossentropy"),
    Case("CategoricalCrossentropy", {"axis": 1}, "rows_image", "categorical_crossentropy"),
    Case("CategoricalCrossentropy", {"label_smoothing": 0.2}, "rows", "categorical_crossentropy"),
    Case(
        "CategoricalCrossentropy", {"from_logits": True}, "rows_logits", "categorical_crossentropy"
    ),
    Case(
        "CategoricalCrossentropy",
        {"from_logits": True, "label_smoothing": 0.1},
        "rows_image_logits",
        "categorical_crossentropy",
    ),
    Case("SparseCategoricalCrossentropy", {}, "numbers", "sparse_categorical_crossentropy"),
    Case("SparseCategoricalCrossentropy", {}, "numbers_column", "sparse_categorical_crossentropy"),
    Case(
        "SparseCategoricalCrossentropy",
        {"ignore_class": 2},
        "numbers_image",
        "sparse_categorical_crossentropy",
    ),
    Case(
        "SparseCategoricalCrossentropy",
        {"from_logits": True},
        "numbers_logits",
        "sparse_categorical_crossentropy",
    ),
    Case(
        "SparseCategoricalCrossentropy",
        {"from_logits": True, "ignore_class": 0},
        "numbers_image_logits",
        "sparse_categorical_crossentropy",
    ),
    Case("BinaryFocalCrossentropy", {}, "binary", "binary_focal_crossentropy"),
    Case(
        "BinaryFocalCrossentropy",
        {"apply_class_balancing": True, "alpha": 0.3, "gamma": 1.5, "label_smoothing": 0.1},
        "binary",
        "binary_focal_crossentropy",
    ),
    Case(
        "BinaryFocalCrossentropy",
        {"from_logits": True},
        "binary_logits",
        "binary_focal_crossentropy",
    ),
    Case("CategoricalFocalCrossentropy", {}, "rows", "categorical_focal_crossentropy"),
    Case(
        "CategoricalFocalCrossentropy",
        {"alpha": [0.1, 0.2, 0.3, 0.4, 0.5], "gamma": 3.0, "label_smoothing": 0.1},
        "rows",
        "categorical_focal_crossentropy",
    ),
    Case(
        "CategoricalFocalCrossentropy",
        {"from_logits": True},
        "rows_logits",
        "categorical_focal_crossentropy",
    ),
    Case("MeanSquaredError", {}, "real", "mean_squared_error"),
    Case("MeanSquaredError", {}, "real_image", "mean_squared_error"),
    Case("MeanAbsoluteError", {}, "real", "mean_absolute_error"),
    Case("MeanAbsolutePercentageError", {}, "positive", "mean_absolute_percentage_error"),
    Case("MeanSquaredLogarithmicError", {}, "positive", "mean_squared_logarithmic_error"),
    Case("Huber", {"delta": 0.7}, "real", "huber"),
    Case("LogCosh", {}, "real", "log_cosh"),
    Case("CosineSimilarity", {}, "real", "cosine_similarity"),
    Case("CosineSimilarity", {"axis": 1}, "real_image", "cosine_similarity"),
    Case("Hinge", {}, "signs", "hinge"),
    Case("Hinge", {}, "binary_logits", "hinge"),
    Case("SquaredHinge", {}, "binary_logits", "squared_hinge"),
    Case("CategoricalHinge", {}, "rows_logits", "categorical_hinge"),
    Case("KLDivergence", {}, "soft_rows", "kl_divergence"),
    Case("Poisson", {}, "positive", "poisson"),
    Case("Dice", {}, "binary_image", "dice"),
    Case("Dice", {"axis": (1, 2, 3)}, "binary_image", "dice"),
    Case("Tversky", {"alpha": 0.3, "beta": 0.8}, "binary_image", "tversky"),
    Case("Tversky", {"axis": [1, 2]}, "binary_image", "tversky"),
]

CLASSES = 5


def draw(data: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Targets and predictions of a kind: `_image` has rank 4, `_logits` no activation."""
    random = np.random.default_rng(seed)
    leading = (4, 3, 2) if "_image" in data else (6,)
    logits = random.normal(0, 2, (*leading, CLASSES))
    kind = data.split("_")[0]
    if kind in ("rows", "numbers", "soft"):
        numbers = random.integers(0, CLASSES, leading)
        shifted = np.exp(logits - logits.max(-1, keepdims=True))
        softmax = shifted / shifted.sum(-1, keepdims=True)
        soft = random.dirichlet(np.ones(CLASSES), leading)
        targets = {"rows": np.eye(CLASSES)[numbers], "numbers": numbers, "soft": soft}[kind]
        if data == "numbers_column":
            targets = targets[..., None].astype("uint8")
        return targets, (logits if "_logits" in data else softmax).astype("float32")
    if kind in ("binary", "signs"):
        targets = random.integers(0, 2, logits.shape)
        predictions = logits if kind == "signs" or "_logits" in data else 1 / (1 + np.exp(-logits))
        return targets * 2 - 1 if kind == "signs" else targets, predictions.astype("float32")
    if kind == "positive":
        return random.uniform(0.1, 3, logits.shape), random.uniform(0.1, 3, logits.shape)
    return random.normal(size=logits.shape), logits.astype("float32")
