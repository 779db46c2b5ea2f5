"""keras.legacy.interfaces: decorators that scripts put around constructors of their layers."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


def _as_it_is(function: T) -> T:
    """The function itself: layers here take the arguments of every age by themselves."""
    return function


_LAYERS = (
    *("add_weight", "batchnorm", "conv1d", "conv2d", "conv3d", "convlstm2d", "cropping2d"),
    *("cropping3d", "deconv2d", "dense", "dropout", "embedding", "gaussiandropout"),
    *("gaussiannoise", "generator_methods", "global_pooling", "input", "lambda"),
    *("local_conv2d", "model_constructor", "pooling1d", "pooling2d", "pooling3d", "prelu"),
    *("recurrent", "separable_conv2d", "spatialdropout1d", "spatialdropoutNd", "upsampling1d"),
    *("upsampling2d", "upsampling3d", "zeropadding2d", "zeropadding3d"),
)
__all__ = [f"legacy_{name}_support" for name in _LAYERS]
globals().update(dict.fromkeys(__all__, _as_it_is))
