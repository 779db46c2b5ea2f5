"""Sizes, counts and the whole text of every message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import striate as st
from striate import arrays


def test_sizes_that_textbooks_name() -> None:
    assert arrays.output_size(7, 3) == 5
    assert arrays.output_size(7, 3, s=2) == 3
    assert arrays.output_size(32, 5, p=2) == 32
    assert arrays.output_size(227, 11, s=4) == 55
    assert arrays.output_size(5, 3, p="full") == 7
    assert [arrays.output_size(n, 3, p="same", s=2) for n in (28, 14, 7)] == [14, 7, 4]


def test_counts_that_textbooks_name() -> None:
    assert arrays.parameter_count(11, 3, 96) == 34_944
    assert arrays.parameter_count(11, 3, 96, positions=55 * 55) == 105_705_600
    assert arrays.parameter_count(5, 3, 1, bias=False) == 75
    assert arrays.parameter_count(5, 3, 1) == 76
    assert arrays.parameter_count(3, 64, 128, groups=2) == (9 * 32 + 1) * 128


def test_the_steps_of_the_formula() -> None:
    assert arrays.output_size(10, 3, p=(0, 1), s=3, d=2).explain() == (
        "extent of the window: (3 - 1) * 2 + 1 = 5\n"
        "padded input: 10 + 0 + 1 = 11\n"
        "windows: floor((11 - 5) / 3) + 1 = 3"
    )
    assert arrays.output_size(28, 3, p=1, s=2).steps[-1] == (
        "seen by no window at the end: 30 - ((14 - 1) * 2 + 3) = 1, 1 of them padding"
    )


@pytest.mark.parametrize("n", range(3, 15))
@pytest.mark.parametrize("s", range(1, 5))
@pytest.mark.parametrize("after", [0, 1, 2])
def test_what_is_dropped_is_counted(n: int, s: int, after: int) -> None:
    size = arrays.output_size(n, 3, p=(0, after), s=s)
    seen = {i * s + k for i in range(size) for k in range(3)}
    last = max(seen)
    assert size.dropped == max(0, n - 1 - last)


def test_what_is_dropped_is_said() -> None:
    with pytest.warns(arrays.DroppedWarning) as caught:
        arrays.correlate2d(np.ones((6, 7)), np.ones((3, 3)), stride=(2, 3))
    assert str(caught[0].message) == (
        "correlate2d: the last 1 row and 1 column of the input are seen by no window."
        ' padding="same" would cover them.'
    )
    with pytest.warns(arrays.DroppedWarning, match=r"^pool2d: the last 1 row of the input"):
        arrays.pool2d(np.ones((5, 4)))


CASES: list[tuple[str, Callable[[], Any], type[Exception], str]] = [
    (
        "window too large",
        lambda: arrays.output_size(3, 5),
        st.ShapeError,
        "output_size: the window is larger than its padded input. Got n=3, f=5, p=(0, 0), d=1."
        ' Expected an extent of 5 <= 3. Use p="same" or a smaller window.',
    ),
    (
        "stride 0",
        lambda: arrays.output_size(5, 3, s=0),
        st.ArgumentError,
        "output_size: `s` is not valid. Got s=0. Expected a whole number >= 1.",
    ),
    (
        "padding word",
        lambda: arrays.output_size(5, 3, p="all"),
        st.ArgumentError,
        "output_size: `padding` is not valid. Got padding='all'. Expected 'valid', 'same', 'full',"
        " a number or (before, after).",
    ),
    (
        "not an image",
        lambda: arrays.correlate2d(np.ones(3), np.ones((2, 2))),
        st.ShapeError,
        "correlate2d: not an image or a stack of images. Got shape=(3,). Expected (H, W), (H, W,"
        " C) or (N, H, W, C), none of them 0.",
    ),
    (
        "kernel of other channels",
        lambda: arrays.correlate2d(np.ones((5, 5, 3)), np.ones((2, 2, 4))),
        st.ShapeError,
        "correlate2d: the kernel does not fit the image. Got kernel shape=(2, 2, 4), channels=3."
        " Expected (h, w) for every channel, (h, w, 3) for one filter, or (h, w, 3, F) for F"
        " filters.",
    ),
    (
        "flat kernel in a matrix product",
        lambda: arrays.matrix_product(np.ones((5, 5, 3)), np.ones((2, 2))),
        st.ShapeError,
        "matrix_product: a filter needs the channels of the image. Got kernel=(2, 2), channels=3."
        " Expected (h, w, 3, F).",
    ),
    (
        "gradient of another shape",
        lambda: arrays.correlate2d_backward(
            np.ones((1, 5, 5, 1)), np.ones((3, 3, 1, 2)), np.ones((1, 5, 5, 2))
        ),
        st.ShapeError,
        "correlate2d_backward: the gradient is not of the output's shape. Got gradient=(1, 5, 5,"
        " 2), kernel=(3, 3, 1, 2). Expected gradient (1, 3, 3, 2), kernel (h, w, C, F).",
    ),
    (
        "matrix of other windows",
        lambda: arrays.col2im(np.ones((4, 4)), (4, 4), 2),
        st.ShapeError,
        "col2im: the matrix is not of these windows. Got columns=(4, 4). Expected (9, 4) for"
        " images (4, 4).",
    ),
    (
        "trace of a bank",
        lambda: arrays.trace_window(np.ones((5, 5, 1)), np.ones((3, 3, 1, 2)), 0, 0),
        st.ShapeError,
        "trace_window: one image and one filter are traced. Got image=(5, 5, 1), kernel=(3, 3, 1,"
        " 2). Expected (H, W) with (h, w), or (H, W, C) with (h, w, C). Take one of them:"
        " images[0], kernel[..., 0].",
    ),
    (
        "trace outside",
        lambda: arrays.trace_window(np.ones((5, 5)), np.ones((3, 3)), 3, 0),
        st.ArgumentError,
        "trace_window: the output has no such window. Got row=3, column=0. Expected row below 3,"
        " column below 3.",
    ),
    (
        "kind of pooling",
        lambda: arrays.pool2d(np.ones((4, 4)), kind="avg"),
        st.UnknownNameError,
        "pool2d: unknown kind. Got 'avg'. Did you mean 'average'?",
    ),
    (
        "mode of padding",
        lambda: arrays.pad2d(np.ones((4, 4)), 1, "mirror"),
        st.UnknownNameError,
        "pad2d: unknown mode. Got 'mirror'. Known: constant, edge, reflect, zeros.",
    ),
    (
        "sides of padding",
        lambda: arrays.pad2d(np.ones((4, 4)), (1, 1, 1)),
        st.ArgumentError,
        "pad2d: `padding` is not valid. Got padding=(1, 1, 1). Expected a number, (height, width),"
        " or ((top, bottom), (left, right)).",
    ),
    (
        "groups",
        lambda: arrays.parameter_count(3, 4, 8, groups=3),
        st.ArgumentError,
        "parameter_count: `groups` does not divide the channels. Got groups=3, channels=4."
        " Expected a divisor of channels.",
    ),
]


@pytest.mark.parametrize(("run", "kind", "text"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_message(run: Callable[[], Any], kind: type[Exception], text: str) -> None:
    with pytest.raises(kind) as caught:
        run()
    assert str(caught.value) == text
