"""What the pictures of this room share: images as they are shown, mosaics, colours, overlays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib
import matplotlib.colors
import numpy as np

from striate.figures import Picture

Array = np.ndarray[Any, np.dtype[Any]]

HEAT, MAPS, SIGNED = "inferno", "viridis", "RdBu_r"
LABEL, EDGE = 0.3, 0.08  # inches of a line of text, of the margin
BETWEEN = "#b0b0b0"  # what separates the images of a mosaic


def displayable(images: Array) -> Array:
    """Images (N, H, W, C) of any range as colours (N, H, W, 3) in 0..1.

    0..1 and 0..255 stay what they are; any other range is stretched, for each image alone.
    """
    images = np.asarray(images, dtype=np.float64)
    low, high = images.min(initial=0.0), images.max(initial=0.0)
    if low >= 0.0 and high <= 1.0:
        shown = images
    elif low >= 0.0 and high <= 255.0 and high > 16.0:
        shown = images / 255.0
    else:
        flat = images.reshape(len(images), -1)
        base, top = flat.min(1), flat.max(1)
        span = np.where(top > base, top - base, 1.0)
        shown = (images - base[:, None, None, None]) / span[:, None, None, None]
    if shown.shape[-1] >= 3:
        return shown[..., :3]
    return np.repeat(shown[..., :1], 3, axis=-1)


def scaled(heat: Array) -> Array:
    """Maps (N, H, W) with what is below 0 cut off and the largest of each at 1."""
    heat = np.maximum(np.asarray(heat, dtype=np.float64), 0.0)
    top = heat.reshape(len(heat), -1).max(1)
    found: Array = heat / np.where(top > 0, top, 1.0)[:, None, None]
    return found


def overlaid(images: Array, heat: Array, alpha: float) -> Array:
    """Maps (N, H, W) as colours over images: (N, H, W, 3), whole numbers 0..255.

    The colour is the more opaque the hotter it is, so that the image can be seen elsewhere.
    """
    heat = scaled(heat)
    colours = matplotlib.colormaps[HEAT](heat)[..., :3]
    weight = alpha * np.sqrt(heat)[..., None]
    mixed = (1.0 - weight) * displayable(images) + weight * colours
    pixels: Array = np.round(255.0 * mixed).astype(np.uint8)
    return pixels


def mosaic(cells: Sequence[Array], columns: int, gap: int = 1) -> Array:
    """Images of one size, (H, W) or (H, W, 3), side by side in rows; NaN between them."""
    height, width, *rest = cells[0].shape
    rows = -(-len(cells) // columns)
    columns = min(columns, len(cells))
    shape = (rows * (height + gap) - gap, columns * (width + gap) - gap, *rest)
    sheet = np.full(shape, np.nan)
    for i, cell in enumerate(cells):
        top, left = i // columns * (height + gap), i % columns * (width + gap)
        sheet[top : top + height, left : left + width] = cell
    return sheet


def mosaic_picture(
    cells: Sequence[Array],
    title: str,
    *,
    columns: int,
    cell_inches: float,
    colours: str = "gray",
    limits: tuple[float, float] | None = None,
    note: str = "",
) -> Picture:
    """Images of one size in a grid below a title; those of numbers are coloured by `colours`.

    Args:
        cells: the images, all (H, W) or all (H, W, 3) in 0..1.
        title: the line above.
        columns: at most so many in a row.
        cell_inches: the width of one.
        colours: a colour map of matplotlib.
        limits: the numbers of the first and the last colour; None: the least and the largest.
        note: a second, smaller line.
    """
    gap = max(1, round(cells[0].shape[1] / 16))
    sheet = mosaic(cells, columns, gap)
    if sheet.ndim == 3:
        sheet = np.where(np.isnan(sheet), matplotlib.colors.to_rgb(BETWEEN), sheet)
    width = max(4.0, min(columns, len(cells)) * cell_inches)
    height = (width - 2 * EDGE) * sheet.shape[0] / sheet.shape[1]
    above = LABEL * (2 if note else 1) + 0.05 + EDGE
    picture = Picture(figsize=(width, height + above), facecolor="white")
    total = height + above
    axes = picture.add_axes((EDGE / width, EDGE / total, 1 - 2 * EDGE / width, height / total))
    axes.set_axis_off()
    low, high = limits if limits is not None else (np.nanmin(sheet), np.nanmax(sheet))
    table = matplotlib.colormaps[colours].with_extremes(bad=BETWEEN)
    axes.imshow(sheet, cmap=table, vmin=low, vmax=high, interpolation="nearest", aspect="auto")
    picture.text(EDGE / width, 1 - 0.5 * LABEL / total, title, va="center", fontsize=10)
    if note:
        place = 1 - 1.4 * LABEL / total
        picture.text(EDGE / width, place, note, va="center", fontsize=8, color="#555555")
    return picture


def rows_picture(
    rows: Sequence[Sequence[Array]], titles: Sequence[str], labels: Sequence[str], note: str
) -> Picture:
    """Images in rows with a title above each column and a label below each row.

    Args:
        rows: for each row its images, (H, W, 3) in 0..1 or whole numbers.
        titles: one for each column.
        labels: one for each row.
        note: a line at the very top.
    """
    cell, space = 2.2, LABEL
    across = len(titles)
    tall = cell * rows[0][0].shape[0] / rows[0][0].shape[1]
    size = (across * (cell + 0.1) + 0.1, len(rows) * (tall + space) + 2.2 * LABEL)
    picture = Picture(figsize=size, facecolor="white")
    picture.text(0.1 / size[0], 1 - 0.5 * LABEL / size[1], note, va="center", fontsize=9)
    for r, (row, label) in enumerate(zip(rows, labels, strict=True)):
        bottom = size[1] - 2.2 * LABEL - r * (tall + space) - tall
        for c, image in enumerate(row):
            left = 0.1 + c * (cell + 0.1)
            axes = picture.add_axes(
                (left / size[0], bottom / size[1], cell / size[0], tall / size[1])
            )
            axes.imshow(image, interpolation="nearest")
            axes.set_axis_off()
            if r == 0:
                axes.set_title(titles[c], fontsize=9, pad=4)
        picture.text(
            0.1 / size[0], (bottom - 0.4 * space) / size[1], label, va="center", fontsize=9
        )
    return picture
