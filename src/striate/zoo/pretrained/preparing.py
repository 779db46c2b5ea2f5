"""Brings images into the form that weights expect: as a function of arrays, and as layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from striate import layers
from striate.errors import ArgumentError, message
from striate.models import Model
from striate.zoo.pretrained.records import Preparation

KEY = "preprocessing"


def prepared(image: Any, preparation: Preparation, size: tuple[int | None, int | None]) -> Any:
    """Layers from a symbol of images with pixels from 0 to 255 to the network's input.

    The shorter side is resized in proportion to `size` (None: that of the weights), then the
    middle is cut out.
    """
    height, width = (n or preparation.size for n in size)
    scale = preparation.resize / preparation.size
    x = layers.Resizing(
        round(height * scale),
        round(width * scale),
        interpolation=preparation.interpolation,
        crop_to_aspect_ratio=True,
        antialias=True,
        name="preprocessing_resize",
    )(image)
    x = layers.CenterCrop(height, width, name="preprocessing_crop")(x)
    if preparation.channels == "bgr":
        x = x[..., ::-1]
    return layers.Rescaling(*_affine(preparation), name="preprocessing_colours")(x)


def _affine(preparation: Preparation) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Factors and offsets: (x - mean) / deviation as one multiplication and one addition."""
    scale = tuple(1.0 / d for d in preparation.deviation)
    return scale, tuple(
        -m / d for m, d in zip(preparation.mean, preparation.deviation, strict=True)
    )


def function_of(preparation: Preparation) -> Callable[[Any], Any]:
    """The colours alone, as Keras's `preprocess_input`: arrays or tensors, RGB, 0 to 255."""

    def preprocess_input(x: Any) -> Any:
        """Images (..., height, width, 3) in the form the weights expect; `x` is not changed."""
        if np.shape(x)[-1:] != (3,):
            raise ArgumentError(
                message(
                    "preprocess_input",
                    "these are no RGB images",
                    got={"x": tuple(np.shape(x))},
                    expected="(..., height, width, 3)",
                )
            )
        scale, offset = _affine(preparation)
        bgr = preparation.channels == "bgr"
        if type(x).__module__.partition(".")[0] == "torch":
            x = x if x.is_floating_point() else x.float()
            x = x.flip(-1) if bgr else x
            return x * x.new_tensor(scale) + x.new_tensor(offset)
        x = np.asarray(x)
        dtype = x.dtype if x.dtype.kind == "f" else np.float32
        x = (x[..., ::-1] if bgr else x).astype(dtype)
        return x * np.asarray(scale, dtype) + np.asarray(offset, dtype)

    return preprocess_input


def of_metadata(record: Mapping[str, Any]) -> Preparation | None:
    """What a model's metadata say; None if its images go in as they are."""
    if "mean" not in record:
        return None
    size = record.get("size") or [1, 1]
    return Preparation(
        int(size[0]),
        int(record.get("resize") or size[0]),
        str(record.get("interpolation", "bilinear")),
        str(record.get("channels", "rgb")),
        tuple(record["mean"]),
        tuple(record["deviation"]),
    )


def mark(model: Model, preparation: Preparation, inside: bool) -> None:
    """Records in the model's metadata what is left to do with an image."""
    record = preparation.as_metadata()
    shape = model.input_shape[1:3]
    if inside:
        record = {"size": None, "color_mode": "rgb", "range": [0, 255]}
    elif None in shape:
        record |= {"size": None, "resize": None}
    elif shape != (preparation.size, preparation.size):
        scale = preparation.resize / preparation.size
        record |= {"size": list(shape), "resize": round(min(shape) * scale)}
    model.metadata[KEY] = record
