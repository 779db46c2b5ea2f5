"""Where the values of a program lie: pieces of memory, shared by values that live in turns."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

from striate.kernels.phases import Phase
from striate.kernels.steps import COPIES, SIDE_BY_SIDE, VIEW, KernelStep, copied

Name = Hashable
Shape = tuple[int, ...]  # of an image's value, channels last
LINE = 16  # floats of a cache line


@dataclass(frozen=True)
class Place:
    """Where a value lies.

    Args:
        root: the value whose memory it is.
        offset: floats from there to its first channel.
        row: floats from one pixel to the next.
    """

    root: Name
    offset: int
    row: int


@dataclass
class Arena:
    """The places of all values, and the steps that are left to run.

    Maps that are put side by side are written where they end up; a view is the same memory.
    Where that cannot be, a copy is a step of its own.

    Args:
        steps: the work, in order.
        shapes: of every value.
        outside: inputs and results, which have memory of their own.
    """

    steps: Sequence[KernelStep]
    shapes: Mapping[Any, Shape]
    outside: Sequence[Name]
    places: dict[Name, Place] = field(default_factory=dict)
    kept: list[KernelStep] = field(default_factory=list)
    offsets: dict[Name, int] = field(default_factory=dict)
    across: frozenset[Name] = frozenset()
    outer_size: int = 0
    inner_size: int = 0

    def __post_init__(self) -> None:
        for step in reversed(self.steps):
            if step.kernel == SIDE_BY_SIDE:
                self._slices(step)
        for step in self.steps:
            self._keep(step)

    def place(self, name: Name) -> Place:
        """Where a value lies; one that nobody placed has memory of its own."""
        if name not in self.places:
            self.places[name] = Place(name, 0, self.shapes[name][-1])
        return self.places[name]

    def _slices(self, step: KernelStep) -> None:
        wide = self.place(step.writes)
        offset = wide.offset
        for name in step.reads:
            if self._may_move(name) and step.reads.count(name) == 1:
                self.places[name] = Place(wide.root, offset, wide.row)
            offset += self.shapes[name][-1]

    def _may_move(self, name: Name) -> bool:
        if name in self.places or name in self.outside:
            return False
        writer = next(step for step in self.steps if step.writes == name)
        # the map that a convolution adds has rows as wide as its result's
        added = any(name in step.reads[1:] for step in self.steps if step.kernel == "conv")
        return writer.kernel != VIEW and not added and len(writer.reads) == 1

    def _keep(self, step: KernelStep) -> None:
        if step.kernel == VIEW:
            (x,), y = step.reads, step.writes
            found = self.place(x)
            dense = found.row == self.shapes[x][-1]
            if dense and y not in self.outside and y not in self.places:
                self.places[y] = Place(found.root, found.offset, self.shapes[y][-1])
            else:
                part: Name = (COPIES, y)
                there, channels = self.place(y), self.shapes[x][-1]
                self.places[part] = Place(there.root, there.offset, channels)
                self.kept.append(copied(x, part, _pixels(self.shapes[x]), channels))
        elif step.kernel == SIDE_BY_SIDE:
            wide = self.place(step.writes)
            offset = wide.offset
            for name in step.reads:
                there = Place(wide.root, offset, wide.row)
                if self.place(name) != there:
                    piece: Name = (COPIES, step.writes, name, offset)
                    self.places[piece] = there
                    shape = self.shapes[name]
                    self.kept.append(copied(name, piece, _pixels(shape), shape[-1]))
                offset += self.shapes[name][-1]
        else:
            self.place(step.writes)
            self.kept.append(step)

    def divide(self, phases: Sequence[Phase]) -> None:
        """Gives every value an address.

        Those that live inside one phase share memory with those of other phases; those that live
        across phases lie apart from them, and stay until the last phase that reads them is over.
        """
        lives: dict[Name, list[int]] = {}
        for i, step in enumerate(self.kept):
            for name in (*step.reads, step.writes):
                root = self.place(name).root
                if root not in self.outside:
                    lives.setdefault(root, []).append(i)
        phase_of = [p for p, phase in enumerate(phases) for _ in range(phase.start, phase.stop)]
        outer: dict[Name, tuple[int, int]] = {}
        inner: list[dict[Name, tuple[int, int]]] = [{} for _ in phases]
        for name, steps in lives.items():
            first, last = phase_of[min(steps)], phase_of[max(steps)]
            if first == last:
                inner[first][name] = min(steps), max(steps)
            else:
                outer[name] = first, last
        self.across = frozenset(outer)
        self.outer_size = self._lay_out(outer)
        sizes = [self._lay_out(spans) for spans in inner]
        self.inner_size = max(
            (size * phase.images for size, phase in zip(sizes, phases, strict=True)), default=0
        )

    def _lay_out(self, spans: Mapping[Name, tuple[int, int]]) -> int:
        """The largest first, each at the lowest place that is free while it lives; the whole size.

        Args:
            spans: from when to when each lives.
        """
        sizes = {n: -(-prod(self.shapes[n]) // LINE) * LINE for n in spans}
        done: list[tuple[int, int, int, int]] = []  # from when to when, start and end
        for name in sorted(sizes, key=lambda n: -sizes[n]):
            first, last = spans[name]
            taken = sorted((a, b) for f, t, a, b in done if f <= last and t >= first)
            start = 0
            for a, b in taken:
                if a - start >= sizes[name]:
                    break
                start = max(start, b)
            self.offsets[name] = start
            done.append((first, last, start, start + sizes[name]))
        return max((end for *_, end in done), default=0)


def _pixels(shape: Shape) -> int:
    return prod(shape[:-1])
