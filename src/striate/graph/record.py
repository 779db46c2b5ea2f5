"""Recording: a layer called on a symbol leaves a call; `freeze` turns calls into a Graph.

Calls are immutable and point backwards, so a layer never knows which graphs use it: a shared
layer simply appears in the calls of both.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol

from striate import errors
from striate.graph.arithmetic import Arithmetic
from striate.graph.graph import Graph, Node, Port
from striate.graph.kinds.base import Fault, Kind, WeightSpec
from striate.graph.named import Items
from striate.graph.spec import Shape, Spec

_serial = itertools.count()


class Owner(Protocol):
    """What is called: a layer. Only these facts of it enter a graph."""

    given_name: str | None
    automatic_name: str | None
    trainable: bool

    @property
    def base_name(self) -> str:
        """What its automatic name starts with."""


@dataclass(frozen=True, eq=False)
class Call:
    """One call of one layer on symbols.

    Args:
        owner: the layer.
        kind: what it is in this call.
        inputs: what it was called on.
        outputs: specs of what it returned.
        weights: specs of its weights.
        mask: says which steps of its first output count, if some do not.
        serial: the number of the call.
    """

    owner: Owner
    kind: Kind
    inputs: tuple[Symbol, ...]
    outputs: tuple[Spec, ...]
    weights: tuple[WeightSpec, ...] = ()
    mask: Symbol | None = None
    serial: int = field(default_factory=lambda: next(_serial))

    def symbols(self) -> tuple[Symbol, ...]:
        """Its outputs as symbols."""
        return tuple(Symbol(self, i) for i in range(len(self.outputs)))


class Symbol(Arithmetic):
    """A value that will flow through a model: shape and dtype now, numbers later.

    Example:
        >>> import striate as st
        >>> x = st.Input((28, 28, 1))
        >>> st.layers.Conv2D(8, 3)(x).shape
        (None, 26, 26, 8)
    """

    __slots__ = ("call", "index")

    def __init__(self, call: Call, index: int) -> None:
        self.call, self.index = call, index

    @property
    def spec(self) -> Spec:
        """Shape and dtype."""
        return self.call.outputs[self.index]

    @property
    def shape(self) -> Shape:
        """Shape with the batch first; None where open."""
        return self.spec.shape

    @property
    def dtype(self) -> str:
        """Number type by name."""
        return self.spec.dtype

    @property
    def mask(self) -> Symbol | None:
        """The symbol that says which steps of it count; None if all do."""
        own = self.call.kind.mask_output(self.index, len(self.call.outputs))
        if own is not None:
            return Symbol(self.call, own)
        return None if self.index else self.call.mask

    @property
    def ndim(self) -> int:
        """Number of dimensions, batch included."""
        return self.spec.rank

    def __eq__(self, other: object) -> bool:
        same = isinstance(other, Symbol) and self.call is other.call
        return same and self.index == other.index  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash((id(self.call), self.index))

    def __repr__(self) -> str:
        kind = type(self.call.kind).__name__
        return f"<Symbol {self.shape} {self.dtype} from {kind}>"

    def _no_numbers(self, *_: Any, **__: Any) -> NoReturn:
        raise errors.GraphError(
            errors.message(
                repr(self),
                "a symbol has a shape but no numbers yet",
                expected="layers between symbols",
                fix="Put the operation into a Layer subclass and call that on the symbol",
            )
        )

    __bool__ = __len__ = __iter__ = __array__ = __float__ = __int__ = _no_numbers

    @classmethod
    def __torch_function__(
        cls, function: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        name = getattr(function, "__name__", str(function))
        if name in TORCH_OPERATORS and not kwargs:
            return cls.perform(TORCH_OPERATORS[name], *args)
        raise NotSymbolic(name)


# torch's names of operators: `tensor + symbol` arrives as torch.Tensor.add
TORCH_OPERATORS = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "div": "divide",
    "pow": "power",
    "matmul": "matmul",
    "neg": "negative",
    "abs": "absolute",
}


class NotSymbolic(errors.GraphError):
    """A torch function met a symbol."""

    def __init__(self, function: str) -> None:
        super().__init__(
            errors.message(
                f"torch.{function}",
                "a torch function was called on a symbol, which has no numbers yet",
                expected="layers between symbols",
                fix="Put the call into a Layer subclass with build/call, or use the layer for it",
            )
        )


def record(
    owner: Owner, kind: Kind, inputs: tuple[Symbol, ...], mask: Symbol | None = None
) -> tuple[Symbol, ...]:
    """Applies the shape rule of `kind` and notes the call.

    Raises:
        ShapeError: the inputs do not fit; the message shows the chain of layers up to here.
    """
    specs = tuple(symbol.spec for symbol in inputs)
    try:
        kind.check_inputs(*specs)
        out = kind.output(*specs)
        weights = kind.weights(*specs)
    except Fault as fault:
        raise _located(fault, owner, type(kind).__name__, inputs) from None
    return note(owner, kind, inputs, out if isinstance(out, tuple) else (out,), weights, mask)


def note(
    owner: Owner,
    kind: Kind,
    inputs: tuple[Symbol, ...],
    outputs: tuple[Spec, ...],
    weights: tuple[WeightSpec, ...],
    mask: Symbol | None = None,
) -> tuple[Symbol, ...]:
    """Notes a call whose outputs and weights are known already (user code, nested models)."""
    return Call(owner, kind, inputs, outputs, weights, mask).symbols()


def _located(
    fault: Fault, owner: Owner, kind_name: str, inputs: tuple[Symbol, ...]
) -> errors.StriateError:
    calls = ancestors(inputs)
    names = name_owners([*(c.owner for c in calls), owner])
    nodes = nodes_of(calls, names)
    chain: list[str] = []
    call = inputs[0].call if inputs else None
    while call is not None:
        chain.append(str(nodes[id(call)]))
        call = call.inputs[0].call if call.inputs else None
    return fault.at(f"{names[id(owner)]} ({kind_name})", tuple(reversed(chain)))


def ancestors(symbols: Iterable[Symbol], stop: Iterable[Symbol] = ()) -> list[Call]:
    """Every call that `symbols` depend on, in recording order; not beyond `stop`."""
    ends = {symbol.call.serial for symbol in stop}
    found: dict[int, Call] = {}
    waiting = [symbol.call for symbol in symbols]
    while waiting:
        call = waiting.pop()
        if call.serial in found:
            continue
        found[call.serial] = call
        if call.serial not in ends:
            waiting.extend(symbol.call for symbol in call.inputs)
    return [found[serial] for serial in sorted(found)]


def name_owners(owners: Sequence[Owner]) -> dict[int, str]:
    """A unique name for each layer, by `id`: given ones as they are, others base, base_1, ..."""
    names = {id(o): o.given_name for o in owners if o.given_name is not None}
    used = set(names.values())
    for owner in owners:
        if id(owner) in names:
            continue
        base = owner.base_name
        name = owner.automatic_name or base
        numbers = itertools.count(1)
        while name in used:
            name = f"{base}_{next(numbers)}"
        names[id(owner)] = name
        used.add(name)
    return names


def nodes_of(calls: Sequence[Call], names: dict[int, str]) -> dict[int, Node]:
    """The node of each call, by `id` of the call; later calls of a layer are `name@2`, ..."""
    nodes: dict[int, Node] = {}
    count: dict[int, int] = {}
    for call in calls:
        layer = names[id(call.owner)]
        count[id(call.owner)] = turn = count.get(id(call.owner), 0) + 1
        nodes[id(call)] = Node(
            name=layer if turn == 1 else f"{layer}@{turn}",
            kind=call.kind,
            inputs=tuple(
                Port(nodes[id(s.call)].name, s.index) for s in call.inputs if id(s.call) in nodes
            ),
            outputs=call.outputs,
            weights=call.weights if turn == 1 else (),
            layer=layer,
            trainable=call.owner.trainable,
        )
    return nodes


@dataclass(frozen=True)
class Recording:
    """A frozen graph with the layers and symbols it was recorded from.

    Args:
        graph: the value.
        owners: layer object by layer name.
        symbols: outputs of each node, by node name.
    """

    graph: Graph
    owners: dict[str, Owner]
    symbols: dict[str, tuple[Symbol, ...]]


def freeze(
    inputs: Sequence[Symbol],
    outputs: Sequence[Symbol],
    *,
    name: str = "model",
    form: str = "Model",
    metadata: Items | None = None,
) -> Recording:
    """The graph between `inputs` and `outputs`.

    An input need not be an `Input`: any symbol can be one, which cuts a model in the middle.

    Raises:
        GraphError: an output depends on an input that was not listed, or no input was given.
    """
    _check_symbols("inputs", inputs)
    _check_symbols("outputs", outputs)
    masks = tuple(_mask_inside(symbol, inputs) for symbol in outputs)
    calls = ancestors([*outputs, *inputs, *(m for m in masks if m is not None)], stop=inputs)
    names = name_owners([c.owner for c in calls])
    nodes = _entered(calls, nodes_of(calls, names), inputs, name)
    graph = Graph(
        nodes=tuple(nodes[id(c)] for c in calls),
        inputs=tuple(Port(nodes[id(s.call)].name, s.index) for s in inputs),
        outputs=tuple(Port(nodes[id(s.call)].name, s.index) for s in outputs),
        name=name,
        form=form,
        metadata=metadata or Items(),
        output_masks=_mask_ports(masks, nodes),
    )
    return Recording(
        graph,
        {names[id(c.owner)]: c.owner for c in calls},
        {nodes[id(c)].name: c.symbols() for c in calls},
    )


def _mask_inside(symbol: Symbol, inputs: Sequence[Symbol]) -> Symbol | None:
    """The mask of an output; None if it is made before the inputs, where a model is cut."""
    mask = symbol.mask
    if mask is None:
        return None
    entries = {s.call.serial: s.index for s in inputs}
    calls = ancestors([mask], stop=inputs)
    ports = [mask, *(s for c in calls if c.serial not in entries for s in c.inputs)]
    inside = all(c.inputs or c.serial in entries for c in calls)
    return (
        mask
        if inside and all(entries.get(s.call.serial, s.index) == s.index for s in ports)
        else None
    )


def _mask_ports(masks: Sequence[Symbol | None], nodes: dict[int, Node]) -> tuple[Port | None, ...]:
    if all(mask is None for mask in masks):
        return ()
    return tuple(None if m is None else Port(nodes[id(m.call)].name, m.index) for m in masks)


def _entered(
    calls: Sequence[Call], nodes: dict[int, Node], inputs: Sequence[Symbol], name: str
) -> dict[int, Node]:
    """The nodes with those of `inputs` as entries; every other start is an error."""
    entries = {symbol.call.serial for symbol in inputs}
    listed = {(symbol.call.serial, symbol.index) for symbol in inputs}
    for call in calls:
        node = nodes[id(call)]
        for symbol in call.inputs if call.serial not in entries else ():
            if symbol.call.serial in entries and (symbol.call.serial, symbol.index) not in listed:
                raise _half_of_a_call(node, nodes[id(symbol.call)], name)
        if call.serial in entries:
            nodes[id(call)] = _entry(node)
        elif not call.inputs:
            raise errors.GraphError(
                errors.message(
                    name,
                    "an output depends on an input that is not listed",
                    got={
                        "missing": node.name,
                        "inputs": tuple(nodes[id(s.call)].name for s in inputs),
                    },
                    expected="every Input that the outputs need",
                    fix="Model(inputs=[...], outputs=...)",
                )
            )
    return nodes


def _half_of_a_call(reader: Node, source: Node, name: str) -> errors.GraphError:
    return errors.GraphError(
        errors.message(
            name,
            f"it begins with one output of `{source.name}`, but `{reader.name}` reads another one,"
            " such as its mask",
            expected=f"an input before `{source.name}`",
        )
    )


def _entry(node: Node) -> Node:
    """A node as the place where data enter: an input of the same spec."""
    from striate.graph.kinds.structure import InputLayer

    spec = node.output
    kind = InputLayer(shape=spec.shape, dtype=spec.dtype)
    return Node(node.name, kind, (), (spec,), (), node.name)


def _check_symbols(what: str, symbols: Sequence[Symbol]) -> None:
    for symbol in symbols:
        if not isinstance(symbol, Symbol):
            raise errors.GraphError(
                errors.message(
                    "Model",
                    f"`{what}` holds something that no layer returned",
                    got={what: symbol},
                    expected="symbols: the results of Input(...) and of layers called on them",
                )
            )
    if not symbols:
        raise errors.GraphError(
            errors.message("Model", f"`{what}` is empty", expected="at least one symbol")
        )
