"""Image files as arrays, in the form that a model was trained on."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from striate.app.preprocessing import Preprocessing, background
from striate.errors import DataError, message

SUFFIXES = (".png", ".jpg", ".jpeg")
_FORMATS = ("PNG", "JPEG")
_MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}
_SIXTEEN_BITS = ("I;16", "I;16B", "I;16L", "I;16N", "I")

Array = np.ndarray[Any, Any]


def find_images(places: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """The image files that are named, and all PNG and JPEG files below the folders that are.

    Raises:
        DataError: nothing of all this is there, or a folder has no images.
    """
    found: list[Path] = []
    for place in map(Path, places):
        if not place.is_dir():
            found.append(place)
            continue
        inside = sorted(p for p in place.rglob("*") if p.suffix.lower() in SUFFIXES)
        if not inside:
            raise DataError(
                message(str(place), "this folder holds no images", expected="PNG or JPEG files")
            )
        found += inside
    if found and not any(path.exists() for path in found):
        raise DataError(message(str(found[0]), "there is no such image"))
    return found


def read_image(path: str | os.PathLike[str], form: Preprocessing, invert: bool = False) -> Array:
    """One image as a float32 array (H, W, C), resized, in the model's colours and range.

    The camera's rotation mark is followed. Where an image is transparent, the background that the
    training images have is seen, white if that is not known. The whole image is resized, so its
    proportions change if the model's differ; for published weights its middle is cut out.

    Args:
        path: a PNG or JPEG file.
        form: what to bring it to.
        invert: exchanges black and white first.

    Raises:
        DataError: no such file, not an image, damaged, or far too large.
    """
    image = _opened(Path(path))
    image = _in_mode(image, form)
    if invert:
        image = ImageOps.invert(image)
    if form.size is not None:
        cut = form.resize is not None
        image = _cut_out(image, form) if cut else _resized(image, *form.size)
    low, high = form.range
    values: Array = np.asarray(image, np.float32) / 255.0 * (high - low) + low
    values = values.reshape(*values.shape[:2], form.num_channels)
    if form.channels == "bgr":
        values = values[..., ::-1]
    if form.mean is not None:
        values = (values - np.array(form.mean, np.float32)) / np.array(form.deviation, np.float32)
    return values


def _cut_out(image: Image.Image, form: Preprocessing) -> Image.Image:
    """The shorter side resized, the middle kept: as published weights expect it."""
    height, width = form.size or (image.height, image.width)
    factor = (form.resize or 1) / min(image.height, image.width)
    wide = max(width, round(image.width * factor))
    high = max(height, round(image.height * factor))
    image = image.resize((wide, high), Image.Resampling[form.interpolation.upper()])
    left, top = round((wide - width) / 2), round((high - height) / 2)
    return image.crop((left, top, left + width, top + height))


def _resized(image: Image.Image, height: int, width: int) -> Image.Image:
    """Shrunk by the mean over what falls into each pixel, enlarged by interpolation."""
    shrinks = height <= image.height and width <= image.width
    how = Image.Resampling.BOX if shrinks else Image.Resampling.BILINEAR
    return image.resize((width, height), how)


def looks_inverted(values: Array, form: Preprocessing) -> bool:
    """Whether an image has light edges where the training images have dark ones, or reversed."""
    shade = background(values[np.newaxis], form.range)
    return {shade, form.background} == {"dark", "light"}


def read_batches(
    paths: list[Path], form: Preprocessing, batch_size: int, invert: bool = False
) -> Iterator[list[tuple[Path, Array | DataError]]]:
    """Images in order, in batches; one that cannot be read is there as its error.

    Without a fixed size the images of a batch may differ in shape, so each comes alone.
    """
    step = batch_size if form.size is not None else 1
    for start in range(0, len(paths), step):
        batch: list[tuple[Path, Array | DataError]] = []
        for path in paths[start : start + step]:
            try:
                batch.append((path, read_image(path, form, invert)))
            except DataError as error:
                batch.append((path, error))
        yield batch


def _opened(path: Path) -> Image.Image:
    try:
        with warnings.catch_warnings():
            # Pillow warns of sizes that only a decompression bomb has.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            opened = Image.open(path, formats=_FORMATS)
        with opened:
            return ImageOps.exif_transpose(opened)  # a copy, also where nothing is turned
    except (FileNotFoundError, IsADirectoryError) as error:
        raise DataError(message(str(path), "there is no such image")) from error
    except UnidentifiedImageError as error:
        raise DataError(
            message(
                str(path),
                "this is not an image of a kind that can be read",
                expected="a PNG or JPEG file",
            )
        ) from error
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        limit = Image.MAX_IMAGE_PIXELS or 0
        raise DataError(
            message(
                str(path),
                "this image is too large to be opened safely",
                expected=f"at most {limit:,} pixels",
            )
        ) from error
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError) as error:
        reason = str(error).rstrip(".") or type(error).__name__
        raise DataError(message(str(path), f"the image cannot be read: {reason}")) from error


def _in_mode(image: Image.Image, form: Preprocessing) -> Image.Image:
    if image.mode in _SIXTEEN_BITS:
        # Pillow's own conversion cuts values above 255 off instead of scaling them.
        values = np.asarray(image).astype(np.float32) / 257.0
        image = Image.fromarray(np.clip(values.round(), 0, 255).astype(np.uint8))
    mode = _MODES[form.color_mode]
    if mode != "RGBA" and (image.mode in ("LA", "PA", "RGBA") or "transparency" in image.info):
        image = image.convert("RGBA")
        shade = 0 if form.background == "dark" else 255
        backdrop = Image.new("RGBA", image.size, (shade, shade, shade, 255))
        image = Image.alpha_composite(backdrop, image)
    return image.convert(mode)
