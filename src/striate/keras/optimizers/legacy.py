"""keras.optimizers.legacy: today's optimizers under the path of Keras 2.11's earlier ones."""

from __future__ import annotations

from striate.keras import optimizers as _optimizers

_KEPT = ("Adadelta", "Adagrad", "Adam", "Adamax", "Ftrl", "Nadam", "Optimizer", "RMSprop", "SGD")
globals().update({name: getattr(_optimizers, name) for name in _KEPT})

__all__ = list(_KEPT)
