"""arrange: boxes in ranks, with edges between them that cross each other little and boxes never.

The steps of Sugiyama, Tagawa and Toda (1981): each node gets a rank below all that it reads; an
edge over several ranks gets a waypoint in each rank between; ranks are sorted so that edges cross
little; then each rank is placed as near as possible to where its neighbours are. The last step
solves, for each rank, min sum w (x - wish)^2 with room kept between neighbours: after taking off
what lies to the left, that is an isotonic regression, which pooling adjacent violators solves.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

GAP = 18.0  # between neighbours of one rank
WAYPOINT = 8.0  # the room an edge takes in a rank that it passes
LEAST, MOST = 26.0, 64.0  # between two ranks
SLANT = 0.12  # of the largest sideways step between two ranks, added to what is between them
SWEEPS, STRAIGHTENINGS = 12, 3
LIGHT = 0.0001  # the weight of a waypoint beside a box, which stays where it is
INSIDE = 0.35  # ports lie this far from the middle of a box at most, as a share of its width

Point = tuple[float, float]


@dataclass(frozen=True)
class Layout:
    """Where boxes and edges are.

    Args:
        width, height: of all.
        corners: the upper left corner of each box.
        routes: for each edge the points that it goes through, straight or curved by turns: from
            its box straight to the next point, curved to the one after it, and so on.
    """

    width: float
    height: float
    corners: Mapping[str, Point]
    routes: tuple[tuple[Point, ...], ...]


Size = tuple[float, float]
Edge = tuple[str, str]


def arrange(sizes: Mapping[str, Size], edges: Sequence[Edge], *, across: bool = False) -> Layout:
    """Places boxes and edges.

    Args:
        sizes: width and height of each box, by name, in an order where edges go forwards.
        edges: (from, to); several between the same two are allowed.
        across: ranks go from left to right instead of from top to bottom.

    Example:
        >>> found = arrange({"a": (40, 20), "b": (40, 20)}, [("a", "b")])
        >>> found.corners["a"], found.corners["b"]
        ((0.0, 0.0), (0.0, 46.0))
    """
    if across:
        turned = arrange({n: (h, w) for n, (w, h) in sizes.items()}, edges)
        corners = {name: (y, x) for name, (x, y) in turned.corners.items()}
        routes = tuple(tuple((y, x) for x, y in route) for route in turned.routes)
        return Layout(turned.height, turned.width, corners, routes)
    net = _Net(sizes, edges)
    net.sort()
    net.place()
    return net.layout()


class _Net:
    """Boxes and waypoints in ranks. A waypoint is named by a pair: the edge and the rank."""

    def __init__(self, sizes: Mapping[str, Size], edges: Sequence[Edge]) -> None:
        self.sizes, self.edges = sizes, edges
        self.rank: dict[object, int] = {}
        self.rank.update(_ranks(list(sizes), edges).items())
        self.chains: list[list[object]] = []
        for i, (start, end) in enumerate(edges):
            between = range(self.rank[start] + 1, self.rank[end])
            ways: list[object] = [(i, r) for r in between]
            self.rank.update({(i, r): r for r in between})
            self.chains.append([start, *ways, end])
        count = max(self.rank.values(), default=-1) + 1
        self.ranks: list[list[object]] = [[] for _ in range(count)]
        for name, rank in self.rank.items():
            self.ranks[rank].append(name)
        self.above: dict[object, list[object]] = {name: [] for name in self.rank}
        self.below: dict[object, list[object]] = {name: [] for name in self.rank}
        for chain in self.chains:
            for upper, lower in itertools.pairwise(chain):
                self.below[upper].append(lower)
                self.above[lower].append(upper)
        self.x: dict[object, float] = {}

    def width(self, name: object) -> float:
        return self.sizes[name][0] if isinstance(name, str) else WAYPOINT

    # the order in each rank ------------------------------------------------------------------

    def sort(self) -> None:
        """Sweeps down and up, each rank sorted by the mean place of its neighbours."""
        best, fewest = [list(r) for r in self.ranks], self.crossings()
        for turn in range(SWEEPS):
            if fewest == 0:
                break
            down = turn % 2 == 0
            for i in range(1, len(self.ranks)):
                rank = i if down else len(self.ranks) - 1 - i
                self._sort_rank(rank, rank - 1 if down else rank + 1)
            count = self.crossings()
            if count < fewest:
                best, fewest = [list(r) for r in self.ranks], count
        self.ranks = best

    def _sort_rank(self, rank: int, other: int) -> None:
        place = {name: i for i, name in enumerate(self.ranks[other])}
        now = {name: i for i, name in enumerate(self.ranks[rank])}
        near = self.above if other < rank else self.below
        mean = {
            name: sum(place[n] for n in near[name]) / len(near[name]) if near[name] else now[name]
            for name in self.ranks[rank]
        }
        self.ranks[rank].sort(key=lambda name: mean[name])

    def crossings(self) -> int:
        """How often edges cross between neighbouring ranks."""
        total = 0
        for upper, lower in zip(self.ranks, self.ranks[1:], strict=False):
            if len(upper) < 2 or len(lower) < 2:
                continue
            place = {name: i for i, name in enumerate(lower)}
            seen: list[int] = []
            for name in upper:
                ends = sorted(place[n] for n in self.below[name])
                total += sum(len(seen) - bisect_right(seen, end) for end in ends)
                for end in ends:
                    insort(seen, end)
        return total

    # the places ------------------------------------------------------------------------------

    def place(self) -> None:
        """Sweeps in which each rank comes as near to its neighbours as room allows."""
        for rank in self.ranks:
            left = 0.0
            for name in rank:
                self.x[name] = left + self.width(name) / 2
                left += self.width(name) + GAP
        last = len(self.ranks) - 1
        for turn in range(SWEEPS):
            down = turn % 2 == 1
            for i in range(last + 1):
                at = i if down else last - i
                self._place_rank(self.ranks[at], self.above if down else self.below)
        for _ in range(STRAIGHTENINGS):
            self._straighten()
        least = min((x - self.width(n) / 2 for n, x in self.x.items()), default=0.0)
        self.x = {name: x - least for name, x in self.x.items()}

    def _place_rank(self, rank: list[object], near: Mapping[object, list[object]]) -> None:
        wishes, weights = [], []
        for name in rank:
            leader = _leader(near[name])
            around = near[name] if leader is None else [leader]
            wishes.append(sum(self.x[n] for n in around) / len(around) if around else self.x[name])
            weights.append(1.0 if isinstance(name, str) else LIGHT)
        room = [0.0]
        for left, right in itertools.pairwise(rank):
            room.append(room[-1] + self._apart(left, right))
        flat = isotonic([w - r for w, r in zip(wishes, room, strict=True)], weights)
        for name, x, r in zip(rank, flat, room, strict=True):
            self.x[name] = x + r

    def _apart(self, left: object, right: object) -> float:
        """How far the middles of neighbours must be from each other."""
        return (self.width(left) + self.width(right)) / 2 + GAP

    def _straighten(self) -> None:
        """Gives columns one place where there is one that is free in each of their ranks."""
        place = {name: i for rank in self.ranks for i, name in enumerate(rank)}
        for column in self._columns():
            low, high = float("-inf"), float("inf")
            for name in column:
                rank, i = self.ranks[self.rank[name]], place[name]
                if i > 0:
                    low = max(low, self.x[rank[i - 1]] + self._apart(rank[i - 1], name))
                if i + 1 < len(rank):
                    high = min(high, self.x[rank[i + 1]] - self._apart(name, rank[i + 1]))
            if low <= high + 0.5:
                middle = median(self.x[n] for n in column)
                for name in column:
                    self.x[name] = min(max(middle, low), high)

    def _columns(self) -> list[list[object]]:
        """Chains in which each one leads to the next and is led to by it alone; long ones first."""
        after = {}
        for name in self.rank:
            lower = _leader(self.below[name])
            if lower is not None and _leader(self.above[lower]) == name:
                after[name] = lower
        firsts = set(self.rank) - set(after.values())
        columns = []
        for name in self.rank:
            if name in firsts and name in after:
                columns.append([name])
                while columns[-1][-1] in after:
                    columns[-1].append(after[columns[-1][-1]])
        return sorted(columns, key=len, reverse=True)

    # the result ------------------------------------------------------------------------------

    def layout(self) -> Layout:
        """Ranks below each other, and the routes of the edges."""
        tall = [
            max((self.sizes[n][1] for n in r if isinstance(n, str)), default=0.0)
            for r in self.ranks
        ]
        top, tops = 0.0, []
        for rank, height in zip(self.ranks, tall, strict=True):
            tops.append(top)
            steps = [abs(self.x[n] - self.x[m]) for n in rank for m in self.below[n]]
            top += height + min(MOST, LEAST + SLANT * max(steps, default=0.0))
        corners = {}
        for name, (width, height) in self.sizes.items():
            r = self.rank[name]
            corners[name] = (self.x[name] - width / 2, tops[r] + (tall[r] - height) / 2)
        width = max((self.x[n] + self.width(n) / 2 for n in self.x), default=0.0)
        height = tops[-1] + tall[-1] if tops else 0.0
        routes = tuple(self._route(chain, corners, tops, tall) for chain in self.chains)
        return Layout(width, height, corners, routes)

    def _route(
        self,
        chain: list[object],
        corners: Mapping[str, Point],
        tops: list[float],
        tall: list[float],
    ) -> tuple[Point, ...]:
        """Straight through ranks, curved between them; so no box is in the way."""
        start, end = str(chain[0]), str(chain[-1])
        leaves, enters = self._port(start, chain[1]), self._port(end, chain[-2])
        first, last = self.rank[start], self.rank[end]
        points = [
            (leaves, corners[start][1] + self.sizes[start][1]),
            (leaves, tops[first] + tall[first]),
        ]
        for name in chain[1:-1]:
            r = self.rank[name]
            points += [(self.x[name], tops[r]), (self.x[name], tops[r] + tall[r])]
        return (*points, (enters, tops[last]), (enters, corners[end][1]))

    def _port(self, box: str, towards: object) -> float:
        """Where an edge meets a box: as near as can be to where it comes from or goes to."""
        reach = INSIDE * self.sizes[box][0]
        return min(max(self.x[towards], self.x[box] - reach), self.x[box] + reach)


def _leader(names: Sequence[object]) -> object | None:
    """The only box among neighbours, or the only one of them; None if there are several."""
    boxes = [n for n in names if isinstance(n, str)]
    found = boxes if len(boxes) == 1 else names
    return found[0] if len(found) == 1 else None


def isotonic(values: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The rising numbers that are nearest to `values`: min sum w (x - v)^2, x_1 <= x_2 <= ...

    Example:
        >>> isotonic([3.0, 1.0, 5.0], [1.0, 1.0, 1.0])
        [2.0, 2.0, 5.0]
    """
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many
    for value, weight in zip(values, weights, strict=True):
        mean, mass, count = value, weight, 1
        while pools and pools[-1][0] > mean:
            before, more, many = pools.pop()
            mean = (before * more + mean * mass) / (more + mass)
            mass, count = mass + more, count + many
        pools.append((mean, mass, count))
    return [mean for mean, _, count in pools for _ in range(count)]


def _ranks(names: Sequence[str], edges: Sequence[Edge]) -> dict[str, int]:
    """The longest way from a start; what has more readers than sources moves down to them."""
    above: dict[str, list[str]] = {name: [] for name in names}
    below: dict[str, list[str]] = {name: [] for name in names}
    for start, end in edges:
        above[end].append(start)
        below[start].append(end)
    rank: dict[str, int] = {}
    for name in names:
        rank[name] = 1 + max((rank[n] for n in above[name]), default=-1)
    for name in reversed(names):
        if below[name] and len(above[name]) < len(below[name]):
            rank[name] = max(rank[name], min(rank[n] for n in below[name]) - 1)
    return rank
