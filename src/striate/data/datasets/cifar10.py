"""CIFAR-10: 60,000 small photographs of ten kinds of things."""

from __future__ import annotations

from striate.data.datasets.decode import decode_cifar_archive, decode_cifar_files
from striate.data.datasets.fetch import load_arrays
from striate.data.datasets.records import ArraySpec, DatasetRecord, RemoteFile, Route, Split

CLASS_NAMES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)

_BATCHES = {
    "cifar-10-batches-py/data_batch_1": "c99cafc152244af753f735de768cd75f",
    "cifar-10-batches-py/data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "cifar-10-batches-py/data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "cifar-10-batches-py/data_batch_4": "634d18415352ddfa80567beed471001a",
    "cifar-10-batches-py/data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    "cifar-10-batches-py/test_batch": "40351d587109b95175f43aff81a1287e",
}
_TRAIN, _TEST = tuple(_BATCHES)[:5], tuple(_BATCHES)[5:]
_LABELS = {"y": "labels"}
_ARCHIVE = RemoteFile(
    "cifar-10-python.tar.gz",
    ("https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",),
    170498071,
    sha256="6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
    md5="c58f30108f718f92721af3b95e74349a",
)

RECORD = DatasetRecord(
    name="cifar10",
    title="CIFAR-10 photographs",
    # No digests of the arrays are published: the archive is known by its SHA-256, the batches
    # of a copy that Keras unpacked by their MD5.
    arrays=(
        ArraySpec("x_train", (50000, 32, 32, 3)),
        ArraySpec("y_train", (50000, 1), samples_per_class=(5000,) * 10),
        ArraySpec("x_test", (10000, 32, 32, 3)),
        ArraySpec("y_test", (10000, 1), samples_per_class=(1000,) * 10),
    ),
    class_names=CLASS_NAMES,
    licence="not stated by its authors, who ask to be cited",
    source="A. Krizhevsky, V. Nair, G. Hinton, University of Toronto",
    routes=(
        Route((_ARCHIVE,), decode_cifar_archive(_TRAIN, _TEST, _LABELS)),
        Route(
            tuple(RemoteFile(name, md5=md5) for name, md5 in _BATCHES.items()),
            decode_cifar_files(_TRAIN, _TEST, _LABELS),
        ),
    ),
    keras_folders=("cifar-10-batches-py-target",),
)


def load_data() -> tuple[Split, Split]:
    """`(x_train, y_train), (x_test, y_test)`: 50,000 and 10,000 images, as from Keras.

    The archive is compared with the published one by SHA-256; then shapes and the number of
    samples per class are checked. Its pickles are opened without running code in them.

    Shapes: x (N, 32, 32, 3) uint8, RGB, 0 to 255; y (N, 1) uint8, 0 to 9
    Raises:
        DownloadError: there is no copy on this machine, and none could be downloaded.
    References: Krizhevsky (2009), Learning multiple layers of features from tiny images
    """
    arrays = load_arrays(RECORD)
    return (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])
