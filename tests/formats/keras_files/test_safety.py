"""Files that are no plain model: links, other files, bombs, pickles, JSON beyond reason."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

import striate as st
from striate.formats.keras_files import open_model
from tests.formats.damaged_files import external, hdf5, layer, packed, put, replaced, virtual
from tests.fuzz.seeds import legacy_file, sequential, zip_file

pytestmark = pytest.mark.torch

DISTRUST = " A model file never needs this; do not trust the file."

LARGE = layer(4, units=10**9)
WEIGHTLESS = hdf5(
    lambda f: f.__delitem__("model_weights/dense/dense/bias:0"), legacy_file(sequential())
)
# (name, content, text after the path)
FILES: list[tuple[str, bytes, str]] = [
    (
        "large.h5",
        LARGE,
        ": it describes a model far larger than the file. Got weights=65000000128. Expected at most"
        f" {(2**24 + 100 * len(LARGE)) // 4}. A model file holds all its weights; do not trust the"
        " file.",
    ),
    (
        "soft.h5",
        replaced(put(h5py.SoftLink("/model_weights"))),
        ", /model_weights/conv/conv: `kernel:0` is a link to another place. Got link='SoftLink'."
        " Expected groups and arrays of this file. A model file never needs links; do not trust the"
        " file.",
    ),
    (
        "link.h5",
        replaced(put(h5py.ExternalLink("other.h5", "/x"))),
        ", /model_weights/conv/conv: `kernel:0` is a link to another place. Got"
        " link='ExternalLink'. Expected groups and arrays of this file. A model file never needs"
        " links; do not trust the file.",
    ),
    *(
        (
            f"{make.__name__}.h5",
            replaced(make),
            ", /model_weights/conv/conv/kernel:0: its values lie in another file. Expected a file"
            f" that holds its own values.{DISTRUST}",
        )
        for make in (external, virtual)
    ),
    (
        "bomb.h5",
        replaced(lambda f, n: f.create_dataset(n, (2**40,), "f4", chunks=(1024,))),
        ", /model_weights/conv/conv/kernel:0: it declares far more values than the file holds. Got"
        " shape=(1099511627776,), stored bytes=0. Expected at most 100 times what is stored."
        f"{DISTRUST}",
    ),
    (
        "objects.h5",
        replaced(put(np.array(["text"], dtype=object))),
        ", /model_weights/conv/conv/kernel:0: it does not hold numbers. Got type='object'.",
    ),
    (
        "listed.h5",
        hdf5(lambda f: f.__delitem__("model_weights/dense"), legacy_file(sequential())),
        ", /model_weights: layer `dense` is listed but not there. The file was cut off while it was"
        " written; save the model again.",
    ),
    (
        "weight.h5",
        WEIGHTLESS,
        ", /model_weights/dense: weight `dense/bias:0` is listed but not there. The file was cut"
        " off while it was written; save the model again.",
    ),
    (
        "pickle.keras",
        packed({"config.json": b"{}", "model.weights.npz": b"\x80"}),
        ": its weights are in model.weights.npz, as Python objects that run code when read."
        " Expected a file with model.weights.h5. Do not trust the file; its author can save the"
        " model again with today's Keras.",
    ),
    (
        "weightless.keras",
        packed({"config.json": json.dumps(sequential()).encode()}),
        ": it holds a model, but no weights."
        " st.models.model_from_json(config) builds it with new ones.",
    ),
    (
        "deep.json",
        b'{"class_name": "Sequential", "config": ' + b"[" * 300 + b"]" * 300 + b"}",
        ": its JSON is nested too deeply. Expected at most 200 levels.",
    ),
    (
        "nan.json",
        b'{"class_name": "Sequential", "config": NaN}',
        ": its JSON holds NaN. Expected numbers.",
    ),
    (
        "number.json",
        b'{"class_name": "Sequential", "config": 99999999999999999999}',
        ": its JSON holds a number beyond reason. Expected 64-bit numbers.",
    ),
    (
        "half.json",
        b'{"class_name": "Sequ',
        ": its JSON cannot be read (Unterminated string starting at: line 1 column 16 (char 15))."
        " Expected JSON.",
    ),
    (
        "other.json",
        b'{"scripts": {"build": "make"}}',
        ': its JSON does not describe a model. Expected {"class_name": ..., "config": ...}, as'
        " model.to_json() gives it.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "text"), FILES, ids=[f[0] for f in FILES])
def test_it_is_called_what_it_is(tmp_path: Path, name: str, content: bytes, text: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(st.FormatError) as caught:
        open_model(path)
    assert str(caught.value) == f"{path}{text}"


def test_a_zip_with_a_member_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "twice.keras"
    path.write_bytes(zip_file(sequential()))
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("config.json", "{}")
    with pytest.raises(st.FormatError) as caught:
        st.load_model(path)
    assert str(caught.value) == f"{path}, member config.json: the name is used twice."
