"""What every metric is: state that batches add to, and a result computed from it."""

from __future__ import annotations

import abc
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy.typing as npt
import torch

from striate.errors import CheckpointError, message
from striate.training.losses.conversion import float_dtype
from striate.training.losses.naming import snake_case
from striate.training.metrics.variable import Initializer, MetricVariable

MetricType = TypeVar("MetricType", bound="Metric")
Result = torch.Tensor | npt.NDArray[Any]


class Metric(abc.ABC):
    """Measures predictions over many batches.

    Subclass it: make variables with `add_variable` in the constructor, add to them in
    `update_state`, compute `result` from them. Variables move to the device of the first batch.
    `update_state` must not wait for the device: no `.item()`, no `if tensor:`, no `x[mask]`.

    Unlike Keras, two metrics of one class have the same name ("auc", not "auc_1" for the second
    one of the process), and state is float64 where the device has it.

    Args:
        name: the key in logs; the class name in snake case if None.
        dtype: of the result; that of the state (float64, float32 on MPS) if None.

    Raises:
        ArgumentError: unknown dtype.

    Example:
        >>> class Largest(Metric):
        ...     def __init__(self):
        ...         super().__init__(name="largest")
        ...         self.seen = self.add_variable((), initializer=float("-inf"))
        ...     def update_state(self, y_true, y_pred, sample_weight=None):
        ...         self.seen.assign(torch.maximum(self.seen, y_pred.amax()))
        ...     def result(self):
        ...         return self.seen.value.clone()
        >>> largest = Largest()
        >>> largest.update_state(None, torch.tensor([0.5, 0.25]))
        >>> largest.result()
        tensor(0.5000, dtype=torch.float64)
    """

    def __init__(self, name: str | None = None, dtype: torch.dtype | str | None = None) -> None:
        self.name = name or snake_case(type(self).__name__)
        self.dtype = float_dtype(dtype, self.where)

    @property
    def where(self) -> str:
        """How messages name this metric: `name (Kind)`."""
        return f"{self.name} ({type(self).__name__})"

    @abc.abstractmethod
    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Adds a batch: `update_state(y_true, y_pred, sample_weight=None)`."""

    @abc.abstractmethod
    def result(self) -> Any:
        """The value over everything seen since the last reset."""

    def reset_state(self) -> None:
        """Forgets all batches: every variable gets its first value again."""
        for variable in self.variables:
            variable.reset()

    def reset_states(self) -> None:
        """The name of `reset_state` in Keras 2."""
        self.reset_state()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Adds a batch and returns the result so far."""
        self.update_state(*args, **kwargs)
        return self.result()

    def add_variable(
        self,
        shape: Sequence[int] | str | None = (),
        initializer: Initializer = "zeros",
        dtype: torch.dtype | str | None = None,
        aggregation: str = "sum",
        name: str | None = None,
    ) -> MetricVariable:
        """A tensor of this metric's state; keep it in an attribute.

        Args:
            shape: of the tensor; None if the first batch decides (then call its `allocate`).
            initializer: "zeros", "ones", a number, an array or a function of the shape.
            dtype: float64 (float32 on MPS) if None.
            aggregation: taken for Keras's sake; states of several processes are summed.
            name: shown in messages.
        """
        if isinstance(shape, str):  # Keras 2 has the name first
            name, shape = shape, ()
        if isinstance(dtype, str):
            dtype = float_dtype({"int": "int64", "float": "float32"}.get(dtype, dtype), self.where)
        return MetricVariable(shape, initializer, dtype, name or self.name)

    def add_weight(
        self,
        shape: Sequence[int] | str | None = (),
        initializer: Initializer = None,
        dtype: torch.dtype | str | None = None,
        name: str | None = None,
        **_: Any,
    ) -> MetricVariable:
        """The older name of `add_variable`."""
        return self.add_variable(shape, initializer, dtype, "sum", name)

    @property
    def variables(self) -> list[MetricVariable]:
        """All state, that of metrics held in attributes included, in the order it was made."""
        return list(_variables_in(vars(self).values()))

    def state_dict(self) -> dict[str, torch.Tensor]:
        """A copy of the state; what the first batch has not allocated yet is left out."""
        return {
            f"{index}.{variable.name}": variable.value.clone()
            for index, variable in enumerate(self.variables)
            if variable.is_allocated
        }

    def load_state_dict(self, state: Mapping[str, torch.Tensor]) -> None:
        """Takes back what `state_dict` returned, onto the device of the given tensors.

        Raises:
            CheckpointError: the names or shapes are those of another metric.
        """
        variables = {f"{i}.{v.name}": v for i, v in enumerate(self.variables)}
        needed = {name for name, variable in variables.items() if variable.is_allocated}
        if not needed <= set(state) <= set(variables):
            raise CheckpointError(
                message(
                    self.where,
                    "the saved state is that of another metric",
                    got={"names": tuple(state)},
                    expected=f"{tuple(variables)}",
                )
            )
        for name, tensor in state.items():
            variable = variables[name]
            if not variable.is_allocated:
                variable.allocate(tuple(tensor.shape))
            variable.place(tensor.device)
            variable.assign(tensor)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        config: dict[str, Any] = {"name": self.name}
        if self.dtype is not None:
            config["dtype"] = str(self.dtype).removeprefix("torch.")
        return config

    @classmethod
    def from_config(cls: type[MetricType], config: dict[str, Any]) -> MetricType:
        """The inverse of `get_config`."""
        return cls(**config)

    def cast(self, result: torch.Tensor) -> torch.Tensor:
        """The result in the dtype that was asked for."""
        return result if self.dtype is None else result.to(self.dtype)

    def __repr__(self) -> str:
        arguments = ", ".join(f"{key}={value!r}" for key, value in self.get_config().items())
        return f"{type(self).__name__}({arguments})"


def _variables_in(values: Any) -> Iterator[MetricVariable]:
    for value in values:
        if isinstance(value, MetricVariable):
            yield value
        elif isinstance(value, Metric):
            yield from value.variables
        elif isinstance(value, Mapping):
            yield from _variables_in(value.values())
        elif isinstance(value, (list, tuple)):
            yield from _variables_in(value)
