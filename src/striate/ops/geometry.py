"""Moving the pixels of each image by a transformation of its own.

A transformation is a matrix per image that says, for a place of the *output*, which place of the
input it shows: (column, row, 1) of the output -> (column, row, 1) of the input, up to a factor.
"""

from __future__ import annotations

import torch
from torch import Tensor

from striate.ops.filters import blur_planes
from striate.ops.sampling import FAR, sample


def warp(
    x: Tensor,
    matrices: Tensor,
    interpolation: str = "bilinear",
    fill_mode: str = "reflect",
    fill_value: float = 0.0,
) -> Tensor:
    """Each image as its matrix shows it.

    Shapes: x (N, C, H, W); matrices (N, 2, 3), affine, or (N, 3, 3), projective -> (N, C, H, W).
    """
    high = torch.float64 if x.dtype == torch.float64 else torch.float32
    m = matrices.to(high)[..., None, None]
    row = torch.arange(x.shape[2], dtype=high, device=x.device)[:, None]
    column = torch.arange(x.shape[3], dtype=high, device=x.device)[None, :]
    columns = m[:, 0, 0] * column + (m[:, 0, 1] * row + m[:, 0, 2])
    rows = m[:, 1, 0] * column + (m[:, 1, 1] * row + m[:, 1, 2])
    if m.shape[1] == 3:
        depth = m[:, 2, 0] * column + (m[:, 2, 1] * row + m[:, 2, 2])
        # a place on the horizon is nowhere: it gets a place far outside
        columns, rows = ((v / depth).nan_to_num(-FAR, FAR, -FAR) for v in (columns, rows))
    return sample(x, rows, columns, interpolation, fill_mode, fill_value)


def rotation(angle: Tensor, height: int, width: int) -> Tensor:
    """Turns about the centre, counterclockwise for positive angles in radians.

    Shapes: angle (N,) -> (N, 2, 3).
    """
    cos, sin = angle.cos(), angle.sin()
    x, y = (width - 1) / 2, (height - 1) / 2
    return _affine(cos, -sin, x - cos * x + sin * y, sin, cos, y - sin * x - cos * y)


def translation(right: Tensor, down: Tensor) -> Tensor:
    """Moves the content by pixels.

    Shapes: right, down (N,) -> (N, 2, 3).
    """
    one, zero = torch.ones_like(right), torch.zeros_like(right)
    return _affine(one, zero, -right, zero, one, -down)


def zoom(tall: Tensor, wide: Tensor, height: int, width: int) -> Tensor:
    """Shows `tall` and `wide` times as much, about the centre: above 1 the content shrinks.

    Shapes: tall, wide (N,) -> (N, 2, 3).
    """
    x, y, zero = (width - 1) / 2, (height - 1) / 2, torch.zeros_like(tall)
    return _affine(wide, zero, x * (1.0 - wide), zero, tall, y * (1.0 - tall))


def shear(along_x: Tensor, along_y: Tensor) -> Tensor:
    """Shifts rows by `along_x` pixels per row, columns by `along_y` pixels per column.

    Shapes: along_x, along_y (N,) -> (N, 2, 3). The first row and column stay where they are.
    """
    one, zero = torch.ones_like(along_x), torch.zeros_like(along_x)
    return _affine(one, along_x, zero, along_y, one, zero)


def _affine(a: Tensor, b: Tensor, c: Tensor, d: Tensor, e: Tensor, f: Tensor) -> Tensor:
    return torch.stack([a, b, c, d, e, f], dim=-1).view(-1, 2, 3)


def homography(start: Tensor, end: Tensor) -> Tensor:
    """The projective matrices that show the four points `start` of the input at `end`.

    With h = (h0, ..., h7) and a point (u, v) of `end` that shows (x, y) of `start`:
    x (h6 u + h7 v + 1) = h0 u + h1 v + h2, y (h6 u + h7 v + 1) = h3 u + h4 v + h5:
    eight linear equations per image.

    Shapes: start, end (N, 4, 2), each point (column, row) -> (N, 3, 3).
    """
    u, v = end.unbind(-1)
    x, y = start.unbind(-1)
    one, zero = torch.ones_like(u), torch.zeros_like(u)
    for_x = torch.stack([u, v, one, zero, zero, zero, -x * u, -x * v], dim=-1)
    for_y = torch.stack([zero, zero, zero, u, v, one, -y * u, -y * v], dim=-1)
    equations, wanted = torch.cat([for_x, for_y], dim=1), torch.cat([x, y], dim=1)
    solved = torch.linalg.solve(equations, wanted)
    return torch.cat([solved, torch.ones_like(solved[:, :1])], dim=1).view(-1, 3, 3)


def corners(x: Tensor) -> Tensor:
    """The centres of the corner pixels, (column, row): (1, 4, 2)."""
    right, bottom = x.shape[3] - 1.0, x.shape[2] - 1.0
    places = [[0.0, 0.0], [right, 0.0], [0.0, bottom], [right, bottom]]
    return torch.tensor([places], device=x.device)


def elastic(
    x: Tensor,
    noise: Tensor,
    strength: Tensor,
    sigma: Tensor,
    taps: int,
    interpolation: str = "bilinear",
    fill_mode: str = "reflect",
    fill_value: float = 0.0,
) -> Tensor:
    """Each pixel shows the place that a smooth random field points to.

    The field is strength sigma G(noise), with G a Gaussian blur of standard deviation sigma.

    Shapes: x (N, C, H, W); noise (N, 2, H, W), across and down; strength, sigma (N,).
    """
    field = blur_planes(noise, sigma, taps) * (strength * sigma)[:, None, None, None]
    row = torch.arange(x.shape[2], device=x.device)[:, None]
    column = torch.arange(x.shape[3], device=x.device)[None, :]
    return sample(x, row + field[:, 1], column + field[:, 0], interpolation, fill_mode, fill_value)
