"""keras.engine: where Keras 1 and 2 kept layers and models."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from striate.graph import Symbol
from striate.keras import layers as _layers
from striate.keras.layers import Input as Input
from striate.keras.layers import InputSpec as InputSpec
from striate.keras.models import Model as Model
from striate.keras.models import Sequential as Sequential

KerasTensor = Symbol
Network = Container = Functional = Model
Layer = _layers.__dict__["Layer"]
InputLayer = _layers.__dict__["InputLayer"]


def get_source_inputs(tensor: Any, *_: Any) -> list[Any]:
    """The symbols made by `Input` that a symbol depends on.

    Example:
        >>> from striate.keras import layers
        >>> x = layers.Input((4,))
        >>> get_source_inputs(layers.Dense(2)(x)) == [x]
        True
    """
    from striate.graph.record import ancestors

    found = tensor if isinstance(tensor, (list, tuple)) else [tensor]
    return [s for call in ancestors(found) if not call.inputs for s in call.symbols()]


def is_keras_tensor(x: Any) -> bool:
    """Whether something is a symbol: it has a shape, and no numbers yet."""
    return isinstance(x, Symbol)


@contextlib.contextmanager
def device(device_name: Any) -> Iterator[None]:
    """Accepted; a model chooses its device in fit, and tensors follow it."""
    yield


@contextlib.contextmanager
def name_scope(name: str, **_: Any) -> Iterator[None]:
    """Accepted; layers have their own names."""
    yield


__all__ = [
    "Container",
    "Functional",
    "Input",
    "InputLayer",
    "InputSpec",
    "KerasTensor",
    "Layer",
    "Model",
    "Network",
    "Sequential",
    "device",
    "get_source_inputs",
    "is_keras_tensor",
    "name_scope",
]
