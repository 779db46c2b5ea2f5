"""Grad-CAM: a layer's maps, weighted by the mean gradient of the score in each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from striate.explain.attribution import Attribution
from striate.explain.cam import activation_map
from striate.explain.probe import Probe
from striate.explain.targets import Target

if TYPE_CHECKING:
    from striate.layers import Layer
    from striate.models import Model


def grad_cam(
    model: Model, image: Any, target: Target = None, *, layer: str | Layer | None = None
) -> Attribution:
    """Where a network looked for a class: relu(sum over k of w_k A_k), w_k the mean of dS / dA_k.

    A_k are the maps of a convolution, S the score of the class before softmax. It is coarse, and
    holds for any network with convolutions.

    Shapes: image (H, W, C) or (N, H, W, C) -> values (N, H, W), `coarse` (N, h, w).

    Args:
        model: a built model.
        image: an image or a batch, as the model takes them.
        target: the class, by number or name, or one for each image; None is the class that the
            model predicts; or a function of the outputs that gives one score for each image.
        layer: whose maps; None: the last with rows and columns (`reason` says which and why).

    Raises:
        GraphError: no convolution leads to the output.
        UnknownNameError: no layer or class of that name; the nearest are listed.
        ShapeError: the image does not fit, or the layer's result has no rows and columns.

    Example:
        >>> import numpy as np
        >>> import striate as st
        >>> from striate import explain
        >>> model = st.Sequential(
        ...     [
        ...         layers.Conv2D(4, 3, activation="relu", input_shape=(12, 12, 1)),
        ...         layers.MaxPooling2D(2),
        ...         layers.Flatten(),
        ...         layers.Dense(3, activation="softmax"),
        ...     ]
        ... )
        >>> found = explain.grad_cam(model, np.random.rand(12, 12, 1), target=2)
        >>> found.layer, found.values.shape
        ('conv2d', (1, 12, 12))

    References: Selvaraju et al. (2017), https://arxiv.org/abs/1610.02391
    """
    probe = Probe("grad_cam", model, image)
    probe.needs_images()
    place = probe.place(layer)
    choice, maps, gradient = probe.value_and_gradient(target, probe.map_port(place))
    weights = gradient.mean((1, 2), keepdim=True)
    coarse = (weights * maps).sum(-1).relu()
    return activation_map("Grad-CAM", probe, place, choice.labels, coarse)
