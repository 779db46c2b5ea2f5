"""Models to files and back: equal answers, training that goes on, and every refusal."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import striate as st
from striate import layers, models
from striate.storage import read_graph

pytestmark = pytest.mark.torch

RNG = np.random.default_rng(0)
X = RNG.integers(0, 256, (40, 8, 8, 1), dtype="uint8")
Y = RNG.integers(0, 3, 40)


def network() -> st.Sequential:
    return st.Sequential(
        [
            layers.Rescaling(1 / 255, input_shape=(8, 8, 1)),
            layers.Conv2D(4, 3, activation="relu", kernel_regularizer="l2"),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(3, activation="softmax"),
        ]
    )


def trained(**kwargs: Any) -> st.Sequential:
    st.set_seed(0)
    model = network()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(X, Y, epochs=2, seed=3, verbose=0, **kwargs)
    return model


def equal_weights(a: st.Model, b: st.Model) -> bool:
    pairs = zip(a.get_weights(), b.get_weights(), strict=True)
    return all(np.array_equal(u, v) for u, v in pairs)


def test_a_saved_model_answers_the_same(tmp_path: Path) -> None:
    model = trained()
    model.class_names = ["a", "b", "c"]
    model.metadata["preprocessing"] = {"size": [8, 8]}
    model.save(tmp_path / "m.striate")
    again = st.load_model(tmp_path / "m.striate")
    assert np.array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))
    assert again.class_names == ["a", "b", "c"]
    assert again.metadata["preprocessing"] == {"size": [8, 8]}
    assert again.evaluate(X, Y, verbose=0) == model.evaluate(X, Y, verbose=0)
    assert again.graph == model.graph


def test_training_goes_on_where_it_stopped(tmp_path: Path) -> None:
    model = trained()
    model.save(tmp_path / "m.striate")
    again = st.load_model(tmp_path / "m.striate")
    for m in (model, again):
        m.fit(X, Y, epochs=1, seed=9, verbose=0)
    assert equal_weights(model, again)


@pytest.mark.parametrize("rate", [lambda step: 0.1, 0.1], ids=["function", "number"])
def test_a_rate_that_is_a_function_is_left_out_of_the_file(tmp_path: Path, rate: Any) -> None:
    model = network()
    model.compile(st.optimizers.SGD(rate), "sparse_categorical_crossentropy")
    model.fit(X, Y, epochs=1, verbose=0)
    model.save(tmp_path / "m.striate")
    again = st.load_model(tmp_path / "m.striate")
    assert equal_weights(model, again)
    assert again.compiled == (rate == 0.1)


def test_equal_models_give_equal_files(tmp_path: Path) -> None:
    trained().save(tmp_path / "a.striate")
    trained().save(tmp_path / "b.striate")
    assert (tmp_path / "a.striate").read_bytes() == (tmp_path / "b.striate").read_bytes()


def test_the_graph_is_read_without_weights(tmp_path: Path) -> None:
    model = network()
    model.save(tmp_path / "m.striate")
    assert read_graph(tmp_path / "m.striate") == model.graph


@pytest.mark.parametrize("name", ["w.safetensors", "w.striate"])
def test_weights_alone(tmp_path: Path, name: str) -> None:
    model, other = trained(), network()
    model.save_weights(tmp_path / name)
    other.load_weights(tmp_path / name)
    assert equal_weights(model, other)


def test_weights_that_do_not_fit_can_be_left_alone(tmp_path: Path) -> None:
    model = trained()
    model.save_weights(tmp_path / "w.safetensors")
    other = network()
    other.pop()
    other.add(layers.Dense(5, name="dense"))
    before = other.get_weights()
    other.load_weights(tmp_path / "w.safetensors", skip_mismatch=True)
    after = other.get_weights()
    assert np.array_equal(after[0], model.get_weights()[0])
    assert np.array_equal(after[-2], before[-2])


def test_functional_and_shared_layers_survive_files(tmp_path: Path) -> None:
    shared = layers.Dense(4, activation="tanh")
    a, b = st.Input((3,), name="a"), st.Input((3,), name="b")
    model = st.Model([a, b], {"sum": layers.Add()([shared(a), shared(b)]), "one": shared(a)})
    model.save(tmp_path / "m.striate")
    again = st.load_model(tmp_path / "m.striate")
    x = RNG.normal(size=(2, 5, 3)).astype("float32")
    ours, theirs = model([x[0], x[1]]), again([x[0], x[1]])
    assert all(np.array_equal(ours[k].detach(), theirs[k].detach()) for k in ("sum", "one"))


def double(x):
    return 2 * x


def test_a_function_of_the_user_is_named_and_must_be_given_back(tmp_path: Path) -> None:
    model = st.Sequential([layers.Dense(2, activation=double, input_shape=(3,))])
    model.save(tmp_path / "m.striate")
    again = st.load_model(tmp_path / "m.striate", custom_objects={"double": double})
    x = np.ones((1, 3), "float32")
    assert np.array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))
    with pytest.raises(st.FormatError) as caught:
        st.load_model(tmp_path / "m.striate")
    assert str(caught.value) == (
        "dense (Dense): its activation 'double' is the user's own, and files do not carry code."
        ' Expected the function or object by name. load_model(path, custom_objects={"double":'
        " ...})."
    )


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.striate"
    network().save(path)
    before = path.read_bytes()

    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(st.StorageError, match="space"):
        network().save(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["m.striate"]


def damaged(path: Path, how: Callable[[bytes], bytes]) -> Path:
    network().save(path)
    path.write_bytes(how(path.read_bytes()))
    return path


def flipped(data: bytes) -> bytes:
    at = data.rindex(b"dense/kernel") + 400
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize(
    "how",
    [lambda d: d[: len(d) // 2], lambda d: b"", lambda d: b"hello", flipped],
    ids=["truncated", "empty", "text", "flipped"],
)
def test_a_damaged_file_is_refused(tmp_path: Path, how: Callable[[bytes], bytes]) -> None:
    path = damaged(tmp_path / "m.striate", how)
    with pytest.raises(st.FormatError, match=r"m\.striate"):
        st.load_model(path)


def without_weights(path: Path) -> Path:
    network().save(path)
    with zipfile.ZipFile(path) as old:
        members = {n: old.read(n) for n in old.namelist() if n != "checksums.json"}
    from striate.storage import write_archive

    write_archive(path, {"graph.json": members["graph.json"]})
    return path


def load_other_weights(path: Path) -> None:
    network().save_weights(path / "w.safetensors")
    other = st.Sequential([layers.Dense(2, input_shape=(3,))])
    other.load_weights(path / "w.safetensors")


CASES: list[tuple[str, Callable[[Path], Any], type[Exception], str]] = [
    (
        "no such file",
        lambda p: st.load_model(p / "none.striate"),
        st.FormatError,
        "{p}/none.striate: there is no such file. Expected a .striate file or a run folder that"
        " holds one.",
    ),
    (
        "a folder without a model",
        lambda p: st.load_model(p),
        st.FormatError,
        "{p}: the folder holds no model.striate. Expected a .striate file or a run folder that"
        " holds one.",
    ),
    (
        "a file without weights",
        lambda p: st.load_model(without_weights(p / "m.striate")),
        st.FormatError,
        "{p}/m.striate: the file has no weights.safetensors. Got members=('graph.json',)."
        " Expected a model saved with model.save.",
    ),
    (
        "another ending",
        lambda p: network().save(p / "m.pt"),
        st.ArgumentError,
        "save: the file name does not say a format that can be written. Got path='{p}/m.pt'."
        ' Expected a name that ends in .striate or .keras or .h5 or .hdf5. Use "m.striate".',
    ),
    (
        "not to be overwritten",
        lambda p: [network().save(p / "m.striate", overwrite=False) for _ in range(2)],
        st.ArgumentError,
        "save: the file is there already. Got path='{p}/m.striate'. overwrite=True.",
    ),
    (
        "weights of another model",
        load_other_weights,
        st.FormatError,
        "{p}/w.safetensors: its weights are not those of the model. Got missing=(),"
        " unknown=('batch_normalization/beta', 'batch_normalization/gamma',"
        " 'batch_normalization/moving_mean', 'batch_normalization/moving_variance',"
        " 'conv2d/bias'). Expected 2 weights as in the graph.",
    ),
    (
        "an unbuilt model",
        lambda p: st.Sequential([layers.Dense(2)]).save(p / "m.striate"),
        st.NotBuiltError,
        "sequential (Sequential): the input shape is not known yet. Expected a model that was"
        " built. Give the first layer input_shape=..., call model.build((None, ...)), or fit it to"
        " data.",
    ),
]


@pytest.mark.parametrize(("run", "kind", "text"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_message(
    tmp_path: Path, run: Callable[[Path], Any], kind: type[Exception], text: str
) -> None:
    with pytest.raises(kind) as caught:
        run(tmp_path)
    assert str(caught.value) == text.replace("{p}", str(tmp_path))


def test_models_is_public() -> None:
    assert models.load_model is st.load_model
