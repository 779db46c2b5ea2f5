"""From what people hand over (numpy, torch, pandas, lists) to arrays, and from those to tensors."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from striate.data.nested import Nested, apply
from striate.errors import DataError, message

if TYPE_CHECKING:
    import torch

Role = Literal["x", "y", "sample_weight"]

_KINDS = "biuf"
_NO_TORCH_TWIN = {"u2": np.int32, "u4": np.int64, "u8": np.int64}


def is_tensor(value: object) -> bool:
    """True for a torch tensor; never imports torch."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def is_array_like(value: object) -> bool:
    """True for numpy, torch, pandas, h5py, TensorFlow, JAX... arrays of any rank."""
    if isinstance(value, np.ndarray) or is_tensor(value):
        return True
    has_shape = hasattr(value, "shape") and hasattr(value, "dtype")
    is_table = hasattr(value, "iloc") and hasattr(value, "to_numpy")
    return is_table or (has_shape and (hasattr(value, "__array__") or hasattr(value, "toarray")))


def is_several_arrays(value: object) -> bool:
    """True for a list or tuple whose elements are arrays with samples: several inputs."""
    if not isinstance(value, (list, tuple)) or not value:
        return False
    return any(is_array_like(item) and len(getattr(item, "shape", ())) > 0 for item in value)


def is_numbers(value: object) -> bool:
    """True for a list or tuple of numbers, or of lists of them."""
    while isinstance(value, (list, tuple)):
        if not value:
            return True
        value = value[0]
    return isinstance(value, (int, float, np.number, np.bool_)) or (
        is_array_like(value) and len(getattr(value, "shape", (1,))) == 0
    )


def as_nested(name: str, data: object) -> Nested:
    """One array, a tuple of arrays, or a dict of arrays; a list of one array is that array.

    Raises:
        DataError: a leaf is not an array of numbers.
    """
    if data is None:
        return None
    if isinstance(data, dict):
        return {str(key): as_array(f"{name}[{key!r}]", value) for key, value in data.items()}
    if is_several_arrays(data):
        items = list(data)  # type: ignore[call-overload]
        if len(items) == 1:
            return as_array(name, items[0])
        return tuple(as_array(f"{name}[{i}]", item) for i, item in enumerate(items))
    return as_array(name, data)


def as_array(name: str, value: Any) -> Any:
    """A numpy array or torch tensor of numbers; shares memory with `value` where it can.

    Raises:
        DataError: ragged lists, text, objects, or something that is no array at all.
    """
    if is_tensor(value):
        if value.is_complex():
            raise _not_numbers(name, str(value.dtype))
        return value.detach()
    if not is_array_like(value) and not isinstance(value, (list, tuple, int, float, np.generic)):
        raise DataError(
            message(
                name,
                "this is no array",
                got={"type": type(value).__name__},
                expected="a numpy array, a tensor, a list of numbers, or several of them",
            )
        )
    if hasattr(value, "toarray") and not isinstance(value, np.ndarray):
        value = value.toarray()  # a sparse matrix of scipy
    try:
        # Not asarray for arrays: a memory map stays one, and is not read whole by later checks.
        array = value if isinstance(value, np.ndarray) else np.asarray(value)
    except ValueError as error:
        raise DataError(
            message(
                name,
                "the rows of this list have different lengths",
                expected="the same shape for every sample",
                fix="Pad or cut the samples to one shape first",
            )
        ) from error
    if array.dtype.kind not in _KINDS:
        raise _not_numbers(name, str(array.dtype))
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def shared_tensor(array: Any) -> torch.Tensor:
    """A tensor over the memory of the array; a copy only where torch cannot express the array."""
    import torch

    if isinstance(array, torch.Tensor):
        plain = type(array) is torch.Tensor  # others, such as a script's, cost time at every step
        return array if plain else array.as_subclass(torch.Tensor)
    if array.dtype.str[1:] in _NO_TORCH_TWIN:
        array = array.astype(_NO_TORCH_TWIN[array.dtype.str[1:]])
    if any(stride < 0 or stride % array.itemsize for stride in array.strides):
        array = array.copy()
    if array.flags.writeable:
        return torch.from_numpy(array)
    with warnings.catch_warnings():
        # Read-only arrays (memory maps, frozen buffers) are fine: batches are copies.
        warnings.filterwarnings("ignore", "The given NumPy array is not writ")
        return torch.from_numpy(array)


def cast(tensor: torch.Tensor, role: Role) -> torch.Tensor:
    """The number type a batch has: see the table in `sources.source`."""
    import torch

    if role == "sample_weight":
        return tensor.to(torch.float32)
    if tensor.dtype.is_floating_point:
        return tensor.to(torch.float32)
    if role == "y":
        return tensor.to(torch.int64)
    return tensor.to(torch.float32) if tensor.dtype == torch.bool else tensor


def tensors(name: str, data: Any, role: Role) -> Nested:
    """Data that somebody else batched, as the tensors a batch has."""
    return apply(lambda _, leaf: cast(shared_tensor(leaf), role), name, as_nested(name, data))


def _not_numbers(name: str, dtype: str) -> DataError:
    return DataError(
        message(
            name,
            "this array does not hold real numbers",
            got={"dtype": dtype},
            expected="integers, floats or booleans",
            fix="Convert it first, for example with `.astype('float32')`",
        )
    )
