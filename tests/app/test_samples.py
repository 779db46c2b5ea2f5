from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from striate.app.samples import read_samples, split_off
from striate.errors import DataError, UnknownNameError


@pytest.fixture
def file(tmp_path: Path) -> Any:
    path = tmp_path / "data.npz"

    def save(**arrays: Any) -> str:
        np.savez(path, **arrays)
        return str(path)

    return save


X, Y = np.zeros((6, 4, 5), np.uint8), np.array([0, 1, 2, 0, 1, 2])


def test_a_named_data_set() -> None:
    samples = read_samples("digits")
    assert samples.image_shape == (8, 8, 1)
    assert samples.class_names == tuple("0123456789")
    assert samples.train[0].shape == (1438, 8, 8, 1)
    assert samples.test is not None
    assert samples.test[1].dtype == np.int64


def test_a_file_with_one_part(file: Any) -> None:
    samples = read_samples(file(x=X, y=Y.reshape(-1, 1).astype(np.float32)))
    assert samples.name == "data"
    assert samples.image_shape == (4, 5, 1)
    assert samples.train[1].tolist() == Y.tolist()
    assert samples.test is None
    assert samples.class_names == ("0", "1", "2")


def test_a_file_with_class_names(file: Any) -> None:
    names = np.array(["cat", "dog", "owl", "yak"])
    samples = read_samples(file(x_train=X, y_train=Y, x_test=X, y_test=Y, class_names=names))
    assert samples.class_names == ("cat", "dog", "owl", "yak")


def test_a_folder_cannot_be_read_yet(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_samples(str(tmp_path))
    assert str(caught.value) == (
        f"{tmp_path}: this is a folder; folders of images cannot be read yet. Expected the name "
        "of a data set (see `striate datasets`) or an .npz file. Put the images into arrays and "
        'save them: np.savez("images.npz", x_train=..., y_train=..., x_test=..., y_test=...).'
    )


def test_an_unknown_name_lists_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"Got 'mnits'\. Did you mean 'mnist'"):
        read_samples("mnits")


@pytest.mark.parametrize("x", [np.zeros((6, 4)), np.zeros((6, 0, 4)), np.zeros((6, 4, 4), "U1")])
def test_what_is_no_image_is_refused(file: Any, x: Any) -> None:
    path = file(x=x, y=Y)
    with pytest.raises(DataError) as caught:
        read_samples(path)
    assert str(caught.value) == (
        f"{path}, x_train: these are not images. Got shape={x.shape}, dtype='{x.dtype}'. Expected "
        "numbers of shape (N, height, width) or (N, height, width, channels)."
    )


def test_nan_in_an_image_is_refused(file: Any) -> None:
    x = X.astype(np.float32)
    x[3, 0, 0] = np.nan
    with pytest.raises(DataError, match=r"x_train: sample 3 is not finite"):
        read_samples(file(x=x, y=Y))


@pytest.mark.parametrize(
    "y", [Y - 1, Y + 0.5, np.eye(6), np.array(list("abcabc")), Y.astype(np.float32) * np.nan]
)
def test_what_is_no_class_number_is_refused(file: Any, y: Any) -> None:
    path = file(x=X, y=y)
    with pytest.raises(DataError) as caught:
        read_samples(path)
    assert str(caught.value) == (
        f"{path}, y_train: these are not class numbers. Got shape={y.shape}, dtype='{y.dtype}'. "
        "Expected whole numbers from 0, one per image. Use np.unique(labels, "
        "return_inverse=True)[1] for names, labels.argmax(axis=1) for rows with a 1."
    )


def test_every_class_has_a_name(file: Any) -> None:
    path = file(x=X, y=Y, class_names=np.array(["cat", "dog"]))
    with pytest.raises(DataError) as caught:
        read_samples(path)
    assert str(caught.value) == (
        f"{path}: there are labels without a class name. Got highest label=2, class_names=2. "
        "Expected one name per class, for labels from 0."
    )


def test_both_parts_have_one_shape(file: Any) -> None:
    path = file(x_train=X, y_train=Y, x_test=X[:, :3], y_test=Y)
    with pytest.raises(DataError) as caught:
        read_samples(path)
    assert str(caught.value) == (
        f"{path}: the test images have another shape than the training images. "
        "Got train=(4, 5, 1), test=(3, 5, 1). Expected the same height, width and channels."
    )


def test_the_digest_follows_the_content(file: Any) -> None:
    first = read_samples(file(x=X, y=Y)).digest()
    assert read_samples(file(x=X.copy(), y=Y)).digest() == first
    assert read_samples(file(x=X + 1, y=Y)).digest() != first


def test_the_validation_part_is_chosen_by_the_seed() -> None:
    x, y = np.arange(100).reshape(-1, 1, 1, 1), np.arange(100)
    rest, kept = split_off((x, y), 0.1, seed=0)
    assert kept is not None
    assert (len(rest[1]), len(kept[1])) == (90, 10)
    assert sorted([*rest[1], *kept[1]]) == list(range(100))
    assert (rest[0].reshape(-1) == rest[1]).all()
    again, other = split_off((x, y), 0.1, seed=0)[1], split_off((x, y), 0.1, seed=1)[1]
    assert again is not None
    assert other is not None
    assert again[1].tolist() == kept[1].tolist() != other[1].tolist()
    assert split_off((x, y), 0.0, seed=0)[1] is None


@pytest.mark.parametrize(("fraction", "which"), [(0.01, "validation"), (0.99, "training")])
def test_no_part_is_empty(fraction: float, which: str) -> None:
    with pytest.raises(DataError) as caught:
        split_off((X, Y), fraction, seed=0)
    assert str(caught.value) == (
        f"--validation-split: the {which} part would be empty. Got validation_split={fraction}, "
        "images=6. Expected at least one image in each part. Use --validation-split 0 to go "
        "without."
    )
