"""Score-CAM: a layer's maps, weighted by what the score becomes where only they let see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from striate.explain.attribution import Attribution
from striate.explain.cam import activation_map, enlarged_channels
from striate.explain.probe import Probe
from striate.explain.targets import Target

if TYPE_CHECKING:
    from striate.layers import Layer
    from striate.models import Model


def score_cam(
    model: Model,
    image: Any,
    target: Target = None,
    *,
    layer: str | Layer | None = None,
    batch_size: int = 64,
) -> Attribution:
    """Where a network looked for a class, found without gradients.

    Each map A_k of the layer, made as large as the image and brought to 0..1, is laid over the
    image as a mask. The score of the masked image less that of a black one, s_k, says what the
    mask is worth: relu(sum over k of w_k A_k) with w = softmax(s). It runs the network once for
    each channel of the layer.

    Shapes: image (H, W, C) or (N, H, W, C) -> values (N, H, W), `coarse` (N, h, w).

    Args:
        model: a built model.
        image: an image or a batch.
        target: as in `grad_cam`.
        layer: as in `grad_cam`.
        batch_size: so many masked images run at once.

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
        >>> explain.score_cam(model, np.random.rand(12, 12, 1)).values.shape
        (1, 12, 12)

    References: Wang et al. (2020), https://arxiv.org/abs/1910.01279
    """
    probe = Probe("score_cam", model, image)
    probe.needs_images()
    place = probe.place(layer)
    seen, outputs = probe.values([probe.map_port(place)])
    choice = probe.choice(target, outputs)
    maps = seen[place.port]
    masks = _from_0_to_1(enlarged_channels(maps, probe.size))
    masked = masks.movedim(-1, 0)[..., None] * probe.images  # (k, N, H, W, C)
    found = probe.scores(choice.score, masked.flatten(0, 1), batch_size)
    base = probe.scores(choice.score, torch.zeros_like(probe.images), batch_size)
    weights = (found - base).softmax(0).T  # (N, k)
    coarse = (weights[:, None, None] * maps).sum(-1).relu()
    return activation_map("Score-CAM", probe, place, choice.labels, coarse)


def _from_0_to_1(masks: Tensor) -> Tensor:
    """Masks (N, H, W, k), each with its least value at 0 and its largest at 1; flat ones at 0."""
    low, high = masks.amin((1, 2), keepdim=True), masks.amax((1, 2), keepdim=True)
    return (masks - low) / torch.where(high > low, high - low, torch.ones_like(high))
