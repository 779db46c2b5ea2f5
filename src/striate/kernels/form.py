"""Form: a program for one image, for a few or for many: kernels, places, phases; no weights."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Any

from torch import Tensor

from striate.kernels import library
from striate.kernels.arena import Arena, Name, Shape
from striate.kernels.conv import ConvKernel, choose, packed_bytes
from striate.kernels.phases import Load, Phase, phases
from striate.kernels.shapes import ConvShape, PointShape
from striate.kernels.steps import CONV, DEPTHWISE, KernelStep

BYTES = 4  # of a float
MOST = 256 * 1024 * 1024  # bytes of values of images that go through together
SHARE = 24 * 1024 * 1024  # bytes of a thread's values that live across phases

Weights = tuple[Tensor, Tensor | None]


class NativePlace(ctypes.Structure):
    """`struct Place` of native/program.h."""

    _fields_ = [(name, ctypes.c_int64) for name in ("start", "size", "fixed", "space")]


class NativeStep(ctypes.Structure):
    """`struct Step`: addresses, places, multiply-adds."""

    _fields_ = [
        *((name, ctypes.c_void_p) for name in ("run", "shape", "packed", "bias")),
        *((name, NativePlace) for name in ("x", "add", "y")),
        ("work", ctypes.c_int64),
    ]


class NativePhase(ctypes.Structure):
    """`struct Phase`."""

    _fields_ = [(name, ctypes.c_int64) for name in ("start", "stop", "images")]


def fastest(shape: ConvShape) -> str | None:
    """The kernel that a convolution gets; None if only the definition does it."""
    name = choose(shape).name
    return None if name == "plain_conv" else name


class Form:
    """A program's steps for so many images at a time.

    Args:
        steps: the work, in order.
        shapes: of every value, channels last, without the batch.
        outside: inputs and results.
        images: that go through together, all threads at each kernel; 0: many, which are divided.
    """

    def __init__(
        self,
        steps: Sequence[KernelStep],
        shapes: Mapping[Any, Shape],
        outside: Sequence[Name],
        images: int,
    ) -> None:
        self.images, self._shapes, self._outside = images, shapes, outside
        self.arena = Arena(steps, shapes, outside)
        self.steps = [self._sized(step) for step in self.arena.kept]
        self.kernels = [kernel_of(step) for step in self.steps]
        self.work = sum(map(work_of, self.steps))
        self.phases = self._phases()
        self.arena.divide(self.phases)
        self.outer_size = self.arena.outer_size * BYTES
        self.inner_size = self.arena.inner_size * BYTES
        largest = max(phase.images for phase in self.phases)
        self.capacity = max(largest, SHARE // max(1, self.outer_size))
        self.native_phases = (NativePhase * len(self.phases))()
        for native, phase in zip(self.native_phases, self.phases, strict=True):
            native.start, native.stop, native.images = phase.start, phase.stop, phase.images
        self.packs = [
            ConvKernel(name, step.shape)
            if step.kernel == CONV and step.source is not None
            else None
            for step, name in zip(self.steps, self.kernels, strict=True)
        ]
        self.native_steps = (NativeStep * len(self.steps))()  # but for weights
        for native_step, step, name in zip(
            self.native_steps, self.steps, self.kernels, strict=True
        ):
            self._tell(native_step, step, name)

    def _tell(self, native: NativeStep, step: KernelStep, name: str) -> None:
        native.run, native.work = library.address(name), work_of(step)
        native.shape = ctypes.addressof(step.shape.native)
        native.x, native.y = self.place(step.reads[0]), self.place(step.writes)
        added = step.reads[1:]
        native.add = self.place(added[0]) if added else NativePlace(0, 0, 0, -1)

    def _phases(self) -> tuple[Phase, ...]:
        if self.images:
            whole = (Phase(0, len(self.steps), 1),)
            self.arena.divide(whole)
            room = MOST // max(1, self.arena.inner_size * BYTES)
            return (replace(whole[0], images=max(1, min(self.images, room))),)
        loads = [self._load(*pair) for pair in zip(self.steps, self.kernels, strict=True)]
        return phases(loads, 128)

    def _load(self, step: KernelStep, name: str) -> Load:
        enters = self._bytes(step.reads[0])
        values = sum(map(self._bytes, step.reads)) + self._bytes(step.writes)
        weights = packed_bytes(name, step.shape) if step.kernel == CONV else 0
        return Load(values, weights, enters)

    def _bytes(self, name: Name) -> int:
        found = self._shapes.get(name)
        return prod(found) * BYTES if found else 0

    def _sized(self, step: KernelStep) -> KernelStep:
        """With the rows of the maps that it reads and writes, and how many images are usual."""
        x, y = self.arena.place(step.reads[0]), self.arena.place(step.writes)
        rows = {"x_row": x.row, "y_row": y.row}
        if isinstance(step.shape, PointShape) and len(step.reads) > 1:
            rows["add_row"] = self.arena.place(step.reads[1]).row
        if step.kernel == CONV:
            rows["images"] = self.images
        return replace(step, shape=replace(step.shape, **rows))

    def place(self, name: Name) -> NativePlace:
        """Where a value lies, in bytes."""
        found = self.arena.place(name)
        size = prod(self._shapes[found.root]) * BYTES
        fixed = found.offset * BYTES
        if found.root in self._outside:
            return NativePlace(0, size, fixed, 2 + self._outside.index(found.root))
        start = self.arena.offsets[found.root] * BYTES
        return NativePlace(start, size, fixed, 0 if found.root in self.arena.across else 1)


class Loaded:
    """A form's steps with weights, as native code reads them.

    Args:
        form: whose steps.
        weights: per step, as their sources gave them.
    """

    def __init__(self, form: Form, weights: Sequence[Weights | None]) -> None:
        self.form = form
        self._held: list[Any] = []
        self._steps = type(form.native_steps).from_buffer_copy(form.native_steps)
        for native, packs, held in zip(self._steps, form.packs, weights, strict=True):
            if held is not None:
                packed, bias = held
                packed = packed if packs is None else packs.pack(packed)
                native.packed = packed.data_ptr()
                native.bias = None if bias is None else bias.data_ptr()
                self._held += [packed, bias]
        self.address = ctypes.addressof(self._steps)
        self.phases = ctypes.addressof(form.native_phases)


def weights_bytes(steps: Sequence[KernelStep], images: int) -> int:
    """Bytes of the weights of convolutions in the form that a program keeps.

    Args:
        steps: of the program.
        images: that go through together; 0: many, which are divided.
    """
    sized = [replace(s, shape=replace(s.shape, images=images)) for s in steps if s.kernel == CONV]
    return sum(packed_bytes(kernel_of(step), step.shape) for step in sized)


def kernel_of(step: KernelStep) -> str:
    """The function that a step calls."""
    return step.kernel if step.kernel != CONV else fastest(step.shape) or "plain_conv"


def work_of(step: KernelStep) -> int:
    """Multiply-adds of an image, or what takes as long."""
    shape = step.shape
    if isinstance(shape, PointShape):
        return 4 * shape.pixels * shape.channels
    macs: int = shape.macs
    return (
        macs
        if step.kernel == CONV
        else macs // shape.channels * (3 if step.kernel == DEPTHWISE else 2)
    )
