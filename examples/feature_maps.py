"""Shows what each layer of a trained network makes of one image.

A model of all inner results is cut out of the trained one: from `model.input` to the `output` of
each layer. One call gives all feature maps, which are drawn into runs/feature_maps.png.

    python examples/feature_maps.py [--data mnist] [--image 7] [--quick]

Expected: strokes and edges of the digit in the first rows, coarser and rarer answers below.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")  # draws into a file, without a window
import matplotlib.pyplot as plt
import numpy as np

import striate as st
from striate import layers

PICTURE = Path("runs/feature_maps.png")
COLUMNS = 16
CELL, LABEL = 0.65, 0.35  # inches


def build(height: int, width: int, highest: float) -> st.Sequential:
    """A small network whose maps can be looked at one by one."""
    return st.Sequential(
        [
            layers.Rescaling(1 / highest, input_shape=(height, width, 1)),
            layers.Conv2D(16, 3, padding="same", activation="relu", name="conv_1"),
            layers.MaxPooling2D(2, name="pool_1"),
            layers.Conv2D(32, 3, padding="same", activation="relu", name="conv_2"),
            layers.MaxPooling2D(2, name="pool_2"),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )


def draw(image: Any, maps: dict[str, Any], title: str) -> None:
    """The image above, then the maps of each layer, each layer on one scale of brightness."""
    rows = {name: -(-found.shape[-1] // COLUMNS) for name, found in maps.items()}
    heights = [3 * CELL + LABEL, *(count * CELL + LABEL for count in rows.values())]  # in inches
    figure = plt.figure(figsize=(COLUMNS * CELL, sum(heights)))
    parts = figure.subfigures(len(heights), 1, height_ratios=heights)
    _grid(parts[0], title, 1, 1, heights[0])[0].imshow(image, cmap="gray_r")
    for part, height, (name, found) in zip(parts[1:], heights[1:], maps.items(), strict=True):
        size = " x ".join(str(n) for n in found.shape[:2])
        text = f"{name}: {found.shape[-1]} maps of {size}"
        for channel, axes in enumerate(_grid(part, text, rows[name], COLUMNS, height)):
            if channel < found.shape[-1]:
                axes.imshow(found[..., channel], cmap="magma", vmin=0, vmax=found.max())
            else:
                axes.set_axis_off()
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(PICTURE, dpi=150)


def _grid(part: Any, title: str, rows: int, columns: int, height: float) -> Any:
    """Empty axes below a line of text."""
    part.text(0.005, 1 - 0.4 * LABEL / height, title, va="center", fontsize=10)
    grid = part.subplots(rows, columns, squeeze=False)
    top = 1 - 0.8 * LABEL / height
    part.subplots_adjust(left=0.005, right=0.995, bottom=0.02, top=top, wspace=0.06, hspace=0.06)
    for axes in grid.flat:
        axes.set_xticks([])
        axes.set_yticks([])
    return grid.ravel()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", choices=("digits", "mnist"), default="digits")
    parser.add_argument("--image", type=int, default=7, help="number of the test image to look at")
    parser.add_argument("--quick", action="store_true", help="one epoch, to see that it runs")
    options = parser.parse_args()

    (x_train, y_train), (x_test, y_test) = getattr(st.datasets, options.data).load_data()
    x_train, y_train = x_train[:10_000], y_train[:10_000]  # enough to see something
    epochs = 1 if options.quick else 15 if options.data == "digits" else 2
    highest = float(x_train.max())

    st.set_seed(0)
    model = build(*x_train.shape[1:3], highest)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x_train, y_train, batch_size=32, epochs=epochs, seed=0)

    shown = [layer for layer in model.layers if layer.name.startswith(("conv", "pool"))]
    inside = st.Model(model.input, [layer.output for layer in shown])
    image = x_test[options.image : options.image + 1]
    found = inside.predict(image, verbose=0)
    maps = {layer.name: maps[0] for layer, maps in zip(shown, found, strict=True)}
    for name, values in maps.items():
        silent = int((values.max(axis=(0, 1)) == 0).sum())
        print(f"{name}: {values.shape}, {silent} of {values.shape[-1]} maps see nothing here")

    probabilities = model.predict(image, verbose=0)[0]
    guess = int(np.argmax(probabilities))
    true = int(y_test[options.image])
    draw(image[0], maps, f"predicted: {guess} ({probabilities[guess]:.1%}), true: {true}")
    print(f"The feature maps are in {PICTURE}.")


if __name__ == "__main__":
    main()
