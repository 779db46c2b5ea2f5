"""How many channels a scaled network has."""

from __future__ import annotations


def rounded(channels: float) -> int:
    """The nearest multiple of 8, at least 8, not more than a tenth below.

    Example:
        >>> rounded(16), rounded(18.9), rounded(3)
        (16, 24, 8)
    """
    near = max(8, int(channels + 4) // 8 * 8)
    return near + 8 if near < 0.9 * channels else near
