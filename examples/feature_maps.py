"""Shows what each layer of a trained network makes of one image, and where it looked.

`feature_maps` gives what every layer made of the image in one run of the network, `layer_cam` where
the network looked for the digit that it saw. The pictures go to runs/feature_maps.

    python examples/feature_maps.py [--data mnist] [--image 7] [--quick]

Expected: strokes and edges of the digit in the first layer, coarser and rarer answers in the next.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import striate as st
from striate import explain, layers

PICTURES = Path("runs/feature_maps")


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

    image = x_test[options.image]
    names = [layer.name for layer in model.layers if layer.name.startswith(("conv", "pool"))]
    maps = explain.feature_maps(model, image, names)
    for name, picture in maps.pictures().items():
        values = maps[name]
        silent = int((values.max(axis=(0, 1, 2)) == 0).sum())
        print(f"{name}: {values.shape[1:]}, {silent} of {values.shape[-1]} maps see nothing here")
        picture.save(PICTURES / f"{name}.png")
    explain.plot_filters(model.get_layer("conv_1")).save(PICTURES / "filters.png")

    found = explain.layer_cam(model, image)
    found.save(PICTURES / "layer_cam.png")
    probability = model.predict(image[None], verbose=0).max()
    print(f"predicted: {found.labels[0]} ({probability:.1%}), true: {y_test[options.image]}")
    print(found)
    print(f"The pictures are in {PICTURES}.")


if __name__ == "__main__":
    main()
