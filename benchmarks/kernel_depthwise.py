"""Cases of `benchmarks.kernels`: depthwise convolutions of inference, and of a training step."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from striate.kernels import library
from striate.kernels.conv import new_map
from striate.kernels.shapes import ConvShape, NativeShape, NativeValues
from striate.plan.depthwise import DepthwiseFunction, plain

# Title, images, channels, pixels a side, stride: as they occur in MobileNetV2 for 32 px.
ROWS = [
    ("one image: 32x32x144", 1, 144, 32, 1),
    ("one image: 32x32x144 by 2", 1, 144, 32, 2),
    ("one image: 8x8x384", 1, 384, 8, 1),
    ("one image: 4x4x960", 1, 960, 4, 1),
    ("32x32x32x144", 32, 144, 32, 1),
    ("32x8x8x384", 32, 384, 8, 1),
]

TRAINED = [
    (f"training, {title}, {str(dtype)[6:]}", *row, dtype)
    for title, *row in (*ROWS[-2:], ("32x32x32x144 by 2", 32, 144, 32, 2))
    for dtype in (torch.float32, torch.bfloat16)
]

Pair = tuple[Callable[[], Tensor], Callable[[], Tensor]]


def same(channels: int, side: int, stride: int, half: bool = False) -> ConvShape:
    """3x3 windows with "same" padding."""
    ends = (1, 1) if stride == 1 else (0, 1)
    sizes = (side, side), (3, 3), (stride, stride)
    return ConvShape(channels, channels, *sizes, padding=(ends, ends), half=half)


def trained(images: int, channels: int, side: int, stride: int, dtype: torch.dtype) -> Pair:
    """Ours and torch's, forward and backward; they return the gradient of the input."""
    torch.manual_seed(0)
    shape = same(channels, side, stride, dtype is torch.bfloat16)
    x = torch.randn(images, side, side, channels).to(dtype).permute(0, 3, 1, 2).requires_grad_()
    g = torch.randn(images, *shape.result, channels).to(dtype).permute(0, 3, 1, 2)
    outer_first = torch.randn(channels, 1, 3, 3)  # as in a layer
    kernel = outer_first.permute(2, 3, 0, 1).requires_grad_()
    function = DepthwiseFunction(shape, lambda: (kernel, None))

    def step(forward: Callable[[Tensor], Tensor]) -> Tensor:
        with torch.enable_grad():
            return torch.autograd.grad(forward(x), (x, kernel), g)[0]

    return lambda: step(function), lambda: step(lambda x: plain(shape, x, kernel, None))


def pair(images: int, channels: int, side: int, stride: int) -> Pair:
    """Ours and torch's with a ReLU of at most 6 behind; they return the result."""
    torch.manual_seed(0)
    shape = replace(same(channels, side, stride), activation="capped_relu", number=6.0)
    before = shape.padding[0][0]
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
