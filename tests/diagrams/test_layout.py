"""Boxes never overlap, edges run from box to box and through none, and chains are straight."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as draw

from striate.diagrams.layout import LEAST, Layout, arrange, isotonic

Sizes = dict[str, tuple[float, float]]
Edges = list[tuple[str, str]]


def random_graph(seed: int, count: int) -> tuple[Sizes, Edges]:
    """Boxes of many sizes, each but the first fed by one to three before it."""
    chance = random.Random(seed)
    sizes = {f"n{i}": (chance.uniform(20, 200), chance.uniform(15, 60)) for i in range(count)}
    edges = []
    for i in range(1, count):
        for j in {chance.randrange(max(0, i - 6), i) for _ in range(chance.randint(1, 3))}:
            edges.append((f"n{j}", f"n{i}"))
    return sizes, edges


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def rectangles(sizes: Sizes, found: Layout) -> dict[str, tuple[float, float, float, float]]:
    return {
        name: (x, y, x + sizes[name][0], y + sizes[name][1])
        for name, (x, y) in found.corners.items()
    }


def sampled(route: tuple[tuple[float, float], ...]) -> list[tuple[float, float]]:
    """Points on a route that is straight and curved by turns."""
    points = []
    for i, (a, b) in enumerate(itertools.pairwise(route)):
        for t in np.linspace(0.02, 0.98, 9):
            if i % 2 == 0:
                points.append((a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])))
            else:  # a curve with upright ends
                s = 3 * t**2 - 2 * t**3
                middle = (a[1] + b[1]) / 2
                u = 1 - t
                y = u**3 * a[1] + 3 * u * t * middle + t**3 * b[1]
                points.append((a[0] + s * (b[0] - a[0]), y))
    return points


@settings(max_examples=40, deadline=None)
@given(seed=draw.integers(0, 10**6), count=draw.integers(1, 30))
def test_boxes_do_not_overlap_and_edges_run_between_them(seed: int, count: int) -> None:
    sizes, edges = random_graph(seed, count)
    found = arrange(sizes, edges)
    boxes = rectangles(sizes, found)
    for (_, a), (_, b) in itertools.combinations(boxes.items(), 2):
        assert not overlap(a, b)
    for left, top, right, bottom in boxes.values():
        assert left > -1e-6
        assert top > -1e-6
        assert right < found.width + 1e-6
        assert bottom < found.height + 1e-6
    for (start, end), route in zip(edges, found.routes, strict=True):
        (x, y), (u, v) = route[0], route[-1]
        assert y == pytest.approx(boxes[start][3])
        assert v == pytest.approx(boxes[end][1])
        assert boxes[start][0] < x < boxes[start][2]
        assert boxes[end][0] < u < boxes[end][2]
        assert v - y >= LEAST - 1e-6
        for name, (left, top, right, bottom) in boxes.items():
            if name not in (start, end):
                for px, py in sampled(route):
                    assert not (left < px < right and top < py < bottom)


@pytest.mark.parametrize("seed", range(5))
def test_from_left_to_right_is_the_same_turned(seed: int) -> None:
    sizes, edges = random_graph(seed, 12)
    turned = {name: (h, w) for name, (w, h) in sizes.items()}
    down, across = arrange(turned, edges), arrange(sizes, edges, across=True)
    assert (across.width, across.height) == (down.height, down.width)
    assert across.corners == {n: (y, x) for n, (x, y) in down.corners.items()}
    for a, b in zip(across.routes, down.routes, strict=True):
        assert a == tuple((y, x) for x, y in b)


def test_a_chain_is_one_upright_line_and_a_shortcut_goes_around_it() -> None:
    sizes = {name: (40.0 + 30 * i, 20.0) for i, name in enumerate("abcd")}
    edges = [("a", "b"), ("b", "c"), ("c", "d"), ("a", "d")]
    found = arrange(sizes, edges)
    middles = {n: found.corners[n][0] + sizes[n][0] / 2 for n in sizes}
    assert max(middles.values()) - min(middles.values()) < 0.1
    for route in found.routes[:3]:
        assert max(x for x, _ in route) - min(x for x, _ in route) < 0.1
    around = found.routes[3][2:-2]
    assert len({x for x, _ in around}) == 1
    assert around[0][0] > middles["c"] + sizes["c"][0] / 2


def test_branches_do_not_cross_where_they_need_not() -> None:
    names = ["in", *(f"{branch}{i}" for branch in "xyz" for i in range(3)), "out"]
    edges = [("in", f"{b}0") for b in "xyz"] + [(f"{b}2", "out") for b in "zyx"]
    edges += [(f"{b}{i}", f"{b}{i + 1}") for b in "xyz" for i in range(2)]
    sizes = dict.fromkeys(names, (60.0, 20.0))
    found = arrange(sizes, edges)
    middle = {n: found.corners[n][0] + 30 for n in names}
    for branch in "xyz":
        assert len({round(middle[f"{branch}{i}"], 1) for i in range(3)}) == 1
    assert middle["in"] == pytest.approx(sum(middle[f"{b}0"] for b in "xyz") / 3, abs=0.1)


def test_several_edges_and_boxes_without_any() -> None:
    found = arrange({"a": (10, 10), "b": (10, 10), "alone": (10, 10)}, [("a", "b"), ("a", "b")])
    assert len(found.routes) == 2
    assert arrange({}, []) == Layout(0.0, 0.0, {}, ())


@settings(max_examples=50, deadline=None)
@given(draw.lists(draw.tuples(draw.floats(-9, 9), draw.floats(0.1, 5)), min_size=1, max_size=8))
def test_isotonic_is_the_nearest_rising_sequence(pairs: list[tuple[float, float]]) -> None:
    from sklearn.isotonic import isotonic_regression

    values, weights = [v for v, _ in pairs], [w for _, w in pairs]
    expected = isotonic_regression(values, sample_weight=weights)
    np.testing.assert_allclose(isotonic(values, weights), expected, atol=1e-9)
