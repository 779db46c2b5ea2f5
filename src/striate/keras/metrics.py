"""keras.metrics: metrics as classes and as functions."""

from __future__ import annotations

from striate.keras import surface
from striate.training import metrics as _metrics
from striate.training.losses import kullback_leibler_divergence, logcosh

_NAMES = surface.take(_metrics, ("AccuracyByShape", "CrossentropyByShape", "MetricVariable"))
globals().update(_NAMES)

cosine_proximity = cosine = _metrics.cosine_similarity
acc = _metrics.accuracy

__all__ = [
    *_NAMES,
    "acc",
    "cosine",
    "cosine_proximity",
    "kullback_leibler_divergence",
    "logcosh",
]
