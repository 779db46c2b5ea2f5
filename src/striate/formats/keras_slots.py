"""What optimizers of Keras 3 keep for each weight, and in which order files have it."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any

# Of every optimizer, if it averages weights or gathers gradients.
AROUND = (("average",), ("accumulated_gradient",))
# Weight by weight what is in one group, one group after the other.
SLOTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "SGD": (("momentum",),),
    "RMSprop": (("velocity",), ("momentum",), ("average_gradient",)),
    "Adagrad": (("accumulator",),),
    "Adadelta": (("accumulated_grad", "accumulated_delta_var"),),
    "Adam": (("momentum", "velocity"), ("velocity_hat",)),
    "AdamW": (("momentum", "velocity"), ("velocity_hat",)),
    "Adamax": (("momentum", "norm"),),
    "Nadam": (("momentum", "velocity"),),
    "Lion": (("momentum",),),
    "Lamb": (("momentum", "velocity"),),
    "Ftrl": (("accumulator", "linear"),),
    "Adafactor": (("row", "column", "velocity"),),
    "Muon": (("momentum", "velocity"),),
}
WHOLE = frozenset({"row", "column", "velocity"})  # Adafactor's are there even where it uses none
# What is kept here with epsilon added, which Keras adds each time that it takes the root.
RAISED = {
    "RMSprop": ("velocity",),
    "Adagrad": ("accumulator",),
    "Adadelta": ("accumulated_grad", "accumulated_delta_var"),
}
OWN_STATE = "striate_optimizer_weights"  # in .h5; see keras_writing.writing


def slot_order(optimizer: str, kept: Sequence[Container[str]]) -> list[tuple[int, str]]:
    """(number of a weight, what is kept of it) of each array of an optimizer, in Keras's order.

    Args:
        optimizer: its class.
        kept: for each trained weight what the optimizer keeps of it.

    Example:
        >>> slot_order("Adam", [("momentum", "velocity")] * 2)
        [(0, 'momentum'), (0, 'velocity'), (1, 'momentum'), (1, 'velocity')]
    """
    always = WHOLE if optimizer == "Adafactor" else frozenset()
    return [
        (i, slot)
        for group in (*AROUND, *SLOTS[optimizer])
        for i, own in enumerate(kept)
        for slot in group
        if slot in own or slot in always
    ]


def raised(optimizer: Any, slot: str) -> float:
    """By how much a value that is kept here is larger than Keras's."""
    slots = RAISED.get(type(optimizer).__name__, ())
    return float(optimizer.epsilon) if slot in slots else 0.0
