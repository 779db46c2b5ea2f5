"""Several inputs and outputs: one flat order for what comes as a tensor, a tuple or a dict."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from striate.errors import ArgumentError, DataError, message


@dataclass(frozen=True)
class OutputLayout:
    """The form in which a module returns its outputs, and their names in one order.

    Attributes:
        names: one name per output; a single output that is a tensor is "output".
        form: "tensor", "sequence" or "dict".
        keys: for a dict, the keys in the order of `names`.
    """

    names: tuple[str, ...]
    form: str
    keys: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """The number of outputs."""
        return len(self.names)

    def flatten(self, outputs: Any) -> tuple[torch.Tensor, ...]:
        """The outputs in the order of `names`."""
        if self.form == "tensor":
            return (outputs,)
        if self.form == "dict":
            return tuple(outputs[key] for key in self.keys)
        return tuple(outputs)

    def pack(self, outputs: Sequence[Any]) -> Any:
        """The inverse of `flatten`: a single value, a tuple or a dict."""
        if self.form == "tensor":
            return outputs[0]
        if self.form == "dict":
            return dict(zip(self.keys, outputs, strict=True))
        return tuple(outputs)

    def spread(self, values: Any, what: str, share: bool = False) -> tuple[Any, ...]:
        """Targets or weights, one per output: a value for a single output, else tuple or dict.

        Args:
            values: None stands for None at every output.
            what: what the values are, for the message.
            share: whether one value serves all outputs, as sample weights do.

        Raises:
            DataError: the values do not match the outputs in number or names.
        """
        if values is None:
            return (None,) * self.count
        if isinstance(values, Mapping):
            return tuple(values[name] for name in self._known_names(values, what))
        if isinstance(values, (tuple, list)):
            if len(values) != self.count:
                raise self._mismatch(what, {"number": len(values)})
            return tuple(values)
        if self.count > 1 and not share:
            raise self._mismatch(what, {"number": 1})
        return (values,) * self.count

    def _known_names(self, values: Mapping[str, Any], what: str) -> tuple[str, ...]:
        for names in (self.names, self.keys):
            if names and set(values) == set(names):
                return names
        if self.count == 1 and len(values) == 1:
            return tuple(values)
        raise self._mismatch(what, {"names": tuple(values)})

    def _mismatch(self, what: str, got: dict[str, object]) -> DataError:
        return DataError(
            message(
                what,
                "these do not match the outputs of the module",
                got=got,
                expected=f"one for each of the {self.count} outputs {self.names}",
                fix="Pass a tuple in this order, or a dict with these names",
            )
        )


def layout_of(outputs: Any, names: Sequence[str] | None) -> OutputLayout:
    """The layout of what a module returned.

    Args:
        outputs: one tensor, or a tuple, list or dict of tensors.
        names: the module's own `output_names`, if it has them; they win where they fit.

    Raises:
        ArgumentError: the module returned something else.
    """
    if isinstance(outputs, torch.Tensor):
        own = tuple(names) if names and len(names) == 1 else ("output",)
        return OutputLayout(own, "tensor")
    if isinstance(outputs, Mapping) and outputs:
        _check_tensors(outputs.values())
        keys = tuple(outputs)
        if names and set(names) == set(keys):
            keys = tuple(names)
        return OutputLayout(keys, "dict", keys)
    if isinstance(outputs, (tuple, list)) and outputs:
        _check_tensors(outputs)
        if names and len(names) == len(outputs):
            return OutputLayout(tuple(names), "sequence")
        return OutputLayout(tuple(f"output_{i + 1}" for i in range(len(outputs))), "sequence")
    raise _unusable(outputs)


def map_tensors(value: Any, change: Callable[[Any], Any]) -> Any:
    """Applies `change` to a value, or to each entry of a tuple, list or dict; None stays None."""
    if value is None:
        return None
    if isinstance(value, Mapping):
        return {key: map_tensors(item, change) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return tuple(map_tensors(item, change) for item in value)
    return change(value)


def as_tensor(value: Any) -> torch.Tensor:
    """An array, list or number as a tensor; float64 arrays become float32, integers stay."""
    if isinstance(value, torch.Tensor):
        return value
    array = np.asarray(value)
    if array.dtype == np.float64:
        array = array.astype(np.float32)
    if not array.flags.writeable or any(step < 0 for step in array.strides):
        array = array.copy()
    return torch.from_numpy(array)


def to_batch(value: Any) -> Any:
    """What a person passes as one batch, as tensors: an array, a tuple or dict of arrays.

    A list of arrays means several inputs; a list of numbers is one array.
    """
    if value is None or isinstance(value, torch.Tensor):
        return value
    if isinstance(value, Mapping):
        return {name: as_tensor(item) for name, item in value.items()}
    several = isinstance(value, tuple) or (
        isinstance(value, list) and any(hasattr(item, "shape") for item in value)
    )
    return tuple(as_tensor(item) for item in value) if several else as_tensor(value)


def first_tensor(value: Any) -> torch.Tensor:
    """The first tensor of the inputs; its length is the number of samples."""
    while not isinstance(value, torch.Tensor):
        value = next(iter(value.values() if isinstance(value, Mapping) else value))
    return value


def _check_tensors(values: Any) -> None:
    for value in values:
        if not isinstance(value, torch.Tensor):
            raise _unusable(value)


def _unusable(value: object) -> ArgumentError:
    return ArgumentError(
        message(
            "fit",
            "the module returned something that is not a tensor",
            got={"type": type(value).__name__},
            expected="a tensor, or a tuple, list or dict of tensors",
        )
    )
