"""Draws the pictures of the layer pages, from the layers themselves, so that they cannot be wrong.

Three sorts: what a layer does to a photo, the curve of an activation, and how windows lie on their
input. A layer without a row in `PHOTOS`, `CURVES` or `WINDOWS` has no picture.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from striate import layers
from striate.graph import window

BLUE, ORANGE, GREY, PALE = "#1f77b4", "#d95f02", "#888888", "#e8eef5"

# name -> arguments; drawn on a photo of 96 x 128 pixels, in training mode where that matters
PHOTOS: dict[str, dict[str, Any]] = {
    "MaxPooling2D": {"pool_size": 6},
    "AveragePooling2D": {"pool_size": 6},
    "MinPooling2D": {"pool_size": 6},
    "LpPooling2D": {"pool_size": 6},
    "L2Pooling2D": {"pool_size": 6},
    "StochasticPooling2D": {"pool_size": 6},
    "BlurPool2D": {"strides": 4},
    "AdaptiveAveragePooling2D": {"output_size": (8, 8)},
    "AdaptiveMaxPooling2D": {"output_size": (8, 8)},
    "ZeroPadding2D": {"padding": ((10, 20), (30, 10))},
    "ReflectionPadding2D": {"padding": ((10, 20), (30, 10))},
    "Cropping2D": {"cropping": ((10, 20), (30, 10))},
    "CenterCrop": {"height": 48, "width": 64},
    "Resizing": {"height": 24, "width": 64},
    "UpSampling2D": {"size": 2, "interpolation": "bilinear"},
    "PixelUnshuffle": {"downscale_factor": 4},
    "Rescaling": {"scale": 0.5},
    "Dropout": {"rate": 0.5},
    "SpatialDropout2D": {"rate": 0.4, "seed": 4},
    "GaussianNoise": {"stddev": 0.15},
    "GaussianDropout": {"rate": 0.2},
    "DropBlock2D": {"rate": 0.25, "block_size": 15},
}

# name -> arguments; the curve over -4..4
CURVES: dict[str, dict[str, Any]] = {
    "ReLU": {"max_value": 3.0, "negative_slope": 0.1},
    "LeakyReLU": {},
    "ELU": {},
    "PReLU": {"alpha_initializer": "ones"},
    "Activation": {"activation": "gelu"},
}

# name -> (size, kernel, stride, dilation, padding) of the drawing
WINDOWS: dict[str, tuple[int, int, int, int, str]] = {
    "Conv1D": (7, 3, 1, 1, "valid"),
    "Conv2D": (5, 3, 2, 1, "same"),
    "Conv3D": (5, 3, 1, 1, "valid"),
    "DepthwiseConv1D": (7, 3, 1, 1, "valid"),
    "DepthwiseConv2D": (5, 3, 1, 1, "valid"),
    "SeparableConv1D": (7, 3, 1, 1, "valid"),
    "SeparableConv2D": (5, 3, 1, 1, "valid"),
    "LocallyConnected1D": (7, 3, 2, 1, "valid"),
    "LocallyConnected2D": (5, 3, 2, 1, "valid"),
}


def photo() -> np.ndarray:
    """A photo (1, 96, 128, 3) in 0..1: scikit-learn's picture of a temple, made smaller."""
    from sklearn.datasets import load_sample_image

    image = load_sample_image("china.jpg")[20:404, 60:572].astype("float32") / 255
    return image.reshape(1, 96, 4, 128, 4, 3).mean(axis=(2, 4))


def on_photo(name: str) -> Figure:
    """A photo before and after a layer."""
    torch.manual_seed(0)
    before = photo()
    layer = getattr(layers, name)(**PHOTOS[name])
    after = layer(before, training=True).detach().numpy()[0]
    after = np.clip(after[..., :3], 0, 1)
    figure, axes = plt.subplots(1, 2, figsize=(6.4, 2.6))
    for axis, image, title in zip(axes, (before[0], after), ("before", "after"), strict=True):
        axis.imshow(image, interpolation="nearest")
        axis.set_title(f"{title}: {image.shape[0]} x {image.shape[1]}", fontsize=9)
        axis.axis("off")
    arguments = ", ".join(f"{k}={v!r}" for k, v in PHOTOS[name].items())
    figure.suptitle(f"{name}({arguments})", fontsize=9, family="monospace")
    return figure


def curve(name: str) -> Figure:
    """An activation over -4..4, and its slope."""
    x = torch.linspace(-4, 4, 401, requires_grad=True)
    layer = getattr(layers, name)(**CURVES[name])
    y = layer(x[:, None])[:, 0]
    (slope,) = torch.autograd.grad(y.sum(), x)
    figure, axis = plt.subplots(figsize=(4.2, 2.8))
    axis.axhline(0, color=GREY, linewidth=0.6)
    axis.axvline(0, color=GREY, linewidth=0.6)
    axis.plot(x.detach(), y.detach(), color=BLUE, label="f(x)")
    axis.plot(x.detach(), slope, color=ORANGE, linewidth=1, linestyle="--", label="slope")
    axis.legend(frameon=False, fontsize=8)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)
    arguments = ", ".join(f"{k}={v!r}" for k, v in CURVES[name].items())
    axis.set_title(f"{name}({arguments})", fontsize=9, family="monospace")
    return figure


def windows(name: str) -> Figure:
    """How windows lie on an input with its border, and the output they give."""
    size, kernel, stride, dilation, padding = WINDOWS[name]
    flat = "1D" in name
    before, after = window.padding_amounts(padding, size, kernel, stride, dilation)
    count = window.output_size(size, kernel, stride, dilation, padding) or 0
    padded = size + before + after
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(5.6, 1.7 if flat else 3.2), width_ratios=(padded, max(count, 2))
    )
    for row in range(1 if flat else padded):
        for column in range(padded):
            inside = before <= column < before + size and (flat or before <= row < before + size)
            style = {"facecolor": PALE if inside else "white", "edgecolor": GREY}
            dashes = "-" if inside else ":"
            left.add_patch(Rectangle((column, row), 1, 1, linestyle=dashes, **style))
    for i, colour in ((0, BLUE), (count - 1, ORANGE)):
        start = i * stride
        reach = (kernel - 1) * dilation + 1
        height = 1 if flat else reach
        frame = {"fill": False, "edgecolor": colour, "linewidth": 2.4}
        left.add_patch(Rectangle((start, 0 if flat else start), reach, height, **frame))
        right.add_patch(Rectangle((i, 0 if flat else i), 1, 1, facecolor=colour, alpha=0.35))
    for row in range(1 if flat else count):
        for column in range(count):
            right.add_patch(Rectangle((column, row), 1, 1, fill=False, edgecolor=GREY))
    for axis, n, title in (
        (left, padded, f"input {size}, zeros {before} + {after}"),
        (right, count, f"output {count}"),
    ):
        axis.set_xlim(-0.1, n + 0.1)
        axis.set_ylim((1 if flat else n) + 0.1, -0.1)
        axis.set_aspect("equal")
        axis.axis("off")
        axis.set_title(title, fontsize=9)
    words = f"kernel_size={kernel}, strides={stride}, padding={padding!r}"
    figure.suptitle(f"{name}({words})", fontsize=9, family="monospace")
    return figure


SORTS: tuple[tuple[dict[str, Any], Callable[[str], Figure], str], ...] = (
    (PHOTOS, on_photo, "What the layer does to a photo"),
    (CURVES, curve, "The function and its slope"),
    (WINDOWS, windows, "The first and the last window, and the outputs they give"),
)


def draw(name: str, folder: Path) -> tuple[str, str] | None:
    """Draws the picture of a layer; its file name and what it shows, or None if it has none."""
    for table, function, text in SORTS:
        if name not in table:
            continue
        target = folder / f"{name}.svg"
        if not target.exists():
            figure = function(name)
            figure.tight_layout()
            folder.mkdir(parents=True, exist_ok=True)
            figure.savefig(target, metadata={"Date": None})
            plt.close(figure)
        return target.name, text
    return None
