"""Grad-CAM++: Grad-CAM with weights that let several places of one class count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from striate.explain.attribution import Attribution
from striate.explain.cam import activation_map
from striate.explain.probe import Probe
from striate.explain.targets import Target

if TYPE_CHECKING:
    from striate.layers import Layer
    from striate.models import Model


def grad_cam_plus_plus(
    model: Model, image: Any, target: Target = None, *, layer: str | Layer | None = None
) -> Attribution:
    """Where a network looked for a class, better than Grad-CAM if the class is there several times.

    relu(sum over k of w_k A_k) with w_k = sum of a relu(g), g = dS / dA_k at each place, and
    a = g^2 / (2 g^2 + g^3 sum(A_k)). The paper's score is exp(S), whose positive factor would only
    scale the map; it is left out, so that large scores do not overflow.

    Shapes: image (H, W, C) or (N, H, W, C) -> values (N, H, W), `coarse` (N, h, w).

    Args:
        model: a built model.
        image: an image or a batch.
        target: as in `grad_cam`.
        layer: as in `grad_cam`.

    Raises:
        GraphError: no convolution leads to the output.
        UnknownNameError: no layer or class of that name; the nearest are listed.
        ShapeError: the image does not fit, or the layer's result has no rows and columns.

    Example:
        >>> import numpy as np
        >>> import striate as st
        >>> from striate import explain
        >>> conv = layers.Conv2D(4, 3, activation="relu", input_shape=(12, 12, 1))
        >>> model = st.Sequential([conv, layers.GlobalAveragePooling2D(), layers.Dense(3)])
        >>> explain.grad_cam_plus_plus(model, np.random.rand(12, 12, 1)).values.shape
        (1, 12, 12)

    References: Chattopadhyay et al. (2018), https://arxiv.org/abs/1710.11063
    """
    probe = Probe("grad_cam_plus_plus", model, image)
    probe.needs_images()
    place = probe.place(layer)
    choice, maps, gradient = probe.value_and_gradient(target, probe.map_port(place))
    square = gradient**2
    below = 2 * square + square * gradient * maps.sum((1, 2), keepdim=True)
    shares = torch.where(below != 0, square / below, torch.zeros_like(below))
    weights = (shares * gradient.relu()).sum((1, 2), keepdim=True)
    coarse = (weights * maps).sum(-1).relu()
    return activation_map("Grad-CAM++", probe, place, choice.labels, coarse)
