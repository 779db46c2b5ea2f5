"""Kind: what a layer is, as a frozen record: its arguments, shape rule and weights."""

from __future__ import annotations

import dataclasses
import functools
import operator
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from striate import errors
from striate.graph.named import Named, from_json, to_json
from striate.graph.reach import SAME, Reach
from striate.graph.spec import Shape, Spec, product


class Fault(Exception):
    """A broken rule, raised by a kind; the recorder adds the layer's name and the chain."""

    def __init__(
        self,
        fault: str,
        *,
        got: Mapping[str, object] | None = None,
        expected: str = "",
        fix: str = "",
        error: type[errors.StriateError] = errors.ShapeError,
    ) -> None:
        super().__init__(fault)
        self.fault, self.got, self.expected, self.fix, self.error = fault, got, expected, fix, error

    def at(self, where: str, chain: tuple[str, ...] = ()) -> errors.StriateError:
        """The error to raise for a layer named `where`."""
        return self.error(
            errors.message(
                where,
                self.fault,
                got=self.got,
                expected=self.expected,
                fix=self.fix,
                chain=chain,
            )
        )


def bad_argument(name: str, value: object, expected: str, fix: str = "") -> Fault:
    """The fault of one constructor argument."""
    return Fault(
        f"`{name}` is not valid",
        got={name: value},
        expected=expected,
        fix=fix,
        error=errors.ArgumentError,
    )


@dataclass(frozen=True)
class WeightSpec:
    """Name, shape and role of one weight of a layer, in Keras's layout.

    Args:
        name: such as "kernel"; unique within its layer.
        shape: (H, W, in / groups, out) for convolution kernels, (in, out) for dense ones.
        initializer: how it starts.
        trainable: False for statistics such as the moving mean.
        regularizer: penalty added to the loss, if any.
        constraint: projection applied after each optimizer step, if any.
    """

    name: str
    shape: tuple[int, ...]
    initializer: Named
    trainable: bool = True
    regularizer: Named | None = None
    constraint: Named | None = None

    @property
    def size(self) -> int:
        """Number of values."""
        return product(self.shape) or 0


@dataclass(frozen=True)
class Kind:
    """Base of every layer kind. Fields are the layer's arguments under Keras's names.

    A subclass normalises and checks its fields in `check`, answers `output` and, if it has
    weights, `weights`. It raises `Fault` and never touches a tensor.
    """

    num_inputs: ClassVar[int | None] = 1  # None: two or more
    min_rank: ClassVar[int] = 1
    max_rank: ClassVar[int] = 8
    passes_mask: ClassVar[bool] = False  # its output has the steps of its input
    sees_all: ClassVar[bool] = False  # each place of its output depends on all of its input

    def __post_init__(self) -> None:
        self.check()

    def check(self) -> None:
        """Normalises fields (a number to a pair) and raises `Fault` for a bad one."""

    def output(self, *inputs: Spec) -> Spec | tuple[Spec, ...]:
        """The spec of what comes out."""
        return inputs[0]

    def weights(self, *inputs: Spec) -> tuple[WeightSpec, ...]:
        """The weights it needs for these inputs, trainable ones first."""
        return ()

    def macs(self, *inputs: Spec) -> int | None:
        """Multiplications, each with its addition, per sample; None while a size is open.

        Counted are sums of products: convolutions and matrix products, without their biases.
        """
        return 0

    def macs_inside(self, *inputs: Spec) -> int | None:
        """Of `macs`, those of values that the layer computes itself with its weights.

        These need gradients in a first layer too, whose input needs none.
        """
        return 0

    def kernel_values(self, *inputs: Spec) -> int:
        """Values in its kernels: its weights without the biases."""
        return sum(w.size for w in self.weights(*inputs) if not w.name.endswith("bias"))

    def reach(self, axis: int, given: Spec, made: Spec) -> Reach | None:
        """Which inputs along an axis an output is computed from; None: all of them.

        Args:
            axis: counted with the batch: 1 is the first axis of places.
            given: the spec of an input.
            made: the spec of the output.
        """
        kept = given.rank == made.rank and given.shape[axis] == made.shape[axis]
        return SAME if kept else None

    @property
    def gives_mask(self) -> bool:
        """Whether its last output says which steps of the first one count."""
        return False

    @property
    def penalises(self) -> bool:
        """Whether it adds a penalty on its values to the loss, in training and in evaluation."""
        return getattr(self, "activity_regularizer", None) is not None

    def idle(self, training: bool) -> str:
        """Why it gives back its input value by value in this mode; empty if it does not."""
        return ""

    def mask_output(self, index: int, count: int) -> int | None:
        """Which of its `count` outputs says what steps of output `index` count, if one does."""
        return count - 1 if self.gives_mask and index == 0 else None

    def check_inputs(self, *inputs: Spec) -> None:
        """Raises `Fault` if the number or rank of inputs is wrong."""
        if self.num_inputs is not None and len(inputs) != self.num_inputs:
            raise Fault(
                "wrong number of inputs",
                got={"inputs": len(inputs)},
                expected=f"{self.num_inputs}",
            )
        if self.num_inputs is None and len(inputs) < 2:
            raise Fault(
                "wrong number of inputs",
                got={"inputs": len(inputs)},
                expected="a list of two or more",
                fix=f"Call it on a list: {type(self).__name__}()([a, b])",
            )
        for spec in inputs:
            if not self.min_rank <= spec.rank <= self.max_rank:
                raise Fault(
                    "wrong input rank",
                    got={"input shape": spec.shape},
                    expected=self.rank_rule(),
                    fix=self.rank_fix(spec),
                )

    def rank_rule(self) -> str:
        """The expected shape in symbols."""
        if self.min_rank == self.max_rank:
            symbols = {2: "(N, C)", 3: "(N, L, C)", 4: "(N, H, W, C)", 5: "(N, D, H, W, C)"}
            return f"{self.min_rank} dimensions {symbols.get(self.min_rank, '')}".rstrip()
        if self.max_rank == 8:
            return f"at least {self.min_rank} dimensions"
        return f"{self.min_rank} to {self.max_rank} dimensions"

    def rank_fix(self, spec: Spec) -> str:
        """How to give an input of this rank the right one."""
        what = {3: "Sequences", 4: "Images", 5: "Volumes"}.get(self.min_rank)
        if what and self.min_rank == self.max_rank == spec.rank + 1:
            return (
                f"{what} need a channel axis: x[..., None], or"
                f" layers.Reshape({(*spec.shape[1:], 1)}) before it"
            )
        return ""

    def replace(self, **fields: Any) -> None:
        """Sets normalised fields; only for use inside `check`."""
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    def to_config(self) -> dict[str, Any]:
        """Fields as JSON values."""
        return {f.name: to_json(getattr(self, f.name)) for f in dataclasses.fields(self)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Kind:
        """The kind of a JSON config; unknown fields are an error."""
        return cls(**{k: from_json(v) for k, v in config.items()})

    @classmethod
    def base_name(cls) -> str:
        """The automatic name of a layer of this kind, as in Keras: conv2d, max_pooling2d."""
        return snake_case(cls.__name__)


@functools.cache
def snake_case(name: str) -> str:
    """Keras's automatic layer name.

    Example:
        >>> snake_case("GlobalAveragePooling2D")
        'global_average_pooling2d'
    """
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


TRAINING_ONLY = "it acts in training only"  # what `idle` says of most kinds that are
RETURNS_INPUT = "it returns its input"

KINDS: dict[str, type[Kind]] = {}
K = TypeVar("K", bound=type[Kind])


def register(kind: K) -> K:
    """Enters a kind into the table that files are read with."""
    KINDS[kind.__name__] = kind
    return kind


def known_channels(spec: Spec) -> int:
    """The channel count, which weights need; a `Fault` while it is open."""
    if spec.channels is None:
        raise Fault(
            "the last dimension of the input is open, but its weights need it",
            got={"input shape": spec.shape},
            expected="a known number of channels",
            fix="State it in Input(shape=...)",
        )
    return spec.channels


def sizes(
    name: str, value: object, rank: int, least: int = 1, default: int | None = None
) -> tuple[int, ...]:
    """`value` as `rank` whole numbers >= `least`; a single number is repeated.

    An empty tuple, the field's default, stands for `default`.
    """
    if default is not None and value == ():
        value = default
    many = tuple(value) if isinstance(value, (tuple, list)) else (value,) * rank
    try:
        found = tuple(whole(name, v, least) for v in many)
    except Fault:
        found = ()
    if len(found) != rank:
        shown = many if isinstance(value, (tuple, list)) else value
        raise bad_argument(name, shown, f"{_rule(least)} or {rank} of them")
    return found


def whole(name: str, value: object, least: int = 1) -> int:
    """`value` as one whole number >= `least`."""
    try:
        number = least - 1 if isinstance(value, bool) else operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = least - 1
    if number < least:
        raise bad_argument(name, value, _rule(least))
    return number


def _rule(least: int) -> str:
    return "a positive whole number" if least == 1 else f"a whole number >= {least}"


def chosen(name: str, value: object, allowed: tuple[str, ...]) -> str:
    """`value` in lower case if it is one of the allowed words."""
    word = value.lower() if isinstance(value, str) else value
    if word not in allowed:
        raise bad_argument(name, value, "one of " + ", ".join(repr(a) for a in allowed))
    return str(word)


def fraction(name: str, value: object, *, one: bool = False) -> float:
    """`value` as a number in [0, 1), or [0, 1] if `one`."""
    inside = isinstance(value, (int, float)) and value >= 0 and (value <= 1 if one else value < 1)
    if not inside:
        raise bad_argument(name, value, "a number in [0, 1]" if one else "a number in [0, 1)")
    return float(value)  # type: ignore[arg-type]


def known_sizes(spec: Spec, axes: Iterable[int], fault: str, got: object) -> tuple[int, ...]:
    """The sizes of some axes; a `Fault` with this text if one is open."""
    found = [spec.shape[axis] for axis in axes]
    known = tuple(n for n in found if n is not None)
    if len(known) == len(found):
        return known
    raise Fault(fault, got={"axis": got, "input shape": spec.shape}, expected="a known size there")


def above_zero(name: str, value: object) -> float:
    """`value` as a number above 0."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        raise bad_argument(name, value, "a number above 0")
    return float(value)


def seed_or_none(value: object) -> int | None:
    """`value` as the seed of a layer's own stream of random numbers, or None for none."""
    return None if value is None else whole("seed", value, 0)


def with_channels(spec: Spec, spatial: Shape, channels: int | None) -> Spec:
    """A float spec with the batch of `spec` and new spatial sizes and channels."""
    return Spec((spec.shape[0], *spatial, channels), float_dtype(spec))


def float_dtype(spec: Spec) -> str:
    """Layers compute in floating point: whole-number inputs become float32."""
    return spec.dtype if "float" in spec.dtype else "float32"
