"""Executor: runs a plan's operations over numbered slots."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

import torch
from torch import Tensor

from striate.graph import Graph, Node, Port
from striate.graph.kinds import Nested
from striate.layers import Layer
from striate.layers.calls import template_of
from striate.layers.masks import attach, mask_of
from striate.ops.layout import to_external, to_internal
from striate.plan.binding import Bound, bind, bind_chain
from striate.plan.draft import has_hooks
from striate.plan.half import low_values
from striate.plan.native_call import NativeCall, PlainStretch, stretch_raw
from striate.plan.operation import Operation
from striate.plan.plan import Plan, Stretch

Function = Callable[..., Any]
Call = tuple[Function, tuple[int, ...], tuple[int, ...], tuple[int, ...]]

HALVES = (torch.bfloat16, torch.float16)


class Executor:
    """Runs a plan on tensors in internal order (`ops.layout`).

    A value is let go as soon as its last reader has run, so that its memory serves the next one.

    Args:
        plan: what to run.
        graph: what it is a plan of.
        layers: layer by layer name.
        marked: per output of the model the port of its mask, if it has one; the masks are further
            outputs, behind all others.
    """

    frozen: ClassVar[bool] = False  # whether weights never change

    def __init__(
        self,
        plan: Plan,
        graph: Graph,
        layers: Mapping[str, Layer],
        marked: tuple[Port | None, ...] = (),
    ) -> None:
        self.plan = plan
        self.marked = marked
        self.raw_inputs = tuple(p.node in plan.raw_inputs for p in plan.inputs)
        ports = [*plan.inputs, *(p for op in plan.operations for p in op.writes)]
        slot = {p: i for i, p in enumerate(dict.fromkeys(ports))}
        self.num_slots = len(slot)
        self.enter = tuple(slot[p] for p in plan.inputs)
        self.leave = tuple(slot[p] for p in plan.outputs)
        last = {slot[p]: i for i, op in enumerate(plan.operations) for p in op.reads}
        low = low_values(plan.operations, graph, layers)
        self._refresh: list[Callable[[], None]] = []
        self._calls: list[Call] = []
        make = partial(self._function, graph=graph, layers=layers, low=low)
        stretches = {i: s for s in plan.stretches for i in range(s.start, s.stop)}
        chains = {i: c for c in plan.chains for i in range(c.start, c.stop)}
        for i, op in enumerate(plan.operations):
            if i > getattr(stretches.get(i) or chains.get(i), "start", i):
                continue
            if i in chains:
                chained = plan.operations[i : chains[i].stop]
                function, forget = bind_chain(chained, graph, layers, not self._backward())
                self._refresh += [] if forget is None else [forget]
                given, made, stop = op.reads, chained[-1].writes, chains[i].stop
            elif i in stretches:
                stretch = stretches[i]
                function = self._native(stretch, graph, layers, make)
                given, made, stop = stretch.reads, stretch.writes, stretch.stop
            else:
                function, given, made, stop = make(op), op.reads, op.writes, i + 1
            reads = tuple(slot[p] for p in given)
            frees = tuple(s for s in set(reads) if last[s] < stop and s not in self.leave)
            self._calls.append((function, reads, tuple(slot[p] for p in made), frees))
        self._casts = tuple(p in low for p in plan.outputs)

    def _native(
        self,
        stretch: Stretch,
        graph: Graph,
        layers: Mapping[str, Layer],
        make: Callable[[Operation], Function],
    ) -> Function:
        """The function of a stretch; torch's operations are only made if they are needed."""
        operations = self.plan.operations[stretch.start : stretch.stop]
        raw = stretch_raw(stretch, self.plan.inputs, self.raw_inputs)
        plain = PlainStretch(stretch, operations, make)
        native = NativeCall(stretch, operations, graph, layers, plain, raw, self.frozen)
        self._refresh.append(native.forget)
        return native

    def _function(
        self, op: Operation, graph: Graph, layers: Mapping[str, Layer], low: set[Port]
    ) -> Function:
        node = graph[op.node]
        layer = layers[node.layer]
        if op.part == "whole" and has_hooks(layer):
            function: Function = _Hooked(layer, node, len(op.reads))
        else:
            function, refresh = self.bound(op, node, layer, graph, layers)
            if refresh is not None:
                self._refresh.append(refresh)
        if op.precision == "float32" and any(p in low for p in op.reads) and not low & {*op.writes}:
            return _Raised(function)
        return function

    def bound(
        self,
        op: Operation,
        node: Node,
        layer: Layer,
        graph: Graph,
        layers: Mapping[str, Layer],
    ) -> Bound:
        """The function of an operation, and one that makes it forget computed weights."""
        return bind(op, node, layer, graph, layers, not self._backward())

    def _backward(self) -> bool:
        return self.plan.purpose == "training"

    def refresh(self) -> None:
        """Forgets weights that were computed from others, so that they are computed anew."""
        for forget in self._refresh:
            forget()

    def __call__(self, inputs: Sequence[Tensor]) -> list[Tensor]:
        """The outputs for these inputs."""
        slots: list[Any] = [None] * self.num_slots
        for i, x in zip(self.enter, inputs, strict=True):
            slots[i] = x
        self.run(slots)
        if any(self._casts):
            return [
                slots[i].float() if low else slots[i]
                for i, low in zip(self.leave, self._casts, strict=True)
            ]
        return [slots[i] for i in self.leave]

    def run(self, slots: list[Any]) -> None:
        """Fills the slots of the outputs from those of the inputs."""
        self.run_calls(self._calls, slots)

    def run_calls(self, calls: Sequence[Call], slots: list[Any]) -> None:
        """Some of the calls, in order; slots that nobody reads later are emptied."""
        for function, reads, writes, frees in calls:
            out = function(slots[reads[0]]) if len(reads) == 1 else _many(function, slots, reads)
            if len(writes) == 1:
                slots[writes[0]] = out[0] if isinstance(out, (tuple, list)) else out
            else:
                for i, value in zip(writes, out, strict=True):
                    slots[i] = value
            del out
            for i in frees:
                slots[i] = None


def _many(function: Function, slots: list[Any], reads: tuple[int, ...]) -> Any:
    return function(*[slots[i] for i in reads])


class _Raised:
    """A function that gets its inputs in float32."""

    def __init__(self, function: Function) -> None:
        self.function = function

    def __call__(self, *values: Tensor) -> Any:
        return self.function(*(v.float() if v.dtype in HALVES else v for v in values))


class _Hooked:
    """Calls the module as torch does, so that hooks that someone set on it see the call."""

    def __init__(self, layer: Layer, node: Node, count: int) -> None:
        self.layer, self.kind, self.num_outputs = layer, node.kind, len(node.outputs)
        masked = node.kind.masked if isinstance(node.kind, Nested) else ()
        self.masks = {i: count - len(masked) + n for n, i in enumerate(masked)}
        self.template = template_of(node.kind, count - len(masked))

    def __call__(self, *values: Tensor) -> Any:
        given = [to_external(v) for v in values]
        for i, n in self.masks.items():
            given[i] = attach(given[i].view_as(given[i]), given[n])
        args, kwargs = self.template.join(given[: len(given) - len(self.masks)])
        out = self.layer(*args, **kwargs)
        if isinstance(out, Tensor) and self.num_outputs == 1:
            return to_internal(out)
        found = [out] if isinstance(out, Tensor) else out
        found = list(found.values() if isinstance(found, dict) else found)
        # the layer alone returns its masks as attributes, in a graph they are outputs
        known = [mask_of(o) for i, o in enumerate(found) if self._is_marked(i)]
        return [to_internal(o) for o in (*found, *known)]

    def _is_marked(self, index: int) -> bool:
        return self.kind.mask_output(index, self.num_outputs) is not None
