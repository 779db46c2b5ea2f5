"""keras.mixed_precision: half precision for a whole model."""

from __future__ import annotations

from typing import Any

from striate.errors import ArgumentError, message

# name of a Keras policy -> `precision` of fit
PRECISIONS = {"float32": "auto", "mixed_bfloat16": "bfloat16", "mixed_float16": "float16"}


class DTypePolicy:
    """A name of `PRECISIONS`: what products are computed in; weights are float32.

    Args:
        name: "float32", "mixed_bfloat16" or "mixed_float16".

    Raises:
        ArgumentError: another policy.
    """

    def __init__(self, name: str = "float32") -> None:
        if name not in PRECISIONS:
            raise ArgumentError(
                message(
                    "keras.mixed_precision",
                    "unknown policy",
                    got={"name": name},
                    expected=", ".join(repr(p) for p in PRECISIONS),
                )
            )
        self.name = name

    @property
    def compute_dtype(self) -> str:
        """What products are computed in."""
        return self.name.removeprefix("mixed_")

    @property
    def variable_dtype(self) -> str:
        """The number type of weights."""
        return "float32"

    def __repr__(self) -> str:
        return f'<DTypePolicy "{self.name}">'


Policy = DTypePolicy
_current = [DTypePolicy()]


def global_policy() -> DTypePolicy:
    """The policy of models that are trained from now on."""
    return _current[0]


def set_global_policy(policy: Any) -> None:
    """Sets it, by name or object."""
    _current[0] = policy if isinstance(policy, DTypePolicy) else DTypePolicy(policy)


dtype_policy, set_dtype_policy, set_policy = global_policy, set_global_policy, set_global_policy

__all__ = [
    "DTypePolicy",
    "Policy",
    "dtype_policy",
    "global_policy",
    "set_dtype_policy",
    "set_global_policy",
    "set_policy",
]
