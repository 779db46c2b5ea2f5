"""Capacity: what fits into the memory that is free, from the graph, and tried where asked."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from striate import errors
from striate.analysis import Memory
from striate.analysis.table import size_text
from striate.graph.kinds import Nested
from striate.ops.memory import available_bytes
from striate.training.random_state import capture, restore

SHARE = 0.9  # of free memory; the rest is for scratch memory inside kernels


def room_bytes(model: Any, device: torch.device) -> int:
    """What a step may take: free memory, and what the model and its optimizer hold of it."""
    held = [*model.parameters(), *model.buffers()]
    held += [p.grad for p in model.parameters() if p.grad is not None]
    states = getattr(model.optimizer, "state", {}).values()
    held += [v for state in states for v in state.values() if isinstance(v, Tensor)]
    own: int = sum(t.nbytes for t in held if t.device.type == device.type)
    return int(SHARE * available_bytes(device)) + own


def estimate(model: Any, batch_size: int, precision: str, training: bool) -> Memory:
    """`Model.memory` for a precision of `fit`."""
    half = {"float16": "bfloat16", "tf32": "float32"}.get(precision, precision)
    found: Memory = model.memory(batch_size, half, training=training)
    return found


def recomputed_bytes(model: Any, batch_size: int, precision: str) -> int:
    """The peak of a training step that computes values again: at most that of keeping all."""
    found = estimate(model, 1, precision, True)
    fixed = max(m.fixed_bytes for m in found.moments)
    again = round(fixed) + batch_size * _again_per_sample(model, precision)
    return min(again, found.peak_of(batch_size))


def _again_per_sample(model: Any, precision: str) -> int:
    plan = model.plan(training=True, precision=precision, recompute=True)
    inner = [o for o in plan.operations if isinstance(model.graph[o.node].kind, Nested)]
    layers = [model.get_layer(model.graph[o.node].layer) for o in inner]
    nested: int = sum(_again_per_sample(m, precision) for m in layers)
    return int(plan.parts_bytes) + nested


def needs_recompute(
    model: Any, batch_size: int | None, precision: str, device: torch.device
) -> str:
    """ "" if a training step fits into free memory, else what is wrong, in words.

    An estimate that would cost time is made only if the sum of all values comes near.
    """
    if batch_size is None or not model.built or _surely_fits(model, batch_size, device):
        return ""
    try:
        peak = estimate(model, batch_size, precision, True).peak_of(batch_size)
    except errors.ArgumentError:  # a size is open
        return ""
    room = room_bytes(model, device)
    if peak <= room:
        return ""
    again = recomputed_bytes(model, batch_size, precision)
    text = (
        f"A step of {batch_size} samples would need {size_text(peak)} and {size_text(room)} are"
        f" free, so values are computed again in the backward pass: {size_text(again)}."
    )
    if again > room:
        fits = largest_batch(model, device, precision, True, True)
        text += f" That may still be too much; about {fits} samples fit."
    return text


def _surely_fits(model: Any, batch_size: int, device: torch.device) -> bool:
    values = sum(s.features or 0 for n in model.graph for s in n.outputs)
    most = 4 * (4 * batch_size * values + 8 * model.count_params())
    return bool(most < SHARE * available_bytes(device))


def largest_batch(
    model: Any, device: torch.device, precision: str, training: bool, recompute: bool
) -> int:
    """The largest batch that the estimate lets fit."""
    room = room_bytes(model, device)
    found = estimate(model, 1, precision, training)
    kept = found.largest_batch(room)
    if not (training and recompute):
        return kept
    fixed = round(max(m.fixed_bytes for m in found.moments))
    return max(kept, (room - fixed) // max(1, _again_per_sample(model, precision)))


class Trial:
    """Steps with values of 0, to see what they really take; the model is left as it was.

    Args:
        model: a built model.
        device: where it runs; it is moved there.
        precision: as of `fit`.
        training: with a backward pass.
        recompute: as of `fit`.
    """

    def __init__(
        self, model: Any, device: torch.device, precision: str, training: bool, recompute: bool
    ) -> None:
        self.model, self.device, self.precision = model, device, precision
        self.training, self.recompute = training, recompute

    def largest(self, estimated: int) -> int:
        """The estimate, lowered until a step of so many samples is known to fit."""
        if estimated < 1:
            return 0
        self.model.to(self.device)
        with self._left_as_it_was():
            if self.device.type == "cuda":
                return self._until_it_fits(estimated)
            return self._by_growth(estimated)

    def _until_it_fits(self, size: int) -> int:
        """A card says at once that its memory is used up, and goes on."""
        while size > 0:
            try:
                self._step(size)
                torch.cuda.synchronize(self.device)
                return size
            except torch.cuda.OutOfMemoryError:
                size = min(size - 1, size * 9 // 10)
            finally:
                self.model.zero_grad(set_to_none=True)
                gc.collect()
                torch.cuda.empty_cache()
        return 0

    def _by_growth(self, estimated: int) -> int:
        """Linux would kill the process, so two small steps are measured and drawn out.

        Where the system does not tell what a process took at most, the estimate stays.
        """
        sizes = (max(1, estimated // 32), max(2, estimated // 8))
        room = room_bytes(self.model, self.device)
        took = [self._took(size) for size in sizes]
        if None in took or sizes[0] == sizes[1]:
            return estimated
        (a, b), (small, large) = took, sizes
        slope = max(0.0, (b - a) / (large - small))  # type: ignore[operator]
        fixed = max(0.0, a - slope * small)  # type: ignore[operator]
        return estimated if slope == 0.0 else max(0, min(estimated, int((room - fixed) / slope)))

    def _took(self, size: int) -> int | None:
        before = _process_bytes("VmRSS")
        if before is None or not _reset_peak():
            return None
        self._step(size)
        peak = _process_bytes("VmHWM")
        return None if peak is None else max(0, peak - before)

    def _step(self, size: int) -> None:
        model = self.model
        inputs = [
            torch.zeros((size, *(n or 1 for n in s.shape[1:])), device=self.device)
            for s in model.graph.input_specs
        ]
        model.train(self.training)
        precisions = (self.precision, self.precision)
        with model.executing(True, *precisions, "largest_batch", self.recompute and self.training):
            with torch.set_grad_enabled(self.training):
                out = model(inputs if len(inputs) > 1 else inputs[0])
            if self.training:
                many = out.values() if isinstance(out, dict) else out
                parts = [many] if isinstance(many, Tensor) else many
                loss = sum(o.float().mean() for o in parts)
                if isinstance(loss, Tensor) and loss.requires_grad:
                    loss.backward()

    @contextlib.contextmanager
    def _left_as_it_was(self) -> Iterator[None]:
        model = self.model
        buffers = [(b, b.clone()) for b in model.buffers()]
        gradients = [(p, p.grad) for p in model.parameters()]
        modes = [(m, m.training) for m in model.modules()]
        random = capture()
        for parameter, _ in gradients:
            parameter.grad = None
        try:
            yield
        finally:
            restore(random)
            for module, mode in modes:
                module.training = mode
            for parameter, gradient in gradients:
                parameter.grad = gradient
            with torch.no_grad():
                for buffer, value in buffers:
                    buffer.copy_(value)


def _process_bytes(name: str) -> int | None:
    """A line of Linux's status of this process; None elsewhere."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
    return None


def _reset_peak() -> bool:
    """Makes Linux forget what the process took at most; False where it cannot."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return False
    return True
