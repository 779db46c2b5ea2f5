"""The activation inside a layer."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from striate import errors
from striate.ops import activations
from striate.ops.layout import to_external, to_internal


def activate(activation: Any, x: Tensor, where: str) -> Tensor:
    """Applies an activation to a tensor in internal order."""
    if activations.of_each_value(activation):
        return activation(x)  # type: ignore[no-any-return]
    last = to_external(x)
    y = activation(last)
    if activations.bare(activation)[0] is None:
        activations.check_output(last, y, where)
    return to_internal(y)


def refuse_glu(activation: Any, where: str) -> None:
    """Raises ArgumentError for "glu" inside a layer, whose channels it would halve."""
    if activations.bare(activation)[0] == "glu":
        raise errors.ArgumentError(
            errors.message(
                where,
                "`glu` halves the channels, so it is a layer of its own",
                got={"activation": "glu"},
                expected="an activation that keeps the shape",
                fix='Put layers.Activation("glu") behind a layer with twice the channels',
            )
        )
