"""Phases: how many images go through which steps of a program at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

CHUNKS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)
# Of a core of the machines that this was chosen on (Zen 4); the choice is not sensitive to them.
CACHE = 640 * 1024  # bytes of its own cache that values may take
SHARED = 8 * 1024 * 1024  # bytes that the cache of all cores keeps for sure
READ = 20e9  # bytes per second from the cache of all cores
FAR = 8e9  # and from memory


@dataclass(frozen=True)
class Load:
    """What a step reads and writes.

    Args:
        values: bytes of its maps, per image.
        weights: bytes of its weights.
        enters: bytes of the map that it reads, per image.
    """

    values: int
    weights: int
    enters: int


@dataclass(frozen=True)
class Phase:
    """Steps that a chunk of images goes through at a time.

    Args:
        start: the first of them.
        stop: the one after the last.
        images: of a chunk.
    """

    start: int
    stop: int
    images: int


def phases(loads: Sequence[Load], most: int) -> tuple[Phase, ...]:
    """The chunks with the least time for reading, by dynamic programming over the steps.

    A step reads its weights once per chunk, so large chunks read them less often; and its values
    from its own core's cache only where a chunk's fit into it. Where the chunk's size changes, the
    map in between is written and read in full.

    Args:
        loads: of the steps, in order.
        most: images of a chunk at most.
    """
    options = [n for n in CHUNKS if n <= max(1, most)]
    best = [0.0] * len(options)
    came: list[list[int]] = []
    for load in loads:
        cheapest = min(range(len(options)), key=lambda i: best[i])
        change = best[cheapest] + 2 * load.enters / READ
        came.append([i if best[i] <= change else cheapest for i in range(len(options))])
        best = [min(best[i], change) + seconds(load, n) for i, n in enumerate(options)]
    at = min(range(len(options)), key=lambda i: best[i])
    chosen: list[int] = []
    for place in reversed(came):
        chosen.append(options[at])
        at = place[at]
    chosen.reverse()
    starts = [i for i, n in enumerate(chosen) if i == 0 or chosen[i - 1] != n]
    ends = [*starts[1:], len(chosen)]
    return tuple(Phase(a, b, chosen[a]) for a, b in zip(starts, ends, strict=True))


def seconds(load: Load, images: int) -> float:
    """The time per image of reading weights and values from beyond a core's own cache.

    Example:
        >>> large = Load(values=0, weights=4_000_000, enters=0)
        >>> round(seconds(large, 1) / seconds(large, 8), 3)
        8.0
    """
    speed = READ if load.weights <= SHARED else FAR
    near = images * load.values + min(load.weights, CACHE // 2) <= CACHE
    return load.weights / speed / images + (0.0 if near else load.values / READ)
