"""Occlusion: how much the score falls when a patch hides a part of the image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from striate import errors
from striate.explain.attribution import Attribution
from striate.explain.checking import bad_number, whole
from striate.explain.gradients import pixel_map, predicted
from striate.explain.probe import Probe
from striate.explain.targets import Choice, Target

if TYPE_CHECKING:
    from striate.models import Model


def occlusion(
    model: Model,
    image: Any,
    target: Target = None,
    *,
    size: int | Sequence[int] | None = None,
    strides: int | Sequence[int] | None = None,
    fill: float = 0.0,
    batch_size: int = 64,
) -> Attribution:
    """How much each place matters: by how much the score falls, on average, when it is hidden.

    A patch of one value slides over the image. Each place gets the mean of S(image) - S(hidden)
    over all patches that cover it. It needs no gradients, and runs the network once per patch.

    Shapes: image (H, W, C) or (N, H, W, C) -> values (N, H, W).

    Args:
        model: a built model.
        image: an image or a batch.
        target: as in `saliency`.
        size: rows and columns of the patch, or one number for both; None: an eighth of the image.
        strides: how far it moves; None: half of its size.
        fill: the value that it paints.
        batch_size: so many hidden images run at once.

    Raises:
        ShapeError: the image has another shape than the model was built for.
        ArgumentError: a patch without rows or columns, or larger than the image.

    Example:
        >>> import numpy as np
        >>> import striate as st
        >>> from striate import explain
        >>> model = st.Sequential([layers.Flatten(input_shape=(8, 8, 1)), layers.Dense(3)])
        >>> explain.occlusion(model, np.random.rand(8, 8, 1), size=3).values.shape
        (1, 8, 8)

    References: Zeiler & Fergus (2014), https://arxiv.org/abs/1311.2901
    """
    probe = Probe("occlusion", model, image)
    probe.needs_images()
    patch = _pair("size", size, tuple(max(1, n // 8) for n in probe.size))
    steps = _pair("strides", strides, tuple(max(1, n // 2) for n in patch))
    if any(p > n for p, n in zip(patch, probe.size, strict=True)):
        raise errors.ArgumentError(
            errors.message(
                "occlusion",
                "the patch is larger than the image",
                got={"size": patch},
                expected=f"at most {probe.size}",
            )
        )
    choice = predicted(probe, target)
    corners = [
        (top, left)
        for top in _starts(probe.size[0], patch[0], steps[0])
        for left in _starts(probe.size[1], patch[1], steps[1])
    ]
    values = _mean_falls(probe, choice, patch, corners, fill, batch_size)
    note = f"{len(corners)} patches of {patch[0]} x {patch[1]}"
    return pixel_map("Occlusion", probe, choice.labels, values, note)


def _mean_falls(
    probe: Probe,
    choice: Choice,
    patch: tuple[int, int],
    corners: Sequence[tuple[int, int]],
    fill: float,
    batch_size: int,
) -> Tensor:
    """For each place the mean fall of the score over the patches that cover it, (N, H, W)."""
    images = probe.images
    seen = probe.scores(choice.score, images, batch_size)[0]
    total = torch.zeros(images.shape[:3], device=images.device)
    count = torch.zeros(images.shape[1:3], device=images.device)
    rounds = max(1, batch_size // len(images))
    for i in range(0, len(corners), rounds):
        part = [
            (slice(top, top + patch[0]), slice(left, left + patch[1]))
            for top, left in corners[i : i + rounds]
        ]
        hidden = images.repeat(len(part), 1, 1, 1).unflatten(0, (len(part), -1))
        for one, (rows, columns) in zip(hidden, part, strict=True):
            one[:, rows, columns] = fill
        found = probe.scores(choice.score, hidden.flatten(0, 1), batch_size)
        for falls, (rows, columns) in zip(seen - found, part, strict=True):
            total[:, rows, columns] += falls[:, None, None]
            count[rows, columns] += 1
    return total / count.clamp(min=1)


def _starts(size: int, patch: int, step: int) -> list[int]:
    """Where patches begin along an axis; the last may reach over the edge, so as to hide all."""
    return [i * step for i in range(-(-max(0, size - patch) // step) + 1)]


def _pair(name: str, value: Any, default: tuple[int, ...]) -> tuple[int, int]:
    if value is None:
        return default[0], default[1]
    found = (value, value) if not isinstance(value, (tuple, list)) else tuple(value)
    for one in found:
        whole("occlusion", name, one)
    if len(found) != 2:
        raise bad_number("occlusion", name, found, "one or two whole numbers")
    return found[0], found[1]
