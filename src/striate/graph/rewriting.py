"""Facts about kinds on which the rewrites of a graph rest; the plan and the analyses read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# f(a) <= f(b) wherever a <= b. Not among them: silu, gelu, mish, hard_silu (they fall before they
# rise) and softmax (which looks at other channels).
MONOTONE = frozenset(
    {"relu", "relu6", "leaky_relu", "elu", "selu", "tanh", "sigmoid", "hard_sigmoid"}
    | {"softplus", "softsign", "exponential"}
)
# Layers that keep the largest value of a window: monotone functions may come after them.
POOLINGS = frozenset(
    {"MaxPooling1D", "MaxPooling2D", "MaxPooling3D"}
    | {"GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D"}
)
# Activations whose derivative follows from their result, so that they may overwrite their input.
OVERWRITING = frozenset(
    {"relu", "relu6", "leaky_relu", "elu", "selu", "sigmoid", "tanh", "exponential"}
)
# Layers whose result is memory of its own that their backward pass does not look at.
FRESH = frozenset({"MaxPooling2D", "AveragePooling2D", "BatchNormalization", "Add"})
# Layers that are an activation: the function that their numbers make of it.
ALONE = {"ReLU": "relu", "LeakyReLU": "leaky_relu", "ELU": "elu"}


def has_in_place(name: str, numbers: Mapping[str, Any]) -> bool:
    """Whether an activation has a form that overwrites its input.

    Args:
        name: the activation.
        numbers: the fields of its layer, if it is one: `negative_slope`, `max_value`, `alpha`.

    Example:
        >>> has_in_place("relu", {}), has_in_place("gelu", {})
        (True, False)
    """
    if numbers.get("max_value") is not None:
        return False  # clamp's derivative needs what it overwrites
    return name in OVERWRITING and numbers.get("alpha", 0.0) >= 0.0
