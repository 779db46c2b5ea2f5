"""Nested state as JSON plus named arrays, and back: what a checkpoint holds instead of pickle.

A `state_dict` is made of dicts, lists and numbers with tensors inside. `flatten` takes the tensors
out and leaves a reference; `rebuild` puts them back with the same number type and the same strides,
because a kernel may round differently for another memory order.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from striate.errors import CheckpointError, FormatError, message

Array = np.ndarray[Any, np.dtype[Any]]

# Types that NumPy or safetensors lack, stored as integers of the same width.
_VIEWED = {torch.bfloat16: torch.int16}
_DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        torch.float64,
        torch.float32,
        torch.float16,
        torch.bfloat16,
        torch.int64,
        torch.int32,
        torch.int16,
        torch.int8,
        torch.uint8,
        torch.bool,
        torch.complex64,
    )
}


def flatten(value: Any, arrays: dict[str, Array], path: str) -> Any:
    """The JSON form of `value`; its tensors and arrays are added to `arrays` under their paths.

    Args:
        value: None, bool, int, float, str, list, tuple, dict with keys of text or integers,
            tensor, NumPy array or scalar; nested to any depth.
        arrays: receives path -> array.
        path: the name of `value` in the checkpoint, for its arrays and for errors.

    Raises:
        CheckpointError: something in it is none of these.

    Example:
        >>> arrays = {}
        >>> flatten({"step": 3, "mean": torch.zeros(2)}, arrays, "adam")["step"], list(arrays)
        (3, ['adam.mean'])
    """
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"%": "float", "text": repr(value)}
    if isinstance(value, torch.Tensor):
        return _tensor_record(value, arrays, path)
    if isinstance(value, np.generic):
        return {"%": "scalar", "dtype": value.dtype.name, **_kept(np.asarray(value), arrays, path)}
    if isinstance(value, np.ndarray):
        return {"%": "array", **_kept(value, arrays, path)}
    if isinstance(value, (list, tuple)):
        items = [flatten(item, arrays, f"{path}.{i}") for i, item in enumerate(value)]
        return {"%": "tuple", "items": items} if isinstance(value, tuple) else items
    if isinstance(value, Mapping):
        return _dict_record(value, arrays, path)
    raise CheckpointError(
        message(
            path,
            "this cannot be put into a checkpoint",
            got={"type": type(value).__name__},
            expected="numbers, text, lists, dicts, arrays or tensors",
            fix="Return only these from state_dict()",
        )
    )


def rebuild(record: Any, arrays: Mapping[str, Array]) -> Any:
    """The value that `flatten` was given; tensors come back on the CPU.

    Raises:
        FormatError: the record refers to an array that is missing or has another shape.
    """
    if isinstance(record, list):
        return [rebuild(item, arrays) for item in record]
    if not isinstance(record, dict):
        return record
    kind = record.get("%")
    if kind is None:
        return {key: rebuild(item, arrays) for key, item in record.items()}
    if kind == "float":
        return float(record["text"])
    if kind == "tuple":
        return tuple(rebuild(item, arrays) for item in record["items"])
    if kind == "pairs":
        return {_key(key): rebuild(item, arrays) for key, item in record["items"]}
    if kind == "tensor":
        return _tensor(record, _array(record, arrays))
    if kind == "array":
        return _array(record, arrays)
    if kind == "scalar":
        return _array(record, arrays).astype(record["dtype"])[()]
    raise FormatError(message("state", "an unknown kind of record", got={"kind": kind}))


def _dict_record(value: Mapping[Any, Any], arrays: dict[str, Array], path: str) -> Any:
    if all(isinstance(key, str) for key in value) and "%" not in value:
        return {key: flatten(item, arrays, f"{path}.{key}") for key, item in value.items()}
    pairs = []
    for key, item in value.items():
        if not isinstance(key, (str, int)) or isinstance(key, bool):
            raise CheckpointError(
                message(
                    path,
                    "a key of this dict cannot be put into a checkpoint",
                    got={"key": str(key), "type": type(key).__name__},
                    expected="text or integers as keys",
                )
            )
        kind = "int" if isinstance(key, int) else "str"
        pairs.append([[kind, key], flatten(item, arrays, f"{path}.{key}")])
    return {"%": "pairs", "items": pairs}


def _key(record: list[Any]) -> str | int:
    kind, key = record
    return int(key) if kind == "int" else str(key)


def _tensor_record(value: torch.Tensor, arrays: dict[str, Array], path: str) -> dict[str, Any]:
    host = value.detach().cpu()
    name = str(host.dtype).removeprefix("torch.")
    if name not in _DTYPES:
        raise CheckpointError(
            message(
                path, "a tensor of this type cannot be put into a checkpoint", got={"dtype": name}
            )
        )
    stride = list(host.stride())
    if host.dtype in _VIEWED:
        host = host.contiguous().view(_VIEWED[host.dtype])
    kept = _kept(host.resolve_conj().resolve_neg().numpy(), arrays, path)
    return {"%": "tensor", "dtype": name, "stride": stride, **kept}


def _kept(array: Array, arrays: dict[str, Array], path: str) -> dict[str, Any]:
    name, number = path, 1
    while name in arrays:  # {"a.b": 1} and {"a": {"b": 2}} have the same path
        number += 1
        name = f"{path}~{number}"
    arrays[name] = array
    return {"name": name, "shape": list(array.shape)}


def _array(record: Mapping[str, Any], arrays: Mapping[str, Array]) -> Array:
    name = record["name"]
    if name not in arrays or list(arrays[name].shape) != record["shape"]:
        raise FormatError(message(f"tensor {name}", "it is missing or has another shape"))
    return arrays[name]


def _tensor(record: Mapping[str, Any], array: Array) -> torch.Tensor:
    dtype = _DTYPES[record["dtype"]]
    values = torch.from_numpy(np.ascontiguousarray(array)).reshape(record["shape"])
    if dtype in _VIEWED:
        values = values.view(dtype)
    stride = record["stride"]
    if stride == list(values.stride()) or not _is_dense(values.shape, stride):
        return values.to(dtype)
    return torch.empty_strided(values.shape, stride, dtype=dtype).copy_(values)


def _is_dense(shape: torch.Size, stride: list[int]) -> bool:
    """Whether the strides are a permutation of the contiguous ones: no gap, no overlap."""
    expected = 1
    for size, step in sorted(zip(shape, stride, strict=True), key=lambda pair: pair[1]):
        if size == 0 or (size > 1 and step != expected):
            return False
        expected *= size
    return True
