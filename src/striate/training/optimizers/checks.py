"""Checks of what a person passes to an optimizer or a schedule, before anything runs."""

from __future__ import annotations

import math
import numbers

from striate.errors import ArgumentError, message


def check_number(where: str, name: str, value: object, interval: str) -> float:
    """The value as a float, if it lies in an interval written as in mathematics: `"[0, 1)"`.

    Numbers of NumPy and 0-d tensors pass, too; NaN, truth values and text do not.
    """
    number = _plain_number(value)
    if number is None or not _within(number, interval):
        raise ArgumentError(
            message(
                where,
                f"{name} is out of range",
                got={name: value},
                expected=f"a number in {interval}",
            )
        )
    return number


def check_integer(where: str, name: str, value: object, minimum: int) -> int:
    """The value as an int, if it is a whole number that is not below the minimum."""
    number = _plain_number(value)
    if number is None or number != math.floor(number) or number < minimum:
        raise ArgumentError(
            message(
                where,
                f"{name} is out of range",
                got={name: value},
                expected=f"a whole number >= {minimum}",
            )
        )
    return int(number)


def _plain_number(value: object) -> float | None:
    if getattr(value, "ndim", None) == 0:  # a 0-d tensor or array
        value = value.item()  # type: ignore[attr-defined]
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def _within(number: float, interval: str) -> bool:
    low, high = (float(end) for end in interval[1:-1].split(","))
    above = number >= low if interval[0] == "[" else number > low
    below = number <= high if interval[-1] == "]" else number < high
    return above and below
