"""ConvShape and ConvValues as the native code reads them (mirrors of native/conv.h)."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch

from striate.errors import KernelError, message

ACTIVATIONS = {"linear": 0, "relu": 1, "capped_relu": 2, "leaky_relu": 3}
# What pointwise steps, poolings and depthwise convolutions know besides (native/vector_math.h).
MORE_ACTIVATIONS = {
    **{"sigmoid": 4, "tanh": 5, "silu": 6, "gelu": 7, "hard_sigmoid": 8, "hard_silu": 9},
    **{"exponential": 10, "elu": 11},
}


class NativeShape(ctypes.Structure):
    """`struct ConvShape`."""

    _fields_ = [
        *((name, ctypes.c_int32) for name in ("channels", "filters")),
        *((name, ctypes.c_int32) for name in ("in_h", "in_w", "out_h", "out_w")),
        *((name, ctypes.c_int32) for name in ("kernel_h", "kernel_w", "stride_h", "stride_w")),
        *((name, ctypes.c_int32) for name in ("dilation_h", "dilation_w", "pad_top", "pad_left")),
        *((name, ctypes.c_int32) for name in ("pool", "activation")),
        ("number", ctypes.c_float),
        *((name, ctypes.c_int32) for name in ("x_row", "y_row", "images", "half")),
    ]


class NativeValues(ctypes.Structure):
    """`struct ConvValues`: addresses."""

    _fields_ = [
        (name, ctypes.c_void_p) for name in ("x", "mask", "packed", "bias", "add", "y", "code")
    ]


@dataclass(frozen=True)
class ConvShape:
    """The sizes of a block: a convolution of images with what follows it.

    Args:
        channels, filters: of its input and its result.
        size: height and width of its input, in pixels.
        kernel, strides, dilation: two numbers each.
        padding: zeros before and after height and width.
        pool: 1, or 2 for max-pooling of 2x2 with stride 2 and "valid" padding.
        activation: one of `ACTIVATIONS`.
        number: the activation's cap or slope.
        x_row, y_row: values from one pixel to the next, where a map is a part of a wider one;
            0: it is not.
        images: of a usual call, where they are few: what reads many weights per image is not
            chosen then; 0: many.
        half: whether input and result are bfloat16; weights and bias are float32.
    """

    channels: int
    filters: int
    size: tuple[int, int]
    kernel: tuple[int, int]
    strides: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    padding: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0))
    pool: int = 1
    activation: str = "linear"
    number: float = 0.0
    x_row: int = 0
    y_row: int = 0
    images: int = 0
    half: bool = False

    @cached_property
    def convolved(self) -> tuple[int, int]:
        """Height and width of the convolution's result, before pooling."""
        axes = zip(self.size, self.kernel, self.strides, self.dilation, self.padding, strict=True)
        h, w = ((n + sum(p) - (k - 1) * d - 1) // s + 1 for n, k, s, d, p in axes)
        return h, w

    @property
    def result(self) -> tuple[int, int]:
        """Height and width of the block's result."""
        h, w = self.convolved
        return h // self.pool, w // self.pool

    @property
    def macs(self) -> int:
        """Multiply-adds of an image."""
        h, w = self.convolved
        return h * w * self.kernel[0] * self.kernel[1] * self.channels * self.filters

    @cached_property
    def native(self) -> NativeShape:
        """The same for native code."""
        return NativeShape(
            *(self.channels, self.filters, *self.size, *self.convolved),
            *(*self.kernel, *self.strides, *self.dilation),
            *(self.padding[0][0], self.padding[1][0], self.pool),
            *((ACTIVATIONS | MORE_ACTIVATIONS)[self.activation], self.number),
            *(self.x_row or self.channels, self.y_row or self.filters, self.images, self.half),
        )

    @property
    def dtype(self) -> torch.dtype:
        """Of its input and its result."""
        return torch.bfloat16 if self.half else torch.float32

    def gradient(self) -> ConvShape:
        """The block whose result is the gradient of this one's input, of stride 1 and no pooling.

        Its weights are this one's, packed `turned`; its input is the gradient of the convolution.
        """
        ends = zip(self.kernel, self.dilation, self.padding, strict=True)
        h, w = (((k - 1) * d - p[0], (k - 1) * d - p[1]) for k, d, p in ends)
        return replace(
            self,
            channels=self.filters,
            filters=self.channels,
            size=self.convolved,
            padding=(h, w),
            activation="linear",
            number=0.0,
            pool=1,
            x_row=self.y_row,
            y_row=self.x_row,
        )


class NativePointShape(ctypes.Structure):
    """`struct PointShape` of native/pointwise.h."""

    _fields_ = [
        *((name, ctypes.c_int32) for name in ("pixels", "channels", "x_row", "y_row")),
        *((name, ctypes.c_int32) for name in ("add_row", "add_pixels", "activation")),
        ("number", ctypes.c_float),
    ]


@dataclass(frozen=True)
class PointShape:
    """The sizes of a step that looks at one place of a map at a time.

    Args:
        pixels: of an image.
        channels: of its input and its result.
        add_pixels: of the second map: as many, or 1 that serves all.
        activation: one of `ACTIVATIONS` and `MORE_ACTIVATIONS`.
        number: the activation's cap, slope or alpha.
        x_row, y_row, add_row: floats from one pixel to the next, where a map is a part of a wider
            one; 0: it is not.
    """

    pixels: int
    channels: int
    add_pixels: int = 0
    activation: str = "linear"
    number: float = 0.0
    x_row: int = 0
    y_row: int = 0
    add_row: int = 0

    @cached_property
    def native(self) -> NativePointShape:
        """The same for native code."""
        rows = (row or self.channels for row in (self.x_row, self.y_row, self.add_row))
        activation = (ACTIVATIONS | MORE_ACTIVATIONS)[self.activation]
        added = self.add_pixels or self.pixels
        return NativePointShape(self.pixels, self.channels, *rows, added, activation, self.number)


def unsuitable(kernel: str, shape: Any) -> KernelError:
    """The error of a kernel that was asked for a shape that it does not do."""
    return KernelError(message(kernel, "the kernel does not do this shape", got={"shape": shape}))


def refuse_pooling(kernel: str, shape: ConvShape) -> None:
    """A `KernelError` if a block pools."""
    if shape.pool != 1:
        fault, expected = "the kernel does no pooling", "pool=1"
        raise KernelError(message(kernel, fault, got={"pool": shape.pool}, expected=expected))


def activation_text(name: str, number: float) -> str:
    """An activation behind other words, such as ", relu6"; "" if there is none."""
    known = "relu6" if name == "capped_relu" and number == 6 else name
    return "" if known == "linear" else f", {known}"
