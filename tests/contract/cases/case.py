"""Case: one layer with arguments and inputs, as the rows of the families' files have them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from striate import layers

LISTS = ("initial_state", "states")  # arguments of a call that are lists


@dataclass(frozen=True)
class Inner:
    """A layer that is an argument of another: made anew for each side of a comparison."""

    layer: str
    arguments: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"{self.layer}({','.join(f'{k}={v}' for k, v in self.arguments.items())})"


def resolved(arguments: dict[str, Any], library: Any) -> dict[str, Any]:
    """Arguments with layers of a library (striate's or Keras's) in place of each `Inner`."""
    made = {}
    for name, value in arguments.items():
        made[name] = _made(value, library)
    return made


def _made(value: Any, library: Any) -> Any:
    if isinstance(value, Inner):
        return getattr(library, value.layer)(**resolved(value.arguments, library))
    return [_made(v, library) for v in value] if isinstance(value, list) else value


@dataclass(frozen=True)
class Case:
    """One layer with arguments and the shapes of its inputs (without the batch).

    Args:
        layer: class name in `striate.layers`.
        arguments: constructor arguments, the same for Keras.
        shapes: one input shape, or several.
        keras: False where Keras has no such layer or another meaning (said in the note).
        random: True if training draws random numbers, so that values cannot be compared.
        trains: True if training gives other values though nothing is random.
        rewrites: True if training changes the weights in the call, so that no two are the same.
        whole: largest whole number of the inputs where the layer takes whole numbers.
        data: makes the inputs from a seed and a batch size, where random numbers do not do.
        smooth: False if the function has kinks on a grid that a gradient check may hit.
        copies: True if the operation rearranges values, so that another layout is no accident.
        names: the argument of the call that each input is, if they are not one or a list; those
            of one name are a list, those that end with "mask" are boolean.
        settings: further arguments of the call.
        note: why a flag is set.
    """

    layer: str
    arguments: dict[str, Any] = field(default_factory=dict)
    shapes: tuple[tuple[int, ...], ...] = ((5, 6, 3),)
    keras: bool = True
    random: bool = False
    trains: bool = False
    rewrites: bool = False
    whole: int | None = None
    data: Callable[[int, int], list[np.ndarray]] | None = None
    smooth: bool = True
    copies: bool = False
    names: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    note: str = ""

    def make(self) -> layers.Layer:
        made = resolved(self.arguments, layers)
        layer: layers.Layer = getattr(layers, self.layer)(**made)
        return layer

    def inputs(self, seed: int = 0, batch: int = 2) -> list[np.ndarray]:
        if self.data is not None:
            return self.data(seed, batch)
        rng = np.random.default_rng(seed)
        if self.names:
            return [
                rng.random((batch, *s)) > 0.4
                if name.endswith("mask")
                else rng.normal(size=(batch, *s)).astype("float32")
                for name, s in zip(self.names, self.shapes, strict=True)
            ]
        if self.whole is not None:
            return [rng.integers(0, self.whole, (batch, *s)) for s in self.shapes]
        return [rng.normal(size=(batch, *s)).astype("float32") for s in self.shapes]

    def call(self, layer: Any, values: list[Any], **settings: Any) -> Any:
        """Calls a layer, striate's or Keras's, on values or symbols."""
        if not self.names:
            return layer(values[0] if len(values) == 1 else values, **settings)
        named: dict[str, Any] = {}
        for name in dict.fromkeys(self.names):
            found = [v for n, v in zip(self.names, values, strict=True) if n == name]
            named[name] = found if name in LISTS else found[0]
        first = named.pop(self.names[0])  # Keras calls it inputs, sequence or sequences
        return layer(first, **named, **self.settings, **settings)

    def __str__(self) -> str:
        arguments = ",".join(f"{k}={v}" for k, v in self.arguments.items())
        call = "".join(f",{name}" for name in (*self.names, *self.settings))
        return f"{self.layer}({arguments}){call}".replace(" ", "")


NOT_IN_KERAS: dict[str, Any] = {
    "keras": False,
    "note": "Keras has no such layer; tested with the slow definition",
}
IMAGE = ((5, 6, 3),)
FLAT = ((7,),)
