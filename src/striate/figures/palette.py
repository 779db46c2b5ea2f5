"""Colours that can be seen on white and on a dark page, also by people who see fewer of them."""

from __future__ import annotations

from matplotlib.colors import LinearSegmentedColormap, to_rgb

COLOURS = (
    "#3b78d8",  # blue
    "#d9601a",  # orange
    "#15916b",  # green
    "#b9539f",  # purple
    "#9a7d0a",  # ochre
    "#1691a8",  # cyan
    "#d64550",  # red
    "#7a6fd0",  # violet
    "#6f8a2e",  # olive
    "#8a7769",  # brown
)
ACCENT, SECOND, WRONG = COLOURS[0], COLOURS[1], COLOURS[6]
MUTED = "#7d8590"
"""For what stands back: reference lines, grids, the area between two curves."""

_DEEP = "#1d4ed8"


def colour(index: int) -> str:
    """The colour of a series; they repeat after ten."""
    return COLOURS[index % len(COLOURS)]


def shades() -> LinearSegmentedColormap:
    """From nothing, the page itself, to a deep blue: for counts and shares."""
    red, green, blue = to_rgb(_DEEP)
    ends = [(red, green, blue, 0.0), (red, green, blue, 1.0)]
    return LinearSegmentedColormap.from_list("shades", ends)
