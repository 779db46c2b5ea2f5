"""Networks made to be trained in few passes over the data."""

from __future__ import annotations

from typing import Any

from striate import Input, Model, layers


def quick_digits(classes: int = 10) -> Model:
    """A small batch-normalised network for 28 px digits that learns them in one or two epochs.

    Large windows and few channels: 2.5 M multiply-adds an image, less than half of `digits`.
    """
    given = Input((28, 28, 1))
    x = layers.Rescaling(1 / 255)(given)
    for filters, size, pooled in ((16, 5, True), (32, 3, False), (64, 5, True)):
        x = layers.Conv2D(filters, size, use_bias=False)(x)
        x = layers.MaxPooling2D()(x) if pooled else x
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
    x = layers.Dense(64, use_bias=False)(layers.Flatten()(x))
    x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
    return Model(given, layers.Dense(classes, activation="softmax")(x))


def quick_images(
    size: int = 32, classes: int = 10, widths: tuple[int, ...] = (64, 256, 256)
) -> Any:
    """The form of network with which CIFAR-10 is learnt in seconds.

    A 2x2 convolution first, meant to whiten patches of the images, then three blocks: convolution,
    max-pooling, batch normalisation, gelu; convolution, batch normalisation, gelu. The logits are
    divided by 9. After Jordan (2024), https://arxiv.org/abs/2404.00498; written here.
    """
    given = Input((size, size, 3))
    x = layers.Rescaling(1 / 255)(given)
    x = layers.Conv2D(24, 2, activation="gelu", name="whitening")(x)
    for width in widths:
        x = layers.Conv2D(width, 3, padding="same", use_bias=False)(x)
        x = layers.MaxPooling2D()(x)
        x = layers.BatchNormalization(momentum=0.6, scale=False)(x)
        x = layers.Activation("gelu")(x)
        x = layers.Conv2D(width, 3, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization(momentum=0.6, scale=False)(x)
        x = layers.Activation("gelu")(x)
    x = layers.MaxPooling2D(3)(x)
    x = layers.Dense(classes, use_bias=False)(layers.Flatten()(x))
    return Model(given, layers.Activation("softmax")(layers.Rescaling(1 / 9)(x)))
