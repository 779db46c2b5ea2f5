"""tf.io: files and encoded images."""

from __future__ import annotations

import glob as _glob
import io as _io
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from striate.keras import ops
from striate.keras.tensorflow.text import Data, Text, texts
from striate.keras.tensors import as_tensor

__all__ = [
    "decode_bmp",
    "decode_gif",
    "decode_image",
    "decode_jpeg",
    "decode_png",
    "decode_raw",
    "encode_jpeg",
    "encode_png",
    "gfile",
    "read_file",
    "write_file",
]

_MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def read_file(filename: Any, name: str | None = None) -> Data:
    """What a file holds."""
    return Data(Path(str(filename)).read_bytes())


def write_file(filename: Any, contents: Any, name: str | None = None) -> None:
    """Writes a file, with the folders above it."""
    path = Path(str(filename))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(texts.bytes_of(contents))


def decode_image(
    contents: Any,
    channels: int | None = None,
    dtype: Any = "uint8",
    name: str | None = None,
    expand_animations: bool = True,
) -> Any:
    """An image that Pillow reads, (H, W, channels): bytes, or floats from 0 to 1."""
    from PIL import Image

    with Image.open(_io.BytesIO(texts.bytes_of(contents))) as image:
        mode = _MODES.get(channels or 0)
        if mode is None and image.mode not in _MODES.values():
            mode = "RGB"
        pixels = np.array(image if mode is None else image.convert(mode))
    x = as_tensor(pixels[..., None] if pixels.ndim == 2 else pixels)
    return x if str(dtype) == "uint8" else ops.cast(x, dtype) / 255


def decode_jpeg(contents: Any, channels: int = 0, *_: Any, **__: Any) -> Any:
    """An image as bytes (H, W, channels)."""
    return decode_image(contents, channels)


decode_png = decode_bmp = decode_gif = decode_jpeg


def _encoded(image: Any, form: str, **options: Any) -> Data:
    from PIL import Image

    pixels = ops.convert_to_numpy(image).astype("uint8")
    target = _io.BytesIO()
    shown = pixels[..., 0] if pixels.shape[-1] == 1 else pixels
    Image.fromarray(shown).save(target, form, **options)
    return Data(target.getvalue())


def encode_jpeg(image: Any, format: str = "", quality: int = 95, **_: Any) -> Data:
    """An image of bytes as a JPEG file."""
    return _encoded(image, "JPEG", quality=quality)


def encode_png(image: Any, compression: int = -1, name: str | None = None) -> Data:
    """An image of bytes as a PNG file."""
    return _encoded(image, "PNG")


def decode_raw(input_bytes: Any, out_type: Any, **_: Any) -> Any:
    """Numbers as they lie in memory."""
    return as_tensor(np.frombuffer(texts.bytes_of(input_bytes), dtype=str(out_type)).copy())


class gfile:
    """Files and folders."""

    @staticmethod
    def glob(pattern: Any) -> list[str]:
        """The files that match a pattern, or one of several."""
        many = pattern if isinstance(pattern, (list, tuple)) else [pattern]
        return sorted(path for p in many for path in _glob.glob(str(p)))

    @staticmethod
    def exists(path: Any) -> bool:
        """Whether there is one."""
        return Path(str(path)).exists()

    @staticmethod
    def isdir(path: Any) -> bool:
        """Whether it is a folder."""
        return Path(str(path)).is_dir()

    @staticmethod
    def listdir(path: Any) -> list[str]:
        """The names in a folder."""
        return sorted(os.listdir(str(path)))

    @staticmethod
    def makedirs(path: Any) -> None:
        """Makes a folder, with those above it."""
        Path(str(path)).mkdir(parents=True, exist_ok=True)

    mkdir = makedirs

    @staticmethod
    def remove(path: Any) -> None:
        """Deletes a file."""
        Path(str(path)).unlink()

    @staticmethod
    def rmtree(path: Any) -> None:
        """Deletes a folder with all in it."""
        shutil.rmtree(str(path))

    @staticmethod
    def copy(src: Any, dst: Any, overwrite: bool = False) -> None:
        """Copies a file."""
        shutil.copyfile(str(src), str(dst))

    @staticmethod
    def GFile(name: Any, mode: str = "r") -> Any:
        """An open file."""
        return open(str(name), mode, encoding=None if "b" in mode else "utf-8")


def matching_files(pattern: Any, name: str | None = None) -> Any:
    """The files that match a pattern."""
    return np.array([Text(p) for p in gfile.glob(pattern)], dtype=object)
