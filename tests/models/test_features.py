"""Features: their order, their file, and when a fit keeps them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import striate as st
from striate import layers
from striate.errors import ArgumentError, DataError, StorageError
from striate.models import features
from striate.training import Recipe

pytestmark = pytest.mark.torch

RNG = np.random.default_rng(0)
X = RNG.integers(0, 256, (40, 12, 12, 3), dtype="uint8")
Y = RNG.integers(0, 3, 40)


def network(*inside: layers.Layer) -> st.Sequential:
    st.set_seed(1)
    return st.Sequential(
        [
            layers.Rescaling(1 / 255, input_shape=(12, 12, 3)),
            layers.Conv2D(4, 3, use_bias=False, name="conv"),
            layers.BatchNormalization(name="bn"),
            *inside,
            layers.ReLU(name="relu"),
            layers.MaxPooling2D(2, name="pool"),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(3, activation="softmax", name="scores"),
        ]
    )


def compiled(*inside: layers.Layer) -> st.Sequential:
    model = network(*inside)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.freeze()
    return model


# extraction ------------------------------------------------------------------------------------


def test_features_are_the_backbones_predictions_in_order() -> None:
    model = network()
    found = model.extract_features(X, batch_size=7)
    np.testing.assert_allclose(found, model.backbone.predict(X, verbose=0), rtol=1e-6)
    np.testing.assert_allclose(
        model.extract_features(X, pooling="avg"), found.mean((1, 2)), rtol=1e-5
    )
    np.testing.assert_allclose(model.extract_features(X, pooling="max"), found.max((1, 2)))


def test_data_that_make_their_own_batches_give_features_too() -> None:
    model = network()
    batches = [(X[i : i + 16], Y[i : i + 16]) for i in range(0, 40, 16)]
    np.testing.assert_allclose(model.extract_features(batches), model.extract_features(X))


def test_a_file_is_used_again_while_all_it_comes_from_is_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, file = network(), tmp_path / "new" / "features.npy"
    first = model.extract_features(X, file=file, verbose=0)
    assert isinstance(first, np.memmap)
    np.testing.assert_allclose(first, model.extract_features(X), rtol=1e-6)
    stamp = os.stat(file).st_ino
    capsys.readouterr()
    model.extract_features(X, file=file)
    assert capsys.readouterr().out == (
        f"The features in {file} are those of these data and this backbone.\n"
    )
    assert os.stat(file).st_ino == stamp


def changed_data(model: st.Sequential, file: Path) -> np.ndarray:
    return X[::-1].copy()


def changed_weights(model: st.Sequential, file: Path) -> np.ndarray:
    with torch.no_grad():
        model.get_layer("conv").kernel += 0.1
    return X


def changed_bytes(model: st.Sequential, file: Path) -> np.ndarray:
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    return X


def lost_record(model: st.Sequential, file: Path) -> np.ndarray:
    file.with_suffix(".json").write_text("{")
    return X


@pytest.mark.parametrize("change", [changed_data, changed_weights, changed_bytes, lost_record])
def test_a_file_is_made_anew_after(
    change: Callable[[st.Sequential, Path], np.ndarray], tmp_path: Path
) -> None:
    model, file = network(), tmp_path / "features.npy"
    model.extract_features(X, file=file, verbose=0)
    data = change(model, file)
    found = model.extract_features(data, file=file, verbose=0)
    np.testing.assert_allclose(found, model.extract_features(data), rtol=1e-6)
    assert set(json.loads(file.with_suffix(".json").read_text())) == {
        "data",
        "backbone",
        "pooling",
        "precision",
        "sha256",
    }


def test_a_run_that_stops_in_the_middle_leaves_no_half_file(tmp_path: Path) -> None:
    class Broken(st.layers.Layer):
        def call(self, inputs: torch.Tensor) -> torch.Tensor:
            if not inputs.is_meta and inputs.shape[0] < 16:
                raise RuntimeError("the power went out")
            return inputs

    model, file = network(Broken(name="broken")), tmp_path / "features.npy"
    with pytest.raises(RuntimeError, match="the power went out"):
        model.extract_features(X, batch_size=16, file=file)
    assert list(tmp_path.iterdir()) == []


def test_a_generator_has_no_file(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        network().extract_features(iter([X]), file=tmp_path / "f.npy")
    assert str(error.value) == (
        "extract_features: a generator cannot be gone over twice, to see whether the file is of "
        f"its data. Got file='{tmp_path}/f.npy'. "
        "Expected arrays, a Dataset, a DataLoader or a Sequence."
    )


def test_arguments_of_extraction_are_checked() -> None:
    with pytest.raises(ArgumentError) as error:
        network().extract_features(X, pooling="mean")
    assert str(error.value) == (
        'extract_features: unknown pooling. Got pooling=\'mean\'. Expected "avg", "max" or None.'
    )
    with pytest.raises(ArgumentError) as error:
        network().extract_features(X, file="features.bin")
    assert str(error.value) == (
        "extract_features: features are kept in .npy files. Got file='features.bin'. "
        "Expected a name ending in .npy."
    )
    with pytest.raises(DataError, match="x"):
        network().extract_features(X[:0])
    with pytest.raises(StorageError):
        network().extract_features(X, file="/proc/none/features.npy")


# inside fit ------------------------------------------------------------------------------------


def run(model: st.Sequential, choice: Any, **more: Any) -> tuple[Any, list[np.ndarray]]:
    history = model.fit(
        X,
        Y,
        epochs=3,
        batch_size=16,
        validation_split=0.25,
        seed=0,
        precision="float32",
        verbose=0,
        cache_features=choice,
        **more,
    )
    return history, model.get_weights()


@pytest.mark.parametrize("choice", ["auto", "folder"])
def test_kept_features_train_to_the_same_weights(choice: str, tmp_path: Path) -> None:
    """Order of data, dropout, metrics and validation are those of the plain way."""
    plain, expected = run(compiled(), False)
    kept, found = run(compiled(), tmp_path if choice == "folder" else choice)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
    for name, values in plain.history.items():
        np.testing.assert_allclose(kept.history[name], values, rtol=1e-4)
    names = {"train.npy", "train.json", "validation.npy", "validation.json"}
    assert {p.name for p in tmp_path.iterdir()} == (names if choice == "folder" else set())


@pytest.mark.parametrize(("choice", "expected"), [(False, 3 * (30 + 10)), (True, 30 + 10)])
def test_the_backbone_runs_once_per_image(choice: bool, expected: int) -> None:
    model = compiled()
    counts: list[int] = []
    layer = model.get_layer("conv")
    layer.register_forward_hook(lambda _, given, __: counts.append(len(given[0])))
    run(model, choice)
    assert sum(counts) == expected


def test_callbacks_see_the_whole_model(tmp_path: Path) -> None:
    seen = []

    class Look(st.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            seen.append(self.model.predict(X[:2], verbose=0).shape)

    model = compiled()
    best = st.callbacks.ModelCheckpoint(tmp_path / "best.striate", save_best_only=False)
    run(model, True, callbacks=[Look(), best], checkpoint_dir=tmp_path / "run")
    assert seen == [(2, 3)] * 3
    saved = st.load_model(tmp_path / "best.striate")
    np.testing.assert_allclose(saved.predict(X, verbose=0), model.predict(X, verbose=0), rtol=1e-5)
    assert model.optimizer.built
    model.unfreeze()
    run(model, "auto")


def test_a_stopped_run_goes_on_exactly(tmp_path: Path) -> None:
    class Stop(st.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if epoch == 0:
                raise KeyboardInterrupt

    _, expected = run(compiled(), True, checkpoint_dir=tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        run(compiled(), True, checkpoint_dir=tmp_path / "part", callbacks=[Stop()])
    _, found = run(compiled(), True, checkpoint_dir=tmp_path / "part", resume=True)
    for a, b in zip(found, expected, strict=True):
        assert np.array_equal(a, b)


def said(capsys: pytest.CaptureFixture[str], model: Any, **how: Any) -> str:
    capsys.readouterr()
    given = {"x": X, "y": Y, "epochs": 2, "batch_size": 16, "verbose": 2, **how}
    model.fit(given.pop("x"), given.pop("y"), **given)
    return capsys.readouterr().out.splitlines()[0]


def test_what_is_kept_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, compiled()) == (
        "The backbone is frozen: it runs once per image, and its features (5 x 5 x 4, in memory) "
        "serve all epochs."
    )


WHY_NOT: dict[str, tuple[Callable[[], st.Sequential], dict[str, Any], str]] = {
    "dropout": (
        lambda: compiled(layers.SpatialDropout2D(0.5, name="drop")),
        {},
        "drop acts in training, in another way each time",
    ),
    "a recipe": (compiled, {"recipe": "fast"}, "images are moved or mirrored anew in each epoch"),
    "batches": (
        compiled,
        {"x": [(X[:20], Y[:20]), (X[20:], Y[20:])], "y": None, "batch_size": None},
        "the data are no array, so they may change from epoch to epoch",
    ),
    "watched": (compiled, {"watch": True}, "its layers are watched"),
}


@pytest.mark.parametrize("case", WHY_NOT)
def test_why_nothing_is_kept_is_said(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    make, how, reason = WHY_NOT[case]
    assert said(capsys, make(), **how) == f"The frozen backbone runs in every epoch: {reason}."


def test_features_that_would_be_wrong_are_refused() -> None:
    model = compiled()
    model.unfreeze()
    with pytest.raises(ArgumentError) as error:
        run(model, True)
    assert str(error.value) == (
        "fit: the features of the backbone cannot be kept: it is not frozen. "
        "Got cache_features=True. "
        "Expected a frozen backbone that does the same in every epoch. "
        'cache_features="auto" keeps them only where it can.'
    )
    model.freeze()
    model.get_layer("bn").trainable = True
    model.get_layer("bn").gamma.requires_grad_(False)
    model.get_layer("bn").beta.requires_grad_(False)
    with (
        pytest.warns(UserWarning, match="batch normalisation of a frozen part"),
        pytest.raises(ArgumentError, match="the statistics of bn move"),
    ):
        run(model, True)


def test_too_large_features_are_not_kept_in_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from striate.models import caching

    monkeypatch.setattr(caching, "available_bytes", lambda device: 10_000)
    with pytest.raises(ArgumentError, match=r"its features take 15\.62 KB; cache_features=FOLDER"):
        run(compiled(), True)
    run(compiled(), tmp_path)
    assert (tmp_path / "train.npy").exists()


def test_a_recipe_that_moves_nothing_keeps_them(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, compiled(), recipe=Recipe(flip=False, shift=0))
    assert text.startswith("The backbone is frozen: it runs once per image")


def test_the_size_of_features() -> None:
    assert features.size_bytes(network().backbone, 10) == 4 * 10 * 5 * 5 * 4
