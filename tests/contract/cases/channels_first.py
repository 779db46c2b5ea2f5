"""Cases of `striate/layers/channels_first.py`: (C, H, W) around layers of each family."""

from __future__ import annotations

from typing import Any

from tests.contract.cases.case import NOT_IN_KERAS, Case, Inner

IMAGE = ((3, 5, 6),)
SEQUENCE = ((4, 9),)
VOLUME = ((2, 4, 5, 6),)
INSIDE: dict[str, Any] = {
    **NOT_IN_KERAS,
    "copies": True,
    "note": "Keras has no such layer; what the layer inside makes lies channels last in memory",
}


def around(name: str, arguments: dict[str, Any], shapes: Any = IMAGE, **flags: Any) -> Case:
    return Case("ChannelsFirst", {"layer": Inner(name, arguments)}, shapes, **{**INSIDE, **flags})


CASES = [
    around("Conv2D", {"filters": 4, "kernel_size": 3, "activation": "relu", "padding": "same"}),
    around("Conv1D", {"filters": 4, "kernel_size": 3, "strides": 2}, SEQUENCE),
    around("Conv3D", {"filters": 3, "kernel_size": 2}, VOLUME),
    around("Conv2DTranspose", {"filters": 4, "kernel_size": 3, "strides": 2}),
    around("DepthwiseConv2D", {"kernel_size": 3, "depth_multiplier": 2}),
    around("SeparableConv2D", {"filters": 5, "kernel_size": 3, "padding": "same"}),
    around("MaxPooling2D", {"pool_size": 2}),
    around("AveragePooling1D", {"pool_size": 2, "padding": "same"}, SEQUENCE),
    around("GlobalAveragePooling2D", {}),
    around("GlobalMaxPooling3D", {"keepdims": True}, VOLUME),
    around("BatchNormalization", {}, trains=True),
    around("ZeroPadding2D", {"padding": ((1, 0), (2, 1))}),
    around("Cropping2D", {"cropping": 1}),
    around("UpSampling2D", {"size": 2, "interpolation": "bilinear"}),
    around("SpatialDropout2D", {"rate": 0.5, "seed": 3}, random=True),
    around("Flatten", {}),
    around("PReLU", {"shared_axes": (1, 2)}),
]
