"""Predictions to measure: some right, some wrong, some unsure."""

from __future__ import annotations

import numpy as np

from striate.diagnosis import ClassifierEvaluation


def predictions(classes: int = 4, count: int = 200, seed: int = 0) -> ClassifierEvaluation:
    """An evaluation of made-up logits that are better than chance."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, count)
    logits = rng.normal(size=(count, classes)).astype(np.float32)
    logits[np.arange(count), labels] += 1.2
    images = rng.integers(0, 17, (count, 8, 8, 1)).astype(np.uint8)
    names = [f"class {chr(97 + i)}" for i in range(classes)]
    return ClassifierEvaluation(labels, logits, names, images)
