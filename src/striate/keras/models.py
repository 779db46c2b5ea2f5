"""keras.models: models, with the methods of every Keras age."""

from __future__ import annotations

from typing import Any

from striate import models as _models
from striate.models import Model as Model
from striate.models import Sequential as Sequential


def load_model(filepath: Any, custom_objects: Any = None, compile: bool = True) -> Any:
    """A model from a file; see `saving.load_model`."""
    return _models.load_model(filepath, custom_objects, compile)


__all__ = ["Model", "Sequential", "load_model"]
