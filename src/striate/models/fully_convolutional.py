"""A classifier as a network that slides over larger images."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from striate import errors
from striate.graph import Graph, Node, Port, Symbol, kinds
from striate.layers import AveragePooling2D, Conv2D, Dense, Input, Layer, MaxPooling2D
from striate.layers.calls import Template
from striate.models.model import Model

# What may stand behind the point where maps become vectors: it treats every position alike.
POINTWISE = (
    kinds.Activation,
    kinds.Add,
    kinds.BatchNormalization,
    kinds.Concatenate,
    kinds.Dropout,
    kinds.ELU,
    kinds.LeakyReLU,
    kinds.ReLU,
    kinds.Rescaling,
    kinds.Softmax,
)


def to_fully_convolutional(model: Model) -> Model:
    """The same network with every `Dense` after a `Flatten` as a convolution of equal weights.

    A `Dense` on a flattened H x W x C volume becomes a `Conv2D` with an H x W window, every later
    one a 1 x 1 convolution; a global pooling becomes a pooling of its map's size. The network
    then takes images of any size from the original one on and returns a map of what the
    classifier would say window by window, computed once (Long et al. 2015). The two agree exactly
    where nothing in the network pads; with padding "same" the maps near the border of a window
    differ, because the sliding network sees what lies behind it.

    Shapes: a model (N, H, W, C) -> (N, classes) becomes (N, H', W', C) -> (N, h, w, classes) with
        h = 1 + (H' - H) / stride, stride being the product of the strides.

    Args:
        model: a built model with one image as input; it is not changed, weights are copied.

    Raises:
        ShapeError: an input that is not images, a layer behind the `Flatten` that depends on
            the size, such as `Reshape`, or one before it that looks at the whole image, such as
            `SqueezeExcite` or `GroupNormalization`.

    Example:
        >>> import torch
        >>> import striate as st
        >>> from striate import layers
        >>> model = st.Sequential(
        ...     [layers.Conv2D(4, 3, input_shape=(8, 8, 1)), layers.Flatten(), layers.Dense(10)]
        ... )
        >>> sliding = st.to_fully_convolutional(model)
        >>> sliding.output_shape, sliding(torch.zeros(1, 10, 12, 1)).shape
        ((None, None, None, 10), torch.Size([1, 3, 5, 10]))

    References: Long et al. (2015), "Fully convolutional networks for semantic segmentation",
        https://arxiv.org/abs/1411.4038
    """
    graph = model.graph
    if len(graph.inputs) != 1 or graph.input_specs[0].rank != 4:
        raise errors.ShapeError(
            errors.message(
                model.where,
                "only a model of one image can slide over larger ones",
                got={"input shapes": tuple(s.shape for s in graph.input_specs)},
                expected="one input (N, H, W, C)",
            )
        )
    entry = Input((None, None, graph.input_specs[0].channels), name=graph.inputs[0].node)
    outputs = _Slide(model).run([entry])
    sliding = Model(entry, outputs if len(outputs) > 1 else outputs[0], name=graph.name)
    sliding.metadata.update(copy.deepcopy(model.metadata))
    return sliding


class _Slide:
    """Records a model's layers anew on symbols of open size.

    Args:
        model: the model, or one nested in it.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self.graph: Graph = model.graph
        self.values: dict[Port, Symbol] = {}
        self.volume: dict[Port, tuple[int, int]] = {}  # flattened, by the size it had

    def run(self, entries: Sequence[Symbol]) -> list[Symbol]:
        """The outputs for these inputs."""
        self.values.update(zip(self.graph.inputs, entries, strict=True))
        for node in self.graph:
            if isinstance(node.kind, kinds.InputLayer):
                continue
            made = self._node(node, self.model.get_layer(node.layer))
            for i, symbol in enumerate(made):
                self.values[Port(node.name, i)] = symbol
        return [self.values[p] for p in self.graph.outputs]

    def _node(self, node: Node, layer: Layer) -> list[Symbol]:
        inputs = [self.values[p] for p in node.inputs]
        was = self.graph.spec(node.inputs[0])
        kind = node.kind
        if isinstance(kind, kinds.Nested) and isinstance(layer, Model):
            return _Slide(layer).run(inputs)
        if isinstance(kind, kinds.Flatten) and was.rank == 4:
            self.volume[Port(node.name)] = self._size(node, was.spatial)
            return inputs
        if isinstance(kind, (kinds.GlobalAveragePooling2D, kinds.GlobalMaxPooling2D)):
            pool = AveragePooling2D if "Average" in node.kind_name else MaxPooling2D
            return [pool(self._size(node, was.spatial), strides=1, name=node.layer)(inputs[0])]
        if isinstance(layer, Dense) and was.rank == 2:
            window = self.volume.get(node.inputs[0], (1, 1))
            return [as_convolution(layer, window)(inputs[0])]
        if was.rank == 2:
            return self._pointwise(node, layer, inputs)
        if kind.sees_all:
            raise errors.ShapeError(
                errors.message(
                    f"{node.name} ({node.kind_name})",
                    "this layer looks at the whole image, so it would see more than a window",
                    got={"input shape": was.shape},
                    expected="layers that look at a part around each place",
                )
            )
        return called(node, copied(layer, node.layer), inputs)

    def _pointwise(self, node: Node, layer: Layer, inputs: list[Symbol]) -> list[Symbol]:
        if not isinstance(node.kind, POINTWISE) or any(p in self.volume for p in node.inputs):
            raise errors.ShapeError(
                errors.message(
                    f"{node.name} ({node.kind_name})",
                    "this layer depends on the size of the image and cannot slide",
                    got={"input shape": self.graph.spec(node.inputs[0]).shape},
                    expected="Dense, activations, dropout, normalisation or joints of channels"
                    " behind the Flatten, and a Dense first",
                )
            )
        return called(node, copied(layer, node.layer), inputs)

    def _size(self, node: Node, spatial: tuple[int | None, ...]) -> tuple[int, int]:
        height, width = spatial
        if height is None or width is None:
            raise errors.ShapeError(
                errors.message(
                    f"{node.name} ({node.kind_name})",
                    "the size of the map is open, so the window of the classifier is not known",
                    got={"input shape": (None, *spatial)},
                    expected="a model with a fixed image size",
                )
            )
        return height, width


def as_convolution(layer: Dense, window: tuple[int, int]) -> Conv2D:
    """A `Dense` on a flattened volume of `window` positions as a convolution of equal weights.

    kernel (H W C, units) -> (H, W, C, units): `Flatten` lays rows first, channels fastest.
    """
    config = {k: v for k, v in layer.get_config().items() if k not in ("units", "name")}
    config.pop("batch_input_shape", None)
    made = Conv2D(filters=layer.units, kernel_size=window, name=layer.name, **config)
    weights = layer.get_weights()
    kernel = weights[0].reshape(*window, -1, layer.units)
    made.build((None, None, None, kernel.shape[2]))
    made.set_weights([kernel, *weights[1:]])
    return made


def copied(layer: Layer, name: str) -> Layer:
    """A layer of its own with equal weights, under the same name."""
    made = copy.deepcopy(layer)
    made.automatic_name = name
    return made


def called(node: Node, layer: Layer, inputs: list[Symbol]) -> list[Symbol]:
    """The outputs of a layer called as the node calls it."""
    call: Any = getattr(node.kind, "call", ())
    template = Template.from_items(call) if call else Template.positional(len(inputs))
    args, kwargs = template.join(inputs)
    out = layer(*args, **kwargs)
    if isinstance(out, Mapping):
        return list(out.values())
    return list(out) if isinstance(out, (list, tuple)) else [out]
