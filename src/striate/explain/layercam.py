"""Layer-CAM: each place of a layer's maps, weighted by its own positive gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from striate.explain.attribution import Attribution
from striate.explain.cam import activation_map
from striate.explain.probe import Probe
from striate.explain.targets import Target

if TYPE_CHECKING:
    from striate.layers import Layer
    from striate.models import Model


def layer_cam(
    model: Model, image: Any, target: Target = None, *, layer: str | Layer | None = None
) -> Attribution:
    """Where a network looked for a class: relu(sum over k of relu(dS / dA_k) A_k), place by place.

    As each place has its own weight, it works in early layers too, whose maps are finer, and in
    networks that flatten their maps, where the mean gradient of Grad-CAM says little.

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
        >>> model = st.Sequential([conv, layers.Flatten(), layers.Dense(3)])
        >>> explain.layer_cam(model, np.random.rand(12, 12, 1)).coarse.shape
        (1, 10, 10)

    References: Jiang et al. (2021), https://doi.org/10.1109/TIP.2021.3089943
    """
    probe = Probe("layer_cam", model, image)
    probe.needs_images()
    place = probe.place(layer)
    choice, maps, gradient = probe.value_and_gradient(target, probe.map_port(place))
    coarse = (gradient.relu() * maps).sum(-1).relu()
    return activation_map("Layer-CAM", probe, place, choice.labels, coarse)
