"""Functions that lay values out anew, join and part them, and pick some."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from striate.ops.functions.definitions import axes_of, entered, met
from striate.ops.functions.reductions import sum_


@entered()
def reshape(x: Tensor, newshape: Any) -> Tensor:
    """To a shape; -1 is what is left over, None the size that is there."""
    sizes = (newshape,) if isinstance(newshape, (int, Tensor)) else tuple(newshape)
    return x.reshape([x.shape[i] if n is None else int(n) for i, n in enumerate(sizes)])


@entered()
def ravel(x: Tensor) -> Tensor:
    """All values in a row."""
    return x.reshape(-1)


@entered()
def transpose(x: Tensor, axes: Sequence[int] | None = None) -> Tensor:
    """Axes in another order; turned round by default."""
    return x.permute(*(axes if axes is not None else range(x.dim() - 1, -1, -1)))


@entered()
def swapaxes(x: Tensor, axis1: int, axis2: int) -> Tensor:
    """Two axes exchanged."""
    return x.transpose(axis1, axis2)


@entered()
def moveaxis(x: Tensor, source: Any, destination: Any) -> Tensor:
    """Axes moved to other places, the others in order."""
    return torch.movedim(x, source, destination)


@entered()
def expand_dims(x: Tensor, axis: Any) -> Tensor:
    """New axes of size 1."""
    many = (axis,) if isinstance(axis, int) else tuple(axis)
    for place in sorted(a % (x.dim() + len(many)) for a in many):
        x = x.unsqueeze(place)
    return x


@entered()
def squeeze(x: Tensor, axis: Any = None) -> Tensor:
    """Without axes of size 1."""
    if axis is None:
        return x.squeeze()
    gone = axes_of(axis, x.dim())
    if any(x.shape[a] != 1 for a in gone):
        raise ValueError(f"cannot squeeze axis {axis} of shape {tuple(x.shape)}")
    return x.squeeze(gone)


@entered()
def broadcast_to(x: Tensor, shape: Sequence[int]) -> Tensor:
    """To a shape, by repeating axes of size 1."""
    return x.expand(tuple(shape))


@entered()
def repeat(x: Tensor, repeats: Any, axis: int | None = None) -> Tensor:
    """Every value several times along an axis."""
    times = repeats if isinstance(repeats, int) else torch.as_tensor(repeats, device=x.device)
    return torch.repeat_interleave(x, times, dim=axis)


@entered()
def tile(x: Tensor, repeats: Any) -> Tensor:
    """The whole several times along each axis."""
    return torch.tile(x, (repeats,) if isinstance(repeats, int) else tuple(map(int, repeats)))


@entered()
def pad(x: Tensor, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> Tensor:
    """More at both ends of each axis: constant, reflect, symmetric or edge."""
    if isinstance(pad_width, int):
        pad_width = ((pad_width, pad_width),) * x.dim()
    elif isinstance(pad_width[0], int):
        pad_width = (tuple(pad_width),) * x.dim()
    elif len(pad_width) == 1:
        pad_width = tuple(pad_width) * x.dim()
    if mode == "constant":
        flat = [int(n) for pair in reversed(list(pad_width)) for n in pair]
        return F.pad(x, flat, value=0 if constant_values is None else constant_values)
    for axis, (before, after) in enumerate(pad_width):
        if before or after:
            x = x.index_select(axis, _reflected(x, axis, int(before), int(after), mode))
    return x


def _reflected(x: Tensor, axis: int, before: int, after: int, mode: str) -> Tensor:
    """The places that a padded axis shows."""
    n = x.shape[axis]
    place = torch.arange(-before, n + after, device=x.device)
    if mode == "edge":
        return place.clamp(0, n - 1)
    if mode == "symmetric":
        place = place % (2 * n)
        return torch.where(place < n, place, 2 * n - 1 - place)
    period = max(1, 2 * n - 2)
    place = place % period
    return torch.where(place < n, place, period - place)


@entered()
def flip(x: Tensor, axis: Any = None) -> Tensor:
    """Turned round along axes."""
    return torch.flip(x, axes_of(axis, x.dim()))


@entered()
def flipud(x: Tensor) -> Tensor:
    """Turned round along the first axis."""
    return torch.flip(x, (0,))


@entered()
def fliplr(x: Tensor) -> Tensor:
    """Turned round along the second axis."""
    return torch.flip(x, (1,))


@entered()
def roll(x: Tensor, shift: Any, axis: Any = None) -> Tensor:
    """Moved along an axis, what leaves at one end entering at the other."""
    return torch.roll(x, shift, axis)


@entered()
def rot90(array: Tensor, k: int = 1, axes: Sequence[int] = (0, 1)) -> Tensor:
    """Turned by k quarters from the first of two axes towards the second."""
    return torch.rot90(array, k, tuple(axes))


def _alike(xs: Sequence[Tensor]) -> list[Tensor]:
    dtype = xs[0].dtype
    for x in xs[1:]:
        dtype = torch.promote_types(dtype, x.dtype)
    return [x.to(dtype) for x in xs]


@entered(None)
def concatenate(xs: Sequence[Tensor], axis: int = 0) -> Tensor:
    """Behind one another along an axis."""
    return torch.cat(_alike(xs), axis)


@entered(None)
def stack(x: Sequence[Tensor], axis: int = 0) -> Tensor:
    """Side by side along a new axis."""
    return torch.stack(_alike(x), axis)


@entered(None)
def hstack(xs: Sequence[Tensor]) -> Tensor:
    """Behind one another along the second axis, vectors along their only one."""
    return torch.hstack(_alike(xs))


@entered(None)
def vstack(xs: Sequence[Tensor]) -> Tensor:
    """Below one another, vectors as rows."""
    return torch.vstack(_alike(xs))


@entered(None)
def dstack(xs: Sequence[Tensor]) -> Tensor:
    """Behind one another along the third axis."""
    return torch.dstack(_alike(xs))


@entered(2)
def append(x1: Tensor, x2: Tensor, axis: int | None = None) -> Tensor:
    """x2 behind x1; in a row without an axis."""
    a, b = met(x1, x2)
    return torch.cat([a.flatten(), b.flatten()]) if axis is None else torch.cat([a, b], axis)


@entered()
def split(x: Tensor, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    """Into equal parts, or at places."""
    if not isinstance(indices_or_sections, int):
        return list(torch.tensor_split(x, [int(i) for i in indices_or_sections], axis))
    if x.shape[axis] % indices_or_sections:
        raise ValueError(
            f"axis {axis} of shape {tuple(x.shape)} is not {indices_or_sections} equal parts"
        )
    return list(torch.chunk(x, indices_or_sections, axis))


@entered()
def array_split(x: Tensor, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    """Into nearly equal parts, or at places."""
    return list(torch.tensor_split(x, indices_or_sections, axis))


@entered()
def unstack(x: Tensor, num: int | None = None, axis: int = 0) -> list[Tensor]:
    """Each slice along an axis by itself."""
    return list(torch.unbind(x, axis))


@entered(2)
def take(x: Tensor, indices: Tensor, axis: int | None = None) -> Tensor:
    """Those at the places named along an axis; places below zero count from the end."""
    if axis is None:
        x, axis = x.reshape(-1), 0
    places = indices.long()
    places = torch.where(places < 0, places + x.shape[axis], places)
    chosen = torch.index_select(x, axis, places.reshape(-1))
    at = axis % x.dim()
    return chosen.reshape(*x.shape[:at], *places.shape, *x.shape[at + 1 :])


@entered(2)
def take_along_axis(x: Tensor, indices: Tensor, axis: int | None = None) -> Tensor:
    """One for each place named, along an axis."""
    places = indices.long()
    if axis is None:
        x, places, axis = x.reshape(-1), places.reshape(-1), 0
    return torch.take_along_dim(x, places, axis)


@entered()
def get_item(x: Tensor, key: Any) -> Tensor:
    """x[key]."""
    return x[key]


@entered()
def slice_(inputs: Tensor, start_indices: Any, shape: Any) -> Tensor:
    """A box from its first corner and its size; -1 is all that is left."""
    for axis, (start, size) in enumerate(zip(start_indices, shape, strict=True)):
        left = inputs.shape[axis] - int(start)
        inputs = inputs.narrow(axis, int(start), left if size in (-1, None) else int(size))
    return inputs


@entered()
def slice_update(inputs: Tensor, start_indices: Any, updates: Any) -> Tensor:
    """A copy with another box in it."""
    out, box = inputs.clone(), torch.as_tensor(updates).to(inputs)
    ends = zip(start_indices, box.shape, strict=True)
    out[tuple(slice(int(s), int(s) + n) for s, n in ends)] = box
    return out


@entered(2)
def scatter(indices: Tensor, values: Tensor, shape: Any) -> Tensor:
    """Zeros, with values added at places, one row of `indices` each."""
    out = torch.zeros(tuple(int(n) for n in shape), dtype=values.dtype, device=values.device)
    return out.index_put_(tuple(indices.long().unbind(-1)), values, accumulate=True)


@entered(3)
def scatter_update(
    inputs: Tensor, indices: Tensor, updates: Tensor, reduction: Any = None
) -> Tensor:
    """A copy with other values at places: in their stead, or added, multiplied, max, min."""
    places = tuple(indices.long().unbind(-1))
    updates = updates.to(inputs.dtype)
    if reduction is None:
        return inputs.index_put(places, updates)
    if reduction == "add":
        return inputs.index_put(places, updates, accumulate=True)
    rule = {"mul": "prod", "max": "amax", "min": "amin"}[reduction]
    flat = torch.arange(inputs.numel(), device=inputs.device).reshape(inputs.shape)[places]
    out = inputs.flatten().scatter_reduce(0, flat.flatten(), updates.flatten(), rule)
    return out.reshape(inputs.shape)


@entered()
def tril(x: Tensor, k: int = 0) -> Tensor:
    """What is not above a diagonal."""
    return torch.tril(x, k)


@entered()
def triu(x: Tensor, k: int = 0) -> Tensor:
    """What is not below a diagonal."""
    return torch.triu(x, k)


@entered()
def diag(x: Tensor, k: int = 0) -> Tensor:
    """A matrix with this diagonal, or the diagonal of a matrix."""
    return torch.diag(x, k)


@entered()
def diagonal(x: Tensor, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """The diagonal of two axes, as the last axis."""
    return torch.diagonal(x, offset, axis1, axis2)


@entered()
def trace(x: Tensor, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """The sum of the diagonal."""
    return sum_(diagonal(x, offset, axis1, axis2), -1)


@entered()
def unique(
    x: Tensor,
    sorted: bool = True,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
) -> Any:
    """Each value once, rising; with where it was, and how often."""
    values, back, counts = torch.unique(x, True, True, True, axis)
    found: list[Tensor] = [values]
    if return_index:
        along = back.flatten()
        first = torch.full((len(counts),), len(along), device=x.device)
        found.append(first.scatter_reduce(0, along, torch.arange(len(along)), "amin").int())
    if return_inverse:
        found.append(back.int())
    if return_counts:
        found.append(counts.int())
    return found[0] if len(found) == 1 else tuple(found)
