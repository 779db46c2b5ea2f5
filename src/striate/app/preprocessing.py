"""How an image file becomes a model's input; recorded in the model's metadata.

The record is `model.metadata["preprocessing"]`, JSON values::

    {"size": [28, 28], "color_mode": "grayscale", "range": [0, 255], "background": "dark"}

`range` holds the numbers that black and white become. `background` is "dark" or "light" where
the training images have such edges, else it is left out; with it `striate predict` can tell
that an image of dark ink on white paper is not what the model has learned. Networks with published
weights also say `resize` (px of the shorter side, before the middle is cut out), `interpolation`,
`channels` ("rgb" or "bgr"), and `mean` and `deviation` of each channel, from 0 to 255.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from striate.errors import DataError, FormatError, message
from striate.graph import Graph
from striate.graph.named import to_json

KEY = "preprocessing"
COLOR_MODES = {1: "grayscale", 3: "rgb", 4: "rgba"}

_SAMPLES = 1000
_MOST = 0.6


@dataclass(frozen=True)
class Preprocessing:
    """What is done to an image.

    Args:
        size: (height, width) it is resized to; None keeps its own.
        color_mode: "grayscale", "rgb" or "rgba".
        range: what black and white become.
        background: "dark" or "light" edges in the training images, None if mixed or unknown.
        resize: the shorter side before the middle is cut out, in pixels; None resizes all of it.
        interpolation: "bilinear" or "bicubic" with `resize`.
        channels: "rgb" or "bgr".
        mean: subtracted from each channel at last; None for nothing.
        deviation: divided by after that.
    """

    size: tuple[int, int] | None
    color_mode: str
    range: tuple[float, float] = (0.0, 255.0)
    background: str | None = None
    resize: int | None = None
    interpolation: str = "bilinear"
    channels: str = "rgb"
    mean: tuple[float, ...] | None = None
    deviation: tuple[float, ...] = (1.0, 1.0, 1.0)

    @property
    def num_channels(self) -> int:
        """Channels of the input."""
        return next(count for count, mode in COLOR_MODES.items() if mode == self.color_mode)

    def as_dict(self) -> dict[str, Any]:
        """The record for the metadata."""
        record: dict[str, Any] = {
            "size": None if self.size is None else list(self.size),
            "color_mode": self.color_mode,
            "range": [_short(value) for value in self.range],
        }
        return record if self.background is None else {**record, "background": self.background}

    def describe(self) -> str:
        """`28 x 28 pixels, grayscale, values 0 to 255`."""
        size = "own size" if self.size is None else f"{self.size[0]} x {self.size[1]} pixels"
        low, high = self.range
        return f"{size}, {self.color_mode}, values {low:g} to {high:g}"


def of_images(x: np.ndarray[Any, Any]) -> Preprocessing:
    """What the images of a data set, (N, H, W, C), tell about their own form.

    Bytes that use the upper half of their range go from 0 to 255; other numbers from their
    lowest value, or 0, to their highest.

    Example:
        >>> of_images(np.full((2, 8, 8, 1), 16, np.uint8)).range
        (0.0, 16.0)
    """
    low, high = float(x.min()), float(x.max())
    if x.dtype == np.uint8 and high > 127:
        low, high = 0.0, 255.0
    low = min(low, 0.0)
    high = high if high > low else low + 1.0
    mode = COLOR_MODES.get(x.shape[3], f"{x.shape[3]} channels")
    shade = background(x[:_SAMPLES], (low, high))
    return Preprocessing((x.shape[1], x.shape[2]), mode, (low, high), shade)


def background(x: np.ndarray[Any, Any], values: tuple[float, float]) -> str | None:
    """ "dark" or "light" if most pixels on the edges of images (N, H, W, C) are, else None.

    Example:
        >>> background(np.zeros((1, 8, 8, 1)), (0, 255))
        'dark'
    """
    low, high = values
    sides = (x[:, 0], x[:, -1], x[:, :, 0], x[:, :, -1])
    edges = np.concatenate([side.reshape(-1) for side in sides]).astype(np.float32)
    level = (edges - low) / (high - low)
    if (level < 0.25).mean() > _MOST:
        return "dark"
    return "light" if (level > 0.75).mean() > _MOST else None


def of_model(where: str, graph: Graph) -> tuple[Preprocessing, bool]:
    """The preprocessing of a model, and whether it is recorded; else it is guessed from its input.

    Raises:
        DataError: the model's input is not an image.
        FormatError: what is recorded is not a preprocessing, or does not fit the model's input.
    """
    shape = _image_shape(where, graph)
    size = None if shape[1] is None or shape[2] is None else (shape[1], shape[2])
    record = to_json(graph.metadata).get(KEY)
    if record is None:
        return Preprocessing(size, COLOR_MODES[shape[3] or 0]), False
    found = _read(where, record)
    wrong_size = size is not None and found.size != size
    if wrong_size or found.num_channels != shape[3]:
        raise _bad_record(where, {"recorded": found.describe(), "input": shape})
    return found, True


def _image_shape(where: str, graph: Graph) -> tuple[int | None, ...]:
    shapes = tuple(spec.shape for spec in graph.input_specs)
    if len(shapes) != 1 or len(shapes[0]) != 4 or shapes[0][3] not in COLOR_MODES:
        raise DataError(
            message(
                where,
                "this model does not take images",
                got={"input": shapes[0] if len(shapes) == 1 else shapes},
                expected="one input (None, height, width, channels) with 1, 3 or 4 channels",
                fix="Use st.load_model(...).predict(...) in Python for other inputs",
            )
        )
    return shapes[0]


def _read(where: str, record: Any) -> Preprocessing:
    try:
        size = record["size"]
        size = None if size is None else (_pixels(size[0]), _pixels(size[1]))
        low, high = (float(value) for value in record["range"])
        if record["color_mode"] not in COLOR_MODES.values() or not math.isfinite(high - low):
            raise ValueError("not a colour mode or a range")
        background = record.get("background")
        form = Preprocessing(size, str(record["color_mode"]), (low, high), background)
        return dataclasses.replace(form, **_published(record))
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise _bad_record(where, {"metadata[preprocessing]": record}) from error


def _published(record: Any) -> dict[str, Any]:
    """What only networks with published weights say."""
    found: dict[str, Any] = {}
    if record.get("resize") is not None:
        found["resize"] = _pixels(record["resize"])
    for key, words in (("interpolation", ("bilinear", "bicubic")), ("channels", ("rgb", "bgr"))):
        if key in record:
            if record[key] not in words:
                raise ValueError(f"no {key}")
            found[key] = record[key]
    for key in ("mean", "deviation"):
        if key in record:
            red, green, blue = (float(value) for value in record[key])
            found[key] = (red, green, blue)
    return found


def _pixels(value: Any) -> int:
    if type(value) is not int or value < 1:
        raise ValueError("not a number of pixels")
    return value


def _bad_record(where: str, got: dict[str, Any]) -> FormatError:
    return FormatError(
        message(
            where,
            "the preprocessing recorded in this model cannot be used",
            got=got,
            expected='for example {"size": [28, 28], "color_mode": "grayscale", "range": [0, 255]},'
            " as the model's input asks for it",
            fix='Set model.metadata["preprocessing"] and save the model again',
        )
    )


def _short(value: float) -> float | int:
    return int(value) if value == int(value) else value
