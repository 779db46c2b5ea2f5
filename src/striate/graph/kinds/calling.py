"""Kinds of layers that are called on several things by name: a query, a mask, a state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from striate.graph.kinds.base import Fault, Kind
from striate.graph.named import Items, Named
from striate.graph.spec import Spec


@dataclass(frozen=True)
class Calling(Kind):
    """A layer whose inputs have roles.

    Args:
        call: how it was called: `kwargs` with the number of an input, or a setting, by name;
            empty where it was called on one thing.
    """

    roles: ClassVar[tuple[str, ...]] = ("inputs",)  # in the order of positional arguments
    call: Items = Items()

    def called(self, inputs: Sequence[Any]) -> dict[str, Any]:
        """Inputs and settings of the call by name."""
        if not self.call:
            return dict(zip(self.roles, inputs, strict=False))
        settings = dict(self.call)["kwargs"]
        return {name: _filled(value, inputs) for name, value in settings}

    def check_inputs(self, *inputs: Spec) -> None:
        """Checks the first role as other kinds do their input; the others are the kind's own."""
        super().check_inputs(self.called(inputs)[self.roles[0]])


def _filled(value: Any, inputs: Sequence[Any]) -> Any:
    if isinstance(value, Named) and value.name == "$input":
        return inputs[dict(value.config)["index"]]
    if isinstance(value, tuple):
        return tuple(_filled(v, inputs) for v in value)
    return value


def check_mask(mask: Any, spec: Spec) -> None:
    """A `Fault` unless a mask has one value per step."""
    if mask is not None and (mask.rank != 2 or mask.shape[1] != spec.shape[1]):
        raise Fault(
            "`mask` does not fit",
            got={"mask shape": mask.shape, "input shape": spec.shape},
            expected=f"{spec.shape[:2]}, one value per step",
        )
