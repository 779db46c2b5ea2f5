"""tf.image: images, (H, W, C) or a batch of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from striate.keras import ops
from striate.keras import random as _random
from striate.keras.tensorflow import io as _io
from striate.keras.tensors import as_tensor

for _name in ("decode_bmp", "decode_gif", "decode_image", "decode_jpeg", "decode_png"):
    globals()[_name] = getattr(_io, _name)
encode_jpeg, encode_png = _io.encode_jpeg, _io.encode_png


class ResizeMethod:
    """Names of ways to resize."""

    AREA = "area"
    BICUBIC = "bicubic"
    BILINEAR = "bilinear"
    GAUSSIAN = "gaussian"
    LANCZOS3 = "lanczos3"
    LANCZOS5 = "lanczos5"
    MITCHELLCUBIC = "mitchellcubic"
    NEAREST_NEIGHBOR = "nearest"


_OLD_METHODS = {0: "bilinear", 1: "nearest", 2: "bicubic", 3: "bilinear", "area": "bilinear"}


def resize(
    images: Any,
    size: Any,
    method: Any = "bilinear",
    preserve_aspect_ratio: bool = False,
    antialias: bool = False,
    name: str | None = None,
    **_: Any,
) -> Any:
    """To a height and width; as floats, but for "nearest", which keeps the type."""
    way = _OLD_METHODS.get(method, method)
    x = images if way == "nearest" else ops.cast(images, "float32")
    height, width = (int(n) for n in size)
    if preserve_aspect_ratio:
        have = ops.shape(images)[-3:-1]
        factor = min(height / have[0], width / have[1])
        height, width = (max(1, round(n * factor)) for n in have)
    return ops.image.resize(x, (height, width), way, antialias, data_format="channels_last")


resize_images = resize


def resize_with_pad(
    image: Any, target_height: int, target_width: int, method: Any = "bilinear", **_: Any
) -> Any:
    """As large as fits, with zeros around it."""
    x = resize(image, (target_height, target_width), method, preserve_aspect_ratio=True)
    return resize_with_crop_or_pad(x, target_height, target_width)


def resize_with_crop_or_pad(image: Any, target_height: int, target_width: int) -> Any:
    """The middle, with zeros around it where it is too small."""
    x = as_tensor(image)
    for axis, target in ((-3, int(target_height)), (-2, int(target_width))):
        have = x.shape[axis]
        if have > target:
            x = x.narrow(axis, (have - target) // 2, target)
        elif have < target:
            before = (target - have) // 2
            widths = [(0, 0)] * x.dim()
            widths[axis] = (before, target - have - before)
            x = ops.pad(x, tuple(widths))
    return x


resize_image_with_crop_or_pad = resize_with_crop_or_pad


def flip_left_right(image: Any) -> Any:
    """Mirrored."""
    return ops.flip(image, -2)


def flip_up_down(image: Any) -> Any:
    """Upside down."""
    return ops.flip(image, -3)


def transpose(image: Any, name: str | None = None) -> Any:
    """Rows as columns."""
    return ops.swapaxes(image, -3, -2)


def rot90(image: Any, k: int = 1, name: str | None = None) -> Any:
    """Turned by k quarters against the clock."""
    return ops.rot90(image, int(k), (-3, -2))


def _drawn(low: float, high: float, seed: Any) -> float:
    return float(_random.uniform((), low, high, seed=_one(seed)))


def _one(seed: Any) -> Any:
    """A seed of one number from one of two."""
    if seed is None or isinstance(seed, int):
        return seed
    first, second = (int(v) for v in as_tensor(seed).reshape(-1).tolist()[:2])
    return (first * 1_000_003 + second) % 2**31


def _sometimes(flip: Callable[[Any], Any], image: Any, seed: Any) -> Any:
    x = as_tensor(image)
    if x.dim() == 3:
        return flip(x) if _drawn(0.0, 1.0, seed) < 0.5 else x
    chosen = _random.uniform((len(x), 1, 1, 1), seed=_one(seed)) < 0.5
    return ops.where(chosen, flip(x), x)


def random_flip_left_right(image: Any, seed: Any = None) -> Any:
    """Mirrored in half of all cases, each image by itself."""
    return _sometimes(flip_left_right, image, seed)


def random_flip_up_down(image: Any, seed: Any = None) -> Any:
    """Upside down in half of all cases, each image by itself."""
    return _sometimes(flip_up_down, image, seed)


def _as_floats(change: Callable[[Any], Any], image: Any) -> Any:
    """Changed as floats in [0, 1], and given back in the own type."""
    x = as_tensor(image)
    if x.is_floating_point():
        return change(x)
    return convert_image_dtype(change(convert_image_dtype(x, "float32")), x.dtype, saturate=True)


def adjust_brightness(image: Any, delta: float) -> Any:
    """A number added to every value, of floats in [0, 1]."""
    return _as_floats(lambda x: x + delta, image)


def adjust_contrast(images: Any, contrast_factor: float) -> Any:
    """Further from the mean of each channel, or nearer."""

    def change(x: Any) -> Any:
        middle = ops.mean(x, axis=(-3, -2), keepdims=True)
        return (x - middle) * contrast_factor + middle

    x = as_tensor(images)
    return _as_floats(change, x)


def _in_hsv(change: Callable[[Any, Any, Any], Any], image: Any) -> Any:
    def changed(x: Any) -> Any:
        parts = ops.image.rgb_to_hsv(x, "channels_last").unbind(-1)
        return ops.image.hsv_to_rgb(torch.stack(change(*parts), -1), "channels_last")

    return _as_floats(changed, image)


def adjust_saturation(image: Any, saturation_factor: float, name: str | None = None) -> Any:
    """More colourful, or less."""
    return _in_hsv(lambda h, s, v: [h, (s * saturation_factor).clamp(0, 1), v], image)


def adjust_hue(image: Any, delta: float, name: str | None = None) -> Any:
    """Every colour turned by a share of the circle."""
    return _in_hsv(lambda h, s, v: [(h + delta) % 1.0, s, v], image)


def adjust_gamma(image: Any, gamma: float = 1, gain: float = 1) -> Any:
    """gain x^gamma."""
    return _as_floats(lambda x: gain * x**gamma, image)


def random_brightness(image: Any, max_delta: float, seed: Any = None) -> Any:
    """`adjust_brightness` by up to `max_delta`."""
    return adjust_brightness(image, _drawn(-max_delta, max_delta, seed))


def random_contrast(image: Any, lower: float, upper: float, seed: Any = None) -> Any:
    """`adjust_contrast` by a factor between two."""
    return adjust_contrast(image, _drawn(lower, upper, seed))


def random_saturation(image: Any, lower: float, upper: float, seed: Any = None) -> Any:
    """`adjust_saturation` by a factor between two."""
    return adjust_saturation(image, _drawn(lower, upper, seed))


def random_hue(image: Any, max_delta: float, seed: Any = None) -> Any:
    """`adjust_hue` by up to `max_delta`."""
    return adjust_hue(image, _drawn(-max_delta, max_delta, seed))


def random_crop(value: Any, size: Any, seed: Any = None, name: str | None = None) -> Any:
    """A box of this size at a place that is drawn."""
    x = as_tensor(value)
    generator = _random.source(_one(seed))
    for axis, (have, want) in enumerate(zip(x.shape, size, strict=True)):
        start = int(torch.randint(0, have - int(want) + 1, (), generator=generator))
        x = x.narrow(axis, start, int(want))
    return x


for _way in ("brightness", "contrast", "saturation", "hue", "flip_left_right", "flip_up_down"):
    globals()[f"stateless_random_{_way}"] = globals()[f"random_{_way}"]
stateless_random_crop = random_crop


def central_crop(image: Any, central_fraction: float) -> Any:
    """The middle, of this share of height and width."""
    x = as_tensor(image)
    for axis in (-3, -2):
        have = x.shape[axis]
        start = int((have - have * central_fraction) / 2)
        x = x.narrow(axis, start, have - 2 * start)
    return x


def crop_to_bounding_box(
    image: Any, offset_height: int, offset_width: int, target_height: int, target_width: int
) -> Any:
    """A box from its first corner and its size."""
    rows = slice(int(offset_height), int(offset_height) + int(target_height))
    columns = slice(int(offset_width), int(offset_width) + int(target_width))
    return image[..., rows, columns, :]


def pad_to_bounding_box(
    image: Any, offset_height: int, offset_width: int, target_height: int, target_width: int
) -> Any:
    """Zeros around it."""
    return ops.image.pad_images(
        image,
        int(offset_height),
        int(offset_width),
        target_height=int(target_height),
        target_width=int(target_width),
        data_format="channels_last",
    )


def rgb_to_grayscale(images: Any, name: str | None = None) -> Any:
    """How bright each pixel is, as one channel."""
    return ops.image.rgb_to_grayscale(images, "channels_last")


def grayscale_to_rgb(images: Any, name: str | None = None) -> Any:
    """One channel as three."""
    return ops.repeat(images, 3, -1)


def rgb_to_hsv(images: Any, name: str | None = None) -> Any:
    """Hue, saturation and value, each in [0, 1]."""
    return ops.image.rgb_to_hsv(images, "channels_last")


def hsv_to_rgb(images: Any, name: str | None = None) -> Any:
    """The inverse of `rgb_to_hsv`."""
    return ops.image.hsv_to_rgb(images, "channels_last")


def convert_image_dtype(
    image: Any, dtype: Any, saturate: bool = False, name: str | None = None
) -> Any:
    """In another type: whole numbers reach to their type's largest, floats to 1."""
    x = as_tensor(image)
    wanted = getattr(torch, str(dtype).removeprefix("torch."))
    if x.dtype == wanted:
        return x
    if x.is_floating_point():
        if wanted.is_floating_point:
            return x.to(wanted)
        scaled = x * (torch.iinfo(wanted).max + 0.5)
        return ops.saturate_cast(scaled, wanted) if saturate else scaled.to(wanted)
    if wanted.is_floating_point:
        return x.to(wanted) / torch.iinfo(x.dtype).max
    return x.to(wanted)


def per_image_standardization(image: Any) -> Any:
    """Mean 0 and deviation 1 of each image."""
    x = ops.cast(image, "float32")
    axes, count = (-3, -2, -1), x.shape[-1] * x.shape[-2] * x.shape[-3]
    spread = ops.maximum(ops.std(x, axis=axes, keepdims=True), count**-0.5)
    return (x - ops.mean(x, axis=axes, keepdims=True)) / spread


def extract_patches(
    images: Any, sizes: Any, strides: Any, rates: Any, padding: str, name: str | None = None
) -> Any:
    """Each window as the channels of one place."""
    size, steps, spread = (tuple(v[1:3]) for v in (sizes, strides, rates))
    return ops.image.extract_patches(images, size, steps, spread, padding.lower(), "channels_last")


def sobel_edges(image: Any) -> Any:
    """How fast brightness changes, down and across."""
    return ops.image.sobel_edges(image, "channels_last")


def total_variation(images: Any, name: str | None = None) -> Any:
    """The sum of differences of neighbours."""
    x = as_tensor(images)
    down = (x[..., 1:, :, :] - x[..., :-1, :, :]).abs().sum((-3, -2, -1))
    return down + (x[..., 1:, :] - x[..., :-1, :]).abs().sum((-3, -2, -1))


def psnr(a: Any, b: Any, max_val: float, name: str | None = None) -> Any:
    """The ratio of the largest value to the mean error of each image, in decibels."""
    error = ops.mean(ops.square(as_tensor(a) - as_tensor(b)), axis=(-3, -2, -1))
    return 10 * ops.log10(max_val**2 / error)


__all__ = sorted(
    n
    for n, v in list(globals().items())
    if n[0] != "_" and str(getattr(v, "__module__", "")).startswith("striate.keras.tensorflow")
)
