"""Output sizes and paddings against counting."""

from __future__ import annotations

import pytest

from striate.graph import window


def positions(size: int, kernel: int, stride: int, dilation: int) -> int:
    reach = (kernel - 1) * dilation + 1
    return sum(1 for start in range(0, size, stride) if start + reach <= size)


@pytest.mark.parametrize("size", range(1, 12))
@pytest.mark.parametrize("kernel", range(1, 6))
@pytest.mark.parametrize("stride", range(1, 5))
@pytest.mark.parametrize("dilation", range(1, 4))
def test_sizes_are_what_counting_gives(size: int, kernel: int, stride: int, dilation: int) -> None:
    counted = positions(size, kernel, stride, dilation)
    formula = window.output_size(size, kernel, stride, dilation)
    assert formula is not None
    assert max(0, formula) == counted
    same = window.output_size(size, kernel, stride, dilation, "same")
    before, after = window.same_padding(size, kernel, stride, dilation)
    assert same == -(-size // stride)
    assert positions(size + before + after, kernel, stride, dilation) >= same
    assert 0 <= after - before <= 1
    if before + after:  # no zero more than needed
        assert positions(size + before + after - 1, kernel, stride, dilation) < same


def test_an_open_size_stays_open() -> None:
    assert window.output_size(None, 3) is None


def test_the_sizes_that_textbooks_name() -> None:
    assert window.output_size(227, 11, stride=4) == 55  # AlexNet
    assert window.output_size(7, 3) == 5
    assert [window.output_size(n, 3, 2, padding="same") for n in (28, 14, 7)] == [14, 7, 4]
