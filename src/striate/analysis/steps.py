"""steps: the calls that run a graph, and a draft of them that rules rewrite."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from striate.graph import Node, Port, Spec

WHOLE, PRODUCT, ACTIVATION = "whole", "product", "activation"


@dataclass(frozen=True)
class Step:
    """One call at run time: a layer, or one part of it.

    Args:
        name: unique; values are named by who wrote them.
        node: the graph's node that it comes from.
        part: "whole", "product" (a layer without its activation) or "activation".
        reads: the values it takes.
        inputs: their specs.
        outputs: the specs of the values that it writes.
        activation: the function of an activation, "" if it is not one of ours.
        in_place: it overwrites its input.
        padding: zeros that a convolution takes from padding layers before it.
        folded: it uses weights that were computed from its own and from those of other layers.
        low: its products and its result are bfloat16.
        layer: the layer's name; those of nested models have the model's name in front.
    """

    name: str
    node: Node
    part: str
    reads: tuple[Port, ...]
    inputs: tuple[Spec, ...]
    outputs: tuple[Spec, ...]
    activation: str = ""
    in_place: bool = False
    padding: tuple[tuple[int, int], ...] | None = None
    folded: bool = False
    low: bool = False
    layer: str = ""

    @property
    def writes(self) -> tuple[Port, ...]:
        """The values it gives."""
        return tuple(Port(self.name, i) for i in range(len(self.outputs)))

    @property
    def kind(self) -> Any:
        """What its layer is."""
        return self.node.kind


@dataclass
class Draft:
    """Steps while rules rewrite them."""

    steps: dict[str, Step]
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    users: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.reindex()

    def reindex(self) -> None:
        """Who reads what each step writes."""
        self.users = {name: [] for name in self.steps}
        for step in self.steps.values():
            for name in dict.fromkeys(p.node for p in step.reads):
                if name in self.users:
                    self.users[name].append(step.name)

    def each(self) -> list[Step]:
        """Every step as it is now."""
        return list(self.steps.values())

    def now(self, step: Step) -> Step | None:
        """A step as it is now; None if it was taken out."""
        return self.steps.get(step.name)

    def next_alone(self, step: Step) -> Step | None:
        """The one step that reads its result, if nobody else does and it is no output."""
        if len(step.outputs) != 1 or step.writes[0] in self.outputs:
            return None
        users = self.users[step.name]
        if len(users) != 1:
            return None
        after = self.steps[users[0]]
        return after if after.reads == step.writes else None

    def update(self, step: Step, **fields: Any) -> Step:
        """Replaces fields of a step; it keeps its place and its name."""
        self.steps[step.name] = replace(self.steps[step.name], **fields)
        return self.steps[step.name]

    def remove(self, step: Step) -> None:
        """Takes a one-to-one step out: its readers read what it read."""
        old, new = step.writes[0], step.reads[0]
        for name in self.users.pop(step.name):
            reader = self.steps[name]
            self.update(reader, reads=tuple(new if p == old else p for p in reader.reads))
        self.outputs = tuple(new if p == old else p for p in self.outputs)
        del self.steps[step.name]
        self.reindex()

    def swap(self, first: Step, second: Step) -> None:
        """Lets `second`, which alone read `first`, run before it."""
        old, new = second.writes[0], first.writes[0]
        for name in self.users[second.name]:
            reader = self.steps[name]
            self.update(reader, reads=tuple(new if p == old else p for p in reader.reads))
        self.outputs = tuple(new if p == old else p for p in self.outputs)
        sooner = replace(second, reads=first.reads, inputs=first.inputs)
        specs = second.outputs
        later = replace(first, reads=sooner.writes, inputs=specs, outputs=specs)
        order: dict[str, Step] = {}
        for name, step in self.steps.items():
            if name == second.name:
                order[second.name], order[first.name] = sooner, later
            elif name != first.name:
                order[name] = step
        self.steps = order
        self.reindex()
