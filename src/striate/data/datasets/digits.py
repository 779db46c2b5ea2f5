"""Digits: 1797 handwritten digits, 8 x 8 grey pixels, embedded in scikit-learn."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np

from striate.data.datasets.fetch import load_arrays
from striate.data.datasets.records import Array, ArraySpec, DatasetRecord, Split

CLASS_NAMES = tuple("0123456789")

_TEST_EVERY = 5
_TEST_FIRST = 2


def _read() -> dict[str, Array]:
    """The split: of each class, in the file's order, samples 2, 7, 12... are for testing."""
    images, labels = _images_and_labels()
    is_test = np.zeros(len(labels), bool)
    for label in range(10):
        is_test[np.flatnonzero(labels == label)[_TEST_FIRST::_TEST_EVERY]] = True
    return {
        "x_train": images[~is_test],
        "y_train": labels[~is_test],
        "x_test": images[is_test],
        "y_test": labels[is_test],
    }


def _images_and_labels() -> tuple[Array, Array]:
    """Read from scikit-learn's file, which takes a tenth of the time of importing scikit-learn."""
    spec = importlib.util.find_spec("sklearn")
    folder = Path(spec.origin).parent if spec is not None and spec.origin else Path()
    path = folder / "datasets" / "data" / "digits.csv.gz"
    if path.is_file():
        table = np.loadtxt(path, np.uint8, delimiter=",")
        return table[:, :64].reshape(-1, 8, 8).copy(), table[:, 64].copy()
    from sklearn.datasets import load_digits

    digits = load_digits()
    return digits.images.astype(np.uint8), digits.target.astype(np.uint8)


_SHA256 = {
    "x_train": "b3301d326146159ddb7461343374fff9e63499c739517f018261a6e8199f33a1",
    "y_train": "b64917251869dd535350a181a4e0376561602c817b92ebe3ed35710c9e459d5d",
    "x_test": "c296345ece76e3229bc7dde2f8673a544a3a0808f6ded120deb2d1543c607f25",
    "y_test": "2d06b9cab740cef9fa6265e6b7c9a6a5b5a12fc04162274648aac4eb68c06554",
}
"""Of the content of the arrays; see `verify.content_digest`."""

RECORD = DatasetRecord(
    name="digits",
    title="UCI handwritten digits",
    arrays=(
        ArraySpec("x_train", (1438, 8, 8), _SHA256["x_train"]),
        ArraySpec("y_train", (1438,), _SHA256["y_train"]),
        ArraySpec("x_test", (359, 8, 8), _SHA256["x_test"]),
        ArraySpec("y_test", (359,), _SHA256["y_test"]),
    ),
    class_names=CLASS_NAMES,
    licence="CC BY 4.0",
    source="E. Alpaydin, C. Kaynak, UCI Machine Learning Repository, through scikit-learn",
    embedded=_read,
)


def load_data() -> tuple[Split, Split]:
    """`(x_train, y_train), (x_test, y_test)`: 1438 and 359 images, without a download.

    The split is fixed and keeps the classes in proportion: of each class, in the order of
    scikit-learn's file, every fifth sample from the third on is for testing.

    Shapes: x (N, 8, 8) uint8, 0 to 16, white on black; y (N,) uint8, 0 to 9
    References: Alpaydin, Kaynak (1998), https://doi.org/10.24432/C50P49
    """
    arrays = load_arrays(RECORD)
    return (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])
