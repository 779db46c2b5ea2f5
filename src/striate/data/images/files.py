"""One image file as an array, and back, in Keras's words."""

from __future__ import annotations

import io
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from striate.errors import ArgumentError, DataError, message, unknown_name

Array = np.ndarray[Any, np.dtype[Any]]

_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "PPM", "TIFF", "WEBP")
"""What Pillow may take a file for; formats that start other programs are not among them."""

_MODES = {"grayscale": ("L", "I;16", "I"), "rgb": ("RGB",), "rgba": ("RGBA",)}
CHANNELS = {"grayscale": 1, "rgb": 3, "rgba": 4}
INTERPOLATIONS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "hamming": Image.Resampling.HAMMING,
    "box": Image.Resampling.BOX,
    "lanczos": Image.Resampling.LANCZOS,
}


def load_img(
    path: str | bytes | os.PathLike[str] | io.BytesIO,
    color_mode: str = "rgb",
    target_size: tuple[int, int] | None = None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
) -> Image.Image:
    """A Pillow image from a file, in the colours and of the size asked for.

    Args:
        path: the file, or its bytes in a BytesIO.
        color_mode: "rgb", "rgba" or "grayscale"; grey images of 16 and 32 bits stay as they are.
        target_size: (height, width); None: as stored.
        interpolation: how to resize: "nearest", "bilinear", "bicubic", "hamming", "box", "lanczos".
        keep_aspect_ratio: cuts a middle part of the target's proportions out first.

    Raises:
        FileNotFoundError: there is no such file.
        DataError: not an image of a kind that can be read, or a damaged one.
        UnknownNameError: another colour mode or interpolation.

    Example:
        >>> import io, numpy as np
        >>> from striate.data.images import load_img, save_img
        >>> file = io.BytesIO()
        >>> save_img(file, np.zeros((6, 8, 3)), file_format="png")
        >>> load_img(file, target_size=(3, 4)).size
        (4, 3)
    """
    if color_mode not in _MODES:
        raise unknown_name("load_img", "color_mode", color_mode, _MODES)
    if interpolation not in INTERPOLATIONS:
        raise unknown_name("load_img", "interpolation", interpolation, INTERPOLATIONS)
    image = _opened(path)
    if image.mode not in _MODES[color_mode]:
        image = image.convert(_MODES[color_mode][0])
    if target_size is None or image.size == (target_size[1], target_size[0]):
        return image
    height, width = target_size
    box = _middle(image.size, (width, height)) if keep_aspect_ratio else None
    return image.resize((width, height), INTERPOLATIONS[interpolation], box=box)


def _opened(path: Any) -> Image.Image:
    name = "the bytes" if isinstance(path, io.BytesIO) else os.fsdecode(path)
    content = path if isinstance(path, io.BytesIO) else io.BytesIO(Path(name).read_bytes())
    try:
        image = Image.open(content, formats=_FORMATS)
        image.load()
    except UnidentifiedImageError as error:
        raise DataError(
            message(
                name,
                "this is not an image of a kind that can be read",
                expected="a PNG, JPEG, BMP, GIF, PPM, TIFF or WebP file",
            )
        ) from error
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        reason = str(error).rstrip(".") or type(error).__name__
        raise DataError(message(name, f"the image cannot be read: {reason}")) from error
    return image


def _middle(size: tuple[int, int], target: tuple[int, int]) -> tuple[int, int, int, int]:
    """The largest box (left, top, right, bottom) of the target's proportions, in the middle."""
    (width, height), (target_width, target_height) = size, target
    inner_width = min(width, height * target_width // target_height)
    inner_height = min(height, width * target_height // target_width)
    left, top = (width - inner_width) // 2, (height - inner_height) // 2
    return left, top, left + inner_width, top + inner_height


def img_to_array(img: Any, data_format: str | None = None, dtype: Any = None) -> Array:
    """A Pillow image, or a grid of numbers, as an array with a channel axis.

    Shapes: (H, W, channels), or (channels, H, W) with `data_format="channels_first"`

    Args:
        img: the image.
        data_format: "channels_last" (the default) or "channels_first".
        dtype: of the array; float32 by default.

    Raises:
        DataError: another rank than 2 or 3.

    Example:
        >>> from PIL import Image
        >>> from striate.data.images import img_to_array
        >>> img_to_array(Image.new("L", (4, 3), 7)).shape
        (3, 4, 1)
    """
    first = is_channels_first(data_format)
    values = np.asarray(img, dtype=dtype or "float32")
    if values.ndim == 2:
        return values[np.newaxis] if first else values[..., np.newaxis]
    if values.ndim != 3:
        raise DataError(
            message("img_to_array", "this is no image", got={"shape": values.shape}, expected=_RANK)
        )
    return values.transpose(2, 0, 1) if first else values


_RANK = "(height, width) or (height, width, channels)"


def array_to_img(
    x: Any, data_format: str | None = None, scale: bool = True, dtype: Any = None
) -> Image.Image:
    """A Pillow image from the numbers of one image.

    Args:
        x: (H, W, channels) with 1, 3 or 4 channels; or channels first.
        data_format: "channels_last" (the default) or "channels_first".
        scale: stretches the numbers to 0..255; else their whole part is taken as it is.
        dtype: in which to count; float32 by default.

    Raises:
        DataError: another rank, or another number of channels.

    Example:
        >>> import numpy as np
        >>> from striate.data.images import array_to_img
        >>> array_to_img(np.arange(12.0).reshape(2, 2, 3)).mode
        'RGB'
    """
    values = np.asarray(x, dtype=dtype or "float32")
    if values.ndim != 3:
        raise DataError(
            message(
                "array_to_img",
                "this is not one image",
                got={"shape": values.shape},
                expected="(height, width, channels)",
            )
        )
    if is_channels_first(data_format):
        values = values.transpose(1, 2, 0)
    if scale:
        values = stretched(values[np.newaxis])[0]
    channels = values.shape[2]
    if channels == 1:
        kind = "int32" if values.max(initial=0) > 255 else "uint8"
        return Image.fromarray(values[..., 0].astype(kind))
    if channels not in (3, 4):
        raise DataError(
            message(
                "array_to_img",
                "no image has so many channels",
                got={"channels": channels},
                expected="1, 3 or 4 channels",
            )
        )
    return Image.fromarray(np.ascontiguousarray(values.astype("uint8")))


def stretched(images: Array) -> Array:
    """Each image (N, H, W, C) so that its lowest number is 0 and its highest 255."""
    low = images.min(axis=(1, 2, 3), keepdims=True)
    moved = images - low
    high = moved.max(axis=(1, 2, 3), keepdims=True)
    return np.asarray(moved / np.where(high == 0, 1, high) * 255, dtype=images.dtype)


def save_img(
    path: Any,
    x: Any,
    data_format: str | None = None,
    file_format: str | None = None,
    scale: bool = True,
    **kwargs: Any,
) -> None:
    """Writes the numbers of one image to a file.

    Args:
        path: the file, or something open for bytes.
        x: the image, see `array_to_img`.
        data_format: "channels_last" (the default) or "channels_first".
        file_format: the format; by default what the ending of the name says.
        scale: see `array_to_img`.
        kwargs: passed to Pillow's `save`.

    Example:
        >>> import io, numpy as np
        >>> from striate.data.images import save_img
        >>> file = io.BytesIO()
        >>> save_img(file, np.zeros((2, 2, 1)), file_format="png")
        >>> file.getvalue()[1:4]
        b'PNG'
    """
    if file_format is None and isinstance(path, (str, os.PathLike)):
        file_format = Path(path).suffix[1:]
    if file_format is not None:
        file_format = "jpeg" if file_format.lower() == "jpg" else file_format.lower()
    image = array_to_img(x, data_format=data_format, scale=scale)
    if image.mode == "RGBA" and file_format == "jpeg":
        warnings.warn("JPEG has no transparency: the image is saved as RGB", stacklevel=2)
        image = image.convert("RGB")
    image.save(path, format=file_format or None, **kwargs)


def is_channels_first(data_format: str | None) -> bool:
    """Whether the channel axis comes before the others; None means that it comes last.

    Raises:
        ArgumentError: neither of the two words.
    """
    if data_format not in (None, "channels_last", "channels_first"):
        raise ArgumentError(
            message(
                "data_format",
                "there are two orders of axes",
                got={"data_format": data_format},
                expected='"channels_last" or "channels_first"',
            )
        )
    return data_format == "channels_first"
