"""Functions of images and other maps in keras.backend: windows, borders, sizes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from striate.errors import ArgumentError, message
from striate.keras import config, ops
from striate.keras.ops import calling
from striate.keras.tensors import as_tensor


def bias_add(x: Any, bias: Any, data_format: str | None = None) -> Any:
    """A number added to each channel."""
    if _format(data_format) == "channels_first":
        bias = as_tensor(bias).reshape([1, -1, *[1] * (len(ops.shape(x)) - 2)])
    return x + bias


def _format(data_format: str | None) -> str:
    return data_format or config.image_data_format()


def conv1d(
    x: Any,
    kernel: Any,
    strides: int = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: int = 1,
) -> Any:
    """A convolution over one axis."""
    return calling.function("conv")(
        x, kernel, strides, padding, _format(data_format), dilation_rate
    )


def conv2d(
    x: Any,
    kernel: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = (1, 1),
) -> Any:
    """A convolution over two axes."""
    return calling.function("conv")(
        x, kernel, strides, padding, _format(data_format), dilation_rate
    )


def depthwise_conv2d(
    x: Any,
    depthwise_kernel: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = (1, 1),
) -> Any:
    """A convolution of each channel."""
    return calling.function("depthwise_conv")(
        x, depthwise_kernel, strides, padding, _format(data_format), dilation_rate
    )


def pool2d(
    x: Any,
    pool_size: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    pool_mode: str = "max",
) -> Any:
    """The largest or the mean of each window.

    Raises:
        ArgumentError: a mode that is neither "max" nor "avg".
    """
    names = {"max": "max_pool", "avg": "average_pool"}
    if pool_mode not in names:
        raise ArgumentError(
            message(
                "keras.backend.pool2d",
                "an unknown mode",
                got={"pool_mode": pool_mode},
                expected="'max' or 'avg'",
            )
        )
    pool = calling.function(names[pool_mode])
    return pool(x, pool_size, strides, padding, _format(data_format))


def resize_images(
    x: Any,
    height_factor: int,
    width_factor: int,
    data_format: str | None = None,
    interpolation: str = "nearest",
) -> Any:
    """So many times as high and as wide."""
    first = _format(data_format) == "channels_first"
    height, width = ops.shape(x)[2:4] if first else ops.shape(x)[1:3]
    size = (height * height_factor, width * width_factor)
    return ops.image.resize(x, size, interpolation, data_format=_format(data_format))


def spatial_2d_padding(
    x: Any, padding: Any = ((1, 1), (1, 1)), data_format: str | None = None
) -> Any:
    """Zeros around images."""
    down, across = (tuple(p) for p in padding)
    first = _format(data_format) == "channels_first"
    whole = ((0, 0), (0, 0), down, across) if first else ((0, 0), down, across, (0, 0))
    return calling.function("pad")(x, whole)


def temporal_padding(x: Any, padding: Sequence[int] = (1, 1)) -> Any:
    """Zeros before and after the steps of sequences."""
    return calling.function("pad")(x, ((0, 0), tuple(padding), (0, 0)))


NAMES = sorted(
    name
    for name, value in list(globals().items())
    if name[0] != "_" and getattr(value, "__module__", "") == __name__
)
