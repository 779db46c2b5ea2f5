"""summary: a table of a graph's layers, output shapes and parameters."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from striate import errors
from striate.analysis.table import size_text
from striate.graph import Graph, Node
from striate.graph.kinds import InputLayer, Nested

BYTES_PER_PARAMETER = 4


@dataclass(frozen=True)
class Row:
    """One layer in a summary.

    Args:
        name: its name.
        kind: its class.
        output_shape: shape of its first output, batch first.
        num_parameters: values in its weights.
        connected_to: names of the nodes that feed it.
        trainable: False if it is frozen.
        depth: how many models it is nested in.
        extras: values of the columns that were asked for, by column.
    """

    name: str
    kind: str
    output_shape: tuple[int | None, ...]
    num_parameters: int
    connected_to: tuple[str, ...]
    trainable: bool
    depth: int = 0
    extras: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Summary:
    """What `summary` returns: rows and totals, printable in a terminal, a notebook, as records.

    Args:
        name: the model's name.
        rows: one per layer.
        num_parameters: values in all weights.
        num_trainable: values that training changes.
        branched: True if a layer is not fed by the one above it, which adds a column.
        show_trainable: adds a column that says which layers are trained.
        columns: further columns, by name.
    """

    name: str
    rows: tuple[Row, ...]
    num_parameters: int
    num_trainable: int
    branched: bool = False
    show_trainable: bool = False
    columns: tuple[str, ...] = ()

    @property
    def num_frozen(self) -> int:
        """Values that training leaves alone or moves as statistics."""
        return self.num_parameters - self.num_trainable

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON values."""
        record = asdict(self)
        record["rows"] = self.records()
        record["num_frozen"] = self.num_frozen
        return record

    def to_json(self) -> str:
        """Everything as JSON text."""
        return json.dumps(self.to_dict())

    def records(self) -> list[dict[str, Any]]:
        """One dict per layer."""
        return [{**asdict(row), "extras": dict(row.extras)} for row in self.rows]

    def header(self) -> list[str]:
        """Column titles."""
        titles = ["Layer (type)", "Output Shape", "Param #"]
        if self.branched:
            titles.append("Connected to")
        if self.show_trainable:
            titles.append("Trainable")
        return [*titles, *(COLUMN_TITLES[name] for name in self.columns)]

    def cells(self) -> Iterator[list[str]]:
        """The text of each row."""
        for row in self.rows:
            mark = "  " * row.depth + ("└ " if row.depth else "")
            cells = [
                f"{mark}{row.name} ({row.kind})",
                str(row.output_shape),
                _number(row.num_parameters),
            ]
            if self.branched:
                cells.append(", ".join(row.connected_to) or "-")
            if self.show_trainable:
                cells.append("Y" if row.trainable else "N")
            yield [*cells, *(shown(name, value) for name, value in row.extras)]

    def totals(self) -> list[str]:
        """The lines below the table."""
        parts = (
            ("Total params", self.num_parameters),
            ("Trainable params", self.num_trainable),
            ("Non-trainable params", self.num_frozen),
        )
        return [
            f" {what}: {_number(n)} ({size_text(n * BYTES_PER_PARAMETER)})" for what, n in parts
        ]

    def to_text(
        self, line_length: int | None = None, positions: Sequence[float] | None = None
    ) -> str:
        """A plain table.

        Args:
            line_length: caps its width by wrapping cells.
            positions: where each column ends: shares of the line, the last one 1, or characters.
        """
        from rich.console import Console

        width = line_length or self._width()
        console = Console(width=width, color_system=None, record=True)
        with console.capture() as captured:
            console.print(self._table(plain=True, widths=_widths(positions, width)))
        table = captured.get().rstrip("\n")
        return "\n".join([f'Model: "{self.name}"', table, *self.totals()])

    def show(
        self,
        line_length: int | None = None,
        print_fn: Callable[[str], Any] | None = None,
        positions: Sequence[float] | None = None,
    ) -> None:
        """Prints it: through `print_fn` as plain text, as HTML in a notebook, else with rich."""
        if print_fn is not None:
            print_fn(self.to_text(line_length, positions))
            return
        from rich.console import Console

        console = Console()
        if not console.is_terminal and not console.is_jupyter:
            console.file.write(self.to_text(line_length, positions) + "\n")
            return
        console.print(f'[bold]Model: "{self.name}"[/bold]')
        widths = _widths(positions, line_length or console.width)
        console.print(self._table(widths=widths), width=line_length)
        for line in self.totals():
            console.print(line, highlight=True)

    def _width(self) -> int:
        rows = [self.header(), *self.cells()]
        widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
        return sum(widths) + 3 * len(widths) + 1

    def _table(self, *, plain: bool = False, widths: Sequence[int] = ()) -> Any:
        from rich.box import HEAVY_HEAD
        from rich.table import Table

        table = Table(box=HEAVY_HEAD, show_lines=True)
        for i, title in enumerate(self.header()):
            right = title in NUMBERS
            style = "" if plain else {"Output Shape": "cyan", "Param #": "green"}.get(title, "")
            table.add_column(
                title,
                justify="right" if right else "left",
                style=style,
                overflow="fold",
                width=widths[i] if i < len(widths) else None,
            )
        for cells in self.cells():
            table.add_row(*(_escaped(c) for c in cells))
        return table

    def __str__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        def line(cells: Sequence[str], tag: str) -> str:
            return "<tr>" + "".join(f"<{tag}>{html.escape(c)}</{tag}>" for c in cells) + "</tr>"

        body = "".join(line(c, "td") for c in self.cells())
        totals = "<br>".join(html.escape(t.strip()) for t in self.totals())
        return (
            f"<b>Model: {html.escape(self.name)}</b>"
            f"<table><thead>{line(self.header(), 'th')}</thead>"
            f"<tbody>{body}</tbody></table><p>{totals}</p>"
        )


def summary(
    graph: Graph,
    *,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Sequence[str] | None = None,
    columns: Sequence[str] = (),
) -> Summary:
    """The layers of a graph with shapes and parameters, and their totals.

    Args:
        graph: what to describe.
        expand_nested: lists the layers of nested models below them.
        show_trainable: adds a column that says which layers are trained.
        layer_range: first and last layer to list, by name; totals are of the whole model.
        columns: further columns: "window" (kernel, stride, padding), "macs", "activations" (bytes
            that training keeps for each sample), "receptive_field" (pixels that a unit sees).

    Raises:
        UnknownNameError: a name in `layer_range` is not a layer, or a column is not known.

    Example:
        >>> import striate as st
        >>> model = st.Sequential([st.layers.Input((4,)), st.layers.Dense(2)])
        >>> st.analysis.summary(model.graph).num_parameters
        10
    """
    nodes = [n for n in graph if n.first_call]
    plain = graph.form == "Sequential"
    if plain:
        nodes = [n for n in nodes if not isinstance(n.kind, InputLayer)]
    if layer_range is not None:
        nodes = _between(graph, nodes, layer_range)
    values = _column_values(graph, columns)
    rows = tuple(row for node in nodes for row in _rows(node, graph, expand_nested, values))
    return Summary(
        name=graph.name,
        rows=rows,
        num_parameters=graph.num_parameters,
        num_trainable=graph.num_trainable,
        branched=not plain and _branched(graph),
        show_trainable=show_trainable,
        columns=tuple(columns),
    )


def _column_values(graph: Graph, columns: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
    if not columns:
        return {}
    from striate.analysis.columns import column_values  # they need more than a summary does

    return column_values(graph, columns)


def _rows(
    node: Node,
    graph: Graph,
    expand: bool,
    values: Mapping[str, Mapping[str, Any]],
    prefix: str = "",
    depth: int = 0,
) -> Iterator[Row]:
    sources = tuple(str(p) for n in graph if n.layer == node.layer for p in n.inputs)
    yield Row(
        node.name,
        "Sequential" if _is_sequential(node) else _kind_text(node),
        node.output.shape,
        node.num_parameters,
        sources,
        node.trainable,
        depth,
        tuple((name, found.get(prefix + node.layer)) for name, found in values.items()),
    )
    if expand and isinstance(node.kind, Nested):
        inner = node.kind.inner
        for child in inner:
            if child.first_call and not isinstance(child.kind, InputLayer):
                inside = f"{prefix}{node.layer}/"
                yield from _rows(child, inner, expand, values, inside, depth + 1)


def _kind_text(node: Node) -> str:
    if isinstance(node.kind, Nested):
        return "Functional" if node.kind.inner.form == "Model" else node.kind.inner.form
    return node.kind_name


def _is_sequential(node: Node) -> bool:
    return isinstance(node.kind, Nested) and node.kind.inner.form == "Sequential"


def _branched(graph: Graph) -> bool:
    before = ""
    for node in graph:
        if node.inputs and [p.node for p in node.inputs] != [before]:
            return True
        before = node.name
    return False


def _between(graph: Graph, nodes: list[Node], names: Sequence[str]) -> list[Node]:
    positions = []
    for name in names:
        found = [i for i, n in enumerate(nodes) if n.name == name]
        if not found:
            raise errors.unknown_name(graph.name, "layer", name, [n.name for n in nodes])
        positions.append(found[0])
    return nodes[min(positions) : max(positions) + 1]


COLUMN_TITLES = {
    "window": "Window",
    "macs": "MACs",
    "activations": "Kept / sample",
    "receptive_field": "Sees",
}
NUMBERS = frozenset({"Param #", "MACs", "Kept / sample", "Sees"})


def shown(column: str, value: Any) -> str:
    """The text of a value in one of the further columns."""
    if not value:
        return "-"
    if column == "activations":
        return size_text(value)
    return f"{value:,}" if isinstance(value, int) else str(value)


def _widths(positions: Sequence[float] | None, line_length: int) -> list[int]:
    """Characters of each column, without the lines between them."""
    if not positions:
        return []
    ends = [round(p * line_length) if positions[-1] <= 1 else int(p) for p in positions]
    return [max(1, end - start - 3) for start, end in zip([0, *ends], ends, strict=False)]


def _number(value: int) -> str:
    return f"{value:,}"


def _escaped(text: str) -> str:
    return text.replace("[", "\\[")
