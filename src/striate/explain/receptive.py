"""Effective receptive field: which pixels a unit depends on in fact, and how much."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from striate import errors
from striate.explain.maximization import blank_image
from striate.explain.probe import Probe

if TYPE_CHECKING:
    from striate.figures import Picture
    from striate.layers import Layer
    from striate.models import Model

Array = np.ndarray[Any, np.dtype[Any]]
NEGLIGIBLE = 1 - 0.9545  # of the largest value: what lies beyond two standard deviations


@dataclass(frozen=True)
class EffectiveReceptiveField:
    """How much each pixel moves one place of a layer.

    Args:
        values: mean magnitude of the gradient, (H, W), the largest 1.
        layer: whose place it is.
        row, column: which place.
        box: first row, first column, row and column after the last with any influence: the
            theoretical receptive field as far as it lies in the image.
    """

    values: Array = field(repr=False)
    layer: str
    row: int
    column: int
    box: tuple[int, int, int, int]

    @property
    def size_px(self) -> float:
        """Its side: the root of the number of pixels that matter by more than 4.55 %."""
        return float(np.sqrt((self.values > NEGLIGIBLE).sum()))

    def plot(self) -> Picture:
        """The values, with the box in which they are not 0."""
        from matplotlib.patches import Rectangle

        from striate.explain.drawing import HEAT
        from striate.figures import Picture

        height, width = self.values.shape
        picture = Picture(figsize=(4.6, 4.6 * height / width + 0.7), layout="constrained")
        axes = picture.subplots()
        axes.imshow(np.sqrt(self.values), cmap=HEAT, vmin=0, vmax=1)
        top, left, bottom, right = self.box
        size = (right - left, bottom - top)
        axes.add_patch(
            Rectangle(
                (left - 0.5, top - 0.5), *size, fill=False, edgecolor="#8fd3ff", linewidth=1.5
            )
        )
        axes.set_title(
            f"{self.layer} at ({self.row}, {self.column}): box {size[1]} x {size[0]},"
            f" effective {self.size_px:.1f}",
            fontsize=9,
        )
        return picture

    def save(self, path: str | os.PathLike[str], dpi: float = 120) -> None:
        """Writes `plot` to a PNG, SVG or PDF file, by the ending of its name."""
        self.plot().save(path, dpi)

    def _repr_png_(self) -> bytes:
        return self.plot().content("png")


def effective_receptive_field(
    model: Model,
    layer: str | Layer | None = None,
    images: Any = None,
    *,
    row: int | None = None,
    column: int | None = None,
    samples: int = 16,
    seed: int = 0,
) -> EffectiveReceptiveField:
    """Which pixels one place of a layer depends on, and how much, found from gradients.

    The mean over images of the magnitude of d(sum of the place's channels) / dx, summed over the
    channels of the image. It is mostly much smaller than the theoretical receptive field, and
    falls off like a bell curve; training makes it larger.

    Args:
        model: a built model.
        layer: by name or itself; None: the layer that `grad_cam` would take.
        images: a batch; None: `samples` images of normal noise.
        row: of the place in the layer's map; None: the middle.
        column: likewise.
        samples: how many images of noise.
        seed: of the noise.

    Raises:
        UnknownNameError: no layer of that name.
        ArgumentError: no such place.
        ShapeError: the layer has no maps, or the model leaves the size of images open and
            `images` is None.

    Example:
        >>> import striate as st
        >>> from striate import explain
        >>> convs = [layers.Conv2D(4, 3, input_shape=(16, 16, 1)), layers.Conv2D(4, 3)]
        >>> found = explain.effective_receptive_field(st.Sequential(convs), row=5, column=5)
        >>> found.box
        (5, 5, 10, 10)

    References: Luo et al. (2016), https://arxiv.org/abs/1701.04128
    """
    where = "effective_receptive_field"
    if images is None:
        grey = blank_image(model.graph, None, where)
        drawn = np.random.default_rng(seed).standard_normal((samples, *grey.shape[1:]))
        images = drawn.astype(np.float32)
    probe = Probe(where, model, images)
    probe.needs_images()
    place = probe.place(layer)
    port = probe.map_port(place)
    seen: list[Any] = []

    def see(at: Any, value: Any) -> Any:
        if at == port:
            seen.append(value)
        return value

    with probe.looking():
        x = probe.images.detach().requires_grad_()
        probe.run(see, images=x)
        maps = seen[-1]
        at = (_inside(row, maps.shape[1], "row"), _inside(column, maps.shape[2], "column"))
        (gradient,) = torch.autograd.grad(maps[:, at[0], at[1]].sum(), x)
    found = gradient.abs().sum(-1).mean(0).cpu().numpy().astype(np.float64)
    rows, columns = np.flatnonzero(found.any(1)), np.flatnonzero(found.any(0))
    box = (0, 0, 0, 0)
    if len(rows):
        box = (int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)
    values = found / max(float(found.max()), 1e-300)
    return EffectiveReceptiveField(values, place.name, *at, box)


def _inside(place: int | None, size: int, name: str) -> int:
    """A row or column of a map; None is the middle one."""
    if place is None:
        return size // 2
    if not -size <= place < size:
        raise errors.ArgumentError(
            errors.message(
                "effective_receptive_field",
                "no such place in the map",
                got={name: place},
                expected=f"0 to {size - 1}",
            )
        )
    return place % size
