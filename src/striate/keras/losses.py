"""keras.losses: losses as classes and as functions."""

from __future__ import annotations

from striate.keras import surface
from striate.training import losses as _losses
from striate.training.losses import cosine_similarity

_NAMES = surface.take(_losses, ("LossFunctionWrapper",))
globals().update(_NAMES)

cosine_proximity = cosine_similarity


class Reduction:
    """Keras 2's names of how a loss is summed up."""

    AUTO = "sum_over_batch_size"
    NONE = "none"
    SUM = "sum"
    SUM_OVER_BATCH_SIZE = "sum_over_batch_size"


__all__ = [*_NAMES, "Reduction", "cosine_proximity"]
