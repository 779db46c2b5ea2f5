"""Draws one photograph under every augmentation: the picture of the guide, and a check by eye.

python tools/augmentation_picture.py [--out docs/_static/augmentation.png]
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import torch
from PIL import Image
from sklearn.datasets import load_sample_image

from striate import layers

SIDE = 112  # pixels of a tile

# What is drawn: the layer, with amounts that show well. The same seed for all: 3.
TILES: list[tuple[str, layers.Layer | None]] = [
    ("the image", None),
    ("RandomFlip", layers.RandomFlip("horizontal", seed=0)),
    ("RandomCrop", layers.RandomCrop(72, 72, seed=3)),
    ("RandomTranslation", layers.RandomTranslation((0.2, 0.2), (-0.2, -0.2), "constant")),
    ("RandomRotation", layers.RandomRotation((0.07, 0.07), fill_mode="constant")),
    ("  reflect", layers.RandomRotation((0.07, 0.07))),
    ("  wrap", layers.RandomRotation((0.07, 0.07), fill_mode="wrap")),
    ("  nearest", layers.RandomRotation((0.07, 0.07), fill_mode="nearest")),
    ("RandomZoom, in", layers.RandomZoom((-0.4, -0.4))),
    ("RandomZoom, out", layers.RandomZoom((0.4, 0.4), fill_mode="constant")),
    ("RandomShear", layers.RandomShear((0.25, 0.25), fill_mode="constant", seed=3)),
    ("RandomPerspective", layers.RandomPerspective((1, 1), seed=4)),
    ("RandomElasticTransform", layers.RandomElasticTransform((1, 1), (0.7, 0.7), seed=3)),
    ("RandomBrightness", layers.RandomBrightness((0.25, 0.25))),
    ("RandomContrast", layers.RandomContrast((0.6, 0.6), seed=3)),
    ("RandomSaturation", layers.RandomSaturation((0.75, 0.75))),
    ("RandomHue", layers.RandomHue((0.4, 0.4), seed=3)),
    ("RandomColorJitter", layers.RandomColorJitter((0, 255), 0.2, 0.3, (0.3, 0.7), 0.2, seed=8)),
    ("RandomColorDegeneration", layers.RandomColorDegeneration((0.7, 0.7))),
    ("RandomGrayscale", layers.RandomGrayscale(1.0)),
    ("RandomInvert", layers.RandomInvert((1, 1))),
    ("RandomPosterization", layers.RandomPosterization(2)),
    ("Solarization", layers.Solarization(threshold_factor=(0.5, 0.5))),
    ("AutoContrast", layers.AutoContrast()),
    ("Equalization", layers.Equalization()),
    ("CLAHE", layers.ContrastLimitedAdaptiveHistogramEqualization()),
    ("RandomSharpness, 0", layers.RandomSharpness((0, 0))),
    ("RandomSharpness, 1", layers.RandomSharpness((1, 1))),
    ("RandomGaussianBlur", layers.RandomGaussianBlur((1, 1), 9, (2.0, 2.0))),
    ("RandomErasing", layers.RandomErasing((1, 1), (0.15, 0.3), seed=3)),
    ("Cutout", layers.Cutout(40, seed=2)),
    ("RandAugment", layers.RandAugment(seed=12)),
    ("TrivialAugment", layers.TrivialAugment(seed=13)),
    ("AugMix", layers.AugMix(seed=3)),
    ("MixUp", layers.MixUp(50.0, seed=5)),
    ("CutMix", layers.CutMix((1, 1), seed=8)),
]


def photographs() -> np.ndarray:
    """Two square parts of scikit-learn's sample photographs: (2, SIDE, SIDE, 3), uint8."""
    parts = []
    for name, (left, top, side) in (("china", (200, 20, 400)), ("flower", (150, 40, 330))):
        image = Image.fromarray(load_sample_image(f"{name}.jpg"))
        box = (left, top, left + side, top + side)
        parts.append(np.asarray(image.resize((SIDE, SIDE), Image.Resampling.LANCZOS, box=box)))
    return np.stack(parts)


def picture(columns: int = 6) -> Image.Image:
    """The grid, with a palette of 256 colours."""
    rows = -(-len(TILES) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(1.3 * columns, 1.5 * rows), dpi=100)
    images = photographs()
    torch.manual_seed(3)
    for axis in axes.flat:
        axis.axis("off")
    for axis, (title, layer) in zip(axes.flat, TILES, strict=False):
        out = images if layer is None else layer(images, training=True).numpy()
        axis.imshow(np.clip(out[0], 0, 255).round().astype("uint8"), interpolation="nearest")
        axis.set_title(title, fontsize=7, pad=2)
    figure.subplots_adjust(0.005, 0.005, 0.995, 0.975, 0.04, 0.14)
    held = io.BytesIO()
    figure.savefig(held)
    plt.close(figure)
    return Image.open(held).convert("RGB").quantize(256, dither=Image.Dither.NONE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/_static/augmentation.png"))
    out: Path = parser.parse_args().out
    out.parent.mkdir(parents=True, exist_ok=True)
    picture().save(out, optimize=True)
    print(f"{out}: {out.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
