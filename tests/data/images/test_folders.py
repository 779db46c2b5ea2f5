"""Labelled files of a folder, in Keras's order."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from striate.data.images.folders import check_split, labelled_files, say_found, say_part
from striate.errors import ArgumentError, DataError
from tests.keras_oracle import keras as _keras

from keras.src.utils import dataset_utils as oracle  # isort: skip

pytestmark = pytest.mark.keras

assert _keras.backend.backend() == "torch"


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        ("inferred", None),
        ("inferred", ["owl", "cat"]),
        (None, None),
        (list(range(11, -1, -1)), None),
    ],
)
def test_order_and_words_are_those_of_keras(
    pets: Path, labels: Any, names: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    (pets / ".hidden").mkdir()
    formats = (".bmp", ".gif", ".jpeg", ".jpg", ".png")
    for seed in (None, 7):
        paths, numbers, classes = oracle.index_directory(
            str(pets),
            copy.copy(labels),
            formats,
            class_names=names,
            shuffle=seed is not None,
            seed=seed,
        )
        found = labelled_files(pets, labels, names)
        say_found(found)
        first, second = capsys.readouterr().out.splitlines()
        assert first == second
        found = found if seed is None else found.mixed(seed)
        assert [Path(p) for p in found.file_paths] == [Path(p) for p in paths]
        assert found.class_names == classes
        if numbers is None:
            assert found.labels is None
            continue
        np.testing.assert_array_equal(found.labels, numbers)
        for subset in ("training", "validation"):
            part = oracle.get_training_or_validation_split(paths, numbers, 0.3, subset)
            ours = found.part(0.3, subset)
            say_part(ours, subset)
            first, second = capsys.readouterr().out.splitlines()
            assert first == second
            np.testing.assert_array_equal(ours.labels, part[1])


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (
            lambda folder: labelled_files(folder, labels=[1, 2]),
            DataError,
            "{folder}: the labels do not belong to its images. Got labels=2. "
            'Expected "inferred", None, or a list of 12 numbers, one per file.',
        ),
        (
            lambda folder: labelled_files(folder, labels=None, class_names=["cat"]),
            ArgumentError,
            "class_names: names of class folders are given, but labels are not taken from these. "
            'Expected class_names only with labels="inferred".',
        ),
        (
            lambda folder: labelled_files(folder / "cat" / "more"),
            DataError,
            "{folder}/cat/more: there are no images in it. Expected files that end with "
            ".bmp, .gif, .jpeg, .jpg, .png, each in the folder of its class.",
        ),
        (
            lambda folder: labelled_files("nowhere", labels=None),
            DataError,
            "nowhere: there is no such folder.",
        ),
    ],
)
def test_errors(pets: Path, call: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind) as error:
        call(pets)
    assert str(error.value) == text.replace("{folder}", str(pets))


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            (1.5, "training", True, 1),
            "this is no part of the data. Got validation_split=1.5, subset='training'. "
            "Expected 0 < validation_split < 1.",
        ),
        (
            (0.2, None, True, 1),
            "a split needs its part, and a part its split. "
            "Got validation_split=0.2, subset=None. Expected both or neither.",
        ),
        (
            (0.2, "test", True, 1),
            "the data have no such part. Got validation_split=0.2, subset='test'. "
            'Expected "training", "validation" or "both".',
        ),
        (
            (0.2, "training", True, None),
            "without a seed the two parts would be mixed differently and overlap. Got seed=None. "
            "Expected the same seed for both parts, or shuffle=False.",
        ),
    ],
)
def test_splits_that_cannot_be(arguments: Any, text: str) -> None:
    with pytest.raises(ArgumentError) as error:
        check_split(*arguments)
    assert str(error.value) == f"image_dataset_from_directory: {text}"
    check_split(0.2, "both", True, 1)
    check_split(None, None, True, None)
