"""fine_tune: its phases, its rates, what it says, and how it is stopped and goes on."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import striate as st
from striate import layers
from striate.errors import ArgumentError, Interrupted
from striate.models import recipes
from striate.models.fine_tuning import Opening, Phase
from striate.training import Recipe

pytestmark = pytest.mark.torch

RNG = np.random.default_rng(0)
X = RNG.integers(0, 256, (48, 16, 16, 3), dtype="uint8")
Y = RNG.integers(0, 2, 48)


def pretrained() -> st.Model:
    st.set_seed(3)
    x = st.Input((16, 16, 3), name="image")
    y = layers.Rescaling(1 / 255)(x)
    for i in (1, 2, 3):
        y = layers.Conv2D(4, 3, padding="same", use_bias=False, name=f"conv{i}")(y)
        y = layers.BatchNormalization(name=f"bn{i}")(y)
        y = layers.MaxPooling2D(2, name=f"pool{i}")(layers.ReLU()(y))
    y = layers.GlobalAveragePooling2D()(y)
    model = st.Model(x, layers.Dense(5, activation="softmax", name="scores")(y), name="pre")
    model.class_names = list("abcde")
    return model


def tuned(model: Any = None, **more: Any) -> Any:
    given = {"classes": ["cat", "dog"], "head_epochs": 2, "epochs": 3, "seed": 0, "verbose": 0}
    return st.fine_tune(pretrained() if model is None else model, X, Y, **{**given, **more})


def test_all_phases_are_in_one_history() -> None:
    model = pretrained()
    history = tuned(model, validation_data=(X[:16], Y[:16]))
    assert history.model is model
    assert model.history is history
    assert history.epoch == [0, 1, 2, 3, 4]
    assert set(history.history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert all(len(values) == 5 for values in history.history.values())
    assert history.phases == [Phase("head", 0, 2, 0), Phase("stages", 2, 3, 3)]
    assert (model.class_names, model.output_shape) == (["cat", "dog"], (None, 2))
    assert all(layer.trainable for layer in model.layers)
    assert model.evaluate(X, Y, verbose=0)


def watched(**more: Any) -> tuple[list[set[str]], st.Model]:
    """The layers whose weights changed in each epoch."""
    model = pretrained()
    model.replace_head(["cat", "dog"])
    seen: list[dict[str, torch.Tensor]] = []

    class Look(st.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            seen.append({n: w.detach().clone() for n, w in model.named_weights()})

    tuned(model, callbacks=Look(), recipe=Recipe(average_share=0.0, learning_rate=0.01), **more)
    seen.append(dict(model.named_weights()))
    return [
        {n.split("/")[0] for n in a if not torch.equal(a[n], b[n])}
        for a, b in itertools.pairwise(seen)
    ], model


def test_stages_begin_one_after_the_other_and_normalisations_stay() -> None:
    head = {"predictions"}
    assert watched()[0] == [
        head,
        head,
        {*head, "conv3"},
        {*head, "conv3", "conv2"},
        {*head, "conv3", "conv2", "conv1"},
    ]


def test_all_stages_and_normalisations_may_train_at_once() -> None:
    changed, _ = watched(gradual=False, batch_normalization=True, head_epochs=1, epochs=2)
    everything = {"predictions", *(f"{k}{i}" for k in ("conv", "bn") for i in (1, 2, 3))}
    assert changed == [{"predictions"}, everything, everything]


def test_the_head_alone() -> None:
    changed, _ = watched(epochs=0)
    assert changed == [{"predictions"}] * 2


@pytest.mark.parametrize(
    ("epochs", "opened"), [(1, [3]), (2, [2, 3]), (3, [1, 2, 3]), (5, [1, 2, 3, 3, 3])]
)
def test_when_stages_begin(epochs: int, opened: list[int]) -> None:
    from striate.models.division import division

    model = pretrained()
    opening = Opening(model, division(model), 0, epochs)
    assert [opening.open_in(epoch) for epoch in range(epochs)] == opened


def test_each_stage_has_a_share_of_the_rate_of_the_one_behind_it() -> None:
    model = pretrained()
    groups = recipes.with_rates(model, Recipe(stage_decay=0.5), 0.02)
    assert [(g["learning_rate_multiplier"], [name for name, _ in g["params"]]) for g in groups] == [
        (1.0, ["scores.kernel", "scores.bias"]),
        (0.5, ["conv3.kernel", "bn3.gamma", "bn3.beta"]),
        (0.25, ["conv2.kernel", "bn2.gamma", "bn2.beta"]),
        (0.125, ["conv1.kernel", "bn1.gamma", "bn1.beta"]),
    ]


def test_shifts_of_normalisations_have_a_rate_of_their_own_and_the_decay_of_the_others() -> None:
    model = pretrained()
    groups = recipes.with_rates(model, Recipe(stage_decay=0.5, shift_rate=64), 0.02)
    assert [[n for n, _ in g["params"]] for g in groups[:3]] == [
        ["scores.kernel", "scores.bias"],
        ["conv3.kernel", "bn3.gamma"],
        ["bn3.beta"],
    ]
    assert [g["learning_rate_multiplier"] for g in groups] == [1, 0.5, 32, 0.25, 16, 0.125, 8]
    assert [g.get("weight_decay") for g in groups] == [None, *[None, 0.02 / 64] * 3]


def test_a_recipe_with_rates_of_shifts_moves_them_further() -> None:
    def moved(rate: float) -> dict[str, float]:
        model = pretrained()
        before = [w.copy() for w in model.get_weights()]
        recipe = Recipe("sgd", shift_rate=rate, learning_rate=1e-4, weight_decay=0.0)
        model.fit(X, Y, epochs=1, seed=0, verbose=0, recipe=recipe)
        after = zip(model.named_weights(), before, model.get_weights(), strict=True)
        return {named[0]: float(np.abs(a - b).max()) for named, a, b in after}

    even, further = moved(1.0), moved(64.0)
    assert further["bn2/beta"] == pytest.approx(64 * even["bn2/beta"], rel=0.3)
    assert further["conv2/kernel"] == pytest.approx(even["conv2/kernel"], rel=0.3)


def test_a_recipe_with_rates_by_stage_moves_early_layers_less() -> None:
    def moved(decay: float) -> dict[str, float]:
        model = pretrained()
        before = [w.copy() for w in model.get_weights()]
        model.fit(
            X, Y, epochs=1, seed=0, verbose=0, recipe=Recipe(stage_decay=decay, weight_decay=0.0)
        )
        names = [n for n, _ in model.named_weights()]
        return {
            n: float(np.abs(a - b).max())
            for n, a, b in zip(names, before, model.get_weights(), strict=True)
            if n.endswith("kernel")
        }

    even, uneven = moved(1.0), moved(0.1)
    assert uneven["scores/kernel"] == pytest.approx(even["scores/kernel"], rel=0.3)
    assert uneven["conv3/kernel"] == pytest.approx(0.1 * even["conv3/kernel"], rel=0.3)
    assert uneven["conv1/kernel"] == pytest.approx(0.001 * even["conv1/kernel"], rel=0.3)


def test_a_seed_repeats_it() -> None:
    one, again, other = tuned(), tuned(), tuned(seed=1)
    for a, b in zip(one.model.get_weights(), again.model.get_weights(), strict=True):
        assert np.array_equal(a, b)
    assert one.history["loss"] != other.history["loss"]


def test_a_file_is_tuned_and_stays_as_it_is(tmp_path: Path) -> None:
    pretrained().save(tmp_path / "pre.striate")
    content = (tmp_path / "pre.striate").read_bytes()
    history = tuned(tmp_path / "pre.striate", epochs=0, head_epochs=1)
    assert history.model.class_names == ["cat", "dog"]
    assert (tmp_path / "pre.striate").read_bytes() == content


def test_the_same_classes_keep_the_head() -> None:
    model = pretrained()
    scores = model.get_layer("scores")
    st.fine_tune(model, X, Y, classes=5, head_epochs=1, epochs=0, verbose=0)
    assert model.get_layer("scores") is scores
    assert model.class_names == list("abcde")
    st.fine_tune(model, X, Y, classes=list("vwxyz"), head_epochs=1, epochs=0, verbose=0)
    assert "scores" not in [layer.name for layer in model.layers]


@pytest.mark.parametrize(
    ("targets", "loss", "shape"),
    [
        (Y, "SparseCategoricalCrossentropy", (None, 2)),
        (np.eye(3, dtype="float32")[Y], "CategoricalCrossentropy", (None, 3)),
        (Y.reshape(-1, 1), "SparseCategoricalCrossentropy", (None, 2)),
    ],
)
def test_classes_and_loss_follow_from_labels(targets: Any, loss: str, shape: Any) -> None:
    model = pretrained()
    st.fine_tune(model, X, targets, head_epochs=1, epochs=0, verbose=0)
    assert type(model.loss).__name__ == loss
    assert model.output_shape == shape


def test_a_data_set_brings_its_names() -> None:
    digits = st.datasets.load("digits")
    model = st.Sequential(
        [
            layers.Rescaling(1 / 16, input_shape=(8, 8, 1)),
            layers.Conv2D(4, 3, name="conv"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2, activation="softmax"),
        ]
    )
    st.fine_tune(model, digits, head_epochs=1, epochs=0, verbose=0)
    assert model.class_names == list(digits.class_names or ())


def test_batches_that_know_their_classes() -> None:
    class Batches:
        class_names = ("cat", "dog")

        def __len__(self) -> int:
            return 3

        def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
            part = slice(16 * index, 16 * index + 16)
            return X[part], Y[part]

    model = pretrained()
    st.fine_tune(model, Batches(), head_epochs=1, epochs=1, verbose=0)
    assert model.class_names == ["cat", "dog"]


def test_what_is_done_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    tuned(verbose=2, head_epochs=1, epochs=3)
    said = [line for line in capsys.readouterr().out.splitlines() if "step" not in line]
    assert said == [
        "A new head for 2 classes, behind pool3.",
        "Head: 1 epoch, the backbone up to pool3 frozen.",
        "Stages: 3 epochs; 3 of the backbone, the last one first.",
        "Epoch 2: conv3 and all behind it train.",
        "Epoch 3: conv2 and all behind it train.",
        "Epoch 4: conv1 and all behind it train.",
    ]


class Stop(st.callbacks.Callback):
    """Ctrl-C in an epoch."""

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        import signal

        if epoch == self.epoch:
            signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("epoch", [0, 3])
def test_a_stopped_tuning_goes_on_exactly(epoch: int, tmp_path: Path) -> None:
    whole = tuned(checkpoint_dir=tmp_path / "whole")
    model = pretrained()
    with pytest.raises(Interrupted) as error:
        tuned(model, checkpoint_dir=tmp_path / "part", callbacks=Stop(epoch))
    assert str(error.value).endswith(
        f"Go on with fine_tune(..., checkpoint_dir='{tmp_path}/part', resume=True)."
    )
    assert str(error.value).startswith("fine_tune: Ctrl-C stopped training in epoch")
    assert all(layer.trainable for layer in model.layers)
    assert np.isfinite(model.predict(X, verbose=0)).all()
    found = tuned(checkpoint_dir=tmp_path / "part", resume=True)
    for a, b in zip(found.model.get_weights(), whole.model.get_weights(), strict=True):
        assert np.array_equal(a, b)
    assert found.history == whole.history


def test_a_tuning_without_folder_says_so_when_it_is_stopped() -> None:
    with pytest.raises(Interrupted) as error:
        tuned(callbacks=Stop(0))
    assert str(error.value).endswith(
        "Pass checkpoint_dir to fine_tune to be able to go on exactly from there."
    )


def test_what_cannot_be_tuned_is_refused() -> None:
    with pytest.raises(ArgumentError) as error:
        tuned(head_epochs=0, epochs=0)
    assert str(error.value) == (
        "fine_tune: there is nothing to do. Got head_epochs=0, epochs=0. "
        "Expected one epoch or more."
    )
    with pytest.raises(ArgumentError) as error:
        st.fine_tune(pretrained(), [(X, Y)])
    assert str(error.value) == (
        "fine_tune: the data do not say what the classes are. Got x='list'. "
        "Expected whole numbers or one-hot rows as labels, or data with class_names. "
        'Give their names: classes=["cat", "dog"].'
    )
