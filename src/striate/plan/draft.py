"""Draft: operations while rules rewrite them, and what the rules said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from striate.graph import Graph, Node, Port
from striate.kernels import library
from striate.layers import Layer
from striate.plan.operation import Operation
from striate.plan.plan import Note


@dataclass(frozen=True)
class Request:
    """What a plan is for.

    Args:
        training: whether layers act as in training; None asks each layer.
        gradients: whether a backward pass may follow; None: as `training`.
        logits: leaves out the final activations that the loss takes over.
        precision: "auto", or one of `build.PRECISIONS`.
        device: type of the device, such as "cpu".
        again: whether values are computed again in the backward pass, to save memory.
        rules: False is the plain execution.
        batch_size: for sizes in the print-out.
    """

    training: bool | None = None
    gradients: bool | None = None
    logits: bool = False
    precision: str = "float32"
    device: str = "cpu"
    again: bool = False
    rules: bool = True
    batch_size: int | None = None

    @property
    def backward(self) -> bool:
        """Whether a backward pass may follow."""
        return bool(self.training) if self.gradients is None else self.gradients


class Draft:
    """The operations of one plan in the making.

    Args:
        graph: what the plan is of.
        layers: layer by layer name.
        request: what it is for.
        operations: the graph taken apart, in order.
        outputs: the values that the graph returns.
    """

    def __init__(
        self,
        graph: Graph,
        layers: Mapping[str, Layer],
        request: Request,
        operations: list[Operation],
        outputs: tuple[Port, ...],
    ) -> None:
        self.graph, self.layers, self.request = graph, layers, request
        self.operations, self.outputs = operations, outputs
        self.raw_inputs: set[str] = set()
        self.applied: list[Note] = []
        self.refused: list[Note] = []

    # looking -----------------------------------------------------------------------------------

    def each(self) -> Iterator[Operation]:
        """Every operation as it is when its turn comes; those taken out meanwhile are skipped."""
        for name in [op.name for op in self.operations]:
            found = [op for op in self.operations if op.name == name]
            yield from found

    def node(self, operation: Operation) -> Node:
        """The graph's node of an operation."""
        return self.graph[operation.node]

    def kind(self, operation: Operation) -> Any:
        """What the layer of an operation is."""
        return self.graph[operation.node].kind

    def layer(self, operation: Operation) -> Layer:
        """The layer of an operation."""
        return self.layers[self.graph[operation.node].layer]

    def trains(self, operation: Operation) -> bool:
        """Whether its layer acts as in training."""
        asked = self.request.training
        return bool(self.layer(operation).training) if asked is None else asked

    def writer(self, port: Port) -> Operation | None:
        """The operation that gives a value; None for an input of the graph."""
        return next((op for op in self.operations if op.name == port.node), None)

    def readers(self, operation: Operation) -> list[Operation]:
        """The operations that read what an operation gives."""
        return [op for op in self.operations if any(p.node == operation.name for p in op.reads)]

    def next_alone(self, operation: Operation) -> Operation | None:
        """The one operation that reads its result, if nobody else does and it is no output."""
        if operation.num_outputs != 1 or operation.writes[0] in self.outputs:
            return None
        found = self.readers(operation)
        alone = len(found) == 1 and found[0].reads == operation.writes
        return found[0] if alone else None

    def alone(self, first: Operation, second: Operation) -> bool:
        """Whether `second`, and nobody else, reads the result of `first`."""
        found = self.next_alone(first)
        return found is not None and found.name == second.name

    def observed(self, operation: Operation) -> bool:
        """Whether someone set hooks on its layer, which must see the layer as it is."""
        return has_hooks(self.layer(operation))

    # changing ----------------------------------------------------------------------------------

    def update(self, operation: Operation, **fields: Any) -> Operation:
        """Replaces fields of an operation; it keeps its place and its name."""
        place = self._place(operation)
        self.operations[place] = replace(self.operations[place], **fields)
        return self.operations[place]

    def remove(self, operation: Operation) -> None:
        """Takes a one-to-one operation out: its readers read what it read."""
        gone = self.operations.pop(self._place(operation))
        self._redirect(gone.writes[0], gone.reads[0])

    def absorb(self, first: Operation, later: Operation, **fields: Any) -> Operation:
        """Lets `first` do what `later` does with its result, at `later`'s place.

        Args:
            first: whose result `later` reads, and nobody else.
            later: what is taken out; what else it reads `first` reads, too.
            fields: those of `first` that change.
        """
        others = tuple(p for p in later.reads if p.node != first.name)
        place = self._place(later)
        self.operations[place] = replace(first, reads=(*first.reads, *others), **fields)
        del self.operations[self._place(first)]
        self._redirect(later.writes[0], first.writes[0])
        return next(op for op in self.operations if op.name == first.name)

    def drop(self, operation: Operation) -> None:
        """Takes out an operation that nobody reads."""
        del self.operations[self._place(operation)]

    def swap(self, first: Operation, second: Operation) -> None:
        """Lets `second`, which alone read `first`, run before it."""
        later = self.operations.pop(self._place(first))
        place = self._place(second)
        sooner = replace(self.operations[place], reads=later.reads)
        self._redirect(sooner.writes[0], later.writes[0])
        self.operations[place] = sooner
        self.operations.insert(place + 1, replace(later, reads=sooner.writes))

    def _place(self, operation: Operation) -> int:
        """Where an operation is now; rules hold it as it was when they looked."""
        return next(i for i, op in enumerate(self.operations) if op.name == operation.name)

    def _redirect(self, old: Port, new: Port) -> None:
        self.operations = [
            replace(op, reads=tuple(new if p == old else p for p in op.reads))
            if old in op.reads
            else op
            for op in self.operations
        ]
        self.outputs = tuple(new if p == old else p for p in self.outputs)

    # saying ------------------------------------------------------------------------------------

    def say(self, rule: str, nodes: tuple[str, ...], text: str) -> None:
        """Notes that a rule was applied."""
        self.applied.append(Note(rule, nodes, text))

    def refuse(self, rule: str, nodes: tuple[str, ...], text: str) -> None:
        """Notes that a rule was not applied though it might have been, and why."""
        self.refused.append(Note(rule, nodes, text))

    def refuse_each(self, rule: str, reasons: Iterable[tuple[Operation, str]]) -> None:
        """The same for single operations, those with the same reason together; "": no reason."""
        nodes: dict[str, list[str]] = {}
        for operation, text in reasons:
            if text:
                nodes.setdefault(text, []).append(operation.node)
        for text, of in nodes.items():
            self.refuse(rule, tuple(of), text)

    def no_kernels(self) -> str:
        """Why our own kernels cannot run at all; "" if they can."""
        if self.request.device != "cpu":
            return "our own kernels are for CPUs"
        why = library.missing()
        return f"torch's kernels run, not our own: {why}" if why else ""


def has_hooks(layer: Layer) -> bool:
    """Whether hooks on the module must see the call."""
    return bool(
        layer._forward_hooks
        or layer._forward_pre_hooks
        or layer._backward_hooks
        or layer._backward_pre_hooks
    )
