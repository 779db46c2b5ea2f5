"""Arithmetic on symbols: each operator, and each function of a fixed table, is a layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from striate import errors
from striate.graph import kinds
from striate.graph.arithmetic import Arithmetic
from striate.graph.kinds.functions import FUNCTIONS
from striate.graph.kinds.operation import ARRAY, INDEX, INPUT, NEW, NUMBER, SLICE
from striate.graph.named import freeze_value
from striate.graph.record import Symbol
from striate.layers.builtin import BuiltIn, register
from striate.layers.calls import Template
from striate.ops.arithmetic import BINARY, UNARY, sliced
from striate.ops.functions import DEFINITIONS
from striate.ops.layout import to_external, to_internal


@register()
class Operation(BuiltIn):
    """One operator or function of symbols, numbers and arrays; `x + y` on symbols makes it.

    The functions are those of Keras that have a rule for shapes: means, reshapes, softmax and so
    on; `striate.keras.ops` records them. The operators + - * / // % ** @ and abs, and slices with
    steps, None, and an ellipsis, mean what they mean in NumPy. Arrays are kept in the model, so
    they must be small.

    Shapes: NumPy's; symbols must have equally many dimensions, the batch first.

    Args:
        operation: NumPy's name of it, such as "add" or "getitem", or Keras's of a function.
        operands: as `graph.kinds.Operation` describes them.
        key: of "getitem".
        arguments: of a function: what it takes besides tensors.

    Raises:
        ArgumentError: an operand that is no symbol, number or small array; arguments that the
            function does not take.
        ShapeError: shapes that do not go together, an index out of range, an empty slice.

    Example:
        >>> from striate import Input
        >>> x = Input((8, 8, 3))
        >>> ((x * 2 - 1)[:, 1:, ::2, :2] ** 2).shape
        (None, 7, 4, 2)
    """

    kind: kinds.Operation
    takes_whole_numbers = True

    def __init__(
        self,
        operation: str,
        operands: Sequence[Any] = ((INPUT, 0), (INPUT, 1)),
        key: Sequence[Any] = (),
        arguments: Mapping[str, Any] | Sequence[Any] = (),
        **kwargs: Any,
    ) -> None:
        fields = {
            "operation": operation,
            "operands": tuple(operands),
            "key": tuple(key),
            "arguments": freeze_value(dict(arguments)),
        }
        super().__init__(kinds.Operation, fields, **kwargs)
        self._arrays: dict[tuple[int, torch.device], Tensor] = {}

    @property
    def base_name(self) -> str:
        return self.kind.operation if "kind" in vars(self) else "operation"

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Any:
        k = self.kind
        if k.operation in FUNCTIONS:
            return self._function(inputs)
        if k.operation == "getitem":
            return to_internal(sliced(to_external(inputs[0]), k.key))
        if k.operation in UNARY:
            return UNARY[k.operation](inputs[0])
        function = BINARY[k.operation]
        if k.operation != "matmul" and all(kind != ARRAY for kind, *_ in k.operands):
            out: Tensor = function(*(self._value(i, inputs) for i in range(len(k.operands))))
            return out
        last = [to_external(x) for x in inputs]
        return to_internal(function(*(self._value(i, last) for i in range(len(k.operands)))))

    def _function(self, inputs: Sequence[Tensor]) -> Any:
        k, definition = self.kind, DEFINITIONS[self.kind.operation]
        if k.operation == "gradient":  # of these very tensors, not of views of them
            return definition.function(*inputs)
        last = [to_external(x) for x in inputs]
        values = [self._value(i, last) for i in range(len(k.operands))]
        given = (values,) if definition.tensors is None else tuple(values)
        out = definition.function(*given, **k.arguments.as_dict())
        return to_internal(out) if isinstance(out, Tensor) else tuple(to_internal(o) for o in out)

    def _value(self, number: int, inputs: Sequence[Tensor]) -> Any:
        """An operand as a tensor or a number; arrays are made once per device."""
        kind, *content = self.kind.operands[number]
        if kind == INPUT:
            return inputs[content[0]]
        if kind == NUMBER:
            return content[0]
        place = (number, inputs[0].device)
        if place not in self._arrays:
            dtype, shape, values = content
            made = torch.tensor(values, dtype=getattr(torch, dtype), device=place[1])
            self._arrays[place] = made.view(shape)
        return self._arrays[place]


def perform(operation: str, *operands: Any, key: Any = None) -> Any:
    """Records an operation on symbols."""
    symbols: list[Symbol] = []
    described = tuple(_operand(operation, v, symbols) for v in operands)
    layer = Operation(operation, described, _key(key, symbols[0]) if operation == "getitem" else ())
    return layer(symbols[0] if len(symbols) == 1 else symbols)


Arithmetic.perform = staticmethod(perform)


def record_function(name: str, tensors: Sequence[Any], arguments: Mapping[str, Any]) -> Any:
    """Records a function of `FUNCTIONS` on symbols.

    Args:
        name: of the function.
        tensors: symbols, numbers and small arrays, at least one symbol among them.
        arguments: all else, as plain data.

    Raises:
        ArgumentError: an argument that a model cannot keep, such as a symbol or a tensor.
    """
    for argument, value in arguments.items():
        if not _is_plain(value):
            raise errors.ArgumentError(
                errors.message(
                    name,
                    f"`{argument}` is not plain data, and a model could not keep it",
                    got={argument: value},
                    expected="numbers, text and tuples of them",
                )
            )
    symbols: list[Symbol] = []
    described = tuple(_operand(name, v, symbols) for v in tensors)
    layer = Operation(name, described, arguments=arguments)
    return layer(symbols[0] if len(symbols) == 1 else symbols)


def _is_plain(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(_is_plain(v) for v in value)
    return value is None or isinstance(value, (str, bool, int, float))


def _operand(operation: str, given: Any, symbols: list[Symbol]) -> tuple[Any, ...]:
    if isinstance(given, Symbol):
        if given not in symbols:
            symbols.append(given)
        return (INPUT, symbols.index(given))
    if isinstance(given, (bool, int, float)):
        return (NUMBER, given)
    if isinstance(given, (np.ndarray, np.generic, list, tuple, Tensor)):
        return _constant(operation, given)
    raise errors.ArgumentError(
        errors.message(
            operation,
            "an operand that a model cannot keep",
            got={"operand": given},
            expected="a symbol, a number or a small array",
        )
    )


def _constant(operation: str, given: Any) -> tuple[Any, ...]:
    if isinstance(given, Tensor) and given.requires_grad:
        raise errors.ArgumentError(
            errors.message(
                operation,
                "a tensor that is trained cannot be kept as a constant",
                got={"operand": given},
                expected="a symbol, a number or a small array",
                fix="Make it a weight of a Layer subclass: self.add_weight(...)",
            )
        )
    array = given.detach().cpu().numpy() if isinstance(given, Tensor) else np.asarray(given)
    if array.dtype == np.float64:  # Python's numbers; striate computes in float32
        array = array.astype(np.float32)
    if array.ndim == 0:
        return (NUMBER, array.item())
    return (ARRAY, str(array.dtype), array.shape, tuple(array.ravel().tolist()))


def _key(key: Any, symbol: Symbol) -> tuple[Any, ...]:
    """An index as data: one entry per axis, the batch whole."""
    entries = list(key) if isinstance(key, tuple) else [key]
    given = sum(entry is not None and entry is not Ellipsis for entry in entries)
    if entries.count(Ellipsis) == 1:
        place = entries.index(Ellipsis)
        entries[place : place + 1] = [slice(None)] * (symbol.ndim - given)
    legal = all(
        entry is None
        or (isinstance(entry, (int, np.integer)) and not isinstance(entry, bool))
        or (isinstance(entry, slice) and _plain(entry))
        for entry in entries
    )
    whole = entries[0] == slice(None) or isinstance(entries[0], (int, np.integer))
    if not legal or given > symbol.ndim or not whole:
        raise errors.ArgumentError(
            errors.message(
                repr(symbol),
                "cannot be indexed so",
                got={"index": str(key)},
                expected="a whole batch or a number first, then numbers, slices of numbers, None"
                " or ...",
                fix="x[:, 1:, ::2, :3]",
            )
        )
    described: list[tuple[Any, ...]] = []
    for entry in entries:
        if entry is None:
            described.append((NEW,))
        elif isinstance(entry, slice):
            described.append((SLICE, entry.start, entry.stop, entry.step))
        else:
            described.append((INDEX, int(entry)))
    return tuple(described)


def _plain(part: slice) -> bool:
    return part.step != 0 and all(
        end is None or isinstance(end, int) for end in (part.start, part.stop, part.step)
    )
