"""Checks of the numbers that methods take."""

from __future__ import annotations

from striate import errors


def whole(where: str, name: str, value: object, least: int = 1) -> None:
    """Raises ArgumentError unless `value` is a whole number of at least `least`."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise bad_number(where, name, value, f"a whole number >= {least}")


def share(where: str, name: str, value: object) -> None:
    """Raises ArgumentError unless `value` is a number from 0 to 1."""
    if not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise bad_number(where, name, value, "a number from 0 to 1")


def bad_number(where: str, name: str, value: object, expected: str) -> errors.ArgumentError:
    """The error of a number that is not what it should be."""
    return errors.ArgumentError(
        errors.message(where, f"`{name}` is not valid", got={name: value}, expected=expected)
    )
