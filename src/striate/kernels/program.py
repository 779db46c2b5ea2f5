"""Program: kernels one after the other in one call, on values in memory that is kept."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from striate.kernels import library
from striate.kernels.arena import Name, Shape
from striate.kernels.conv import new_floats
from striate.kernels.form import Form, Loaded, Weights
from striate.kernels.steps import KernelStep

FEW = 4  # images per thread, up to which all threads work on each kernel
LINE = 64  # bytes of a cache line

Source = Callable[[], Weights]


class NativeCall(ctypes.Structure):
    """`struct Call` of native/program.h."""

    _fields_ = [
        *((name, ctypes.c_void_p) for name in ("steps", "phases", "outside", "memory")),
        *((name, ctypes.c_int64) for name in ("count", "images", "capacity")),
        *((name, ctypes.c_int64) for name in ("outer_size", "thread_size", "together", "work")),
        ("alone_until", ctypes.c_double),
    ]


class Program:
    """Steps with their places.

    Args:
        steps: the work, in order.
        shapes: of every value, channels last, without the batch.
        inputs: the values that are given.
        results: the values that are wanted.

    Raises:
        KernelError: the kernels cannot run here.
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
        self._steps, self._shapes = steps, shapes
        self._outside = [*inputs, *results]
        self._forms: dict[int, Form] = {}
        self._function = library.function("program_run", ctypes.c_void_p, ctypes.c_int32)
        self._rooms: list[Room] = []

    def kind(self, images: int, threads: int) -> int:
        """Which form so many images take: 1 for one, a number for a few, 0 for many."""
        few = FEW * threads
        return 1 if images == 1 else 0 if images > few else few

    def load(self, kind: int, sources: Mapping[Any, Source]) -> Loaded:
        """A form of the program with weights.

        Args:
            kind: as `kind` gives it.
            sources: by a step's `source`; a convolution's kernel is (O, C, H, W) with
                channels-last strides.
        """
        if kind not in self._forms:
            self._forms[kind] = Form(self._steps, self._shapes, self._outside, kind)
        form = self._forms[kind]
        return Loaded(form, [None if s.source is None else sources[s.source]() for s in form.steps])

    def run(
        self, loaded: Loaded, inputs: Sequence[Tensor], images: int, threads: int
    ) -> list[Tensor]:
        """The results for inputs that lie densely, channels last."""
        results = [new_floats(images, *shape) for shape in self.results]
        if not images:
            return results
        try:
            room = self._rooms.pop()
        except IndexError:  # the first call, or another thread is inside
            room = self.room()
        try:
            room.prepare(loaded, images, threads, (*inputs, *results))
            library.check(self._function(room.address, threads), "program_run")
        finally:
            self._rooms.append(room)
        return results

    def room(self) -> Room:
        """Memory for calls of this program."""
        return Room(len(self._outside))


class Room:
    """Memory for one call at a time; it grows when it must."""

    def __init__(self, outside: int) -> None:
        self._call = NativeCall()
        self.address = ctypes.addressof(self._call)
        self._memory: Tensor | None = None
        self._size = -1
        self._outside = (ctypes.c_void_p * outside)()
        self._call.outside = ctypes.addressof(self._outside)
        self._last: tuple[Any, ...] = ()

    def prepare(self, loaded: Loaded, images: int, threads: int, outside: Sequence[Tensor]) -> None:
        """Fills in what a call is told; `outside` are its inputs and results."""
        for i, tensor in enumerate(outside):
            self._outside[i] = tensor.data_ptr()
        told = (loaded, images, threads)
        if told == self._last:
            return
        form, call = loaded.form, self._call
        divided = not form.images and threads > 1
        share = -(-images // threads) if divided else images
        call.steps, call.phases, call.count = loaded.address, loaded.phases, len(form.phases)
        call.images, call.capacity = images, min(form.capacity, share)
        call.outer_size = form.outer_size * call.capacity
        call.thread_size = call.outer_size + form.inner_size
        call.together, call.work = not divided, form.work
        size = call.thread_size * (threads if divided else 1)
        if size > self._size:
            self._memory = torch.empty(size + LINE, dtype=torch.uint8, device="cpu")
            self._size = size
            call.memory = -(-self._memory.data_ptr() // LINE) * LINE
        self._last = told
