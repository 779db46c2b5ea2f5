"""Integrated gradients: the saliency along the way from a baseline to the image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from striate import errors
from striate.explain.attribution import Attribution
from striate.explain.checking import whole
from striate.explain.gradients import pixel_map, predicted
from striate.explain.probe import Probe
from striate.explain.targets import Target

if TYPE_CHECKING:
    from torch import Tensor

    from striate.models import Model


def integrated_gradients(
    model: Model, image: Any, target: Target = None, *, baseline: Any = 0.0, steps: int = 50
) -> Attribution:
    """How much each value of the image adds to the score: (x - b) times the mean of dS / dx.

    The mean is taken on the straight way from the baseline b to the image x, by Gauss-Legendre
    quadrature. The values of an image then add up to S(x) - S(b); how far they miss that is said
    in `note`, and more `steps` bring it nearer.

    Shapes: image (H, W, C) or (N, H, W, C) -> values (N, H, W, C).

    Args:
        model: a built model.
        image: an image or a batch.
        target: as in `saliency`.
        baseline: an image that shows nothing: a number, (H, W, C) or (N, H, W, C). Black by
            default; black things in the image then get nothing.
        steps: points on the way.

    Raises:
        ShapeError: the image or the baseline does not fit.
        ArgumentError: no steps.

    Example:
        >>> import numpy as np
        >>> import striate as st
        >>> from striate import explain
        >>> model = st.Sequential([layers.Flatten(input_shape=(8, 8, 1)), layers.Dense(3)])
        >>> explain.integrated_gradients(model, np.ones((8, 8, 1)), target=0).values.shape
        (1, 8, 8, 1)

    References: Sundararajan et al. (2017), https://arxiv.org/abs/1703.01365
    """
    whole("integrated_gradients", "steps", steps)
    probe = Probe("integrated_gradients", model, image)
    probe.needs_images()
    choice = predicted(probe, target)
    images = probe.images
    start = _baseline(baseline, images)
    points, weights = np.polynomial.legendre.leggauss(steps)
    mean = torch.zeros_like(images)
    for point, weight in zip((points + 1) / 2, weights / 2, strict=True):
        there = start + float(point) * (images - start)
        mean += float(weight) * probe.gradient(choice.score, there)
    values = (images - start) * mean
    ends = probe.scores(choice.score, torch.cat([images, start]), 2 * len(images))
    missing = float((values.sum((1, 2, 3)) - (ends[0] - ends[1])).abs().max())
    note = f"the values add up to the change of the score within {missing:.2g}"
    return pixel_map("Integrated gradients", probe, choice.labels, values, note)


def _baseline(value: Any, images: Tensor) -> Tensor:
    """The baseline as large as the images."""
    found = torch.as_tensor(value, dtype=images.dtype, device=images.device)
    try:
        return found.expand_as(images).clone()
    except RuntimeError:
        raise errors.ShapeError(
            errors.message(
                "integrated_gradients",
                "the baseline does not fit the image",
                got={"baseline": tuple(found.shape)},
                expected=f"a number, or {tuple(images.shape[1:])} as the image",
            )
        ) from None
