"""Facts about kinds on which the rewrites of a graph rest; the plan and the analyses read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from striate.graph.graph import Port

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
# Layers and activations that take a half value as it is: they choose, move or bend values one
# by one. What sums up many values, or is a probability, gets float32.
FOLLOWS = frozenset(
    {"MaxPooling1D", "MaxPooling2D", "MaxPooling3D", "Flatten", "Reshape", "Dropout"}
    | {"ZeroPadding2D", "GlobalMaxPooling2D", "Concatenate"}
)
BENDS = frozenset({"linear", "relu", "relu6", "leaky_relu", "elu", "selu", "gelu", "silu", "tanh"})
# Layers that calculate in float32 and round only their result. They keep it half if a half product
# is to come: else the rounding gains nothing.
CARRIES = frozenset({"BatchNormalization", "Add"})


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


class Call(Protocol):
    """What the plan and the analyses each have of their own: a layer, or one part of it."""

    @property
    def part(self) -> str: ...
    @property
    def activation(self) -> str: ...
    @property
    def reads(self) -> tuple[Port, ...]: ...
    @property
    def writes(self) -> tuple[Port, ...]: ...


@dataclass(frozen=True)
class Flow:
    """What a call does with half values.

    Args:
        reads: the values it takes.
        writes: the values it gives.
        product: they are half whatever it reads.
        follows: they are half if all that it reads is.
        carries: they are half if all that it reads is, and a half product is to come.
    """

    reads: tuple[Port, ...]
    writes: tuple[Port, ...]
    product: bool = False
    follows: bool = False
    carries: bool = False


def flow(call: Call, kind: Any, half: bool) -> Flow:
    """What a call does with half values.

    Args:
        call: the call.
        kind: its layer.
        half: whether it is a product in a half type.
    """
    name = type(kind).__name__
    whole = call.part == "whole"
    bends = call.part == "activation" and call.activation in BENDS and not kind.penalises
    follows = bends or (whole and name in FOLLOWS)
    carries = whole and name in CARRIES and not kind.penalises
    return Flow(call.reads, call.writes, half, follows, carries)


def half_values(flows: Sequence[Flow]) -> set[Port]:
    """The values that are of a half type, of calls in order.

    Example:
        >>> a, b, c, d = (Port(name) for name in "abcd")
        >>> product, sum_ = Flow((a,), (b,), product=True), Flow((b, b), (c,), carries=True)
        >>> half_values([product, sum_]) == {b}
        True
        >>> half_values([product, sum_, Flow((c,), (d,), product=True)]) == {b, c, d}
        True
    """
    wanted: set[Port] = set()  # values from which a way leads to a half product
    for f in reversed(flows):
        through = (f.follows or f.carries) and any(p in wanted for p in f.writes)
        if f.product or through:
            wanted.update(f.reads)
    low: set[Port] = set()
    for f in flows:
        passes = f.follows or (f.carries and any(p in wanted for p in f.writes))
        if f.product or (passes and f.reads and all(p in low for p in f.reads)):
            low.update(f.writes)
    return low
