"""How large an output is, and how many numbers a layer learns; with the steps shown."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from striate import errors
from striate.graph import window

Padding = str | int | tuple[int, int]


class DroppedWarning(UserWarning):
    """Rows or columns at the end are seen by no window."""


class OutputSize(int):
    """A number of windows that can say how it came about.

    Attributes:
        steps: the formula, with numbers put in, line by line.
        padding: zeros before and after.
        dropped: positions of the input (padding not counted) at the end that no window reaches.
    """

    steps: tuple[str, ...]
    padding: tuple[int, int]
    dropped: int

    def explain(self) -> str:
        """The steps as text."""
        return "\n".join(self.steps)


def output_size(n: int, f: int, p: Padding = 0, s: int = 1, d: int = 1) -> OutputSize:
    """Windows of `f` along `n` positions: floor((n + p_before + p_after - e) / s) + 1.

    e = (f - 1) d + 1 is the extent of the window with its gaps.

    Args:
        n: input size.
        f: filter (window) size.
        p: padding: a number for both sides, (before, after), "valid", "same" or "full".
        s: stride.
        d: dilation.

    Raises:
        ArgumentError: a size below 1, a negative padding, or an unknown word.
        ShapeError: the window does not fit.

    Example:
        >>> from striate import arrays
        >>> arrays.output_size(7, 3), arrays.output_size(227, 11, s=4)
        (5, 55)
        >>> print(arrays.output_size(28, 3, s=2).explain())
        extent of the window: (3 - 1) * 1 + 1 = 3
        padded input: 28 + 0 + 0 = 28
        windows: floor((28 - 3) / 2) + 1 = 13
        seen by no window at the end: 28 - ((13 - 1) * 2 + 3) = 1
    """
    for name, value in (("n", n), ("f", f), ("s", s), ("d", d)):
        _check_whole("output_size", name, value, 1)
    before, after = amounts("output_size", p, n, f, s, d)
    reach = window.extent(f, d)
    padded = n + before + after
    count = window.output_size(padded, f, s, d) or 0
    if count < 1:
        raise errors.ShapeError(
            errors.message(
                "output_size",
                "the window is larger than its padded input",
                got={"n": n, "f": f, "p": (before, after), "d": d},
                expected=f"an extent of {reach} <= {padded}",
                fix='Use p="same" or a smaller window',
            )
        )
    left = padded - ((count - 1) * s + reach)
    size = OutputSize(count)
    size.padding, size.dropped = (before, after), max(0, left - after)
    size.steps = (
        f"extent of the window: ({f} - 1) * {d} + 1 = {reach}",
        f"padded input: {n} + {before} + {after} = {padded}",
        f"windows: floor(({padded} - {reach}) / {s}) + 1 = {count}",
    )
    if left:
        what = f"{padded} - (({count} - 1) * {s} + {reach}) = {left}"
        of_them = f", {left - size.dropped} of them padding" if size.dropped < left else ""
        size.steps += (f"seen by no window at the end: {what}{of_them}",)
    return size


def same_padding(n: int, f: int, s: int = 1, d: int = 1) -> tuple[int, int]:
    """Zeros before and after for "same", as TensorFlow counts them: the odd one goes after.

    max(0, (ceil(n / s) - 1) s + (f - 1) d + 1 - n) in all.

    Example:
        >>> from striate import arrays
        >>> arrays.same_padding(28, 3), arrays.same_padding(28, 3, s=2)
        ((1, 1), (0, 1))
    """
    return window.same_padding(n, f, s, d)


def parameter_count(
    kernel_size: int | Sequence[int],
    channels: int,
    filters: int,
    *,
    bias: bool = True,
    groups: int = 1,
    positions: int = 1,
) -> int:
    """Numbers that a convolution learns: (k_h k_w channels / groups + bias) filters.

    Args:
        kernel_size: height and width of the window, or a number for both.
        channels: channels in.
        filters: channels out.
        bias: whether each filter has a bias.
        groups: groups of channels that do not see each other.
        positions: places with weights of their own; 1 is weight sharing, H' W' none.

    Raises:
        ArgumentError: `groups` does not divide `channels`.

    Example:
        >>> from striate import arrays
        >>> arrays.parameter_count(11, 3, 96), arrays.parameter_count(5, 3, 1)
        (34944, 76)
        >>> arrays.parameter_count(11, 3, 96, positions=55 * 55)
        105705600
    """
    height, width = pair("parameter_count", "kernel_size", kernel_size)
    if channels % groups:
        raise errors.ArgumentError(
            errors.message(
                "parameter_count",
                "`groups` does not divide the channels",
                got={"groups": groups, "channels": channels},
                expected="a divisor of channels",
            )
        )
    return (height * width * channels // groups + int(bias)) * filters * positions


def pair(where: str, name: str, value: int | Sequence[int], least: int = 1) -> tuple[int, int]:
    """A number for both axes, or one for each."""
    both = tuple(value) if isinstance(value, Sequence) else (value, value)
    if len(both) != 2:
        raise _bad(where, name, value, "a number or two of them")
    for number in both:
        _check_whole(where, name, number, least)
    return both[0], both[1]


def amounts(where: str, p: Padding, n: int, f: int, s: int, d: int) -> tuple[int, int]:
    """Zeros before and after for any way of saying the padding of one axis."""
    if isinstance(p, str):
        if p not in window.CONVOLUTION_PADDINGS:
            raise _bad(where, "padding", p, "'valid', 'same', 'full', a number or (before, after)")
        return window.padding_amounts(p, n, f, s, d)
    before, after = pair(where, "padding", p, least=0)
    return before, after


def axis_amounts(
    where: str,
    padding: Padding | Sequence[Padding],
    shape: Sequence[int],
    kernel: Sequence[int],
    stride: Sequence[int],
    dilation: Sequence[int],
) -> list[tuple[int, int]]:
    """Zeros before and after of each axis; `padding` is one for both axes or ((t, b), (l, r))."""
    each: Sequence[Padding] = (padding, padding)  # type: ignore[assignment]
    if isinstance(padding, Sequence) and not isinstance(padding, str):
        each = list(padding)
    return [
        amounts(where, p, n, f, s, d)
        for p, n, f, s, d in zip(each, shape, kernel, stride, dilation, strict=True)
    ]


def say_dropped(where: str, sizes: Sequence[OutputSize]) -> None:
    """Warns if windows leave out positions at the end of an axis."""
    parts = [
        f"{size.dropped} {axis}{'s' if size.dropped > 1 else ''}"
        for size, axis in zip(sizes, ("row", "column"), strict=True)
        if size.dropped
    ]
    if parts:
        warnings.warn(
            f"{where}: the last {' and '.join(parts)} of the input are seen by no window."
            ' padding="same" would cover them.',
            DroppedWarning,
            stacklevel=3,
        )


def _check_whole(where: str, name: str, value: object, least: int) -> None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or value < least:  # type: ignore[operator]
        raise _bad(where, name, value, f"a whole number >= {least}")


def _bad(where: str, name: str, value: object, expected: str) -> errors.ArgumentError:
    return errors.ArgumentError(
        errors.message(where, f"`{name}` is not valid", got={name: value}, expected=expected)
    )
