"""Layers that give a map another size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from striate.graph import kinds
from striate.layers.arguments import keras_arguments
from striate.layers.builtin import BuiltIn, register
from striate.layers.calls import Template
from striate.ops import resampling


class UpSampling(BuiltIn):
    """What `UpSampling1D` to `UpSampling3D` share."""

    kind: kinds.UpSampling
    kind_class: type[kinds.UpSampling]
    takes_whole_numbers = True

    def __init__(
        self, size: int | Sequence[int] = 2, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(self.kind_class, keras_arguments(locals()), **kwargs)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        return resampling.repeat(inputs[0], self.kind.size)


@register()
class UpSampling2D(UpSampling):
    """Makes an image larger by a whole factor: repeats pixels, or interpolates between them.

    Pixels are squares, as in TensorFlow: output row i lies at (i + 1/2) / s - 1/2 of the input.
    "bicubic" is Keys's kernel with a = -1/2, as in Keras on TensorFlow, JAX and NumPy; Keras on
    PyTorch takes a = -3/4, and has no "lanczos3" and "lanczos5".

    Shapes: (N, H, W, C) -> (N, H s, W s', C).

    Args:
        size: factors of height and width; one number for both.
        data_format: "channels_last", striate's only order.
        interpolation: "nearest", "bilinear", "bicubic", "lanczos3" or "lanczos5".

    Raises:
        ArgumentError: a factor below 1, an unknown interpolation.
        ShapeError: not 4 dimensions.

    Example:
        >>> from striate import Input, layers
        >>> layers.UpSampling2D((2, 3), interpolation="bilinear")(Input((14, 14, 8))).shape
        (None, 28, 42, 8)

    References: Keys (1981), https://doi.org/10.1109/TASSP.1981.1163711
    """

    kind_class = kinds.UpSampling2D

    def __init__(
        self,
        size: int | Sequence[int] = 2,
        data_format: str | None = None,
        interpolation: str = "nearest",
        **kwargs: Any,
    ) -> None:
        arguments = keras_arguments(locals())
        super(UpSampling, self).__init__(self.kind_class, arguments, **kwargs)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        (x,) = inputs
        if self.interpolation == "nearest":
            return resampling.repeat(x, self.kind.size)
        rows, columns = self.kind.size
        size = x.shape[2] * rows, x.shape[3] * columns
        return resampling.resize(x, size, self.interpolation)


@register()
class UpSampling1D(UpSampling):
    """Makes a sequence longer by a whole factor: repeats every step.

    Shapes: (N, L, C) -> (N, L s, C).

    Args:
        size: the factor.

    Raises:
        ArgumentError: a factor below 1.
        ShapeError: not 3 dimensions.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> layers.UpSampling1D(3)(np.array([[[1], [2]]])).flatten().tolist()
        [1, 1, 1, 2, 2, 2]
    """

    kind_class = kinds.UpSampling1D


@register()
class UpSampling3D(UpSampling):
    """Makes a volume larger by a whole factor: repeats slices, rows and columns.

    Shapes: (N, D, H, W, C) -> (N, D s, H s', W s'', C).

    Args:
        size: factors of depth, height and width; one number for all.
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a factor below 1.
        ShapeError: not 5 dimensions.

    Example:
        >>> from striate import Input, layers
        >>> layers.UpSampling3D((1, 2, 2))(Input((4, 8, 8, 1))).shape
        (None, 4, 16, 16, 1)
    """

    kind_class = kinds.UpSampling3D


@register()
class Resizing(BuiltIn):
    """Interpolates images to one size, inside the model, so that it travels with it.

    Whole numbers stay whole numbers: they are rounded. Two ways to keep the aspect ratio: cropping
    to the largest centred window of the wanted shape, or a border of `fill_value`; the same on
    both sides, so that an odd pixel is left to the interpolation, as in Keras.

    Shapes: (N, H, W, C) -> (N, height, width, C), whatever H and W.

    Args:
        height: rows of the result.
        width: columns of the result.
        interpolation: "bilinear", "nearest", "bicubic", "lanczos3" or "lanczos5", as in
            `UpSampling2D`.
        crop_to_aspect_ratio: crops before, so that nothing is distorted.
        pad_to_aspect_ratio: adds a border before, so that nothing is distorted.
        fill_mode: "constant".
        fill_value: the value of the border.
        antialias: averages over all pixels that fall into one where the image becomes smaller.
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a size below 1, an unknown interpolation or fill_mode, crop and pad at once.
        ShapeError: not 4 dimensions.

    Example:
        >>> from striate import Input, layers
        >>> layers.Resizing(224, 224, crop_to_aspect_ratio=True)(Input((None, None, 3))).shape
        (None, 224, 224, 3)
    """

    kind: kinds.Resizing
    takes_whole_numbers = True

    def __init__(
        self,
        height: int,
        width: int,
        interpolation: str = "bilinear",
        crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False,
        fill_mode: str = "constant",
        fill_value: float = 0.0,
        antialias: bool = False,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(kinds.Resizing, keras_arguments(locals()), **kwargs)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        (x,) = inputs
        k = self.kind
        size = k.height, k.width
        if k.crop_to_aspect_ratio:
            x = resampling.crop_to_aspect(x, size)
        elif k.pad_to_aspect_ratio:
            x = resampling.pad_to_aspect(x, size, k.fill_value)
        return resampling.resize(x, size, k.interpolation, k.antialias)


@register()
class CenterCrop(BuiltIn):
    """Keeps the middle of each image.

    An image that is smaller on a side is cropped to the aspect ratio, then enlarged (bilinear), as
    in Keras. Where the spare rows are odd, the one more is left out below and right.

    Shapes: (N, H, W, C) -> (N, height, width, C), whatever H and W.

    Args:
        height: rows of the result.
        width: columns of the result.
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a size below 1.
        ShapeError: not 4 dimensions.

    Example:
        >>> from striate import Input, layers
        >>> layers.CenterCrop(224, 224)(Input((256, 320, 3))).shape
        (None, 224, 224, 3)
    """

    kind: kinds.CenterCrop

    def __init__(
        self, height: int, width: int, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(kinds.CenterCrop, keras_arguments(locals()), **kwargs)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        return resampling.center_crop(inputs[0], (self.kind.height, self.kind.width))


@register("DepthToSpace")
class PixelShuffle(BuiltIn):
    """Turns blocks of channels into blocks of pixels: upsampling by a convolution before it.

    out[h r + i, w r + j, c] = in[h, w, (i r + j) C + c]: the paper's order, TensorFlow's
    `depth_to_space`. PyTorch's `PixelShuffle` counts the channels as (c, i, j): mode "CRD".

    Shapes: (N, H, W, C r^2) -> (N, H r, W r, C).

    Args:
        upscale_factor: r, pixels per side of a block.
        mode: "DCR" or "CRD", the order of the channels in ONNX's words.
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a factor below 1, an unknown mode.
        ShapeError: not 4 dimensions, or channels that do not fill blocks.

    Example:
        >>> from striate import Input, layers
        >>> layers.PixelShuffle(3)(Input((32, 32, 27))).shape
        (None, 96, 96, 3)

    References: Shi et al. (2016), "Real-time single image and video super-resolution",
        https://arxiv.org/abs/1609.05158
    """

    kind: kinds.PixelShuffle
    takes_whole_numbers = True

    def __init__(
        self,
        upscale_factor: int = 2,
        mode: str = "DCR",
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(kinds.PixelShuffle, keras_arguments(locals()), **kwargs)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        return resampling.depth_to_space(inputs[0], self.kind.upscale_factor, self.kind.mode)


@register("SpaceToDepth")
class PixelUnshuffle(BuiltIn):
    """Turns blocks of pixels into blocks of channels: downsampling that loses nothing.

    The inverse of `PixelShuffle`; TensorFlow's `space_to_depth`.

    Shapes: (N, H r, W r, C) -> (N, H, W, C r^2).

    Args:
        downscale_factor: r, pixels per side of a block.
        mode: "DCR" or "CRD", the order of the channels in ONNX's words.
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a factor below 1, an unknown mode.
        ShapeError: not 4 dimensions, or a size that blocks do not fill.

    Example:
        >>> from striate import Input, layers
        >>> layers.PixelUnshuffle(2)(Input((32, 32, 3))).shape
        (None, 16, 16, 12)
    """

    kind: kinds.PixelUnshuffle
    takes_whole_numbers = True

    def __init__(
        self,
        downscale_factor: int = 2,
        mode: str = "DCR",
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(kinds.PixelUnshuffle, keras_arguments(locals()), **kwargs)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        return resampling.space_to_depth(inputs[0], self.kind.downscale_factor, self.kind.mode)
