"""The state of a metric: a tensor on the device of the data, changed in place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from striate.errors import ArgumentError, ShapeError, message

Initializer: TypeAlias = str | float | torch.Tensor | npt.ArrayLike | Callable[..., Any] | None
Operand: TypeAlias = "torch.Tensor | MetricVariable | npt.ArrayLike"

_NAMED = {"zeros": 0, "ones": 1}


def accumulator_dtype(device: torch.device) -> torch.dtype:
    """float64, in which counts stay exact up to 2^53; float32 on MPS, which has no float64."""
    return torch.float32 if device.type == "mps" else torch.float64


class MetricVariable:
    """A tensor that a metric adds to, batch by batch, without waiting for the device.

    It moves to the device of the first tensor it meets, detaches what it is given, and is changed
    in place. It takes part in arithmetic, comparisons, indexing and torch functions as its
    `value` does.

    Args:
        shape: of the tensor; None where the first batch decides (`allocate`).
        initializer: "zeros", "ones", a number, an array, or a function of the shape.
        dtype: float64 if None (float32 on MPS).
        name: shown in messages.

    Raises:
        ArgumentError: unknown initializer or dtype.
        ShapeError: a value of another shape is assigned or added.

    Example:
        >>> total = MetricVariable(())
        >>> total.assign_add(torch.tensor(3))
        MetricVariable('variable', 3.0)
        >>> total / 2
        tensor(1.5000, dtype=torch.float64)
    """

    __slots__ = ("_initializer", "_tensor", "declared_dtype", "name")
    __hash__ = object.__hash__

    def __init__(
        self,
        shape: Sequence[int] | None,
        initializer: Initializer = "zeros",
        dtype: torch.dtype | None = None,
        name: str = "variable",
    ) -> None:
        self.name = name
        self.declared_dtype = dtype or torch.float64
        self._initializer = initializer
        self._tensor: torch.Tensor | None = None
        if shape is not None:
            self.allocate(tuple(shape))

    def allocate(self, shape: Sequence[int], device: torch.device | None = None) -> None:
        """Gives the variable its shape and its first value."""
        # Outside inference mode: what is born in it could not be changed in training later.
        with torch.inference_mode(False):
            tensor = torch.zeros(tuple(shape), dtype=self.declared_dtype)
            self._tensor = tensor.copy_(_first_value(self._initializer, tuple(shape), self.name))
        if device is not None:
            self.place(device)

    @property
    def is_allocated(self) -> bool:
        """Whether the shape is known yet."""
        return self._tensor is not None

    @property
    def value(self) -> torch.Tensor:
        """The tensor itself, not a copy."""
        if self._tensor is None:
            raise ShapeError(message(self.name, "the shape is not known before the first update"))
        return self._tensor

    def place(self, device: torch.device) -> torch.Tensor:
        """Moves to a device, float64 as float32 to MPS."""
        tensor = self.value
        if tensor.device != device:
            narrow = device.type == "mps" and tensor.dtype is torch.float64
            with torch.inference_mode(False):
                tensor = tensor.to(device, torch.float32 if narrow else tensor.dtype)
            self._tensor = tensor
        return tensor

    def assign(self, value: Operand) -> MetricVariable:
        """Takes over a value of the same shape; a scalar fills."""
        tensor, given = self._met(value)
        if given.ndim and given.shape != tensor.shape:
            raise self._other_shape(tensor, given)
        tensor.copy_(given)
        return self

    def assign_add(self, value: Operand) -> MetricVariable:
        """Adds in place; a value of a smaller rank broadcasts."""
        tensor, given = self._met(value)
        try:
            tensor.add_(given if tensor.is_floating_point() else given.to(tensor.dtype))
        except RuntimeError as error:
            raise self._other_shape(tensor, given) from error
        return self

    def assign_sub(self, value: Operand) -> MetricVariable:
        """Subtracts in place."""
        return self.assign_add(-_tensor_of(value))

    def reset(self) -> None:
        """Back to the first value, on the same device."""
        if self._tensor is not None:
            shape = tuple(self._tensor.shape)
            self._tensor.copy_(_first_value(self._initializer, shape, self.name))

    def numpy(self) -> npt.NDArray[Any]:
        """A copy on the host."""
        return np.array(self.value.detach().cpu().numpy())

    @property
    def shape(self) -> torch.Size:
        """The shape of the value."""
        return self.value.shape

    @property
    def ndim(self) -> int:
        """The rank of the value."""
        return self.value.ndim

    @property
    def dtype(self) -> torch.dtype:
        """The dtype of the value."""
        return self.declared_dtype if self._tensor is None else self._tensor.dtype

    @property
    def device(self) -> torch.device:
        """Where the value lies."""
        return self.value.device

    def _met(self, value: Operand) -> tuple[torch.Tensor, torch.Tensor]:
        """Own tensor and the given one, on one device."""
        given = value if isinstance(value, torch.Tensor) else _tensor_of(value)
        if given.requires_grad:
            given = given.detach()
        tensor = self.value
        # A scalar of the host may be added anywhere and says nothing about where the data are.
        if given.device != tensor.device and (given.ndim or given.device.type != "cpu"):
            tensor = self.place(given.device)
        return tensor, given

    def _other_shape(self, tensor: torch.Tensor, given: torch.Tensor) -> ShapeError:
        return ShapeError(
            message(
                self.name,
                "a value does not fit the state of the metric",
                got={"value.shape": tuple(given.shape), "state.shape": tuple(tensor.shape)},
            )
        )

    @classmethod
    def __torch_function__(
        cls,
        function: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """torch functions see the value, on the device of the tensors beside it."""
        named = dict(kwargs or {})
        tensors = (a for a in (*args, *named.values()) if isinstance(a, torch.Tensor) and a.ndim)
        device = next((tensor.device for tensor in tensors), None)
        plain = [_plain(argument, device) for argument in args]
        return function(*plain, **{key: _plain(item, device) for key, item in named.items()})

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        array = self.numpy()
        return array if dtype is None else array.astype(dtype)

    def __repr__(self) -> str:
        shown = "unallocated" if self._tensor is None else self.value.tolist()
        return f"MetricVariable({self.name!r}, {shown})"

    def __float__(self) -> float:
        return float(self.value)

    def __int__(self) -> int:
        return int(self.value)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __len__(self) -> int:
        return len(self.value)

    def __getitem__(self, index: Any) -> torch.Tensor:
        return self.value[index]

    def __iadd__(self, other: Operand) -> MetricVariable:
        return self.assign_add(other)

    def __isub__(self, other: Operand) -> MetricVariable:
        return self.assign_sub(other)

    def __neg__(self) -> torch.Tensor:
        return -self.value

    def __abs__(self) -> torch.Tensor:
        return self.value.abs()

    def __add__(self, other: Operand) -> torch.Tensor:
        return torch.add(*self._met(other))

    def __radd__(self, other: Operand) -> torch.Tensor:
        return torch.add(*self._met(other))

    def __sub__(self, other: Operand) -> torch.Tensor:
        return torch.sub(*self._met(other))

    def __rsub__(self, other: Operand) -> torch.Tensor:
        own, given = self._met(other)
        return given - own

    def __mul__(self, other: Operand) -> torch.Tensor:
        return torch.mul(*self._met(other))

    def __rmul__(self, other: Operand) -> torch.Tensor:
        return torch.mul(*self._met(other))

    def __truediv__(self, other: Operand) -> torch.Tensor:
        return torch.div(*self._met(other))

    def __rtruediv__(self, other: Operand) -> torch.Tensor:
        own, given = self._met(other)
        return given / own

    def __pow__(self, other: Operand) -> torch.Tensor:
        return torch.pow(*self._met(other))

    def __eq__(self, other: object) -> torch.Tensor:  # type: ignore[override]
        return torch.eq(*self._met(other))  # type: ignore[arg-type]

    def __ne__(self, other: object) -> torch.Tensor:  # type: ignore[override]
        return torch.ne(*self._met(other))  # type: ignore[arg-type]

    def __lt__(self, other: Operand) -> torch.Tensor:
        return torch.lt(*self._met(other))

    def __le__(self, other: Operand) -> torch.Tensor:
        return torch.le(*self._met(other))

    def __gt__(self, other: Operand) -> torch.Tensor:
        return torch.gt(*self._met(other))

    def __ge__(self, other: Operand) -> torch.Tensor:
        return torch.ge(*self._met(other))


def _tensor_of(value: Operand) -> torch.Tensor:
    if isinstance(value, MetricVariable):
        return value.value
    return value if isinstance(value, torch.Tensor) else torch.as_tensor(value)


def _plain(argument: Any, device: torch.device | None) -> Any:
    if isinstance(argument, MetricVariable):
        return argument.value if device is None else argument.place(device)
    if isinstance(argument, (list, tuple)):
        return type(argument)(_plain(item, device) for item in argument)
    return argument


def _first_value(initializer: Initializer, shape: tuple[int, ...], name: str) -> torch.Tensor:
    if initializer is None:
        initializer = "zeros"
    if isinstance(initializer, str):
        known = _NAMED.get(initializer.lower())
        if known is None:
            raise ArgumentError(
                message(
                    name,
                    "unknown initializer of a metric's state",
                    got={"initializer": initializer},
                    expected='"zeros", "ones", a number, an array or a function of the shape',
                )
            )
        initializer = known
    if callable(initializer):
        initializer = initializer(shape)
    return torch.as_tensor(initializer)
