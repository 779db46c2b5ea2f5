"""What becomes of a layer of striate's own whose subclass writes `call` or `build` itself."""

from __future__ import annotations

from typing import Any

from striate.layers.base import Layer

# How a user's layer records and runs, instead of by a kind and its arithmetic.
_OF_USERS = (
    "_build_once",
    "_record",
    "arranged",
    "compute",
    "forward",
    "passed_mask",
)
WRITTEN = frozenset({"build", "call"})


def is_users(cls: type) -> bool:
    """Whether a new subclass of a layer of striate's own computes something else than it."""
    return not written_here(cls) and bool(WRITTEN & set(vars(cls)))


def written_here(cls: type) -> bool:
    """Whether a class is striate's own."""
    return cls.__module__.partition(".")[0] == "striate"


def give_to_user(cls: Any) -> None:
    """Makes a subclass record and run as any `Layer` of the user's.

    `super().call(...)` in it still is the arithmetic of the layer it comes from, which is kept
    under another name, and `super().build(...)` makes its weights.
    """
    if not cls.own_code:
        cls.own_code, cls.inner_compute = True, cls.compute
        for name in _OF_USERS:
            setattr(cls, name, getattr(Layer, name))
        cls.final_activation = _not_known


def _not_known(layer: Layer) -> None:
    """No loss can take over what the user's code ends with."""
