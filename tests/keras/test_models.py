"""Models under the names of every Keras age: the methods and arguments of each."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import striate as st
from striate.keras import callbacks, config, layers, models, notes, optimizers

pytestmark = pytest.mark.torch


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes, "_said", set())


def digits() -> tuple[Any, Any, Any]:
    """Images of three classes that a network tells apart at once: (x, labels, one-hot)."""
    labels = np.arange(96) % 3
    x = np.random.default_rng(0).random((96, 12, 12, 1)).astype("float32") * 0.3
    for image, label in zip(x, labels, strict=True):
        image[label * 4 : label * 4 + 4] += 1
    return x, labels, np.eye(3, dtype="float32")[labels]


def network(**last: Any) -> Any:
    model = models.Sequential()
    model.add(layers.Convolution2D(4, 3, 3, border_mode="same", input_shape=(12, 12, 1)))
    model.add(layers.MaxPooling2D(pool_size=(2, 2), border_mode="valid"))
    model.add(layers.Flatten())
    model.add(layers.Dense(output_dim=3, init="uniform", activation="softmax"))
    model.compile(
        optimizer=optimizers.SGD(lr=0.1, decay=1e-3, momentum=0.9, nesterov=True),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
        **last,
    )
    return model


def test_a_script_of_keras_1_trains_and_its_old_names_are_noted_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    x, labels, y = digits()
    model = network()
    made = model.fit(x, y, nb_epoch=2, batch_size=16, verbose=0, validation_data=[x, y])
    assert made.history["acc"] == made.history["accuracy"]
    assert "acc" not in list(made.history)
    assert made.history["val_acc"][-1] > 0.8
    assert (model.predict_classes(x, verbose=0) == labels).mean() > 0.8
    assert model.predict_proba(x[:2]).shape == (2, 3)
    said = capsys.readouterr().err.splitlines()
    assert len(said) == len(set(said))
    assert "striate.keras: nb_epoch of a model is now epochs" in said
    assert "striate.keras: border_mode is padding now" in said


def test_fit_generator_counts_in_samples_or_in_steps() -> None:
    x, _, y = digits()

    def batches() -> Any:
        while True:
            yield x[:32], y[:32]

    class Count(callbacks.Callback):
        steps: int = 0

        def on_batch_end(self, batch: int, logs: Any = None) -> None:
            self.steps += 1

    model, count = network(), Count()
    model.fit_generator(
        batches(),
        samples_per_epoch=96,
        nb_epoch=2,
        verbose=0,
        callbacks=[count],
        validation_data=batches(),
        nb_val_samples=64,
        max_q_size=10,
    )
    assert count.steps == 6
    model.fit_generator(batches(), 96 / 40, 1, verbose=0, callbacks=[count], workers=4)
    assert count.steps == 9, "2.4 steps are 3"
    assert len(model.evaluate_generator(batches(), val_samples=64)) == 2
    assert model.predict_generator(iter([x[:32], x[:32]]), steps=2).shape == (64, 3)


def test_a_model_is_cut_and_its_parts_are_asked_for_as_in_keras_1() -> None:
    model = network()
    inner = models.Model(input=model.input, output=model.layers[1].output)
    assert inner.output_shape == (None, 6, 6, 4)
    model.layers[-1].outbound_nodes = []
    inner.outputs = [model.layers[0].output]
    assert inner.output_shape == (None, 12, 12, 4)
    assert isinstance(inner, st.Model)
    assert isinstance(st.Sequential(), models.Model)
    assert isinstance(model, models.Sequential)
    assert not isinstance(inner, models.Sequential)


def test_files_are_written_under_any_name(tmp_path: Path) -> None:
    model = network()
    model.save(str(tmp_path / "model.striate"))
    again = models.load_model(tmp_path / "model.striate")
    assert isinstance(again, models.Sequential)
    assert again.predict_classes(digits()[0][:3]).shape
    assert type(models.clone_model(again)) is models.Sequential
    assert type(models.model_from_json(model.to_json())) is models.Sequential
    assert json.loads(again.to_json())["nodes"]


def test_yaml_is_refused() -> None:
    text = (
        "{}: YAML is not read or written, because a stranger's could run code; no Keras since 2.6"
        " does. Use model.to_json() and model_from_json."
    )
    with pytest.raises(st.ArgumentError, match=re.escape(text.format("to_yaml"))):
        network().to_yaml()
    with pytest.raises(st.ArgumentError, match=re.escape(text.format("model_from_yaml"))):
        models.model_from_yaml("")


def test_channels_first_layers_come_out_the_same_as_channels_last() -> None:
    x = digits()[0]
    last = network()
    config.set_image_data_format("channels_first")
    try:
        first = models.Sequential(
            [
                layers.Conv2D(4, (3, 3), padding="SAME", input_shape=(1, 12, 12)),
                layers.MaxPooling2D((2, 2), padding="Valid"),
                layers.Flatten(),
                layers.Dense(3, activation="softmax"),
            ]
        )
    finally:
        config.set_image_data_format("channels_last")
    first.set_weights(last.get_weights())
    moved = x.transpose(0, 3, 1, 2)
    assert np.allclose(first.predict(moved, verbose=0), last.predict(x, verbose=0), atol=1e-6)
    assert first.layers[0].output_shape == (None, 4, 12, 12)


def test_a_random_layer_that_is_called_by_itself_augments_as_in_keras() -> None:
    x = digits()[0][:8]
    flip = layers.RandomFlip("horizontal_and_vertical", seed=1)
    assert not np.array_equal(flip(x).numpy(), x)
    assert np.array_equal(flip(x, training=False).numpy(), x)
    assert np.array_equal(st.layers.RandomFlip(seed=1)(x).numpy(), x)
    model = models.Sequential([layers.Input((12, 12, 1)), flip])
    assert np.array_equal(model.predict(x, verbose=0), x)


def test_models_that_augment_do_so_by_themselves_and_not_inside_another() -> None:
    x = digits()[0][:8]
    augmentation = models.Sequential([layers.RandomFlip("horizontal_and_vertical", seed=1)])
    assert not np.array_equal(augmentation(x).numpy(), x)

    class Flipped(models.Model):
        def __init__(self) -> None:
            super().__init__()
            self.flip = layers.RandomFlip("horizontal_and_vertical", seed=1)
            self.more = augmentation

        def call(self, x: Any) -> Any:
            return self.more(self.flip(x))

    assert np.array_equal(Flipped().predict(x, verbose=0), x)
    assert np.array_equal(Flipped()(x).numpy(), x)
