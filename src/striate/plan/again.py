"""Again: an executor that computes the values of segments once more in the backward pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Any

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from striate.graph import Graph, Port
from striate.layers import Layer, SpectralNormalization
from striate.plan.execute import Executor
from striate.plan.plan import Plan
from striate.plan.segments import entering, leaving


class AgainExecutor(Executor):
    """Runs a plan whose `parts` say which values are computed again.

    Why the gradients are the same, to the bit: the second run of a segment has the same inputs,
    the same weights (they change only after the backward pass), the same random numbers (torch's
    generators are set back for it, and layers that count their draws count from the same number)
    and the same kernels. Statistics that the first run moved are moved once: the second run works
    on copies of what they were. A kernel that the first run divided is not divided again.

    Args:
        plan: what to run.
        graph: what it is a plan of.
        layers: layer by layer name.
        marked: as of `Executor`.
    """

    def __init__(
        self,
        plan: Plan,
        graph: Graph,
        layers: Mapping[str, Layer],
        marked: tuple[Port | None, ...] = (),
    ) -> None:
        super().__init__(plan, graph, layers, marked)
        operations = plan.operations
        ports = [*plan.inputs, *(p for op in operations for p in op.writes)]
        slot = {p: i for i, p in enumerate(dict.fromkeys(ports))}
        self._parts = []
        for part in plan.parts:
            reads = tuple(slot[p] for p in entering(operations, part))
            writes = tuple(slot[p] for p in leaving(operations, part, plan.outputs))
            names = dict.fromkeys(graph[op.node].layer for op in operations[part.start : part.stop])
            self._parts.append((part, reads, writes, [layers[n] for n in names]))

    def run(self, slots: list[Any]) -> None:
        for part, reads, writes, layers in self._parts:
            calls = self._calls[part.start : part.stop]
            if not part.again:
                self.run_calls(calls, slots)
                continue
            kept = _State(layers)
            out = checkpoint(
                self._segment(calls, reads, writes),
                *(slots[i] for i in reads),
                use_reentrant=False,
                context_fn=kept.contexts,
            )
            for i, value in zip(writes, out, strict=True):
                slots[i] = value
            for *_, frees in calls:
                for i in frees:
                    slots[i] = None

    def _segment(
        self, calls: Sequence[Any], reads: Sequence[int], writes: Sequence[int]
    ) -> Callable[..., tuple[Any, ...]]:
        def segment(*values: Tensor) -> tuple[Any, ...]:
            slots: list[Any] = [None] * self.num_slots
            for i, value in zip(reads, values, strict=True):
                slots[i] = value
            self.run_calls(calls, slots)
            return tuple(slots[i] for i in writes)

        return segment


class _State:
    """What the first run of a segment wrote into its layers, and what had been there before."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        self.modules = [m for layer in layers for m in layer.modules()]
        self.before: list[tuple[torch.nn.Module, str, Tensor, Tensor, int]] = []

    def contexts(self) -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
        """For the first run, and for each later one."""
        for module in self.modules:
            for name, value in module._buffers.items():
                if value is not None:
                    old = value.detach().clone()
                    self.before.append((module, name, value, old, value._version))
        return nullcontext(), _Replaced(self)

    def written(self) -> list[tuple[torch.nn.Module, str, Tensor]]:
        """The buffers that the first run wrote to, with what had been there before."""
        return [(m, n, old) for m, n, now, old, version in self.before if now._version > version]


class _Replaced:
    """Inside, buffers are copies of what they were before the first run; the copies are dropped."""

    def __init__(self, state: _State) -> None:
        self.state = state
        self.now: list[tuple[torch.nn.Module, str, Tensor | None]] = []

    def __enter__(self) -> None:
        self._divide(False)
        for module, name, old in self.state.written():
            self.now.append((module, name, module._buffers[name]))
            module._buffers[name] = old.clone()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for module, name, value in self.now:
            module._buffers[name] = value
        self.now = []
        self._divide(True)

    def _divide(self, divides: bool) -> None:
        for module in self.state.modules:
            if isinstance(module, SpectralNormalization):
                module.divides = divides
