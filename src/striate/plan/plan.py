"""Plan: what runs when a model runs, as a frozen record that a person can read."""

from __future__ import annotations

import html
import itertools
import textwrap
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from striate.graph import Port
from striate.kernels.steps import KernelStep
from striate.plan.glossary import glossary
from striate.plan.operation import Operation

WIDEST = 46  # characters of a column of the print-out


@dataclass(frozen=True)
class Note:
    """What one rule did, or did not do, and why.

    Args:
        rule: the rule's name.
        nodes: the layers it is about.
        text: what was done, or the reason why not.
    """

    rule: str
    nodes: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Step:
    """A block of operations of which each alone reads the one before.

    Args:
        nodes: the layers whose work it does.
        text: what it computes, in order.
        shape: shape of its result, channels last.
        precision: what its products are computed in.
        operations: names of its operations.
        kernels: those of our own that run it, forward and backward; none: torch's.
    """

    nodes: tuple[str, ...]
    text: str
    shape: tuple[int | None, ...]
    precision: str
    operations: tuple[str, ...]
    kernels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """A stretch of operations.

    Args:
        start: its first operation.
        stop: the one after its last.
        again: whether its values are computed again in the backward pass.
    """

    start: int
    stop: int
    again: bool


@dataclass(frozen=True)
class Stretch:
    """Operations that one native call does.

    Args:
        start: the first of them.
        stop: the one after the last.
        reads: the values that it takes.
        writes: the values that it gives.
        steps: the kernels that it runs.
        shapes: of each of its values, of one image, channels last.
        folded: by product the normalisation that its weights take in besides.
        nodes: the layers whose work it does.
    """

    start: int
    stop: int
    reads: tuple[Port, ...]
    writes: tuple[Port, ...]
    steps: tuple[KernelStep, ...]
    shapes: Mapping[Port, tuple[int, ...]]
    folded: Mapping[str, str]
    nodes: tuple[str, ...]


@dataclass(frozen=True)
class Chain:
    """Operations of training that one native call does forward, and another one backward.

    Args:
        start: the first of them.
        stop: the one after the last.
    """

    start: int
    stop: int


@dataclass(frozen=True)
class Plan:
    """The steps that run a model, in order, with what was rewritten and what was not.

    Print it to read it. `operations` is what the executor takes; `steps` is the same, in the
    blocks that belong together.

    Args:
        name: the model's name.
        purpose: "training" or "inference".
        device: type of the device.
        precision: of products; the steps say which of them are of a half type.
        num_layers: layers of the model, its inputs left out.
        steps: the blocks.
        applied: what rules did.
        refused: what rules did not do though it was near, and why.
        operations: the calls at run time.
        inputs: values that are given.
        outputs: values that are returned.
        raw_inputs: inputs whose whole numbers are converted by their first step.
        parts: stretches of operations, of which some are computed again; none: nothing is.
        stretches: runs of operations that one native call does.
        chains: runs of operations that one native call does in training.
        parts_bytes: bytes per sample that are kept at a time if some parts are computed again.
        value_bytes: bytes of all values that the steps write, for the batch size asked for.
    """

    name: str
    purpose: str
    device: str
    precision: str
    num_layers: int
    steps: tuple[Step, ...]
    applied: tuple[Note, ...]
    refused: tuple[Note, ...]
    operations: tuple[Operation, ...]
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    raw_inputs: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    parts_bytes: int = 0
    stretches: tuple[Stretch, ...] = ()
    chains: tuple[Chain, ...] = ()
    value_bytes: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """The plan as JSON values, without the operations."""
        record = asdict(replace(self, operations=(), stretches=()))
        left_out = ("operations", "inputs", "outputs", "raw_inputs", "parts", "parts_bytes")
        for field in (*left_out, "stretches", "chains"):
            del record[field]
        return record

    def __str__(self) -> str:
        lines = [self._title(), ""]
        rows: list[tuple[str, ...]] = [
            (str(i), ", ".join(s.nodes), _text(s), _precision(s), str(s.shape))
            for i, s in enumerate(self.steps, 1)
        ]
        mixed = any(row[3] for row in rows)
        heads = ("step", "layers", "what it computes", "products in", "result")
        shown = [row if mixed else (*row[:3], row[4]) for row in (heads, *rows)]
        lines += _table(shown)
        for title, found in _sections(self):
            lines += ["", f"{title}:"]
            for text in found:
                lines += _wrapped(text)
        return "\n".join(lines)

    def _title(self) -> str:
        count = f"{self.num_layers} layers in {len(self.steps)} steps"
        memory = ""
        if self.value_bytes is not None:
            memory = f", {self.value_bytes / 2**20:.1f} MiB of values in all"
        return f"{self.name}, {self.purpose} on {self.device}, {self.precision}: {count}{memory}"

    def _repr_html_(self) -> str:
        head = "<tr><th>step<th>layers<th>what it computes<th>in<th>result</tr>"
        rows = "".join(
            f"<tr><td>{i}<td>{_e(', '.join(s.nodes))}<td>{_e(_text(s))}<td>{s.precision}"
            f"<td>{_e(str(s.shape))}</tr>"
            for i, s in enumerate(self.steps, 1)
        )
        notes = ""
        for title, found in _sections(self):
            items = "".join(f"<li>{_e(text)}</li>" for text in found)
            notes += f"<p>{title}</p><ul>{items}</ul>"
        return f"<p>{_e(self._title())}</p><table>{head}{rows}</table>{notes}"


def _sections(plan: Plan) -> list[tuple[str, list[str]]]:
    """What stands below the table: titles and lines, where there are any."""
    names = [name for step in plan.steps for name in step.kernels]
    sections = [
        ("Our kernels (a step that names none runs on torch's)", glossary(names)),
        ("Rewritten (the rule in brackets)", _lines(plan.applied, plan.num_layers)),
        ("Left as it is, and why", _lines(plan.refused, plan.num_layers)),
    ]
    return [(title, lines) for title, lines in sections if lines]


def _precision(step: Step) -> str:
    return step.precision if step.precision != "float32" else ""


def _text(step: Step) -> str:
    by = f" (our kernels: {', '.join(step.kernels)})" if step.kernels else ""
    return step.text + by


def _e(text: str) -> str:
    return html.escape(text)


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    """Rows in columns; long cells go on in the next line."""
    cells = [[textwrap.wrap(cell, WIDEST) or [""] for cell in row] for row in rows]
    widths = [
        max(len(line) for cell in column for line in cell) for column in zip(*cells, strict=True)
    ]
    lines = []
    for row in cells:
        for parts in itertools.zip_longest(*row, fillvalue=""):
            lines.append("  ".join(p.ljust(w) for p, w in zip(parts, widths, strict=True)).rstrip())
    return lines


def _lines(notes: tuple[Note, ...], num_layers: int) -> list[str]:
    """One for each rule and text, with all layers that they are about."""
    groups: dict[tuple[str, str], list[tuple[str, ...]]] = {}
    for note in notes:
        groups.setdefault((note.rule, note.text), []).append(note.nodes)
    return [f"{_nodes(of, num_layers)}: {text} [{rule}]" for (rule, text), of in groups.items()]


def _nodes(groups: list[tuple[str, ...]], num_layers: int) -> str:
    if any(len(nodes) == num_layers > 1 for nodes in groups):
        return "all layers"
    between = "; " if any(len(nodes) > 1 for nodes in groups) else ", "
    return between.join(", ".join(nodes) for nodes in groups)


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 100, initial_indent="  ", subsequent_indent="    ")
