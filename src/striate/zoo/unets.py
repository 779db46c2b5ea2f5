"""U-Net: a score for every pixel; what is made small is made large again, beside its copy."""

from __future__ import annotations

from typing import Any

from striate import layers
from striate.zoo.architecture import Architecture, Map


def twice(x: Map, filters: int, name: str, padding: str) -> Map:
    """Two 3x3 convolutions with relu."""
    for i in (1, 2):
        x = layers.Conv2D(filters, 3, padding=padding, activation="relu", name=f"{name}_conv{i}")(x)
    return x


def body(image: Map, filters: int = 64, padding: str = "valid") -> Map:
    """Figure 1 of the paper: 572 px to (388, 388, 64).

    `padding`: "valid" as in the paper, where the result is smaller than the image, or "same",
    where it has its size (height and width must then be multiples of 16, open ones too).
    """
    x, kept = image, []
    for level in range(4):
        x = twice(x, filters * 2**level, f"down{level + 1}", padding)
        kept.append(x)
        x = layers.MaxPooling2D(2, name=f"down{level + 1}_pool")(x)
    x = layers.Dropout(0.5, name="drop")(twice(x, filters * 16, "bottom", padding))
    for level in reversed(range(4)):
        name = f"up{level + 1}"
        x = layers.Conv2DTranspose(filters * 2**level, 2, strides=2, name=f"{name}_grow")(x)
        beside = kept[level]
        if padding == "valid":
            beside = layers.CenterCrop(x.shape[1], x.shape[2], name=f"{name}_crop")(beside)
        x = layers.Concatenate(name=f"{name}_concat")([beside, x])
        x = twice(x, filters * 2**level, name, padding)
    return x


def head(x: Map, classes: int, activation: Any) -> Map:
    """One map of scores per class."""
    return layers.Conv2D(classes, 1, activation=activation, name="predictions")(x)


unet = Architecture(
    name="unet",
    body=body,
    head=head,
    paper="Ronneberger, Fischer and Brox (2015), U-Net: Convolutional Networks for Biomedical "
    "Image Segmentation, https://arxiv.org/abs/1505.04597",
    about="segmentation; gives scores for each pixel, softmax over the classes",
    parameters=31_030_658,
    source="counted from the paper's figure 1",
    data="ISBI cells",
    input_shape=(572, 572, 1),
    smallest=188,
    smallest_with={"same": 16},
    classes=2,
)
