"""Attribution: what a method found, for each image a map of what mattered for the score."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from striate.figures import Picture

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Attribution:
    """For each image, how much each place mattered for the score of a class.

    Notebooks show it as `plot` draws it.

    Shapes: `values` is (N, H, W) for class activation maps and occlusion, as large as the images,
    or (N, H, W, C) for methods that give a number for each value of the image.

    Args:
        method: the method's name.
        values: the numbers, with their signs.
        images: what was explained, (N, H, W, C).
        labels: the class that was explained, for each image.
        layer: the layer that a class activation map was taken from.
        reason: why that layer.
        coarse: a class activation map as the layer has it, (N, h, w).
        note: what else there is to know.
    """

    method: str
    values: Array
    images: Array = field(repr=False)
    labels: tuple[str, ...]
    layer: str = ""
    reason: str = ""
    coarse: Array | None = field(default=None, repr=False)
    note: str = ""

    @property
    def heat(self) -> Array:
        """One number for each place, (N, H, W): of several channels the largest magnitude."""
        return self.values if self.values.ndim == 3 else np.abs(self.values).max(axis=-1)

    def overlay(self, alpha: float = 0.7) -> Array:
        """The maps as colours over the images: (N, H, W, 3), whole numbers 0..255.

        Args:
            alpha: how opaque the hottest place is, 0 to 1.
        """
        from striate.explain.drawing import overlaid

        return overlaid(self.images, self.heat, alpha)

    def plot(self, alpha: float = 0.7) -> Picture:
        """A picture: each image, its map, and the map over the image."""
        import matplotlib

        from striate.explain.drawing import HEAT, displayable, rows_picture, scaled

        colours = matplotlib.colormaps[HEAT](scaled(self.heat))[..., :3]
        shown = displayable(self.images)
        rows = list(zip(shown, colours, self.overlay(alpha), strict=True))
        note = f"{self.method} at {self.layer}" if self.layer else self.method
        return rows_picture(rows, ("image", self.method, "over the image"), self.labels, note)

    def save(self, path: str | os.PathLike[str], dpi: float = 120) -> None:
        """Writes `plot` to a PNG, SVG or PDF file, by the ending of its name."""
        self.plot().save(path, dpi)

    def _repr_png_(self) -> bytes:
        return self.plot().content("png")

    def __str__(self) -> str:
        parts = [f"{self.method} of {', '.join(self.labels)}"]
        if self.layer:
            parts.append(f"layer {self.layer}: {self.reason}")
        return "; ".join([*parts, self.note] if self.note else parts)
