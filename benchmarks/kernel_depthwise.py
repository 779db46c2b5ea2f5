"""Cases of `benchmarks.kernels`: depthwise convolution of inference, ReLU of at most 6."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from striate.kernels import library
from striate.kernels.conv import new_map
from striate.kernels.shapes import ConvShape, NativeShape, NativeValues

# Title, images, channels, pixels a side, stride: as they occur in MobileNetV2 for 32 px.
ROWS = [
    ("one image: 32x32x144", 1, 144, 32, 1),
    ("one image: 32x32x144 by 2", 1, 144, 32, 2),
    ("one image: 8x8x384", 1, 384, 8, 1),
    ("one image: 4x4x960", 1, 960, 4, 1),
    ("32x32x32x144", 32, 144, 32, 1),
    ("32x8x8x384", 32, 384, 8, 1),
]

Pair = tuple[Callable[[], Tensor], Callable[[], Tensor]]


def pair(images: int, channels: int, side: int, stride: int) -> Pair:
    """Ours and torch's for 3x3 windows with "same" padding; they return the result."""
    torch.manual_seed(0)
    before, after = (1, 1) if stride == 1 else (0, 1)
    shape = ConvShape(
        *(channels, channels, (side, side), (3, 3), (stride, stride)),
        padding=((before, after), (before, after)),
        activation="capped_relu",
        number=6.0,
    )
    x = torch.randn(images, side, side, channels).permute(0, 3, 1, 2)
    weights, bias = torch.randn(3, 3, channels), torch.randn(channels)
    kernel = weights.permute(2, 0, 1).unsqueeze(1).contiguous(memory_format=torch.channels_last)
    y = new_map(images, channels, shape.result)
    places = {"x": x, "packed": weights, "bias": bias, "y": y}  # stay as long as `ours`
    values = NativeValues(**{name: t.data_ptr() for name, t in places.items()})
    given = ctypes.POINTER(NativeShape), ctypes.c_int64, ctypes.POINTER(NativeValues)
    function = library.function("depthwise_conv", *given, ctypes.c_int32)

    def ours() -> Tensor:
        library.check(function(shape.native, images, values, library.threads()), "depthwise_conv")
        return places["y"]

    def theirs() -> Tensor:
        padded = F.pad(x, (0, 1, 0, 1)) if stride == 2 else x
        return F.conv2d(padded, kernel, bias, stride, before, groups=channels).clamp_(0.0, 6.0)

    return ours, theirs
