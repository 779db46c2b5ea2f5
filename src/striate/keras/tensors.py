"""Tensors as scripts of Keras and TensorFlow know them, and where they turn into torch's own.

A script that calls a model on an array, or makes a tensor with `tf.constant` or `keras.ops`, gets a
`Tensor`: torch's, with `.numpy()` that works under gradients too, indexing with negative steps,
and TensorFlow's text. Inside layers, losses and training loops there are torch's own tensors only,
so they cost nothing there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from striate.graph.record import Symbol
from striate.layers.border_types import BORDERS
from striate.layers.calls import Template, leaves
from striate.ops.arithmetic import sliced
from striate.ops.masks import attach, mask_of


class Shape(tuple[int, ...]):
    """A tuple of sizes that knows the methods of TensorFlow's shapes.

    Example:
        >>> Shape((2, 3)).as_list(), Shape((2, 3)).rank
        ([2, 3], 2)
    """

    __slots__ = ()

    def as_list(self) -> list[int]:
        """The sizes."""
        return list(self)

    @property
    def rank(self) -> int:
        """How many there are."""
        return len(self)

    ndims = rank
    dims = property(as_list)

    def num_elements(self) -> int:
        """Their product."""
        return int(np.prod(self, dtype=np.int64))

    numel = num_elements


class Tensor(torch.Tensor):
    """A torch tensor with the habits of TensorFlow's.

    Example:
        >>> from striate.keras.tensors import as_tensor
        >>> x = as_tensor([[1.0, 2.0]])
        >>> x.requires_grad_().numpy().tolist(), x[:, ::-1].numpy().tolist()
        ([[1.0, 2.0]], [[2.0, 1.0]])
    """

    @classmethod
    def __torch_function__(
        cls,
        function: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Any torch function; tensors that come out are `Tensor`s, never variables."""
        if not all(issubclass(kind, torch.Tensor) for kind in types):
            return NotImplemented
        with torch._C.DisableTorchFunctionSubclass():
            out = function(*args, **(kwargs or {}))
        if function in torch.overrides.get_default_nowrap_functions():
            return out
        return _taken_back(out)

    def numpy(self, *, force: bool = False) -> np.ndarray[Any, Any]:
        """The values as an array, also of a tensor that gradients flow through."""
        plain = as_plain(self).detach().cpu()
        plain = plain.float() if plain.dtype == torch.bfloat16 else plain
        return plain.resolve_conj().resolve_neg().numpy()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        array = self.numpy()
        return array if dtype is None else array.astype(dtype)

    @property
    def shape(self) -> Shape:  # type: ignore[override]
        """The sizes, as a tuple."""
        return Shape(as_plain(self).shape)

    def get_shape(self) -> Shape:
        """The sizes, by TensorFlow's name of them."""
        return self.shape

    def __getitem__(self, key: Any) -> Any:
        entries = list(key) if isinstance(key, tuple) else [key]
        plain = all(isinstance(e, (int, slice)) or e is None or e is Ellipsis for e in entries)
        turned = any(isinstance(e, slice) and (e.step or 1) < 0 for e in entries)
        if not (plain and turned):
            return super().__getitem__(key)
        if Ellipsis in entries:
            given = sum(e is not None and e is not Ellipsis for e in entries)
            at = entries.index(Ellipsis)
            entries[at : at + 1] = [slice(None)] * (self.dim() - given)
        return sliced(self, [_described(entry) for entry in entries])

    def __float__(self) -> float:
        return float(self.numpy())

    def __int__(self) -> int:
        return int(self.numpy())

    def __format__(self, spec: str) -> str:
        return format(self.item() if self.dim() == 0 else self.numpy(), spec)

    def __repr__(self, **_: Any) -> str:  # type: ignore[override]
        dtype = str(self.dtype).removeprefix("torch.")
        return f"<tf.Tensor: shape={tuple(self.shape)}, dtype={dtype}, numpy={self.numpy()!r}>"

    def __str__(self) -> str:
        dtype = str(self.dtype).removeprefix("torch.")
        return f"tf.Tensor({self.numpy()}, shape={tuple(self.shape)}, dtype={dtype})"


def _with_arrays(name: str) -> Callable[[Tensor, Any], Any]:
    """An operator that takes arrays and lists too; those of floats in the tensor's type."""
    operator = getattr(torch.Tensor, name)

    def operate(self: Tensor, other: Any) -> Any:
        if isinstance(other, (np.ndarray, list, tuple)):
            other = as_tensor(np.asarray(other))
            if other.is_floating_point() and self.is_floating_point():
                other = other.to(self.dtype)
        return operator(self, other)

    return operate


_OPERATORS = "add radd sub rsub mul rmul truediv rtruediv floordiv mod pow rpow matmul rmatmul"
for _operator in (*_OPERATORS.split(), "lt", "le", "gt", "ge", "eq", "ne"):
    setattr(Tensor, f"__{_operator}__", _with_arrays(f"__{_operator}__"))


def _described(entry: Any) -> tuple[Any, ...]:
    if entry is None:
        return ("new",)
    if isinstance(entry, slice):
        return ("slice", entry.start, entry.stop, entry.step)
    return ("index", entry)


def _taken_back(out: Any) -> Any:
    if isinstance(out, torch.Tensor):
        return out if type(out) is Tensor else out.as_subclass(Tensor)
    if isinstance(out, (list, tuple)) and any(isinstance(o, torch.Tensor) for o in out):
        return type(out)(_taken_back(o) for o in out) if type(out) in (list, tuple) else out
    return out


def as_plain(value: torch.Tensor) -> torch.Tensor:
    """As torch's own tensor, part of the same computation."""
    with torch._C.DisableTorchFunctionSubclass():
        return value.as_subclass(torch.Tensor)


def as_tensor(value: Any, dtype: Any = None, like: Sequence[Any] = ()) -> Any:
    """What a script passes as a tensor; symbols stay symbols.

    Python's numbers become int32 and float32, as in Keras; arrays keep their type.

    Args:
        value: a tensor, an array, a number, or lists of them.
        dtype: the type wanted.
        like: tensors it will meet: beside torch's own it becomes one, on their device.
    """
    if isinstance(value, Symbol):
        return value
    if isinstance(value, torch.Tensor):
        return value if dtype is None else value.to(_type(dtype))
    made = _made(value)
    if dtype is not None:
        made = made.to(_type(dtype))
    beside = [t for t in like if isinstance(t, torch.Tensor)]
    if beside and made.device != beside[0].device:
        made = made.to(beside[0].device)
    own = beside and not any(isinstance(t, Tensor) for t in beside)
    return made if own else made.as_subclass(Tensor)


def _made(value: Any) -> torch.Tensor:
    held = getattr(value, "value", None)
    if isinstance(held, torch.Tensor):  # a metric's variable
        return held.detach()
    if isinstance(value, (list, tuple)) and any(isinstance(v, torch.Tensor) for v in leaves(value)):
        return torch.stack([as_plain(as_tensor(v)) for v in value])
    if isinstance(value, (bool, int, float, list, tuple, complex)):
        array = np.asarray(value)
        narrow = {"float64": "float32", "int64": "int32"}.get(str(array.dtype))
        fits = narrow != "int32" or not array.size or abs(array).max() < 2**31
        array = array.astype(narrow) if narrow and fits else array
    else:
        array = np.asarray(value)
    if array.dtype.kind == "u" and array.itemsize > 1:  # torch has few functions of these
        array = array.astype(np.int64 if array.itemsize > 2 else np.int32)
    if any(stride < 0 for stride in array.strides) or not array.flags.writeable:
        array = array.copy()
    if not array.ndim:
        return torch.tensor(array.item(), dtype=_type(str(array.dtype)))
    return torch.from_numpy(array)


def _type(dtype: Any) -> torch.dtype:
    if isinstance(dtype, torch.dtype):
        return dtype
    name = dtype if isinstance(dtype, str) else np.dtype(dtype).name
    found: torch.dtype = getattr(torch, str(name))
    return found


def crossed(call: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """A layer called by a script: on torch's own tensors inside, `Tensor`s outside."""
    template, found = Template.split(tuple(args), dict(kwargs), (torch.Tensor,))
    entered, named = template.join([attach(as_plain(t), mask_of(t)) for t in found])
    return given_out(call(*entered, **named))


def given_out(out: Any) -> Any:
    """What a script gets: every tensor in it as a `Tensor`."""
    if isinstance(out, torch.Tensor):
        return attach(out.as_subclass(Tensor), mask_of(out))
    if isinstance(out, dict):
        return {key: given_out(value) for key, value in out.items()}
    return type(out)(given_out(o) for o in out) if type(out) in (list, tuple) else out


for _kind in (Tensor, np.ndarray):
    BORDERS[_kind] = crossed
