"""The table is complete and true; names and files load."""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from striate.data import datasets
from striate.data.datasets.registry import _MODULES
from striate.errors import DataError, FormatError, UnknownNameError
from tests.data.datasets import toy

RECORDS = [module.RECORD for module in _MODULES.values()]


def test_every_module_with_load_data_is_in_the_table() -> None:
    names = [info.name for info in pkgutil.iter_modules(datasets.__path__)]
    modules = {name for name in names if hasattr(getattr(datasets, name, None), "load_data")}
    assert modules == set(_MODULES)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.name)
def test_every_array_is_known_by_content_or_through_its_files(record: Any) -> None:
    for route in record.routes:
        for file in route.files:
            assert record.is_known_by_content or file.sha256 or file.md5
            assert all(url.startswith("https://") for url in file.urls)
            assert all(url.rsplit("/", 1)[1] == file.name for url in file.urls)
            assert len(file.sha256 or "0" * 64) == 64
            assert len(file.md5 or "0" * 32) == 32
    assert record.embedded or record.routes[0].is_remote
    assert len(set(record.class_names)) == record.num_classes
    for spec in record.arrays:
        assert len(spec.sha256 or "0" * 64) == 64
        if spec.samples_per_class:
            assert sum(spec.samples_per_class) == spec.shape[0]


def test_the_list_says_what_is_on_this_machine(folders: Path) -> None:
    listings = {listing.name: listing for listing in datasets.list_datasets()}
    assert [name for name, listing in listings.items() if listing.cached] == ["digits"]
    toy.put(folders, "keras/datasets/mnist.npz", b"")
    assert {listing.name: listing for listing in datasets.list_datasets()}["mnist"].cached
    text = json.dumps([listing.as_dict() for listing in datasets.list_datasets()])
    assert json.loads(text)[3] == {
        "name": "cifar10",
        "title": "CIFAR-10 photographs",
        "train_shape": [50000, 32, 32, 3],
        "test_shape": [10000, 32, 32, 3],
        "dtype": "uint8",
        "num_classes": 10,
        "download_bytes": 170498071,
        "licence": "not stated by its authors, who ask to be cited",
        "source": "A. Krizhevsky, V. Nair, G. Hinton, University of Toronto",
        "cached": False,
        "folder": str(folders / "data" / "cifar10"),
    }
    assert listings["digits"].folder is None


def test_digits_need_no_file(folders: Path) -> None:
    (x_train, y_train), (x_test, y_test) = datasets.digits.load_data()
    assert (x_train.shape, x_test.shape) == ((1438, 8, 8), (359, 8, 8))
    assert (y_train.shape, y_test.shape) == ((1438,), (359,))
    assert {a.dtype.name for a in (x_train, y_train, x_test, y_test)} == {"uint8"}
    assert (int(x_train.min()), int(x_train.max())) == (0, 16)
    counts = np.bincount(y_train) + np.bincount(y_test)
    assert counts.tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert (np.abs(np.bincount(y_test) - counts / 5) < 1).all()
    assert x_train.flags.writeable
    assert not folders.joinpath("data").exists()


def test_digits_are_those_of_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = datasets.digits._images_and_labels()
    monkeypatch.setattr(Path, "is_file", lambda self: False)
    slow = datasets.digits._images_and_labels()
    for a, b in zip(fast, slow, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)


def test_mnist_is_returned_as_keras_returns_it(
    shared_path: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, folders: Path
) -> None:
    file = shared_path("data/mnist.npz")
    monkeypatch.setenv("STRIATE_DATA", str(file.parent))
    (x_train, y_train), (x_test, y_test) = datasets.mnist.load_data(path="mnist.npz")
    assert (x_train.shape, x_train.dtype) == ((60000, 28, 28), np.uint8)
    assert (y_train.shape, y_train.dtype) == ((60000,), np.uint8)
    assert (x_test.shape, y_test.shape) == ((10000, 28, 28), (10000,))
    assert y_train[:5].tolist() == [5, 0, 4, 1, 9]
    monkeypatch.setenv("STRIATE_DATA", str(folders / "elsewhere"))
    again = datasets.mnist.load_data(path=str(file))
    np.testing.assert_array_equal(again[1][0], x_test)


def test_mnist_from_another_file_is_refused(tmp_path: Path) -> None:
    path = toy.put(tmp_path, "mnist.npz", toy.npz())
    with pytest.raises(FormatError) as caught:
        datasets.mnist.load_data(str(path))
    assert str(caught.value) == (
        "mnist.npz: it cannot be read: x_train has shape (20, 4, 4) and type uint8."
    )


def test_cifar100_has_two_kinds_of_labels() -> None:
    assert (len(datasets.cifar100.CLASS_NAMES), len(datasets.cifar100.COARSE_CLASS_NAMES)) == (
        100,
        20,
    )
    with pytest.raises(UnknownNameError) as caught:
        datasets.cifar100.load_data("coarce")
    assert str(caught.value) == (
        "cifar100.load_data: unknown label mode. Got 'coarce'. Did you mean 'coarse'?"
    )


def test_a_name_loads() -> None:
    found = datasets.load("digits")
    assert (found.name, found.x_train.shape, found.class_names) == (
        "digits",
        (1438, 8, 8),
        tuple("0123456789"),
    )


def test_an_unknown_name_gets_suggestions() -> None:
    with pytest.raises(UnknownNameError) as caught:
        datasets.load("mnits")
    assert str(caught.value).startswith("datasets.load: unknown data set. Got 'mnits'. Did you")


@pytest.mark.parametrize("keys", [("x_train", "y_train", "x_test", "y_test"), ("X", "Y")])
def test_a_file_of_ones_own_loads(tmp_path: Path, keys: tuple[str, ...]) -> None:
    arrays = dict(zip(keys, toy.ARRAYS.values(), strict=False))
    np.savez(tmp_path / "Mine.npz", class_names=np.array(["cat", "dog"]), **arrays)
    found = datasets.load(tmp_path / "Mine.npz")
    assert (found.name, found.class_names) == ("Mine", ("cat", "dog"))
    np.testing.assert_array_equal(found.x_train, toy.ARRAYS["x_train"])
    assert (found.x_test is None) == (len(keys) == 2)


@pytest.mark.parametrize(
    ("arrays", "text"),
    [
        (
            {"arr_0": np.zeros(2)},
            "the array x_train is missing. Got arrays=('arr_0',). Expected x_train, y_train and "
            "perhaps x_test, y_test; or x, y.",
        ),
        (
            {"x_train": np.zeros(2), "y_train": np.zeros(2), "x_test": np.zeros(2)},
            "the array y_test is missing. Got arrays=('x_test', 'x_train', 'y_train'). Expected "
            "x_train, y_train and perhaps x_test, y_test; or x, y.",
        ),
        (
            {"x": np.zeros((3, 2)), "y": np.zeros(2)},
            "the arrays do not belong together. Got x=(3, 2), y=(2,). Expected the same number "
            "of samples, at least one.",
        ),
        (
            {"x": np.zeros(2), "y": np.zeros(2), "class_names": np.zeros(2)},
            "class_names is no list of strings.",
        ),
    ],
)
def test_a_file_with_other_arrays_is_refused(tmp_path: Path, arrays: Any, text: str) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, **arrays)
    with pytest.raises((DataError, FormatError)) as caught:
        datasets.load(path)
    assert str(caught.value) == f"{path}: {text}"


def test_a_missing_file_and_another_kind_of_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        datasets.load(tmp_path / "a.npz")
    assert str(caught.value) == f"{tmp_path / 'a.npz'}: no such file."
    with pytest.raises(DataError) as caught:
        datasets.load(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: this is neither the name of a data set nor an .npz file. Known: digits, "
        "mnist, fashion_mnist, cifar10, cifar100."
    )
