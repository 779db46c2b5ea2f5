"""The table: how each kind of layer is said in plain torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from striate.formats.torch_module import (
    activations,
    arrangements,
    convolutions,
    normalizations,
    poolings,
    recurrent,
)

# (builder, node, layer, inputs, input specs) -> its value; None: torch has no module for it so
Rule = Callable[..., Any]

RULES: dict[str, Rule] = {
    "Dense": convolutions.dense,
    "Embedding": convolutions.embedding,
    "PReLU": activations.prelu,
    "BatchNormalization": normalizations.batch,
    "LayerNormalization": normalizations.by_layer,
    "GroupNormalization": normalizations.by_group,
    "InstanceNormalization": normalizations.by_group,
    "Flatten": arrangements.flatten,
    "Reshape": arrangements.reshape,
    "Permute": arrangements.permute,
    "RepeatVector": arrangements.repeat_vector,
    "Resizing": arrangements.resizing,
    "Rescaling": arrangements.rescaling,
    "Concatenate": arrangements.concatenated,
    "Identity": arrangements.identity,
    "ActivityRegularization": arrangements.identity,
}


def _several(names: str, rule: Rule, *ranks: str) -> None:
    for name in names.split():
        RULES.update({f"{name}{rank}": rule for rank in ranks or ("",)})


_several("Conv", convolutions.convolution, "1D", "2D", "3D")
_several("DepthwiseConv", convolutions.depthwise, "1D", "2D")
_several("SeparableConv", convolutions.separable, "1D", "2D")
_several("Conv1DTranspose Conv2DTranspose Conv3DTranspose", convolutions.transposed)
_several("MaxPooling", poolings.maximum, "1D", "2D", "3D")
_several("AveragePooling", poolings.average, "1D", "2D", "3D")
_several("GlobalAveragePooling GlobalMaxPooling GlobalMinPooling", poolings.whole, "1D", "2D", "3D")
_several("ZeroPadding ReflectionPadding Cropping", arrangements.border, "1D", "2D", "3D")
_several("UpSampling", arrangements.up_sampling, "1D", "2D", "3D")
_several("Add Subtract Multiply Average Maximum Minimum", arrangements.merged)
_several("Dropout AlphaDropout", arrangements.dropout)
_several("SpatialDropout", arrangements.dropout, "1D", "2D", "3D")
_several("SimpleRNN LSTM GRU", recurrent.recurrent)
_several("Activation ReLU LeakyReLU ELU GELU Softmax ThresholdedReLU", activations.layer_of_its_own)
_several(
    "GaussianNoise GaussianDropout StochasticDepth DropBlock2D MixUp CutMix Cutout AugMix "
    "RandAugment TrivialAugment Solarization RandomBrightness RandomColorDegeneration "
    "RandomColorJitter RandomContrast RandomElasticTransform RandomErasing RandomFlip "
    "RandomGaussianBlur RandomGrayscale RandomHue RandomInvert RandomPerspective "
    "RandomPosterization RandomRotation RandomSaturation RandomSharpness RandomShear "
    "RandomTranslation RandomZoom",
    arrangements.training_only,
)

# Kinds that look at each value alone, so that they may stand between a flatten and its readers.
FOLLOWS = frozenset(
    {"Activation", "ReLU", "LeakyReLU", "ELU", "GELU", "ThresholdedReLU", "Identity"}
    | {"Dropout", "AlphaDropout", "GaussianNoise", "GaussianDropout", "ActivityRegularization"}
)
