"""ConvNeXt: a ResNet rebuilt with what transformers for images had found to work."""

from __future__ import annotations

from typing import Any

from striate import layers
from striate.ops import initializers
from striate.zoo.architecture import Architecture, Map

PAPER = (
    "Liu, Mao, Wu, Feichtenhofer, Darrell and Xie (2022), A ConvNet for the 2020s, "
    "https://arxiv.org/abs/2201.03545"
)
# Of ImageNet's pixels from 0 to 255.
MEAN = [123.675, 116.28, 103.53]
VARIANCE = [3409.976025, 3262.6944, 3291.89075625]
SIZES = {
    "tiny": ((3, 3, 9, 3), (96, 192, 384, 768)),
    "small": ((3, 3, 27, 3), (96, 192, 384, 768)),
    "base": ((3, 3, 27, 3), (128, 256, 512, 1024)),
}


def block(x: Map, drop: float, name: str) -> Map:
    """7x7 within each channel, two 1x1 across them, scaled, added to the input."""
    channels = x.shape[-1]
    y = layers.DepthwiseConv2D(7, padding="same", name=f"{name}_depthwise_conv")(x)
    y = layers.LayerNormalization(epsilon=1e-6, name=f"{name}_layernorm")(y)
    y = layers.Dense(4 * channels, activation="gelu", name=f"{name}_pointwise_conv_1")(y)
    y = layers.Dense(channels, name=f"{name}_pointwise_conv_2")(y)
    # One factor per channel, small at first, so that each block begins almost as the identity.
    y = layers.DepthwiseConv2D(
        1,
        use_bias=False,
        depthwise_initializer=initializers.Constant(1e-6),
        name=f"{name}_layer_scale",
    )(y)
    if drop:
        y = layers.DropPath(drop, name=f"{name}_drop_path")(y)
    return layers.Add(name=f"{name}_add")([x, y])


def body(
    image: Map,
    depths: tuple[int, ...],
    widths: tuple[int, ...],
    drop_path: float = 0.0,
    stem: str = "imagenet",
) -> Map:
    """Patches of 4x4, then four stages: 224 px to (7, 7, 768).

    `stem`: "small" is a 3x3 convolution of stride 1 in place of the patches: 32 px to a map of 4x4.
    """
    colours = image.shape[-1] == 3  # images of other channels are brought into the same range
    mean, variance = (MEAN, VARIANCE) if colours else (sum(MEAN) / 3, sum(VARIANCE) / 3)
    x = layers.Normalization(mean=mean, variance=variance, name="prestem_normalization")(image)
    done, total = 0, sum(depths) - 1
    for stage, (depth, width) in enumerate(zip(depths, widths, strict=True)):
        if stage:
            name = f"downsampling_{stage}"
            x = layers.LayerNormalization(epsilon=1e-6, name=f"{name}_layernorm")(x)
            x = layers.Conv2D(width, 2, strides=2, name=f"{name}_conv")(x)
        else:
            window: dict[str, Any] = {"kernel_size": 4, "strides": 4}
            if stem == "small":
                window = {"kernel_size": 3, "padding": "same"}
            x = layers.Conv2D(width, **window, name="stem_conv")(x)
            x = layers.LayerNormalization(epsilon=1e-6, name="stem_layernorm")(x)
        for i in range(depth):
            x = block(x, drop_path * done / total, f"stage_{stage}_block_{i}")
            done += 1
    return x


def head(x: Map, classes: int, activation: Any) -> Map:
    """Mean, layer normalization, one Dense layer."""
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    x = layers.LayerNormalization(epsilon=1e-6, name="head_layernorm")(x)
    return layers.Dense(classes, activation=activation, name="head_dense")(x)


def finish(x: Map) -> Map:
    """Without a head Keras normalizes the features, with weights that its files hold."""
    return layers.LayerNormalization(epsilon=1e-6, name="layer_normalization")(x)


def _convnext(size: str, parameters: int, gmacs: float, top1: float) -> Architecture:
    depths, widths = SIZES[size]
    return Architecture(
        name=f"convnext_{size}",
        body=body,
        head=head,
        finish=finish,
        paper=PAPER,
        about="7x7 depthwise windows, layer normalization, gelu, few activations",
        parameters=parameters,
        source="Keras applications",
        gmacs=gmacs,
        top1=top1,
        smallest_with={"small": 8},
        options={"depths": depths, "widths": widths},
    )


convnext_tiny = _convnext("tiny", 28_589_128, 4.47, 0.821)
convnext_small = _convnext("small", 50_223_688, 8.70, 0.831)
convnext_base = _convnext("base", 88_591_464, 15.38, 0.838)
