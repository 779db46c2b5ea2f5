"""NativeCall: a stretch of a plan as one function of the executor."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from striate.graph import Graph, Port
from striate.kernels import library, short_call
from striate.kernels.form import Loaded, Weights
from striate.kernels.program import Program
from striate.kernels.short_call import ShortCall
from striate.layers import Layer
from striate.ops.folding import batch_norm_affine
from striate.ops.layout import to_external, to_internal
from striate.plan.blocks import LOOKERS, transformed
from striate.plan.native_steps import type_name
from striate.plan.operation import Operation
from striate.plan.plan import Stretch
from striate.plan.weights import WeightSource

WHOLE_NUMBERS = (torch.uint8, torch.int8, torch.int16)
Plain = Callable[[Sequence[Tensor]], list[Tensor]]


class NativeCall:
    """Runs a stretch; where the kernels cannot see the values, torch's operations instead.

    That is so for other number types, for sizes that are not the graph's, and where somebody looks
    at the operations: a transform such as `vmap`, a program that is being recorded, a dispatch
    mode that counts them.

    Args:
        stretch: what to run.
        operations: those of the stretch.
        graph: what they are of.
        layers: layer by layer name.
        plain: the same by torch's operations.
        raw: per input of the stretch, whether it may hold whole numbers.
        frozen: whether weights never change.
    """

    def __init__(
        self,
        stretch: Stretch,
        operations: Sequence[Operation],
        graph: Graph,
        layers: Mapping[str, Layer],
        plain: Plain,
        raw: Sequence[bool],
        frozen: bool,
    ) -> None:
        self.program = Program(stretch.steps, stretch.shapes, stretch.reads, stretch.writes)
        self.plain, self.raw, self.frozen = plain, tuple(raw), frozen
        self._entries = [tuple(stretch.shapes[p]) for p in stretch.reads]
        wanted = {step.source for step in stretch.steps} - {None}
        self._sources: dict[str, _Source] = {
            op.name: _Source(op, graph, layers, stretch.folded.get(op.name, ""))
            for op in operations
            if op.name in wanted
        }
        self._ends = stretch.reads, stretch.writes
        self._held = [h for source in self._sources.values() for h in source.held()]
        # what the weights were like, and the programs with them; None: they are not for kernels
        self._ready: tuple[Any, dict[int, Loaded] | None] | None = None
        self._lock = threading.Lock()
        self._short: ShortCall | None = None

    def __call__(self, *values: Tensor) -> Any:
        given = self._seen(values)
        loaded = None
        if given is not None:
            images, threads = len(given[0]), library.threads()
            loaded = self._loaded(self.program.kind(images, threads))
        if given is None or loaded is None:
            found = self.plain(values)
        else:
            made = self.program.run(loaded, given, images, threads)
            found = [to_internal(y) for y in made]
        return found[0] if len(found) == 1 else found

    def whole(self, inputs: Sequence[Port], outputs: Sequence[Port]) -> bool:
        """Whether these are what it reads and what it writes."""
        return self._ends == (tuple(inputs), tuple(outputs))

    def direct(self, x: Tensor) -> Tensor | None:
        """The result for one dense input, both channels last; None if it must go another way."""
        fits = x.dtype is torch.float32 and x.shape[1:] == self._entries[0]
        if not fits or not x.is_contiguous() or not x.is_cpu or _watched() or x.is_neg():
            return None
        images, threads = len(x), library.threads()
        loaded = self._loaded(self.program.kind(images, threads))
        return None if loaded is None else self.program.run(loaded, [x], images, threads)[0]

    def shortened(self, hooks: Sequence[Mapping[Any, Any]]) -> ShortCall | None:
        """The same as `direct`, and while no hooks are set; None: there is no such way here."""
        if short_call.missing():
            return None
        room = self.program.room()  # of its own: native code knows only the address

        def prepare(images: int, threads: int) -> int:
            loaded = self._loaded(self.program.kind(images, threads))
            if loaded is None:
                return 0
            room.prepare(loaded, images, threads, ())
            return room.address

        silent = (*LOOKERS, torch._C._len_torch_dispatch_stack)
        held = () if self.frozen else self._held
        ends = self._entries[0], self.program.results[0]
        self._short = ShortCall(*ends, hooks, silent, held, prepare)
        return self._short

    def forget(self) -> None:
        """Reads the weights anew at the next call."""
        if not self.frozen:
            self._ready = None
            if self._short is not None:
                self._short.forget()

    def _seen(self, values: Sequence[Tensor]) -> list[Tensor] | None:
        """The values as native code takes them; None if it cannot."""
        if _watched():
            return None
        found = []
        for value, raw, shape in zip(values, self.raw, self._entries, strict=True):
            if type(value) not in (Tensor, torch.nn.Parameter) or value.device.type != "cpu":
                return None
            if value.is_neg():
                return None
            if value.dtype is not torch.float32:
                if not (raw and value.dtype in WHOLE_NUMBERS):
                    return None
                value = value.float()
            x = to_external(value)
            if x.shape[1:] != shape:
                return None
            found.append(x if x.is_contiguous() else x.contiguous())
        return found

    def _loaded(self, kind: int) -> Loaded | None:
        ready = self._ready
        if ready is None or not self.frozen:
            # torch counts writes in `_version`; a tensor may also be another one
            state = [
                (id(t), t._version, t.data_ptr())
                for held in self._held
                for t in held.values()
                if t is not None
            ]
            if ready is None or ready[0] != state:
                usable = all(source.usable() for source in self._sources.values())
                ready = self._ready = state, {} if usable else None
        forms = ready[1]
        if forms is not None and kind not in forms:
            with self._lock, torch.no_grad():
                if kind not in forms:
                    forms[kind] = self.program.load(kind, self._sources)
        return None if forms is None else forms[kind]


def _watched() -> bool:
    """Whether somebody looks at the operations."""
    return transformed() or bool(torch._C._len_torch_dispatch_stack())


class _Source:
    """The weights of one operation, as the kernels take them."""

    def __init__(
        self, op: Operation, graph: Graph, layers: Mapping[str, Layer], folded: str
    ) -> None:
        node = graph[op.node]
        self.op, self.kind = op, type_name(op, node.kind)
        self.layer: Any = layers[node.layer]
        norm = op.normalized_by or folded
        self.norm: Any = layers[graph[norm].layer] if norm else None
        self.product = None
        if hasattr(self.layer, "kernel") and op.affine is None:
            scale = op.factor if op.scaled_by else None
            self.product = WeightSource(self.layer, node, self.norm, scale, "float32", True)
        self.channels = node.output.channels or 1

    def held(self) -> list[Mapping[str, Tensor | None]]:
        """The weights and statistics that they come from."""
        owners = [self.layer] if self.norm is None else [self.layer, self.norm]
        return [held for owner in owners for held in (owner._parameters, owner._buffers)]

    def usable(self) -> bool:
        """Whether they are float32 in this machine's memory."""
        tensors = [t for held in self.held() for t in held.values() if t is not None]
        return all(t.dtype is torch.float32 and t.device.type == "cpu" for t in tensors)

    def __call__(self) -> Weights:
        if self.product is None:
            return self._affine()
        self.product.forget()
        kernel, bias = self.product()
        self.product.forget()
        bias = None if bias is None else bias.detach().contiguous()
        kernel = kernel.detach()
        if self.kind.startswith("Depthwise"):
            return kernel.contiguous(), bias
        # (*window, inputs, outputs) -> (outputs, inputs, *window) that lies as (o, *window, i)
        window = kernel.reshape(*(1,) * (4 - kernel.dim()), *kernel.shape)
        return window.permute(3, 0, 1, 2).contiguous().permute(0, 3, 1, 2), bias

    def _affine(self) -> Weights:
        layer = self.layer
        if self.kind == "BatchNormalization":
            scale, shift = batch_norm_affine(
                layer.gamma if layer.scale else None,
                layer.beta if layer.center else None,
                layer.moving_mean,
                layer.moving_variance,
                layer.epsilon,
            )
        else:
            kind = layer.kind
            numbers = (kind.scale, kind.offset) if self.op.affine is None else self.op.affine
            scale, shift = (torch.as_tensor(n, dtype=torch.float64) for n in numbers)
        full = (scale.expand(self.channels), shift.expand(self.channels))
        factor, offset = (t.float().contiguous() for t in full)
        return factor, offset


def stretch_raw(stretch: Stretch, inputs: Sequence[Port], raw: Sequence[bool]) -> list[bool]:
    """Per value that a stretch reads, whether it is an input that may hold whole numbers."""
    return [any(p == q and r for q, r in zip(inputs, raw, strict=True)) for p in stretch.reads]


class PlainStretch:
    """The operations of a stretch, one by one; made when they are needed first.

    Args:
        stretch: which.
        operations: those of the stretch.
        make: gives the function of an operation.
    """

    def __init__(
        self,
        stretch: Stretch,
        operations: Sequence[Operation],
        make: Callable[[Operation], Callable[..., Any]],
    ) -> None:
        self.stretch, self.operations, self.make = stretch, operations, make
        self._functions: list[Callable[..., Any]] | None = None
        last = {p: i for i, op in enumerate(operations) for p in op.reads}
        self._frees = [[p for p in last if last[p] == i] for i in range(len(operations))]

    def __call__(self, values: Sequence[Tensor]) -> list[Tensor]:
        if self._functions is None:
            self._functions = [self.make(op) for op in self.operations]
        known: dict[Port, Any] = dict(zip(self.stretch.reads, values, strict=True))
        given = zip(self.operations, self._functions, self._frees, strict=True)
        for op, function, frees in given:
            known[op.writes[0]] = function(*(known[p] for p in op.reads))
            for port in frees:
                if port not in self.stretch.writes:
                    del known[port]
        return [known[p] for p in self.stretch.writes]
