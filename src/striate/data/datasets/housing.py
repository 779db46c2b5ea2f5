"""Prices of houses in Boston and California: small tables of numbers for regression."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from striate.data.cached_file import get_file
from striate.data.datasets.decode import read_npz
from striate.data.datasets.records import Split
from striate.errors import ArgumentError, message, unknown_name

_FOLDER = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_SHA256 = {
    "boston_housing.npz": "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5",
    "california_housing.npz": "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f",
}
_SIZES = {"small": 600, "large": 20640}


def load_boston(
    path: str = "boston_housing.npz", test_split: float = 0.2, seed: int = 113
) -> tuple[Split, Split]:
    """`(x_train, y_train), (x_test, y_test)`: 506 towns, 13 numbers each, as from Keras.

    One of the thirteen columns counts people by the colour of their skin, and the data are no
    longer used for teaching; `load_california` stands in for them.

    Shapes: x (N, 13) float64; y (N,) float64, in thousands of dollars

    Args:
        path: the name of the file in Keras's folder.
        test_split: the part for testing.
        seed: of the order.

    Raises:
        ArgumentError: a part outside 0 to 1.
        DownloadError: there is no copy on this machine, and none could be downloaded.

    References: Harrison and Rubinfeld (1978), Hedonic housing prices and the demand for clean air
    """
    return _split("boston_housing.npz", path, test_split, seed, None)


def load_california(
    version: str = "large",
    path: str = "california_housing.npz",
    test_split: float = 0.2,
    seed: int = 113,
) -> tuple[Split, Split]:
    """`(x_train, y_train), (x_test, y_test)`: blocks of houses, 8 numbers each, as from Keras.

    Shapes: x (N, 8) float32; y (N,) float32, in dollars

    Args:
        version: "large", all 20,640 blocks, or "small", the first 600.
        path: the name of the file in Keras's folder.
        test_split: the part for testing.
        seed: of the order.

    Raises:
        ArgumentError: a part outside 0 to 1.
        UnknownNameError: another version.
        DownloadError: there is no copy on this machine, and none could be downloaded.

    References: Pace and Barry (1997), Sparse spatial autoregressions
    """
    if version not in _SIZES:
        raise unknown_name("california_housing.load_data", "version", version, _SIZES)
    return _split("california_housing.npz", path, test_split, seed, _SIZES[version])


def _split(
    file: str, name: str, test_split: float, seed: int, count: int | None
) -> tuple[Split, Split]:
    if not 0 <= test_split < 1:
        raise ArgumentError(
            message(
                file,
                "this is no part of the data",
                got={"test_split": test_split},
                expected="0 <= test_split < 1",
            )
        )
    arrays = read_npz(Path(get_file(name, _FOLDER + file, file_hash=_SHA256[file])))
    x, y = arrays["x"][:count], arrays["y"][:count]
    order = np.arange(len(x))
    np.random.RandomState(seed).shuffle(order)
    cut = int(len(x) * (1 - test_split))
    return (x[order[:cut]], y[order[:cut]]), (x[order[cut:]], y[order[cut:]])
