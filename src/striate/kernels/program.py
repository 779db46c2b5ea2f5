"""Program: kernels one after the other in one call, on values in memory that is kept."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Any

import torch
from torch import Tensor

from striate.kernels import library
from striate.kernels.arena import Arena, Name, Shape
from striate.kernels.conv import KERNELS, ConvKernel, does
from striate.kernels.shapes import ConvShape, PointShape
from striate.kernels.steps import CONV, KernelStep

BYTES = 4  # of a float
NEAR = 512 * 1024  # bytes of values that a thread's chunk of images may have: they stay in its L2
MOST = 256 * 1024 * 1024  # bytes of an arena of images that go through together
FEW = 4  # images per thread, up to which all threads work on each kernel

Weights = tuple[Tensor, Tensor | None]
Source = Callable[[], Weights]


class NativePlace(ctypes.Structure):
    """`struct Place` of native/program.cpp."""

    _fields_ = [(name, ctypes.c_int64) for name in ("per_image", "fixed", "space")]


class NativeStep(ctypes.Structure):
    """`struct Step`: addresses and places."""

    _fields_ = [
        *((name, ctypes.c_void_p) for name in ("run", "shape", "packed", "bias")),
        *((name, NativePlace) for name in ("x", "add", "y")),
    ]


class NativeCall(ctypes.Structure):
    """`struct Call`."""

    _fields_ = [
        *((name, ctypes.c_void_p) for name in ("steps", "outside", "arena")),
        *(
            (name, ctypes.c_int64)
            for name in ("arena_size", "count", "images", "chunk", "together")
        ),
    ]


def fastest(shape: ConvShape) -> str | None:
    """The kernel that a convolution gets; None if only the definition does it."""
    return next(
        (
            name
            for name in KERNELS
            if name not in ("plain_conv", "direct_conv_bf16") and does(name, shape)
        ),
        None,
    )


class Program:
    """Steps with their places, without weights.

    Args:
        steps: the work, in order.
        shapes: of every value, channels last, without the batch.
        inputs: the values that are given.
        results: the values that are wanted.

    Raises:
        KernelError: the kernels cannot run here, or none does one of the convolutions.
    """

    def __init__(
        self,
        steps: Sequence[KernelStep],
        shapes: Mapping[Any, Shape],
        inputs: Sequence[Name],
        results: Sequence[Name],
    ) -> None:
        self.inputs = [shapes[name] for name in inputs]
        self.results = [shapes[name] for name in results]
        self._outside = [*inputs, *results]
        self.arena = Arena(steps, shapes, self._outside, results)
        self.arena_size = self.arena.size * BYTES
        self._shapes = shapes
        self.steps = [self._sized(step) for step in self.arena.kept]
        self.kernels = [_kernel(step) for step in self.steps]
        self._function = library.function("program_run", ctypes.c_void_p, ctypes.c_int32)
        self._rooms: list[_Room] = []

    def _sized(self, step: KernelStep) -> KernelStep:
        """With the rows of the maps that it reads and writes."""
        x, y = self.arena.place(step.reads[0]), self.arena.place(step.writes)
        rows = {"x_row": x.row, "y_row": y.row}
        if isinstance(step.shape, PointShape) and len(step.reads) > 1:
            rows["add_row"] = self.arena.place(step.reads[1]).row
        return replace(step, shape=replace(step.shape, **rows))

    def load(self, sources: Mapping[Any, Source]) -> Loaded:
        """The program with weights.

        Args:
            sources: by a step's `source`; a convolution's kernel is (O, C, H, W) with
                channels-last strides.
        """
        weights = [None if s.source is None else sources[s.source]() for s in self.steps]
        return Loaded(self, weights)

    def place(self, name: Name) -> NativePlace:
        """Where a value lies, in bytes."""
        found = self.arena.place(name)
        if found.root in self._outside:
            size = prod(self._shapes[found.root])
            space = 1 + self._outside.index(found.root)
            return NativePlace(size * BYTES, found.offset * BYTES, space)
        start = self.arena.offsets[found.root]
        return NativePlace(start * BYTES, found.offset * BYTES, 0)

    def run(self, loaded: Loaded, inputs: Sequence[Tensor], images: int) -> list[Tensor]:
        """The results for inputs that lie densely, channels last."""
        threads = library.threads()
        results = [torch.empty((images, *shape)) for shape in self.results]
        if not images:
            return results
        chunk, together, need = self._division(images, threads)
        try:
            room = self._rooms.pop()
        except IndexError:  # the first call, or another thread is inside
            room = _Room(len(self._outside))
        try:
            room.prepare(need, [*inputs, *results])
            call = room.call
            call.steps, call.count = loaded.address, len(self.steps)
            call.arena_size, call.images = self.arena_size, images
            call.chunk, call.together = chunk, together
            library.check(self._function(ctypes.addressof(call), threads), "program_run")
        finally:
            self._rooms.append(room)
        return results

    def _division(self, images: int, threads: int) -> tuple[int, int, int]:
        """Images of a chunk, whether all threads work on each kernel, bytes of the arena."""
        size = max(1, self.arena_size)
        if threads == 1 or images > FEW * threads:
            chunk = max(1, min(NEAR // size, -(-images // threads)))
            return chunk, 0, chunk * threads * size
        together = max(1, min(images, MOST // size))
        return together, 1, together * size


class Loaded:
    """A program's steps as native code reads them.

    Args:
        program: whose steps.
        weights: per step, as their sources gave them.
    """

    def __init__(self, program: Program, weights: Sequence[Weights | None]) -> None:
        self._held: list[Any] = []
        count = len(program.steps)
        self._steps = (NativeStep * count)()
        for native, step, name, held in zip(
            self._steps, program.steps, program.kernels, weights, strict=True
        ):
            native.run = library.address(name)
            native.shape = ctypes.addressof(step.shape.native)
            self._held.append(step.shape)
            if held is not None:
                packed, bias = self._packed(step, name, held)
                native.packed = packed.data_ptr()
                native.bias = None if bias is None else bias.data_ptr()
                self._held += [packed, bias]
            native.x, native.y = program.place(step.reads[0]), program.place(step.writes)
            added = step.reads[1:]
            native.add = program.place(added[0]) if added else NativePlace(0, 0, -1)
        self.address = ctypes.addressof(self._steps)

    def _packed(self, step: KernelStep, name: str, held: Weights) -> Weights:
        kernel, bias = held
        if step.kernel == CONV:
            kernel = ConvKernel(name, step.shape).pack(kernel)
        return kernel, bias


class _Room:
    """Memory for one call at a time; it grows when it must."""

    def __init__(self, outside: int) -> None:
        self.call = NativeCall()
        self._memory: Tensor | None = None
        self._outside = (ctypes.c_void_p * outside)()
        self.call.outside = ctypes.addressof(self._outside)

    def prepare(self, size: int, outside: Sequence[Tensor]) -> None:
        if self._memory is None or self._memory.numel() < size + LINE:
            self._memory = torch.empty(size + LINE, dtype=torch.uint8)
            self.call.arena = -(-self._memory.data_ptr() // LINE) * LINE
        for i, tensor in enumerate(outside):
            self._outside[i] = tensor.data_ptr()


LINE = 64  # bytes of a cache line


def _kernel(step: KernelStep) -> str:
    if step.kernel != CONV:
        return step.kernel
    return fastest(step.shape) or "plain_conv"
