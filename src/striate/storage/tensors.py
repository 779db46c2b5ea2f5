"""Named arrays as safetensors bytes: no torch, no code in the file, equal arrays give equal bytes.

numpy is loaded with the first array: a model's graph is read without it, which is quicker.

References: the safetensors format, https://huggingface.co/docs/safetensors/index#format
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

import safetensors

from striate.errors import ArgumentError, FormatError, message

if TYPE_CHECKING:
    import numpy as np

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

_CODES = {
    "float64": "F64",
    "float32": "F32",
    "float16": "F16",
    "int64": "I64",
    "uint64": "U64",
    "int32": "I32",
    "uint32": "U32",
    "int16": "I16",
    "uint16": "U16",
    "int8": "I8",
    "uint8": "U8",
    "bool": "BOOL",
    "complex64": "C64",
}
_NAMES = {code: name for name, code in _CODES.items()}
_ITEM_BYTES = {"BOOL": 1, "BF16": 2}
_ITEM_BYTES |= {code: int(code[1:]) // 8 for code in _NAMES if code != "BOOL"}
_CHUNK_BYTES = 16 << 20
_HEADER_LIMIT_BYTES = 100 << 20


@dataclass(frozen=True)
class TensorSpec:
    """What the header of a safetensors file says about one tensor."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    start_byte: int
    end_byte: int


def encode_tensors(
    tensors: Mapping[str, Array], metadata: Mapping[str, str] | None = None
) -> bytes:
    """The bytes of a safetensors file that holds `tensors`.

    For weights too large to hold twice in memory use `tensor_writer`, which gives the same bytes.

    Args:
        tensors: name -> array of a plain number type or bool; any strides and byte order.
        metadata: text by name, kept in the header.

    Raises:
        ArgumentError: a name or an array that safetensors cannot hold.

    Example:
        >>> import numpy as np
        >>> data = encode_tensors({"kernel": np.ones((3, 3, 1, 8), np.float32)})
        >>> decode_tensors(data)["kernel"].shape
        (3, 3, 1, 8)
    """
    return b"".join(_pieces(tensors, metadata))


def tensor_writer(
    tensors: Mapping[str, Array], metadata: Mapping[str, str] | None = None
) -> Callable[[BinaryIO], None]:
    """A function that streams `encode_tensors(tensors)` into a file, for `write_archive`."""

    def write(file: BinaryIO) -> None:
        file.writelines(_pieces(tensors, metadata))

    return write


def decode_tensors(data: bytes, names: Collection[str] | None = None) -> dict[str, Array]:
    """Name -> writable array, sorted by name; bfloat16 comes back as float32, which is exact.

    Args:
        data: a whole safetensors file.
        names: only these tensors are copied out; None: all.

    Raises:
        FormatError: not safetensors, truncated, inconsistent, of an unknown number type, or
            without one of `names`.
    """
    if names is not None:
        specs = {spec.name: spec for spec in tensor_specs(data)}
        return {name: _slice(data, specs, name) for name in sorted(names)}
    try:
        found = safetensors.deserialize(data)  # type: ignore[no-untyped-call]
    except (safetensors.SafetensorError, ValueError, OverflowError) as error:
        raise FormatError(message("safetensors", f"not a valid file: {error}")) from error
    arrays = {name: _array(name, v["dtype"], tuple(v["shape"]), v["data"]) for name, v in found}
    return dict(sorted(arrays.items()))


def tensor_specs(data: bytes) -> list[TensorSpec]:
    """Names, types and shapes from the header alone; no array is copied.

    Raises:
        FormatError: the header is not one of safetensors, or points outside the file.
    """
    try:
        header_bytes = int.from_bytes(data[:8], "little")
        if not 2 <= header_bytes <= min(_HEADER_LIMIT_BYTES, len(data) - 8):
            raise ValueError("invalid header length")
        header = json.loads(data[8 : 8 + header_bytes])
        entries = [(str(k), v) for k, v in header.items() if k != "__metadata__"]
        specs = [_spec(name, entry, 8 + header_bytes) for name, entry in entries]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise FormatError(message("safetensors", f"not a valid header: {error}")) from error
    for spec in specs:
        if not 8 + header_bytes <= spec.start_byte <= spec.end_byte <= len(data):
            raise FormatError(message(f"tensor {spec.name}", "its bytes lie outside the file"))
        item_bytes = _ITEM_BYTES.get(spec.dtype)
        if item_bytes and item_bytes * math.prod(spec.shape) != spec.end_byte - spec.start_byte:
            raise FormatError(message(f"tensor {spec.name}", "its bytes do not fit its shape"))
    return sorted(specs, key=lambda spec: spec.name)


def _spec(name: str, entry: Mapping[str, Any], offset: int) -> TensorSpec:
    start, end = (offset + int(position) for position in entry["data_offsets"])
    shape = tuple(int(n) for n in entry["shape"])
    if min(shape, default=0) < 0:
        raise ValueError(f"tensor {name} has the shape {shape}")
    return TensorSpec(name, str(entry["dtype"]), shape, start, end)


def _slice(data: bytes, specs: Mapping[str, TensorSpec], name: str) -> Array:
    if name not in specs:
        raise FormatError(message(f"tensor {name}", "it is not in this file"))
    spec = specs[name]
    return _array(name, spec.dtype, spec.shape, bytearray(data[spec.start_byte : spec.end_byte]))


def _array(name: str, code: str, shape: tuple[int, ...], data: bytearray) -> Array:
    """`data` is a fresh bytearray, so the array over it is writable and nobody else's."""
    import numpy as np

    if code == "BF16":
        wide = np.frombuffer(data, "<u2").astype("<u4") << np.uint32(16)
        return wide.view("<f4").astype(np.float32, copy=False).reshape(shape)
    if code not in _NAMES:
        raise FormatError(
            message(f"tensor {name}", "a number type numpy does not have", got={"dtype": code})
        )
    values: Array = np.frombuffer(data, np.dtype(_NAMES[code]).newbyteorder("<"))
    return values.astype(_NAMES[code], copy=False).reshape(shape)


def _pieces(
    tensors: Mapping[str, Array], metadata: Mapping[str, str] | None
) -> Iterator[bytes | memoryview]:
    import numpy as np

    arrays = [(name, _plain(name, array)) for name, array in tensors.items()]
    # The order of the safetensors library: widest type first, which keeps every array aligned.
    arrays.sort(key=lambda item: (-_rank(item[1]), item[0]))
    yield _header(arrays, metadata)
    for _, array in arrays:
        if array.nbytes:
            # One tensor at a time is made contiguous: the extra memory is one tensor, not all.
            flat = np.asarray(array, order="C").reshape(-1).view(np.uint8).data
            for start in range(0, array.nbytes, _CHUNK_BYTES):
                yield flat[start : start + _CHUNK_BYTES]


_RANKS = ("BOOL", "U8", "I8", "I16", "U16", "F16", "I32", "U32", "F32", "C64", "F64", "I64", "U64")
"""The library's order of number types; a later one stands earlier in the file."""


def _rank(array: Array) -> int:
    return _RANKS.index(_CODES[array.dtype.name])


def _header(arrays: list[tuple[str, Array]], metadata: Mapping[str, str] | None) -> bytes:
    header: dict[str, Any] = {}
    if metadata:
        header["__metadata__"] = {key: metadata[key] for key in sorted(metadata)}
    offset = 0
    for name, array in arrays:
        header[name] = {
            "dtype": _CODES[array.dtype.name],
            "shape": list(array.shape),
            "data_offsets": [offset, offset + array.nbytes],
        }
        offset += array.nbytes
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def _plain(name: str, array: Array) -> Array:
    import numpy as np

    if not isinstance(name, str) or name == "__metadata__":
        raise ArgumentError(
            message("encode_tensors", "this name cannot be used", got={"name": name})
        )
    if not isinstance(array, np.ndarray) or array.dtype.name not in _CODES:
        kind = getattr(array, "dtype", type(array).__name__)
        raise ArgumentError(
            message(
                f"tensor {name}",
                "only arrays of plain numbers can be stored",
                got={"dtype": str(kind)},
                expected="a numpy array of one of: " + ", ".join(_CODES),
            )
        )
    return array.astype(array.dtype.newbyteorder("<"), copy=False)
