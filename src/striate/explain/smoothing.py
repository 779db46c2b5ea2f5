"""SmoothGrad: the mean of the saliency of noisy copies of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from striate.explain.attribution import Attribution
from striate.explain.checking import share, whole
from striate.explain.gradients import pixel_map, predicted
from striate.explain.probe import Probe
from striate.explain.targets import Target

if TYPE_CHECKING:
    from striate.models import Model


def smooth_grad(
    model: Model,
    image: Any,
    target: Target = None,
    *,
    samples: int = 25,
    noise: float = 0.15,
    seed: int = 0,
) -> Attribution:
    """Saliency without most of its grain: dS / dx, averaged over images with added noise.

    Shapes: image (H, W, C) or (N, H, W, C) -> values (N, H, W, C).

    Args:
        model: a built model.
        image: an image or a batch.
        target: as in `saliency`; a class that is predicted is that of the image without noise.
        samples: noisy copies of each image.
        noise: standard deviation of the noise, as a share of the range of each image's values.
        seed: of the noise; the global random state is not touched.

    Raises:
        ShapeError: the image has another shape than the model was built for.
        ArgumentError: no samples, or noise that is not from 0 to 1.

    Example:
        >>> import numpy as np
        >>> import striate as st
        >>> from striate import explain
        >>> model = st.Sequential([layers.Flatten(input_shape=(8, 8, 1)), layers.Dense(3)])
        >>> explain.smooth_grad(model, np.random.rand(8, 8, 1), samples=4).values.shape
        (1, 8, 8, 1)

    References: Smilkov et al. (2017), https://arxiv.org/abs/1706.03825
    """
    whole("smooth_grad", "samples", samples)
    share("smooth_grad", "noise", noise)
    probe = Probe("smooth_grad", model, image)
    probe.needs_images()
    choice = predicted(probe, target)
    images = probe.images
    deviation = noise * (images.amax((1, 2, 3), True) - images.amin((1, 2, 3), True))
    generator = torch.Generator().manual_seed(seed)
    total = torch.zeros_like(images)
    for _ in range(samples):
        drawn = torch.randn(images.shape, generator=generator).to(images)
        total += probe.gradient(choice.score, images + deviation * drawn)
    return pixel_map("SmoothGrad", probe, choice.labels, total / samples)
