"""CIFAR-100: 60,000 small photographs of a hundred kinds of things in twenty groups."""

from __future__ import annotations

from striate.data.datasets.decode import decode_cifar_archive, decode_cifar_files
from striate.data.datasets.fetch import load_arrays
from striate.data.datasets.records import ArraySpec, DatasetRecord, RemoteFile, Route, Split
from striate.errors import unknown_name

_FINE = """
    apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus
    butterfly camel can castle caterpillar cattle chair chimpanzee clock cloud cockroach couch
    crab crocodile cup dinosaur dolphin elephant flatfish forest fox girl hamster house kangaroo
    keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle mountain mouse
    mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate poppy
    porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper
    snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone television
    tiger tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm
"""
_COARSE = """
    aquatic_mammals fish flowers food_containers fruit_and_vegetables
    household_electrical_devices household_furniture insects large_carnivores
    large_man-made_outdoor_things large_natural_outdoor_scenes large_omnivores_and_herbivores
    medium_mammals non-insect_invertebrates people reptiles small_mammals trees vehicles_1
    vehicles_2
"""
CLASS_NAMES = tuple(_FINE.split())
COARSE_CLASS_NAMES = tuple(_COARSE.split())

_TRAIN, _TEST = ("cifar-100-python/train",), ("cifar-100-python/test",)
_LABELS = {"fine": "fine_labels", "coarse": "coarse_labels"}
_ARCHIVE = RemoteFile(
    "cifar-100-python.tar.gz",
    ("https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz",),
    169001437,
    sha256="85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
    md5="eb9058c3a382ffc7106e4002c42a8d85",
)

RECORD = DatasetRecord(
    name="cifar100",
    title="CIFAR-100 photographs",
    # No digests of the arrays are published: the archive is known by its SHA-256, the batches
    # of a copy that Keras unpacked by their MD5.
    arrays=(
        ArraySpec("x_train", (50000, 32, 32, 3)),
        ArraySpec("fine_train", (50000, 1), samples_per_class=(500,) * 100),
        ArraySpec("coarse_train", (50000, 1), samples_per_class=(2500,) * 20),
        ArraySpec("x_test", (10000, 32, 32, 3)),
        ArraySpec("fine_test", (10000, 1), samples_per_class=(100,) * 100),
        ArraySpec("coarse_test", (10000, 1), samples_per_class=(500,) * 20),
    ),
    class_names=CLASS_NAMES,
    licence="not stated by its authors, who ask to be cited",
    source="A. Krizhevsky, V. Nair, G. Hinton, University of Toronto",
    routes=(
        Route((_ARCHIVE,), decode_cifar_archive(_TRAIN, _TEST, _LABELS)),
        Route(
            (
                RemoteFile(_TRAIN[0], md5="16019d7e3df5f24257cddd939b257f8d"),
                RemoteFile(_TEST[0], md5="f0ef6b0ae62326f3e7ffdfab6717acfc"),
            ),
            decode_cifar_files(_TRAIN, _TEST, _LABELS),
        ),
    ),
    keras_folders=("cifar-100-python-target",),
)


def load_data(label_mode: str = "fine") -> tuple[Split, Split]:
    """`(x_train, y_train), (x_test, y_test)`: 50,000 and 10,000 images, as from Keras.

    Checked like CIFAR-10. Keras documents y as uint8, but returns int64; here it is uint8.

    Shapes: x (N, 32, 32, 3) uint8, RGB, 0 to 255; y (N, 1) uint8
    Args:
        label_mode: `"fine"`, 100 classes (`CLASS_NAMES`), or `"coarse"`, the 20 groups
            (`COARSE_CLASS_NAMES`).
    Raises:
        UnknownNameError: another label mode.
        DownloadError: there is no copy on this machine, and none could be downloaded.
    References: Krizhevsky (2009), Learning multiple layers of features from tiny images
    """
    if label_mode not in ("fine", "coarse"):
        raise unknown_name("cifar100.load_data", "label mode", label_mode, ["fine", "coarse"])
    arrays = load_arrays(RECORD)
    return (
        (arrays["x_train"], arrays[f"{label_mode}_train"]),
        (arrays["x_test"], arrays[f"{label_mode}_test"]),
    )
