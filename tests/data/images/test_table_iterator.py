"""Files named in a table as batches, with targets of every form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from striate.data.images import ImageDataGenerator
from striate.errors import DataError, UnknownNameError
from tests.keras_oracle import keras as _keras

from keras.src.legacy.preprocessing import image as oracle  # isort: skip

pytestmark = pytest.mark.keras

assert _keras.backend.backend() == "torch"


def table() -> pd.DataFrame:
    names = ["cat/0.png", "dog/1.png", "owl/0.png", "cat/1.png", "dog/0.png", "cat/3.png"]
    return pd.DataFrame(
        {
            "filename": names,
            "class": [name[:3] for name in names],
            "several": [["cat"], ["dog", "owl"], ["owl"], ["cat", "dog"], ["dog"], ["cat"]],
            "side": ["left", "right", "left", "right", "left", "left"],
            "age": [1.5, 2.0, 3.0, 4.0, 5.0, 6.0],
            "mass": [3, 1, 4, 1, 5, 9],
        }
    )


CASES: dict[str, dict[str, Any]] = {
    "categorical": {},
    "several": {"y_col": "several"},
    "some": {"classes": ["owl", "cat"]},
    "some of several": {"y_col": "several", "classes": ["dog", "owl"]},
    "sparse": {"class_mode": "sparse"},
    "binary": {"class_mode": "binary", "y_col": "side"},
    "raw": {"class_mode": "raw", "y_col": "age"},
    "raw columns": {"class_mode": "raw", "y_col": ["age", "mass"]},
    "multi_output": {"class_mode": "multi_output", "y_col": ["age", "mass"]},
    "input": {"class_mode": "input"},
    "images": {"class_mode": None},
    "weights": {"weight_col": "mass"},
    "training": {"subset": "training"},
    "validation": {"subset": "validation"},
}


@pytest.mark.parametrize("case", CASES)
def test_batches_are_those_of_keras(
    pets: Path, case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    options = {"target_size": (8, 9), "batch_size": 4, "seed": 3, **CASES[case]}
    made = (g(validation_split=0.4) for g in (oracle.ImageDataGenerator, ImageDataGenerator))
    theirs, ours = (g.flow_from_dataframe(table(), str(pets), **options) for g in made)
    first, second = capsys.readouterr().out.splitlines()
    assert first == second
    assert (ours.filenames, ours.n) == (theirs.filenames, theirs.n)
    assert getattr(ours, "class_indices", None) == getattr(theirs, "class_indices", None)
    for _ in range(2):
        a, b = next(theirs), next(ours)
        for expected, found in zip(_leaves(a), _leaves(b), strict=True):
            np.testing.assert_array_equal(found, expected)


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, (tuple, list)):
        return [leaf for item in value for leaf in _leaves(item)]
    return [value]


def test_rows_without_a_file_are_left_out_with_a_warning(pets: Path) -> None:
    frame = table()
    frame.loc[1, "filename"] = "dog/missing.png"
    frame.loc[2, "filename"] = "cat/notes.txt"
    generator = ImageDataGenerator()
    text = '^2 names in column "filename" are no image files and are left out$'
    with pytest.warns(UserWarning, match=text):
        flow = generator.flow_from_dataframe(frame, pets)
    assert (flow.n, flow.class_indices) == (4, {"cat": 0, "dog": 1})
    assert generator.flow_from_dataframe(frame, pets, validate_filenames=False).n == 6


def test_a_dict_of_columns_is_a_table_too(pets: Path) -> None:
    columns = {name: list(column) for name, column in table().items()}
    assert ImageDataGenerator().flow_from_dataframe(columns, pets).n == 6


def test_other_is_raw(pets: Path) -> None:
    generator = ImageDataGenerator()
    flow = generator.flow_from_dataframe(table(), pets, y_col="mass", class_mode="other")
    assert flow.labels.tolist() == [3, 1, 4, 1, 5, 9]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            {"x_col": "name"},
            "flow_from_dataframe: the table has no such column. Got column='name'. "
            "Expected one of filename, class, several, side, age, mass.",
        ),
        (
            {"x_col": "age"},
            "flow_from_dataframe: column 'age' does not suit x_col. Expected file names as text.",
        ),
        (
            {"y_col": "mass"},
            "flow_from_dataframe: column 'mass' does not suit y_col. Expected classes as text. "
            "Convert it: `df[col] = df[col].astype(str)`.",
        ),
        (
            {"weight_col": "side"},
            "flow_from_dataframe: column 'side' does not suit weight_col. Expected numbers.",
        ),
        (
            {"class_mode": "binary"},
            'flow_from_dataframe: class_mode="binary" needs two classes. Got classes=3. '
            'Expected 2. Use class_mode="categorical" or "sparse".',
        ),
        (
            {"class_mode": "multi_output", "y_col": "age"},
            'flow_from_dataframe: class_mode="multi_output" needs several columns. '
            "Got y_col='age'. Expected a list of names of columns.",
        ),
        (
            {"classes": ["cow"]},
            "flow_from_dataframe: there are no images. Expected rows whose files exist below "
            "`directory` and end with .png, .jpg, .jpeg, .bmp, .ppm, .tif, .tiff.",
        ),
    ],
)
def test_errors(pets: Path, options: dict[str, Any], text: str) -> None:
    with pytest.raises(DataError) as error:
        ImageDataGenerator().flow_from_dataframe(table(), pets, **options)
    assert str(error.value) == text


def test_an_unknown_class_mode(pets: Path) -> None:
    with pytest.raises(UnknownNameError) as error:
        ImageDataGenerator().flow_from_dataframe(table(), pets, class_mode="raws")
    assert str(error.value) == "flow: unknown class_mode. Got 'raws'. Did you mean 'raw'?"
