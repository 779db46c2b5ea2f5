"""What is known of a file of published weights: where it is, how it is checked, what it expects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from striate.data.datasets.records import RemoteFile

Colours = tuple[float, float, float]

# ImageNet's mean and standard deviation as fractions of white, as torchvision publishes them.
MEAN: Colours = (0.485, 0.456, 0.406)
DEVIATION: Colours = (0.229, 0.224, 0.225)


def of_255(colours: Colours) -> Colours:
    """Fractions of white as pixels from 0 to 255.

    Example:
        >>> of_255((0.5, 1.0, 0.0))
        (127.5, 255.0, 0.0)
    """
    red, green, blue = (round(255 * c, 6) for c in colours)
    return red, green, blue


@dataclass(frozen=True)
class Preparation:
    """What was done to the images that weights were trained with.

    An image is resized until its shorter side is `resize` px, its middle of `size` x `size` px is
    kept, and each colour becomes (x - mean) / deviation, x from 0 to 255.

    Args:
        size: height and width of the network's input, in pixels.
        resize: the shorter side before the middle is cut out, in pixels.
        interpolation: "bilinear" or "bicubic", always averaging where the image shrinks.
        channels: "rgb", or "bgr" for weights that come from Caffe.
        mean: subtracted, one per channel in the order of `channels`.
        deviation: divided by.

    Example:
        >>> Preparation(224, 256).as_metadata()["size"]
        [224, 224]
    """

    size: int
    resize: int
    interpolation: str = "bilinear"
    channels: str = "rgb"
    mean: Colours = (0.0, 0.0, 0.0)
    deviation: Colours = (1.0, 1.0, 1.0)

    def as_metadata(self) -> dict[str, Any]:
        """The record in a model's metadata, by which `striate predict` reads image files."""
        return {
            "size": [self.size, self.size],
            "color_mode": "rgb",
            "range": [0, 255],
            "resize": self.resize,
            "interpolation": self.interpolation,
            "channels": self.channels,
            "mean": list(self.mean),
            "deviation": list(self.deviation),
        }


def remote_file(url: str, digest: str, size_bytes: int) -> RemoteFile:
    """A published file.

    Args:
        url: where it is.
        digest: its MD5 (32 hexadecimal digits), its SHA-256 (64) or the beginning of that (8); ""
            where none is published.
        size_bytes: as published, or about that of the numbers in it.
    """
    md5 = digest if len(digest) == 32 else None
    sha256 = digest if digest and md5 is None else None
    return RemoteFile(url.rsplit("/", 1)[1], (url,), size_bytes, sha256, md5)


@dataclass(frozen=True)
class PretrainedWeights:
    """Weights that can be loaded by name: `zoo.resnet50(weights="imagenet")`.

    Args:
        name: what to call them.
        source: who publishes them, and where these facts are from.
        file: the whole network's.
        without_top: the file without the head, where there is one of its own; else the head in
            `file` is left out.
        preparation: of the images.
        top1: accuracy on ImageNet's validation images as the source states it; None if unknown.
    """

    name: str
    source: str
    file: RemoteFile
    without_top: RemoteFile | None
    preparation: Preparation
    top1: float | None
