"""Maximally activating: the images of a data set that a unit answers to most."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

from striate.data import source
from striate.explain.checking import whole
from striate.explain.maximization import checked_unit
from striate.explain.probe import Probe, checked_model

if TYPE_CHECKING:
    from striate.figures import Picture
    from striate.layers import Layer
    from striate.models import Model

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Examples:
    """The images that a unit answers to most, the strongest first.

    Args:
        layer: the layer of the unit.
        unit: its channel.
        images: (count, H, W, C).
        indices: their places in the data.
        activations: the largest value of the unit in each.
        positions: row and column of that value in the unit's map; (0, 0) without a map.
    """

    layer: str
    unit: int
    images: Array = field(repr=False)
    indices: tuple[int, ...]
    activations: tuple[float, ...]
    positions: tuple[tuple[int, int], ...]

    def plot(self, *, columns: int = 3) -> Picture:
        """The images in a grid."""
        from striate.explain.drawing import displayable, mosaic_picture

        strongest, weakest = self.activations[0], self.activations[-1]
        return mosaic_picture(
            list(displayable(self.images)),
            f"{self.layer}, unit {self.unit}",
            columns=columns,
            cell_inches=1.6,
            note=f"activation {strongest:.3g} to {weakest:.3g}",
        )

    def save(self, path: str | os.PathLike[str], dpi: float = 120) -> None:
        """Writes `plot` to a PNG, SVG or PDF file, by the ending of its name."""
        self.plot().save(path, dpi)

    def _repr_png_(self) -> bytes:
        return self.plot().content("png")


def maximally_activating(
    model: Model,
    layer: str | Layer,
    unit: int,
    data: Any,
    *,
    count: int = 9,
    batch_size: int = 64,
) -> Examples:
    """The images of a data set in which a unit has its largest value, anywhere in its map.

    Args:
        model: a built model.
        layer: the unit's layer, by name or itself.
        unit: the channel of its maps, or the unit of a layer without maps.
        data: what `predict` takes: arrays, a data set, a loader; labels are left aside.
        count: so many images, or all if there are fewer.
        batch_size: where the data are arrays.

    Raises:
        UnknownNameError: no layer of that name.
        ArgumentError: no such unit.
        DataError: no data, or something is wrong with them.

    Example:
        >>> import numpy as np
        >>> import striate as st
        >>> from striate import explain
        >>> model = st.Sequential([layers.Conv2D(4, 3, input_shape=(8, 8, 1), name="conv")])
        >>> explain.maximally_activating(model, "conv", 1, np.ones((5, 8, 8, 1)), count=2).indices
        (0, 1)

    References: Zeiler & Fergus (2014), https://arxiv.org/abs/1311.2901
    """
    where = "maximally_activating"
    whole(where, "count", count)
    checked_model(model, where)
    best: list[tuple[float, int, tuple[int, int], Array]] = []
    start = 0
    name = ""
    for batch in source(data, shuffle=False, batch_size=batch_size).batches(0):
        probe = Probe(where, model, batch[0])
        port = probe.port(layer)
        if start == 0:
            checked_unit(probe, port, unit)
            name = layer if isinstance(layer, str) else str(port)
        values = probe.values([port], logits=False)[0][port][..., unit]
        flat = values.reshape(len(values), -1)
        top, place = flat.max(1)
        for i in top.argsort(descending=True, stable=True)[:count].tolist():
            shown = np.array(probe.shown[i])
            best.append((float(top[i]), start + i, _position(values, int(place[i])), shown))
        best = sorted(best, key=lambda found: (-found[0], found[1]))[:count]
        start += len(values)
    activations, indices, positions, images = zip(*best, strict=True)
    return Examples(name, unit, np.stack(images), indices, activations, positions)


def _position(values: Tensor, place: int) -> tuple[int, int]:
    """Row and column of a place in maps (N, H, W)."""
    if values.dim() != 3:
        return 0, 0
    return place // values.shape[2], place % values.shape[2]
