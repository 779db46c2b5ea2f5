"""Operation: arithmetic on symbols as data; shapes and number types under NumPy's rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from striate import errors
from striate.graph.kinds.base import Fault, Kind, bad_argument, register
from striate.graph.kinds.functions import FUNCTIONS
from striate.graph.kinds.functions.products import products_of
from striate.graph.kinds.functions.types import (
    REAL_NUMBER,
    WHOLE_NUMBER,
    matmul_shape,
    numpy_broadcast,
    promoted,
)
from striate.graph.named import Items
from striate.graph.reach import Reach
from striate.graph.spec import DTYPES, Shape, Spec, product

# Python's operators: name -> number of operands; functions are in FUNCTIONS
OPERATIONS = {
    "add": 2,
    "subtract": 2,
    "multiply": 2,
    "divide": 2,
    "floor_divide": 2,
    "mod": 2,
    "power": 2,
    "matmul": 2,
    "negative": 1,
    "absolute": 1,
    "getitem": 1,
}
LARGEST_CONSTANT = 65536  # values; more belong into a weight

INPUT, NUMBER, ARRAY = "input", "number", "array"
SLICE, INDEX, NEW = "slice", "index", "new"
KEY_SIZES = {SLICE: 4, INDEX: 2, NEW: 1}


@register
@dataclass(frozen=True)
class Operation(Kind):
    """One operator or function on symbols, numbers and small arrays.

    Args:
        operation: its name in NumPy, or one of `functions.FUNCTIONS`.
        operands: each ("input", number), ("number", value) or ("array", dtype, shape, values).
        key: of "getitem", one entry per axis: ("slice", start, stop, step), ("index", place),
            ("new",) for None; an ellipsis is spelt out.
        arguments: of a function: all that are not tensors, such as its axis.
    """

    num_inputs: ClassVar[int | None] = None
    operation: str = "add"
    operands: tuple[tuple[Any, ...], ...] = ((INPUT, 0), (INPUT, 1))
    key: tuple[tuple[Any, ...], ...] = ()
    arguments: Items = Items()

    def check(self) -> None:
        if self.operation in FUNCTIONS:
            wanted = FUNCTIONS[self.operation].tensors
        elif self.operation in OPERATIONS:
            wanted = OPERATIONS[self.operation]
        else:
            known = ", ".join((*OPERATIONS, *FUNCTIONS))
            raise bad_argument("operation", self.operation, "one of " + known)
        if len(self.operands) != wanted and wanted is not None:
            raise bad_argument("operands", self.operands, f"{wanted} of them")
        if self.arguments and self.operation not in FUNCTIONS:
            raise bad_argument("arguments", tuple(self.arguments), "none for an operator")
        for operand in self.operands:
            check_operand(operand)
        for entry in self.key:
            if entry[0] not in KEY_SIZES or len(entry) != KEY_SIZES[entry[0]]:
                raise bad_argument("key", entry, "a slice, an index or a new axis")

    @property
    def inputs(self) -> list[int]:
        """The numbers of the inputs in the order of the operands."""
        return [operand[1] for operand in self.operands if operand[0] == INPUT]

    def check_inputs(self, *inputs: Spec) -> None:
        wanted = max(self.inputs, default=0) + 1
        if len(inputs) != wanted:
            raise Fault("wrong number of inputs", got={"inputs": len(inputs)}, expected=f"{wanted}")

    def output(self, *inputs: Spec) -> Spec | tuple[Spec, ...]:
        if self.operation in FUNCTIONS:
            return self._function_output(inputs)
        if self.operation == "getitem":
            return Spec(sliced_shape(self.key, inputs[0].shape), inputs[0].dtype)
        specs = [operand_spec(operand, inputs) for operand in self.operands]
        self.check_ranks(inputs)
        dtype = self.result_type(specs)
        shapes = [spec.shape for spec in specs]
        if self.operation == "matmul":
            return Spec(matmul_shape(*shapes), dtype)
        return Spec(shapes[0] if len(shapes) == 1 else numpy_broadcast(*shapes), dtype)

    def _function_output(self, inputs: Sequence[Spec]) -> Spec | tuple[Spec, ...]:
        function = FUNCTIONS[self.operation]
        specs = [function_operand(operand, inputs) for operand in self.operands]
        if function.by_value and len(specs) > 1:
            self.check_ranks(inputs)
        try:
            return function.rule(specs, self.arguments.as_dict())
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise Fault(
                f"arguments that do not fit ({type(error).__name__}: {error})",
                got=dict(self.arguments),
                expected=f"those of {self.operation}",
                error=errors.ArgumentError,
            ) from None

    def macs(self, *inputs: Spec) -> int | None:
        function = FUNCTIONS.get(self.operation)
        if self.operation != "matmul" and not (function and function.sums_products):
            return 0
        specs = [operand_spec(operand, inputs) for operand in self.operands]
        made = self.output(*inputs)
        shape = made.shape if isinstance(made, Spec) else ()
        return products_of(self.operation, specs, self.arguments.as_dict(), shape)

    def to_config(self) -> dict[str, Any]:
        config = super().to_config()
        if not self.arguments:  # as files of operators have been from the start
            del config["arguments"]
        return config

    def macs_inside(self, *inputs: Spec) -> int | None:
        return self.macs(*inputs)

    def reach(self, axis: int, given: Spec, made: Spec) -> Reach | None:
        function = FUNCTIONS.get(self.operation)
        if function is not None:
            return super().reach(axis, given, made) if function.by_value else None
        if self.operation != "getitem":
            return None if self.operation == "matmul" else super().reach(axis, given, made)
        entry = self.key[axis] if axis < len(self.key) else (SLICE, None, None, None)
        plain = all(e[0] == SLICE for e in self.key) and given.rank == made.rank
        size = given.shape[axis]
        if not plain or size is None:
            return super().reach(axis, given, made)
        start, _, step = slice(*entry[1:]).indices(size)
        return Reach(Fraction(step), Fraction(start), Fraction(start))

    def check_ranks(self, inputs: Sequence[Spec]) -> None:
        """Inputs of different ranks are a mistake: NumPy would lay the batch on another axis."""
        used = [inputs[i] for i in self.inputs]
        if len({spec.rank for spec in used}) > 1:
            low, high = sorted(used, key=lambda spec: spec.rank)[:: len(used) - 1]
            missing = ", ".join(["None"] * (high.rank - low.rank))
            raise Fault(
                "symbols with different numbers of dimensions",
                got={"shapes": tuple(spec.shape for spec in used)},
                expected="as many dimensions in each, the batch first",
                fix=f"Give the smaller one axes of size 1: y[:, {missing}]",
            )
        for operand in self.operands:
            rank = max(spec.rank for spec in used)
            if operand[0] == ARRAY and len(operand[2]) >= rank and operand[2][-rank] != 1:
                raise Fault(
                    "an array that covers the batch",
                    got={"array of shape": operand[2], "symbol": used[0].shape},
                    expected=f"at most {rank - 1} dimensions, those of one sample",
                )

    def result_type(self, specs: Sequence[Spec]) -> str:
        """The number type of the result."""
        numbers = [v for kind, v, *_ in self.operands if kind == NUMBER]
        dtype = promoted([spec.dtype for spec in specs if spec.dtype])
        whole = "float" not in dtype
        if whole and (self.operation == "divide" or any(isinstance(n, float) for n in numbers)):
            return "float32"
        return "int64" if dtype == "bool" and numbers else dtype


def check_operand(operand: tuple[Any, ...]) -> None:
    """A `Fault` unless it is an input, a number, or a whole and small array."""
    kind, *content = operand
    whole = kind == INPUT and len(content) == 1 and type(content[0]) is int and content[0] >= 0
    number = kind == NUMBER and len(content) == 1 and isinstance(content[0], (bool, int, float))
    if whole or number:
        return
    if kind != ARRAY or len(content) != 3:
        raise bad_argument("operands", operand, "an input, a number or an array")
    dtype, shape, values = content
    if dtype not in DTYPES or product(shape) != len(values):
        raise bad_argument("operands", (dtype, shape), "an array with all its values")
    if len(values) > LARGEST_CONSTANT:
        raise bad_argument(
            "operands",
            f"an array of shape {shape}",
            f"at most {LARGEST_CONSTANT} values",
            "Make it a weight of a Layer subclass: self.add_weight(...)",
        )


def operand_spec(operand: tuple[Any, ...], inputs: Sequence[Spec]) -> Spec:
    """The spec of an operand; a plain number has shape () and no number type of its own."""
    if operand[0] == INPUT:
        return inputs[int(operand[1])]
    return Spec((), "") if operand[0] == NUMBER else Spec(tuple(operand[2]), operand[1])


def function_operand(operand: tuple[Any, ...], inputs: Sequence[Spec]) -> Spec:
    """As `operand_spec`, but a plain number says whether it is whole."""
    if operand[0] != NUMBER:
        return operand_spec(operand, inputs)
    value = operand[1]
    kind = REAL_NUMBER if isinstance(value, float) else WHOLE_NUMBER
    return Spec((), "bool" if isinstance(value, bool) else kind)


def sliced_shape(key: Sequence[tuple[Any, ...]], shape: Shape) -> Shape:
    """The shape of x[key]; a `Fault` for an index out of range or a batch that is not whole."""
    rest: list[int | None] = []
    sizes = list(shape)
    for entry in key:
        if entry[0] == NEW:
            rest.append(1)
            continue
        size = sizes.pop(0)
        if entry[0] == INDEX:
            if size is not None and not -size <= entry[1] < size:
                raise Fault(
                    "an index out of range",
                    got={"index": entry[1], "input shape": shape},
                    expected=f"{-size} to {size - 1}",
                )
            continue
        rest.append(_sliced(entry[1:], size, shape))
    return (*rest, *sizes)


def _sliced(ends: tuple[int | None, ...], size: int | None, shape: Shape) -> int | None:
    if size is None:
        return None
    count = len(range(*slice(*ends).indices(size)))
    if count == 0:
        raise Fault(
            "a slice that is empty",
            got={"slice": ends, "input shape": shape},
            expected="at least one value",
        )
    return count
