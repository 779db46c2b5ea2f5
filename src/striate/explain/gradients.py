"""Saliency: the gradient of a class's score in the image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import Tensor

from striate.explain.attribution import Attribution
from striate.explain.probe import Probe
from striate.explain.targets import Choice, Target

if TYPE_CHECKING:
    from striate.models import Model


def saliency(model: Model, image: Any, target: Target = None) -> Attribution:
    """How much the score of a class changes with each value of the image: dS / dx.

    S is the score before softmax. The picture shows, for each pixel, the largest magnitude over
    its channels, as in the paper; `values` keep their signs.

    Shapes: image (H, W, C) or (N, H, W, C) -> values (N, H, W, C).

    Args:
        model: a built model.
        image: an image or a batch, as the model takes them.
        target: the class, by number or name, or one for each image; None is the class that the
            model predicts; or a function of the outputs that gives one score for each image.

    Raises:
        ShapeError: the image has another shape than the model was built for.
        UnknownNameError: no class of that name.

    Example:
        >>> import numpy as np
        >>> import striate as st
        >>> from striate import explain
        >>> model = st.Sequential([layers.Flatten(input_shape=(8, 8, 1)), layers.Dense(3)])
        >>> explain.saliency(model, np.random.rand(8, 8, 1), target=0).values.shape
        (1, 8, 8, 1)

    References: Simonyan et al. (2013), https://arxiv.org/abs/1312.6034
    """
    probe = Probe("saliency", model, image)
    probe.needs_images()
    choice = predicted(probe, target)
    found = probe.gradient(choice.score, probe.images)
    return pixel_map("Saliency", probe, choice.labels, found)


def predicted(probe: Probe, target: Target) -> Choice:
    """The score to explain, before the first gradient."""
    return probe.choice(target, probe.values([])[1])


def pixel_map(
    method: str, probe: Probe, labels: tuple[str, ...], values: Tensor, note: str = ""
) -> Attribution:
    """The record of a method that gives a number for each value of the images."""
    return Attribution(method, values.detach().cpu().numpy(), probe.shown, labels, note=note)
