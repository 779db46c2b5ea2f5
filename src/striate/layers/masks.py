"""Masks: which steps of a sequence count, on their way from layer to layer.

A mask is a value of its own: in a graph an edge like any other, on a tensor an attribute. A layer
that gives one (`Masking`, `Embedding`) attaches it to its output; a layer that knows masks gets it
as the argument `mask`, or passes it on; another one drops it, with a warning as in Keras.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Protocol

from striate import errors
from striate.graph.record import Symbol
from striate.ops import masks
from striate.ops.masks import attach as attach


class Masked(Protocol):
    """What is asked of a layer."""

    supports_masking: bool

    @property
    def where(self) -> str:
        """Its name in messages."""

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The mask of its output."""


def refused(layer: Masked, why: str, fix: str) -> errors.ArgumentError:
    """The error of a layer that would have to use a mask, and cannot."""
    return errors.ArgumentError(
        errors.message(
            layer.where,
            why,
            got={"mask": "of its input"},
            expected="an input of which all steps count",
            fix=fix,
        )
    )


def mask_of(value: Any) -> Any:
    """The mask of a symbol or a tensor; None if all of it counts."""
    return value.mask if isinstance(value, Symbol) else masks.mask_of(value)


def passed_on(layer: Masked, inputs: Sequence[Any]) -> Any:
    """The mask of what a layer returns, from the masks of what it was called on."""
    known = [mask_of(value) for value in inputs]
    if all(mask is None for mask in known):
        return None
    if not layer.supports_masking:
        warnings.warn(
            f"{layer.where}: it does not know masks, so the layers behind it count masked steps,"
            " too. Put the layers that need the mask before it.",
            UserWarning,
            stacklevel=4,
        )
        return None
    if len(inputs) == 1:
        return layer.compute_mask(inputs[0], known[0])
    return layer.compute_mask(list(inputs), known)
