"""CAM: the maps before global average pooling, weighted as the last layer weighs their means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import Tensor

from striate import errors
from striate.explain.attribution import Attribution
from striate.explain.cam import activation_map
from striate.explain.places import Place
from striate.explain.probe import Probe
from striate.explain.targets import Choice, Target
from striate.graph import Node, kinds

if TYPE_CHECKING:
    from striate.models import Model


def class_activation_map(model: Model, image: Any, target: Target = None) -> Attribution:
    """Where a network looked for a class: sum over k of w_k A_k, w_k the weights of the last layer.

    For networks that end with maps, global average pooling and one Dense layer: there the score is
    the mean of this map plus the bias, so nothing is approximated. `grad_cam` gives the same map
    there, divided by the number of places and without what is below 0, and takes any network.

    Shapes: image (H, W, C) or (N, H, W, C) -> values (N, H, W), `coarse` (N, h, w).

    Args:
        model: a built model.
        image: an image or a batch.
        target: a class, by number or name, or one for each image; None: the predicted one.

    Raises:
        GraphError: the network does not end so.
        UnknownNameError: no class of that name.
        ShapeError: the image does not fit.

    Example:
        >>> import numpy as np
        >>> import striate as st
        >>> from striate import explain
        >>> conv = layers.Conv2D(4, 3, activation="relu", input_shape=(12, 12, 1))
        >>> model = st.Sequential([conv, layers.GlobalAveragePooling2D(), layers.Dense(3)])
        >>> found = explain.class_activation_map(model, np.random.rand(12, 12, 1), target=0)
        >>> found.layer, found.coarse.shape
        ('conv2d', (1, 10, 10))

    References: Zhou et al. (2016), https://arxiv.org/abs/1512.04150
    """
    probe = Probe("class_activation_map", model, image)
    probe.needs_images()
    pooling, last = _ending(probe)
    place = Place(pooling.inputs[0], f"{pooling.name} averages it for {last.name}")
    seen, outputs = probe.values([place.port])
    dense: Any = probe.stepper.layers[last.layer]
    kernel = dense.kernel.detach()  # (k, classes)
    each = seen[place.port] @ kernel  # a map for each class: (N, h, w, classes)
    choice = probe.choice(target, outputs)
    return activation_map("CAM", probe, place, choice.labels, _chosen(choice, each))


def _chosen(choice: Choice, each: Tensor) -> Tensor:
    """The map of each image's own class: the score of every place, as if it were an output."""
    size = each.shape[1:3]
    places = each.movedim(0, 2).flatten(0, 2)  # round after round of the images, one for a place
    return choice.score([places]).view(*size, -1).movedim(2, 0)


def _ending(probe: Probe) -> tuple[Node, Node]:
    """The global average pooling and the Dense layer that a network ends with."""
    node = probe.graph[probe.graph.outputs[0].node]
    last = node
    if isinstance(last.kind, (kinds.Activation, kinds.Softmax)):
        last = probe.graph[last.inputs[0].node]
    before = probe.graph[last.inputs[0].node] if last.inputs else last
    while before.inputs and before.kind.idle(training=False):
        before = probe.graph[before.inputs[0].node]
    fits = isinstance(last.kind, kinds.Dense) and isinstance(
        before.kind, kinds.GlobalAveragePooling2D
    )
    if not fits:
        raise errors.GraphError(
            errors.message(
                probe.where,
                "the network does not end with global average pooling and one Dense layer",
                got={"end": tuple(f"{n.name} ({n.kind_name})" for n in probe.graph.nodes[-3:])},
                expected="maps, GlobalAveragePooling2D, Dense",
                fix="grad_cam takes any network with convolutions",
            )
        )
    return before, last
