"""receptive_field: which part of the input each unit of each layer can see."""

from __future__ import annotations

import html
import json
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from typing import Any

from striate import errors
from striate.analysis.execution import execution
from striate.analysis.steps import ACTIVATION, Step
from striate.analysis.table import html_table, text_table
from striate.graph import Graph, Port
from striate.graph.reach import SAME, Reach

Interval = tuple[int, int]
Places = frozenset[int]
ASKED = 16  # units in the middle of a map
# Their statistics are of whole maps; what they do to a value besides is local.
STATISTICS = frozenset(
    {"GroupNormalization", "InstanceNormalization", "GlobalResponseNormalization"}
    | {"SqueezeExcite", "CBAM", "ECA"}
)


@dataclass(frozen=True)
class LayerField:
    """What the units of one layer see, along each axis of places; None: the whole axis.

    Args:
        name: the layer.
        kind: its class.
        size: input values from the first to the last that a unit can depend on.
        stride: input values from one unit to the next; a fraction behind layers that enlarge.
        offset: where the field of the first unit begins; negative: in the padding.
    """

    name: str
    kind: str
    size: tuple[int | None, ...]
    stride: tuple[float | None, ...]
    offset: tuple[float | None, ...]


@dataclass(frozen=True)
class Box:
    """What one unit sees.

    Args:
        layer: its layer.
        unit: its row and column (and further axes).
        field: first and last input value along each axis, where padding counts, too; None for a
            unit that sees no input.
        inside: the same within the input.
    """

    layer: str
    unit: tuple[int, ...]
    field: tuple[Interval, ...] | None
    inside: tuple[Interval, ...] | None

    def __str__(self) -> str:
        unit = f"{self.layer}[{', '.join(map(str, self.unit))}]"
        if self.inside is None or self.field is None:
            return f"{unit} sees nothing of the input"
        text = f"{unit} sees {_span(self.inside)}"
        if self.inside != self.field:
            text += f"; with padding {_span(self.field)}"
        return text


@dataclass(frozen=True)
class ReceptiveFields:
    """What `receptive_field` returns.

    Args:
        name: the model's name.
        input: the input that fields are part of.
        input_shape: batch first.
        layers: layer by layer, those that see the input.
        statistics: layers that also depend on statistics of whole maps, which are left out here.
    """

    name: str
    input: str
    input_shape: tuple[int | None, ...]
    layers: tuple[LayerField, ...]
    statistics: tuple[str, ...]
    _walk: _Walk = field(repr=False, compare=False)

    def __getitem__(self, layer: str) -> LayerField:
        found = {row.name: row for row in self.layers}
        if layer not in found:
            raise errors.unknown_name(self.name, "layer", layer, found)
        return found[layer]

    def box(self, layer: str, *unit: int) -> Box:
        """What one unit of a layer sees, such as `box("conv2", 3, 5)`.

        Raises:
            UnknownNameError: no such layer.
            ArgumentError: another number of places than the layer has, or a unit outside of it.
        """
        self[layer]
        return self._walk.box(layer, unit)

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON values."""
        return {
            "name": self.name,
            "input": self.input,
            "input_shape": self.input_shape,
            "layers": self.records(),
            "statistics": self.statistics,
        }

    def to_json(self) -> str:
        """Everything as JSON text."""
        return json.dumps(self.to_dict())

    def records(self) -> list[dict[str, Any]]:
        """One dict per layer."""
        return [asdict(layer) for layer in self.layers]

    def _title(self) -> str:
        return f"{self.name}: receptive fields in {self.input} {self.input_shape}"

    def _rows(self) -> list[list[str]]:
        return [
            [f"{row.name} ({row.kind})", *(_sizes(v) for v in (row.size, row.stride, row.offset))]
            for row in self.layers
        ]

    def __str__(self) -> str:
        lines = [self._title(), "", text_table(_HEADER, self._rows(), right=(1, 2, 3))]
        if self.statistics:
            lines += ["", f"statistics of whole maps, left out: {', '.join(self.statistics)}"]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        table = html_table(_HEADER, self._rows(), right=(1, 2, 3))
        return f"<p>{html.escape(self._title())}</p>{table}"


_HEADER = ("layer", "size", "stride", "offset")


def receptive_field(graph: Graph, input_name: str | None = None) -> ReceptiveFields:
    """The receptive field of every layer: size, stride and offset, and the box of any unit.

    The theoretical field: every input value that a unit can depend on, through whichever branch.
    Statistics of whole maps (group and instance normalisation, gates of channels) are left out.

    Args:
        graph: what to describe.
        input_name: which input; the first one by default.

    Raises:
        UnknownNameError: no such input.

    References: Araujo, Norris, Sim (2019), https://distill.pub/2019/computing-receptive-fields

    Example:
        >>> import striate as st
        >>> convs = [st.layers.Conv2D(4, 3, name=f"conv{i}") for i in (1, 2)]
        >>> model = st.Sequential([st.layers.Input((28, 28, 1)), *convs])
        >>> fields = receptive_field(model.graph)
        >>> fields["conv2"].size, fields["conv2"].stride
        ((5, 5), (1, 1))
        >>> print(fields.box("conv2", 0, 3))
        conv2[0, 3] sees 0..4 x 3..7
    """
    names = {port.node: port for port in graph.inputs}
    if input_name is not None and input_name not in names:
        raise errors.unknown_name(graph.name, "input", input_name, names)
    port = graph.inputs[0] if input_name is None else names[input_name]
    walk = _Walk(graph, port)
    calls = {step.name: step for step in walk.steps.values() if step.part != ACTIVATION}
    return ReceptiveFields(
        name=graph.name,
        input=port.node,
        input_shape=graph.spec(port).shape,
        layers=tuple(walk.rows()),
        statistics=tuple(n for n, s in calls.items() if type(s.kind).__name__ in STATISTICS),
        _walk=walk,
    )


class _Walk:
    """Fields of all layers on the way forward, boxes of single units on the way back."""

    def __init__(self, graph: Graph, start: Port) -> None:
        self.start, self.spec = start, graph.spec(start)
        self.axes = range(1, max(1, self.spec.rank - 1))
        self.name = graph.name
        parts = execution(graph, training=False, plan=False).steps
        self.steps: dict[str, Step] = {step.name: step for step in parts}
        self.ends: dict[str, str] = {}  # the last part of each layer's call
        for step in parts:
            self.ends[_call(step)] = step.name
        self.uneven: set[Port] = set()  # values whose units do not all see as much
        self.fields: dict[tuple[Port, int], Reach | None] = {
            (start, axis): SAME for axis in self.axes
        }
        for step in parts:
            for axis in self.axes:
                self._forward(step, axis)

    def _forward(self, step: Step, axis: int) -> None:
        found: list[Reach | None] = []
        for i, port in enumerate(step.reads):
            if (port, axis) in self.fields:
                own, before = _reach(step, i, axis), self.fields[port, axis]
                found.append(None if own is None or before is None else own.through(before))
                parts = () if own is None else (own.stride, own.first, own.last)
                if port in self.uneven or any(f.denominator > 1 for f in parts):
                    self.uneven.update(step.writes)
        if found:
            total = found[0]
            for other in found[1:]:
                total = None if total is None or other is None else total.union(other)
            for port in step.writes:
                self.fields[port, axis] = total

    def rows(self) -> list[LayerField]:
        """One row per layer that sees the input."""
        rows = []
        for name, end in self.ends.items():
            port = Port(end)
            reaches = [self.fields.get((port, axis), _BLIND) for axis in self.axes]
            if _BLIND in reaches:
                continue
            known = [r for r in reaches if isinstance(r, Reach) or r is None]
            rows.append(
                LayerField(
                    name=name,
                    kind=self.steps[end].node.kind_name,
                    size=self._size(port, known),
                    stride=tuple(None if r is None else _number(r.stride) for r in known),
                    offset=tuple(None if r is None else _number(r.first) for r in known),
                )
            )
        return rows

    def _size(self, port: Port, reaches: list[Reach | None]) -> tuple[int | None, ...]:
        """The most that a unit sees; behind layers that enlarge, units differ: some are asked."""
        if None in reaches or port not in self.uneven:
            return tuple(None if r is None else r.size for r in reaches)
        places = [n or 1 for n in self.steps[port.node].outputs[0].shape[1:-1]]
        most = [0] * len(places)
        for i in range(ASKED):
            unit = [frozenset((max(0, n // 2 - ASKED // 2) + i,)) for n in places]
            seen = self._back(port, list(unit), clip=False) or ()
            for axis, (first, last) in enumerate(seen):
                most[axis] = max(most[axis], last - first + 1)
        return tuple(most)

    def box(self, layer: str, unit: tuple[int, ...]) -> Box:
        """What one unit sees."""
        step = self.steps[self.ends[layer]]
        spec = step.outputs[0]
        places = spec.shape[1:-1]
        inside = len(unit) == len(places) and all(
            u >= 0 and (n is None or u < n) for u, n in zip(unit, places, strict=True)
        )
        if not inside:
            raise errors.ArgumentError(
                errors.message(
                    f"{layer} ({step.node.kind_name})",
                    "no such unit",
                    got={"unit": unit},
                    expected=f"one place for each axis of {places}",
                )
            )
        start: list[Places] = []
        for axis in self.axes:
            size = spec.shape[axis] if axis < spec.rank - 1 else 1
            alone = axis <= len(unit)
            start.append(frozenset((unit[axis - 1],)) if alone else _whole(size))
        field = self._back(step.writes[0], start, clip=False)
        return Box(layer, unit, field, self._back(step.writes[0], start, clip=True))

    def _back(self, port: Port, start: list[Places], *, clip: bool) -> tuple[Interval, ...] | None:
        """The box of what some places of a value depend on."""
        wanted: dict[Port, list[Places]] = {port: start}
        for step in reversed(self.steps.values()):
            asked = _together([wanted.pop(p) for p in step.writes if p in wanted])
            if not asked:
                continue
            for i, source in enumerate(step.reads):
                if any((source, axis) not in self.fields for axis in self.axes):
                    continue
                found = [_sees(step, i, axis, asked[axis - 1], clip) for axis in self.axes]
                if all(found):
                    before = [wanted[source]] if source in wanted else []
                    wanted[source] = _together([found, *before])
        seen = wanted.get(self.start)
        return None if seen is None else tuple((min(places), max(places)) for places in seen)


_BLIND = object()


def _sees(step: Step, i: int, axis: int, asked: Places, clip: bool) -> Places:
    """The inputs along an axis that some outputs depend on."""
    reach, spec = _reach(step, i, axis), step.inputs[i]
    size = spec.shape[axis] if axis < spec.rank - 1 else None
    if reach is None:
        return _whole(size)
    found = {place for output in asked for place in reach.inputs(output)}
    if reach.mirrored and size is not None:
        found = {abs(p) if p < size else 2 * (size - 1) - p for p in found}
    if clip and size is not None:
        found = {p for p in found if 0 <= p < size}
    return frozenset(found)


def _whole(size: int | None) -> Places:
    return frozenset(range(size or 1))


def _together(parts: list[list[Places]]) -> list[Places]:
    """What is asked for in several places, along each axis."""
    return [frozenset().union(*axis) for axis in zip(*parts, strict=True)]


def _reach(step: Step, i: int, axis: int) -> Reach | None:
    """The reach of a step along an axis of the input; None for the whole axis."""
    given, made = step.inputs[i], step.outputs[0]
    if axis >= given.rank - 1 or axis >= made.rank - 1:
        return None
    if step.part == ACTIVATION:
        return SAME
    if type(step.kind).__name__ == "Concatenate" and step.kind.axis % made.rank == axis:
        before = sum(spec.shape[axis] or 0 for spec in step.inputs[:i])
        return Reach(first=Fraction(-before), last=Fraction(-before))
    if given.shape[axis] == 1 and made.shape[axis] != 1 and len(step.inputs) > 1:
        return None  # repeated
    found: Reach | None = step.kind.reach(axis, given, made)
    return found


def _call(step: Step) -> str:
    """The name of the layer's call that a step is a part of."""
    return (
        step.name.rsplit("/", 1)[0]
        if step.name != step.node.name and step.part == ACTIVATION
        else step.name
    )


def _number(value: Fraction) -> float:
    return int(value) if value.denominator == 1 else float(value)


def _sizes(values: tuple[Any, ...]) -> str:
    """The numbers of all axes; one if they are the same."""
    shown = ["all" if v is None else f"{v:g}" for v in values]
    return shown[0] if len(set(shown)) == 1 else " x ".join(shown)


def _span(box: tuple[Interval, ...]) -> str:
    return " x ".join(f"{first}..{last}" for first, last in box)
