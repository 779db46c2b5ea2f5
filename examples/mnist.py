"""Trains a network of 260,298 parameters on MNIST: 60,000 handwritten digits of 28 x 28 pixels.

MNIST is downloaded once (11 MB), or read from `$STRIATE_DATA`. The model goes to mnist.striate,
the run can be stopped by Ctrl-C and goes on exactly with --resume.

    python examples/mnist.py [--epochs 5] [--resume] [--quick]

Expected: a test accuracy of at least 0.990 after 5 epochs.
"""

from __future__ import annotations

import argparse

import striate as st
from striate import layers

MODEL, CHECKPOINTS = "mnist.striate", "runs/mnist-checkpoints"
NUM_PARAMETERS = 260_298
ENOUGH = 0.990


def build() -> st.Sequential:
    """Three convolutions, two of them with pooling, and two dense layers."""
    model = st.Sequential(
        [
            layers.Rescaling(1 / 255, input_shape=(28, 28, 1)),
            layers.Conv2D(64, (3, 3), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Conv2D(64, (3, 3), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Conv2D(128, (3, 3), activation="relu"),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ],
        name="mnist",
    )
    model.class_names = list("0123456789")
    model.metadata["preprocessing"] = {
        "size": [28, 28],
        "color_mode": "grayscale",
        "range": [0, 255],
        "background": "dark",
    }
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=5, help="passes over the training images")
    parser.add_argument("--resume", action="store_true", help="go on where a run was stopped")
    parser.add_argument("--quick", action="store_true", help="a few steps, to see that it runs")
    options = parser.parse_args()

    (x_train, y_train), (x_test, y_test) = st.datasets.mnist.load_data()
    if options.quick:
        x_train, y_train, x_test, y_test = x_train[:640], y_train[:640], x_test[:256], y_test[:256]

    st.set_seed(0)
    model = build()
    model.summary()
    print()
    if model.count_params() != NUM_PARAMETERS:
        raise SystemExit(f"the network has not the {NUM_PARAMETERS:,} parameters of its name")
    model.compile(optimizer="rmsprop", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(
        x_train,
        y_train,
        epochs=1 if options.quick else options.epochs,
        batch_size=64,
        validation_split=0.1,
        seed=0,
        checkpoint_dir=None if options.quick else CHECKPOINTS,
        resume=options.resume,
    )
    result = model.evaluate(x_test, y_test, batch_size=256, verbose=0, return_dict=True)
    model.save(MODEL)
    print(f"\nTest accuracy {result['accuracy']:.4f}; saved as {MODEL}.")
    if not options.quick and options.epochs >= 5 and result["accuracy"] < ENOUGH:
        raise SystemExit(f"the accuracy is below {ENOUGH}")


if __name__ == "__main__":
    main()
