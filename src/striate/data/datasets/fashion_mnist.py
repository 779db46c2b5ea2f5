"""Fashion-MNIST: 70,000 pictures of clothes, 28 x 28 grey pixels."""

from __future__ import annotations

from striate.data.datasets.decode import decode_idx
from striate.data.datasets.fetch import load_arrays
from striate.data.datasets.records import ArraySpec, DatasetRecord, RemoteFile, Route, Split

CLASS_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)

_BASES = (
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
)


def _file(name: str, size_bytes: int, md5: str, sha256: str) -> RemoteFile:
    urls = tuple(base + name for base in _BASES)
    return RemoteFile(name, urls, size_bytes, sha256=sha256, md5=md5)


RECORD = DatasetRecord(
    name="fashion_mnist",
    title="Fashion-MNIST clothes",
    # No digests of the arrays are published: the files are known by theirs (SHA-256).
    arrays=(
        ArraySpec("x_train", (60000, 28, 28)),
        ArraySpec("y_train", (60000,), samples_per_class=(6000,) * 10),
        ArraySpec("x_test", (10000, 28, 28)),
        ArraySpec("y_test", (10000,), samples_per_class=(1000,) * 10),
    ),
    class_names=CLASS_NAMES,
    licence="MIT",
    source="Zalando Research",
    routes=(
        Route(
            (
                _file(
                    "train-images-idx3-ubyte.gz",
                    26421880,
                    "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
                    "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                ),
                _file(
                    "train-labels-idx1-ubyte.gz",
                    29515,
                    "25c81989df183df01b3e8a0aad5dffbe",
                    "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                ),
                _file(
                    "t10k-images-idx3-ubyte.gz",
                    4422102,
                    "bef4ecab320f06d8554ea6380940ec79",
                    "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                ),
                _file(
                    "t10k-labels-idx1-ubyte.gz",
                    5148,
                    "bb300cfdad3c16e7a12a480ee83cd310",
                    "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
                ),
            ),
            decode_idx(
                ("train-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte.gz"),
                ("train-labels-idx1-ubyte.gz", "t10k-labels-idx1-ubyte.gz"),
            ),
        ),
    ),
    keras_folders=("fashion-mnist",),
)


def load_data() -> tuple[Split, Split]:
    """`(x_train, y_train), (x_test, y_test)`: 60,000 and 10,000 images, as from Keras.

    The files are compared with the published ones by SHA-256; then shapes and the number of
    samples per class are checked.

    Shapes: x (N, 28, 28) uint8, 0 to 255; y (N,) uint8, 0 to 9
    Raises:
        DownloadError: there is no copy on this machine, and none could be downloaded.
    References: Xiao, Rasul, Vollgraf (2017), https://arxiv.org/abs/1708.07747
    """
    arrays = load_arrays(RECORD)
    return (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])
