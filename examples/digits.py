"""Trains a convolutional network on real handwritten digits, saves it, loads it, uses it.

This is `make demo`. The digits are scikit-learn's: 1,797 images of 8 x 8 pixels, nothing is
downloaded. What it makes goes into runs/demo: the model, a picture of predictions, a few images
for `striate predict`.

    python examples/digits.py [--epochs 25] [--quick]

Expected: a test accuracy of at least 0.98, in about ten seconds on two cores.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")  # draws into a file, without a window
import matplotlib.pyplot as plt
import numpy as np
import torch
from PIL import Image

import striate as st
from striate import layers

FOLDER = Path("runs/demo")
MODEL, PICTURE, IMAGES = FOLDER / "model.striate", FOLDER / "predictions.png", FOLDER / "images"
EPOCHS, ENOUGH = 25, 0.98  # ten seeds gave 0.983 to 0.994
ROWS, COLUMNS = 4, 8
RIGHT, WRONG, FRAME = "#1a7f37", "#cf222e", "#d0d7de"


def build() -> st.Sequential:
    """Two blocks of convolution and pooling, then two dense layers."""
    model = st.Sequential(
        [
            layers.Rescaling(1 / 16, input_shape=(8, 8, 1)),  # the pixels go from 0 to 16
            layers.Conv2D(32, 3, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.Activation("relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.Activation("relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(64, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ],
        name="digits",
    )
    # These travel with the model; `striate predict` names classes and prepares images by them.
    names = "zero one two three four five six seven eight nine"
    model.class_names = names.split()
    model.metadata["preprocessing"] = {
        "size": [8, 8],
        "color_mode": "grayscale",
        "range": [0, 16],
        "background": "dark",
    }
    return model


def percent(probability: float) -> str:
    """`97.2 %`, and never the 100 % that no network can know."""
    return f"{probability:.1%}" if probability < 0.9995 else "> 99.9%"


def draw(images: Any, labels: Any, probabilities: Any, names: list[str], title: str) -> None:
    """A grid of images with the predicted and the true class; wrong ones are marked red."""
    figure, grid = plt.subplots(ROWS, COLUMNS, figsize=(COLUMNS * 1.35, ROWS * 1.7 + 0.5))
    figure.suptitle(title)
    for axes, image, label, row in zip(grid.flat, images, labels, probabilities, strict=False):
        guess = row.argmax()
        right = guess == label
        text = f"{names[guess]} {percent(row[guess])}\ntrue: {names[label]}"
        axes.imshow(image, cmap="gray_r", interpolation="nearest")
        axes.set_title(text, fontsize=9, color=RIGHT if right else WRONG)
        for side in axes.spines.values():
            side.set(color=FRAME if right else WRONG, linewidth=1 if right else 2.5)
    for axes in grid.flat:
        axes.set_xticks([])
        axes.set_yticks([])
    figure.tight_layout()
    figure.savefig(PICTURE, dpi=150)


def chosen(labels: Any, predicted: Any) -> Any:
    """Which images to show: wrong ones first, then right ones in the order of the test set."""
    wrong = np.flatnonzero(labels != predicted)[: ROWS * COLUMNS // 2]
    right = np.flatnonzero(labels == predicted)[: ROWS * COLUMNS - len(wrong)]
    return np.concatenate([wrong, right])


def save_images(images: Any, names: list[str]) -> None:
    """PNG files, larger than the 8 x 8 pixels, which one could not see."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    for image, name in zip(images, names, strict=True):
        pixels = (image.astype(np.float32) * 255 / 16).astype(np.uint8)
        Image.fromarray(pixels).resize((128, 128), Image.Resampling.NEAREST).save(
            IMAGES / f"{name}.png"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--epochs", type=int, default=EPOCHS, help="passes over the training images"
    )
    parser.add_argument("--quick", action="store_true", help="one epoch, to see that it runs")
    options = parser.parse_args()
    epochs = 1 if options.quick else options.epochs
    start = time.monotonic()

    (x_train, y_train), (x_test, y_test) = st.datasets.digits.load_data()
    print(f"{len(x_train):,} images of 8 x 8 pixels to learn from, {len(x_test)} for the test\n")

    # So small images gain nothing from a second thread, and lose much where a machine is busy.
    torch.set_num_threads(1)
    st.set_seed(1)
    model = build()
    model.summary()
    print()
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x_train, y_train, batch_size=32, epochs=epochs, validation_split=0.1, seed=1)
    result = model.evaluate(x_test, y_test, verbose=0, return_dict=True)
    print(f"\nTest accuracy {result['accuracy']:.4f}, on {len(x_test)} images it has never seen.")

    model.save(MODEL)
    again = st.load_model(MODEL)
    print(f"Saved as {MODEL} and loaded from there, it says:")
    show(again, x_test, y_test)
    print(f"All this took {time.monotonic() - start:.0f} s. Next, on ten images of the test set:")
    print(f"  striate predict {FOLDER} {IMAGES}")
    if epochs >= EPOCHS and result["accuracy"] < ENOUGH:
        raise SystemExit(f"the accuracy is below {ENOUGH}")


def show(model: st.Model, x_test: Any, y_test: Any) -> None:
    """Predictions of the test images: five in words, more in a picture, ten images as files."""
    names = model.class_names
    probabilities = model.predict(x_test, verbose=0)
    predicted = probabilities.argmax(axis=1)
    for i in range(5):
        guess = predicted[i]
        sure = percent(probabilities[i, guess])
        print(f"  image {i} is a {names[guess]} ({sure}); it is a {names[y_test[i]]}")

    shown = chosen(y_test, predicted)
    mistakes = int((predicted != y_test).sum())
    title = f"{mistakes} of {len(y_test)} test images are misread; they come first"
    draw(x_test[shown], y_test[shown], probabilities[shown], names, title)
    save_images(x_test[:10], [f"{i}-{names[label]}" for i, label in enumerate(y_test[:10])])
    print(f"A picture of {len(shown)} predictions is in {PICTURE}.")


if __name__ == "__main__":
    main()
