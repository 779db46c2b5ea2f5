"""Notes on old spellings: each one is said once, in one line, on stderr."""

from __future__ import annotations

import sys

_said: set[str] = set()


def old(spelling: str, today: str) -> None:
    """Says once that a spelling is old, as the Keras of that age did.

    Args:
        spelling: as the script has it.
        today: what it is called now.
    """
    say(f"{spelling} is now {today}")


def say(text: str) -> None:
    """Says something once in a process."""
    if text in _said:
        return
    _said.add(text)
    sys.stderr.write(f"striate.keras: {text}\n")


def said() -> frozenset[str]:
    """All that was said."""
    return frozenset(_said)
