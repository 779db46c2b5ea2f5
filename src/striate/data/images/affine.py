"""Moving the pixels of images by affine maps, with scipy's meaning of the border.

`scipy.ndimage.affine_transform` asks for each pixel of the output where it lies in the input. Here
the places of a whole batch are computed at once and read by one call of torch in double precision,
which gives the same float32 numbers several times as fast.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from striate.errors import ArgumentError, message, unknown_name

if TYPE_CHECKING:
    import torch

Array = np.ndarray[Any, np.dtype[Any]]
Parameters = Mapping[str, Any]

FILL_MODES = ("nearest", "constant", "reflect", "wrap")
_AFFINE = {"theta": 0.0, "tx": 0.0, "ty": 0.0, "shear": 0.0, "zx": 1.0, "zy": 1.0}
"""The parameters of a map, with the value of each that changes nothing."""


@dataclass(frozen=True)
class Border:
    """What lies outside an image, and the order of the spline between its pixels.

    Args:
        fill_mode: "nearest" aaaa|abcd|dddd, "reflect" dcba|abcd|dcba, "constant" kkkk|abcd|kkkk
            with k = cval, "wrap" as scipy has it: the first and last pixel lie on each other.
        cval: the number outside.
        order: 0 takes the nearest pixel, 1 interpolates linearly, 2 to 5 by splines (with scipy).
    """

    fill_mode: str = "nearest"
    cval: float = 0.0
    order: int = 1

    def __post_init__(self) -> None:
        if self.fill_mode not in FILL_MODES:
            raise unknown_name("fill_mode", "way to fill", self.fill_mode, FILL_MODES)
        if self.order not in range(6):
            raise ArgumentError(
                message(
                    "interpolation_order",
                    "there is no spline of this order",
                    got={"order": self.order},
                    expected="0, 1, 2, 3, 4 or 5",
                )
            )


def moved(
    images: Array, parameters: Sequence[Parameters], border: Border, swap: bool = True
) -> Array:
    """Each image after the map of its parameters; those without any stay as they are.

    Args:
        images: (N, H, W, C).
        parameters: for each image `theta` (degrees), `tx`, `ty` (pixels), `shear` (degrees), `zx`,
            `zy`; see `maps`.
        border: what lies outside.
        swap: see `maps`.
    """
    changed = [
        i
        for i, given in enumerate(parameters)
        if any(given.get(name, none) != none for name, none in _AFFINE.items())
    ]
    if not changed:
        return images
    chosen = [parameters[i] for i in changed]
    height, width = images.shape[1:3] if swap else images.shape[2:0:-1]
    matrices = maps(chosen, height, width, swap)
    part = images if len(changed) == len(images) else images[changed]
    found = (
        _by_torch(part, matrices, border)
        if border.order < 2
        else (_by_splines(part, matrices, border))
    )
    if len(changed) == len(images):
        return found
    result = images.copy()
    result[changed] = found
    return result


def maps(parameters: Sequence[Parameters], height: int, width: int, swap: bool = True) -> Array:
    """For each image the map from a place (row, column) of the output to one of the input.

    The product of a rotation, a shift, a shear and a zoom, about the middle. As in Keras (whose
    matrices are in (x, y), exchanged with `swap` at the end, after the middle was put in) `tx`
    and `zx` act along the columns, and the middle of an image that is not square is
    (width / 2, height / 2) in (row, column).

    Shapes: (N, 2, 3).
    """
    columns = {
        name: np.array([float(given.get(name, none)) for given in parameters])
        for name, none in _AFFINE.items()
    }
    theta, shear = np.deg2rad(columns["theta"]), np.deg2rad(columns["shear"])
    rotation, shift, sheared, zoom = (_identities(len(parameters)) for _ in range(4))
    rotation[:, 0, 0] = rotation[:, 1, 1] = np.cos(theta)
    rotation[:, 1, 0] = np.sin(theta)
    rotation[:, 0, 1] = -rotation[:, 1, 0]
    shift[:, 0, 2], shift[:, 1, 2] = columns["tx"], columns["ty"]
    sheared[:, 0, 1], sheared[:, 1, 1] = -np.sin(shear), np.cos(shear)
    zoom[:, 0, 0], zoom[:, 1, 1] = columns["zx"], columns["zy"]
    to_middle, back = _identities(1), _identities(1)
    to_middle[0, :2, 2] = height / 2 - 0.5, width / 2 - 0.5
    back[0, :2, 2] = -to_middle[0, :2, 2]
    whole = to_middle @ (rotation @ shift @ sheared @ zoom) @ back
    if swap:
        whole = whole[:, [1, 0, 2]][:, :, [1, 0, 2]]
    return np.asarray(whole[:, :2])


def _identities(count: int) -> Array:
    return np.tile(np.eye(3), (count, 1, 1))


_CHUNK_PIXELS = 1 << 16
"""So many pixels are moved at once: what is computed for them stays in the processor's cache."""


def _by_torch(images: Array, matrices: Array, border: Border) -> Array:
    result = np.empty_like(images)
    step = max(1, _CHUNK_PIXELS // (images.shape[1] * images.shape[2]))
    for start in range(0, len(images), step):
        part = slice(start, start + step)
        result[part] = _chunk(images[part], matrices[part], border)
    return result


def _chunk(images: Array, matrices: Array, border: Border) -> Array:
    import torch

    height, width = images.shape[1:3]
    outside = None
    if border.order == 1 and border.fill_mode == "nearest" and min(height, width) > 1:
        grid = _grid(matrices, images.shape)  # grid_sample keeps places inside by itself
    else:
        grid, outside = _exact_grid(matrices, height, width, border)
    x = torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).to(torch.float64)
    mode = "nearest" if border.order == 0 else "bilinear"
    found = torch.nn.functional.grid_sample(
        x, grid, mode=mode, padding_mode="border", align_corners=True
    ).permute(0, 2, 3, 1)
    if outside is not None:
        found = torch.where(outside[..., None], border.cval, found)
    return _as_type(found.numpy(), images.dtype)


def _grid(matrices: Array, shape: tuple[int, ...]) -> torch.Tensor:
    """Places between -1 and 1, (column, row), by one product of matrices."""
    import torch

    half = (np.array(shape[1:3]) - 1) / 2
    # place = half * (p + 1) for p between -1 and 1, on both sides
    scaled = matrices[:, :, :2] * (half[None, :] / half[:, None])
    moved = (matrices[:, :, :2] @ half + matrices[:, :, 2]) / half - 1
    theta = np.concatenate([scaled, moved[:, :, None]], axis=2)
    theta = theta[:, ::-1][:, :, [1, 0, 2]]  # torch has the column first
    size = [len(matrices), 1, shape[1], shape[2]]
    made = torch.from_numpy(np.ascontiguousarray(theta))
    return torch.nn.functional.affine_grid(made, size, align_corners=True)


def _exact_grid(
    matrices: Array, height: int, width: int, border: Border
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Places rounded as scipy rounds them: at a border the last bit decides what is outside."""
    import torch

    m = torch.from_numpy(matrices)[:, :, :, None, None]
    row = torch.arange(height, dtype=torch.float64)[:, None]
    column = torch.arange(width, dtype=torch.float64)
    rows = m[:, 0, 2] + row * m[:, 0, 0] + column * m[:, 0, 1]
    columns = m[:, 1, 2] + row * m[:, 1, 0] + column * m[:, 1, 1]
    outside = None
    if border.fill_mode == "constant":
        outside = (rows < 0) | (rows > height - 1) | (columns < 0) | (columns > width - 1)
    rows, columns = _inside(rows, height, border), _inside(columns, width, border)
    # grid_sample wants places between -1 and 1
    across = columns * (2 / max(width - 1, 1)) - 1
    down = rows * (2 / max(height - 1, 1)) - 1
    return torch.stack((across, down), dim=-1), outside


def _inside(place: torch.Tensor, size: int, border: Border) -> torch.Tensor:
    """The place inside the image that shows what a place outside is to show."""
    if border.fill_mode == "reflect" and size > 1:
        place = place.add(0.5).remainder(2 * size)
        place = place.minimum(2 * size - place).sub(0.5)
    elif border.fill_mode == "wrap" and size > 1:
        period = size - 1
        # the last pixel itself is not mapped to the first, with which it shares its place
        inside = (place >= 0) & (place <= period)
        place = place.where(inside, place.remainder(period))
    if border.order == 0:
        place = place.add(0.5).floor()
    return place.clamp(0, size - 1)


def _by_splines(images: Array, matrices: Array, border: Border) -> Array:
    from scipy import ndimage

    result = np.empty_like(images)
    for image, matrix, out in zip(images, matrices, result, strict=True):
        for channel in range(images.shape[3]):
            out[..., channel] = ndimage.affine_transform(
                image[..., channel],
                matrix[:, :2],
                matrix[:, 2],
                order=border.order,
                mode=border.fill_mode,
                cval=border.cval,
            )
    return result


def _as_type(values: Array, dtype: np.dtype[Any]) -> Array:
    if dtype.kind in "iu":  # whole numbers are rounded and kept within their type, as in scipy
        limits = np.iinfo(dtype)
        values = np.clip(np.floor(values + 0.5), limits.min, limits.max)
    return values.astype(dtype)
