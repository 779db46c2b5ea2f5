"""MNIST: 70,000 handwritten digits, 28 x 28 grey pixels."""

from __future__ import annotations

from pathlib import Path

from striate.data.datasets.decode import decode_idx, decode_npz
from striate.data.datasets.fetch import load_arrays, load_file
from striate.data.datasets.records import ArraySpec, DatasetRecord, RemoteFile, Route, Split

CLASS_NAMES = tuple("0123456789")

_NPZ = (
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
    "https://s3.amazonaws.com/img-datasets/mnist.npz",
)
_IDX = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
)


def _idx(name: str, size_bytes: int, md5: str) -> RemoteFile:
    return RemoteFile(name, tuple(base + name for base in _IDX), size_bytes, md5=md5)


_SHA256 = {
    "x_train": "a8b7c8e861344b8d73c54b72341856880be92657da6af8a8cd505da9e48878ec",
    "y_train": "7552291aab89cf0c6de11af98a1b56f11c4ccd69e6b5859422ec5c56bffd50b2",
    "x_test": "ba1092cb9c28dbec23d2ff93524b5b3355ac533d91d789175784d54c69bf3a5b",
    "y_test": "266cf492467336719328af9818c307a0b99bcab8f867995356b7780fc665fb03",
}
"""Of the content of the arrays; see `verify.content_digest`."""

RECORD = DatasetRecord(
    name="mnist",
    title="MNIST handwritten digits",
    arrays=(
        ArraySpec("x_train", (60000, 28, 28), _SHA256["x_train"]),
        ArraySpec("y_train", (60000,), _SHA256["y_train"]),
        ArraySpec("x_test", (10000, 28, 28), _SHA256["x_test"]),
        ArraySpec("y_test", (10000,), _SHA256["y_test"]),
    ),
    class_names=CLASS_NAMES,
    licence="CC BY-SA 3.0",
    source="Y. LeCun, C. Cortes, C. J. C. Burges, derived from NIST's databases",
    routes=(
        Route((RemoteFile("mnist.npz", _NPZ, 11490434),), decode_npz),
        Route(
            (
                _idx("train-images-idx3-ubyte.gz", 9912422, "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
                _idx("train-labels-idx1-ubyte.gz", 28881, "d53e105ee54ea40749a09fcbcd1e9432"),
                _idx("t10k-images-idx3-ubyte.gz", 1648877, "9fb629c4189551a2d022fa330f9573f3"),
                _idx("t10k-labels-idx1-ubyte.gz", 4542, "ec29112dd5afa0611ce80d1b7f02629c"),
            ),
            decode_idx(
                ("train-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte.gz"),
                ("train-labels-idx1-ubyte.gz", "t10k-labels-idx1-ubyte.gz"),
            ),
        ),
    ),
)


def load_data(path: str = "mnist.npz") -> tuple[Split, Split]:
    """`(x_train, y_train), (x_test, y_test)`: 60,000 and 10,000 images, as from Keras.

    Any file with the same arrays is accepted: the content is compared by SHA-256.

    Shapes: x (N, 28, 28) uint8, 0 to 255, white on black; y (N,) uint8, 0 to 9
    Args:
        path: a file of your own to read instead of the cached one. A plain name that is no file,
            as scripts for Keras give it, changes nothing.
    Raises:
        DownloadError: there is no copy on this machine, and none could be downloaded.
        FormatError: the file at `path` is not MNIST.
    References: LeCun et al. (1998), Gradient-based learning applied to document recognition
    """
    own = Path(path).expanduser()
    arrays = load_file(RECORD, own) if own.is_file() else load_arrays(RECORD)
    return (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])
