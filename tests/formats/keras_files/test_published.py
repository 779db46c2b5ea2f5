"""Files that users of Keras 1.1 to 3.14 published open with the right numbers, or say why not.

`published.json` has what is expected of each. The files stay in the shared folder.
"""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import striate as st
from striate import layers

pytestmark = pytest.mark.torch

EXPECTED: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "published.json").read_text(encoding="utf-8")
)
ROOT = Path(__file__).resolve().parents[3]
Shared = Callable[[str], Path]


def opened(unit: dict[str, Any], shared_path: Shared, objects: Any = None) -> st.Model:
    place = shared_path(f"keras_files/{unit['file']}")
    if "json" in unit:
        structure = place.parent / unit["json"]
        return st.load_model(structure, objects, weights=place)
    return st.load_model(place, objects)


def names(units: list[dict[str, Any]]) -> list[str]:
    return [unit["file"].partition("__")[0] for unit in units]


OPEN = [unit for unit in EXPECTED if "refused" not in unit]
REFUSED = [unit for unit in EXPECTED if "refused" in unit]


def test_every_published_file_is_in_the_list(shared_path: Shared) -> None:
    manifest = json.loads(shared_path("keras_files/manifest.json").read_text(encoding="utf-8"))
    assert [u["file"] for u in manifest] == [u["file"] for u in EXPECTED]
    assert len(OPEN) == 25
    references = [u["file"] for u in manifest if u["reference"]]
    assert references == [u["file"] for u in OPEN]


@pytest.mark.parametrize("unit", OPEN, ids=names(OPEN))
def test_it_opens_and_its_outputs_are_the_reference(unit: Any, shared_path: Shared) -> None:
    model = opened(unit, shared_path)
    assert model.count_params() == unit["parameters"]
    assert len(model.layers) == unit["layers"]
    assert [list(s.shape) for s in model.graph.input_specs] == unit["inputs"]
    if "steps" in unit:
        assert model.optimizer is not None
        assert int(model.optimizer.iterations) == unit["steps"]
    record = next(
        u
        for u in json.loads(shared_path("keras_files/manifest.json").read_text(encoding="utf-8"))
        if u["file"] == unit["file"]
    )
    values = np.load(shared_path(f"keras_files/{record['reference']}"))
    given = [values[k] for k in sorted(values) if k.startswith("x")]
    expected = [values[k] for k in sorted(values) if k.startswith("y")]
    found = model.predict(given[0] if len(given) == 1 else given, verbose=0)
    if isinstance(found, dict):
        found = list(found.values())
    for ours, theirs in zip(found if isinstance(found, list) else [found], expected, strict=True):
        assert np.abs(ours - theirs).max() <= 1e-5 * np.abs(theirs).max()


@pytest.mark.parametrize("unit", REFUSED, ids=names(REFUSED))
def test_it_is_refused_for_the_right_reason(unit: Any, shared_path: Shared) -> None:
    with pytest.raises(st.FormatError) as caught:
        opened(unit, shared_path)
    folder = str(shared_path("keras_files"))
    assert str(caught.value).replace(f"{folder}/", "") == unit["refused"]


@pytest.mark.parametrize("owner", ["jeremy-shannon", "1560800", "ncondo"])
def test_a_lambda_is_replaced_by_a_layer_of_its_name(owner: str, shared_path: Shared) -> None:
    unit = next(u for u in REFUSED if u["file"].startswith(owner))
    replacement = {"lambda_1": layers.Rescaling(1 / 127.5, offset=-1)}
    model = opened(unit, shared_path, replacement)
    assert model.layers[0] is replacement["lambda_1"]
    assert model.layers[0].name == "lambda_1"
    shape = model.graph.input_specs[0].shape[1:]
    out = model.predict(np.full((1, *shape), 100.0, "float32"), verbose=0)
    assert np.isfinite(out).all()


def test_weights_of_another_model_name_both_shapes(shared_path: Shared) -> None:
    path = shared_path("keras_files/JanithaB__cnn_mnist_cv2__mnist_cnn.h5")
    model = st.load_model(path, compile=False)
    other = shared_path("keras_files/bai1636__CNN__mnist_cnn.h5")
    with pytest.raises(st.FormatError) as caught:
        model.load_weights(other)
    assert str(caught.value) == (
        f"{other}: the file has weights for another number of layers than the model. Got"
        " file=('conv2d', 'conv2d_1', 'dense', 'dense_1'). Expected 3: conv2d, conv2d_1, dense."
        " The file is of another model, or load what fits:"
        " model.load_weights(path, skip_mismatch=True), or those of the same name: by_name=True."
    )


def test_the_page_shows_the_table_of_these_files(shared_path: Shared) -> None:
    tool = runpy.run_path(str(ROOT / "tools/keras_files_table.py"))
    manifest = json.loads(shared_path("keras_files/manifest.json").read_text(encoding="utf-8"))
    page = (ROOT / "docs/guides/keras_files.md").read_text(encoding="utf-8")
    assert tool["table"](manifest) in page
