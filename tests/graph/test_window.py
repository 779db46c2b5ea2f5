"""Sizes and paddings, against counting."""

from __future__ import annotations

import itertools

import pytest

from striate.graph import window


def positions(size: int, kernel: int, stride: int, dilation: int, zeros: tuple[int, int]) -> int:
    """How many windows fit, counted one by one."""
    reach = (kernel - 1) * dilation + 1
    return sum(1 for start in range(0, size + sum(zeros) - reach + 1, stride))


@pytest.mark.parametrize("padding", window.SEQUENCE_PADDINGS)
def test_sizes_are_the_number_of_windows(padding: str) -> None:
    for n, k, s, d in itertools.product(range(1, 18), range(1, 8), range(1, 5), range(1, 4)):
        zeros = window.padding_amounts(padding, n, k, s, d)
        found = window.output_size(n, k, s, d, padding)
        assert found is not None
        assert max(0, found) == positions(n, k, s, d, zeros), (n, k, s, d)


def test_same_padding_is_the_least_that_gives_a_window_per_stride() -> None:
    for n, k, s, d in itertools.product(range(1, 18), range(1, 8), range(1, 5), range(1, 4)):
        before, after = window.same_padding(n, k, s, d)
        wanted = -(-n // s)
        assert positions(n, k, s, d, (before, after)) == wanted
        assert 0 <= after - before <= 1, "the odd one goes after"
        if before + after:
            assert positions(n, k, s, d, (before, after - 1)) < wanted


def test_open_sizes_stay_open() -> None:
    assert window.output_size(None, 3, padding="same") is None
    assert window.transposed_output_size(None, 3) is None


@pytest.mark.parametrize("padding", window.PADDINGS)
def test_a_transposed_convolution_undoes_the_size_of_its_convolution(padding: str) -> None:
    for n, k, s, d in itertools.product(range(1, 18), range(1, 8), range(1, 5), range(1, 4)):
        size = window.transposed_output_size(n, k, s, d, padding)
        assert window.output_size(size, k, s, d, padding) == n


@pytest.mark.parametrize("padding", window.PADDINGS)
def test_output_padding_adds_to_the_least_size(padding: str) -> None:
    for n, k, s in itertools.product(range(1, 9), range(1, 8), range(1, 5)):
        sizes = [window.transposed_output_size(n, k, s, 1, padding, o) for o in range(s)]
        assert sizes == list(range(sizes[0] or 0, (sizes[0] or 0) + s))


def test_worked_sizes() -> None:
    assert window.output_size(227, 11, 4) == 55
    assert window.output_size(7, 3) == 5
    assert window.output_size(7, 3, 2) == 3
    sizes = [28]
    for _ in range(3):
        sizes.append(window.output_size(sizes[-1], 3, 2, padding="same") or 0)
    assert sizes == [28, 14, 7, 4]
    assert window.output_size(5, 4, padding="full") == 5 + 4 - 1
