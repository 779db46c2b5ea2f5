"""Calling: layers of striate's own that are called on several things by name."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any

import numpy as np
import torch
from torch import Tensor

from striate import errors
from striate.graph import kinds
from striate.graph.kinds import Kind
from striate.graph.record import Symbol
from striate.layers import masks
from striate.layers.builtin import BuiltIn
from striate.layers.calls import Hole, Template, leaves
from striate.ops.layout import to_external, to_internal


class Calling(BuiltIn):
    """A layer whose inputs have roles: subclasses write `call` with the arguments of Keras's.

    `call` gets channels-last tensors; what was passed under which name is part of the kind of the
    call. A mask that a value carries is passed as `mask`, or as `<name>_mask`, where `call` takes
    it and nothing was passed for it.
    """

    kind: kinds.Calling

    def arranged(
        self, args: Any, kwargs: Any, types: tuple[type, ...]
    ) -> tuple[Template, tuple[Any, ...]]:
        named = self.named(args, kwargs)
        parameters = self.parameters_of_call()
        for role, given in list(named.items()):
            found = masks.mask_of(given) if isinstance(given, types) else None
            name = "mask" if "mask" in parameters else f"{role}_mask"
            if found is not None and name in parameters and name not in named:
                named[name] = found
        if Symbol in types:
            self._refuse_arrays(named)
        template, values = Template.split((), named, types)
        if template.kwargs == {self.kind.roles[0]: Hole(0)}:
            template = Template.positional(1)
        return template, values

    def _refuse_arrays(self, named: dict[str, Any]) -> None:
        for name, given in named.items():
            if isinstance(given, (np.ndarray, Tensor)):
                raise errors.ArgumentError(
                    errors.message(
                        self.where,
                        "an array was passed beside symbols",
                        got={name: given},
                        expected="symbols for all that has values",
                        fix=f"Make it an input of the model: {name}=Input(...)",
                    )
                )

    def parameters_of_call(self) -> list[str]:
        """The names of what it can be called on."""
        return list(inspect.signature(self.call).parameters)

    def named(self, args: Any, kwargs: Any) -> dict[str, Any]:
        """What it was called on by name; what is None is left out."""
        kwargs = {k: v for k, v in kwargs.items() if k != "training"}
        try:
            bound = inspect.signature(self.call).bind(*args, **kwargs)
        except TypeError as error:
            raise errors.ArgumentError(
                errors.message(
                    self.where,
                    f"it cannot be called so ({error})",
                    expected=", ".join(self.parameters_of_call()),
                )
            ) from None
        return {name: value for name, value in bound.arguments.items() if value is not None}

    def called_kind(self, template: Template) -> Kind:
        return dataclasses.replace(self.kind, call=template.as_items())

    def as_input(self, value: Any) -> Tensor:
        if isinstance(value, Tensor) and value.dtype == torch.bool:
            return value
        if isinstance(value, np.ndarray) and value.dtype.kind == "b":
            return torch.as_tensor(value)
        return super().as_input(value)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Any:
        values = [to_external(x) for x in inputs]
        args, kwargs = (template or Template.positional(len(values))).join(values)
        out = self.call(*args, **kwargs)
        if isinstance(out, Tensor):
            return to_internal(out)
        return tuple(to_internal(o) for o in leaves(out))

    def final_activation(self) -> str | None:
        return None
