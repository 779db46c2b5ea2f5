"""The small networks of `striate.zoo`, as they are trained on MNIST and CIFAR-10."""

from __future__ import annotations

from typing import Any

from striate import Input, Model, layers, zoo


def from_bytes(name: str, shape: tuple[int, int, int], **options: Any) -> Model:
    """A network of the zoo behind a scaling of bytes to [0, 1], for ten classes."""
    image = Input(shape)
    x = layers.Rescaling(1 / 255)(image)
    network = zoo.architecture(name)(input_tensor=x, classes=10, **options)
    return Model(image, network.output, name=name)


def lenet5_modern() -> Model:
    return from_bytes("lenet5_modern", (28, 28, 1))


def tiny_vgg() -> Model:
    return from_bytes("tiny_vgg", (32, 32, 3))


def small() -> Model:
    return from_bytes("small", (28, 28, 1))


def resnet20() -> Model:
    return from_bytes("resnet20", (32, 32, 3))


def squeezenet1_1() -> Model:
    return from_bytes("squeezenet1_1", (32, 32, 3))
