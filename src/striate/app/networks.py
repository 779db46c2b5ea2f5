"""The networks of `striate train --model`: a few plain ones, sized to the images they are given.

They are for a first result and for comparison. Any other name is one of the zoo's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from striate.errors import ArgumentError, message, unknown_name

if TYPE_CHECKING:
    from striate.models import Model

SMALL_PX = 64
"""Networks of the zoo see images up to this size through their small stem."""


@dataclass(frozen=True)
class Network:
    """A row of the table.

    Args:
        layers: input shape (H, W, C) -> the layers between `Rescaling` and the last `Dense`.
        description: what it is, in a few words.
    """

    layers: Callable[[tuple[int, int, int]], list[Any]]
    description: str


def build(
    name: str, input_shape: tuple[int, int, int], num_classes: int, values: tuple[float, float]
) -> Model:
    """A classifier with softmax at its end and the images' range brought to 0..1 at its start.

    Args:
        name: a name in `NETWORKS`, or of a network of the zoo that classifies images.
        input_shape: (H, W, C) of the images.
        num_classes: how many probabilities it gives.
        values: the lowest and the highest value in the images.

    Raises:
        UnknownNameError: no network of that name.
        ShapeError: images smaller than the network of the zoo can take.
        ArgumentError: a network that gives other than one score per class.

    Example:
        >>> build("linear", (8, 8, 1), 10, (0, 16)).count_params()
        650
    """
    check_name(name)
    if name not in NETWORKS:
        return _of_zoo(name, input_shape, num_classes, values)
    from striate import layers
    from striate.models import Sequential

    low, high = values
    scale = 1.0 / (high - low)
    model = Sequential(name=name)
    model.add(layers.Rescaling(scale, offset=-low * scale, input_shape=input_shape))
    for layer in NETWORKS[name].layers(input_shape):
        model.add(layer)
    model.add(layers.Dense(num_classes, activation="softmax"))
    return model


def check_name(name: str) -> None:
    """Raises UnknownNameError unless there is such a network."""
    if name not in NETWORKS:
        from striate.zoo import ARCHITECTURES

        if name not in ARCHITECTURES:
            raise unknown_name("--model", "model", name, [*NETWORKS, *ARCHITECTURES])


def _of_zoo(
    name: str, input_shape: tuple[int, int, int], num_classes: int, values: tuple[float, float]
) -> Model:
    """A network of the zoo; images up to 64 px enter through its small stem, if it has one.

    Networks that scale the pixels themselves get them from 0 to 255, the others from 0 to 1.
    """
    from striate import layers, zoo
    from striate.models import Model

    made = zoo.architecture(name)
    small = "small" in made.smallest_with and min(input_shape[:2]) <= SMALL_PX
    options: dict[str, Any] = {"stem": "small"} if small else {}
    if "auxiliary_heads" in made.options:
        options["auxiliary_heads"] = False
    graph = made(input_shape=input_shape, classes=num_classes, **options).graph
    if [len(spec.shape) for spec in graph.output_specs] != [2]:
        raise ArgumentError(
            message(
                "--model",
                "this network gives no score per class",
                got={"model": name},
                expected="a network that classifies images",
                fix="striate models",
            )
        )
    scales = graph.nodes[1].kind_name in ("Rescaling", "Normalization")
    low, high = values
    scale = (255.0 if scales else 1.0) / (high - low)
    image = layers.Input(input_shape)
    scaled = layers.Rescaling(scale, offset=-low * scale)(image)
    inner = made(input_tensor=scaled, classes=num_classes, **options)
    return Model(image, inner.output, name=name)  # the inner one begins behind the scaling


def _small(input_shape: tuple[int, int, int]) -> list[Any]:
    """One to three times: convolution 3x3, batch normalisation, pooling; then two dense layers."""
    from striate.zoo.compact import small_blocks, small_end

    side = min(input_shape[:2])
    blocks = small_blocks(side)
    for layer in blocks:
        side = side // 2 if type(layer).__name__ == "MaxPooling2D" else side
    return [*blocks, *small_end(side)]


def _mlp(input_shape: tuple[int, int, int]) -> list[Any]:
    """Two dense layers over all pixels."""
    from striate import layers

    return [
        layers.Flatten(),
        layers.Dense(128, activation="relu"),
        layers.Dropout(0.3),
        layers.Dense(128, activation="relu"),
    ]


def _linear(input_shape: tuple[int, int, int]) -> list[Any]:
    """Nothing but one weight per pixel and class."""
    from striate import layers

    return [layers.Flatten()]


NETWORKS = {
    "small": Network(_small, "up to three convolution blocks, sized to the images"),
    "mlp": Network(_mlp, "two dense layers without convolutions, to compare with"),
    "linear": Network(_linear, "one dense layer, to compare with"),
}
