"""Keras's methods on striate's models; the loop itself is tested in tests/training."""

from __future__ import annotations

import gc
import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

import striate as st
from striate import layers

pytestmark = pytest.mark.torch

RNG = np.random.default_rng(0)
X = RNG.integers(0, 256, (96, 8, 8, 1), dtype="uint8")
Y = (X.reshape(96, -1).mean(1) > 127).astype("int64")


def network(**first: object) -> st.Sequential:
    model = st.Sequential(
        [
            layers.Rescaling(1 / 255, **first),
            layers.Conv2D(4, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(2, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def test_fit_returns_what_keras_returns() -> None:
    model = network(input_shape=(8, 8, 1))
    history = model.fit(X, Y, epochs=2, batch_size=16, validation_split=0.25, verbose=0)
    assert set(history.history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert history.epoch == [0, 1]
    assert model.history is history
    assert model.metrics_names == ["loss", "accuracy"]


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_validation_sees_the_weights_of_its_epoch(optimizer: str) -> None:
    """Also those that the plan computes from others: here the kernel, scaled by 1/255."""
    model = network(input_shape=(8, 8, 1))
    model.compile(optimizer, "sparse_categorical_crossentropy")
    history = model.fit(X, Y, epochs=4, batch_size=8, validation_data=(X, Y), seed=0, verbose=0)
    assert history.history["val_loss"][-1] == pytest.approx(model.evaluate(X, Y, verbose=0))


def test_a_seed_repeats_a_run_from_the_first_weight_on() -> None:
    def run(seed: int) -> list[np.ndarray]:
        model = network()
        model.fit(X, Y, epochs=1, batch_size=16, seed=seed, verbose=0)
        return model.get_weights()

    one, again, other = run(1), run(1), run(2)
    assert all(np.array_equal(a, b) for a, b in zip(one, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_two_runs_without_a_seed_see_other_orders() -> None:
    st.set_seed(0)
    model = network(input_shape=(8, 8, 1))
    start = model.get_weights()
    results = []
    for _ in range(2):
        model.set_weights(start)
        model.compile("sgd", "sparse_categorical_crossentropy")
        model.fit(X, Y, epochs=1, batch_size=16, verbose=0)
        results.append(model.get_weights())
    assert not all(np.array_equal(a, b) for a, b in zip(*results, strict=True))


def test_a_deferred_model_learns_its_shape_from_a_generator_and_loses_no_batch() -> None:
    seen = []

    def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for i in range(6):
            seen.append(i)
            yield X[i * 16 : (i + 1) * 16], Y[i * 16 : (i + 1) * 16]

    model = network()
    history = model.fit(batches(), epochs=1, verbose=0)
    assert seen == list(range(6))
    assert len(history.epoch) == 1
    assert model.input_shape == (None, 8, 8, 1)


def test_endless_batches_end_with_the_steps_asked_for() -> None:
    model = network(input_shape=(8, 8, 1))
    cycle = itertools.cycle([(X[:16], Y[:16])])

    def drawn() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        while True:
            yield X[:16], Y[:16]

    history = model.fit(
        cycle,
        steps_per_epoch=5,
        epochs=2,
        validation_data=drawn(),
        validation_steps=2,
        verbose=0,
    )
    assert len(history.history["val_loss"]) == 2
    assert model.optimizer.iterations == 10
    assert len(model.evaluate(itertools.cycle([(X, Y)]), steps=2, verbose=0)) == 2
    assert model.predict(itertools.cycle([X[:16]]), steps=3, verbose=0).shape == (48, 2)


def test_short_epochs_go_on_through_the_data() -> None:
    """With steps below the number of batches, two epochs see other samples."""
    seen = []
    model = network(input_shape=(8, 8, 1))
    hook = model.layers[0].register_forward_hook(lambda _, x, __: seen.append(x[0].clone()))
    model.fit(X, Y, batch_size=16, steps_per_epoch=3, epochs=2, shuffle=False, verbose=0)
    hook.remove()
    np.testing.assert_array_equal(np.concatenate([x.numpy() for x in seen]), X)


@pytest.mark.parametrize("name", ["steps_per_epoch", "validation_steps"])
def test_a_number_of_steps_below_one_is_refused(name: str) -> None:
    model = network(input_shape=(8, 8, 1))
    with pytest.raises(st.ArgumentError) as caught:
        model.fit(X, Y, validation_data=(X, Y), verbose=0, **{name: 0})
    assert str(caught.value) == (
        f"fit: {name} is out of its range. Got {name}=0. Expected a number of 1 or more."
    )


class Stop(Exception):
    pass


def test_a_backed_up_run_without_a_seed_goes_on_exactly(tmp_path: Path) -> None:
    st.set_seed(0)
    start = network(input_shape=(8, 8, 1)).get_weights()

    def run(folder: Path, stop: bool) -> list[np.ndarray]:
        def crash(epoch: int, logs: object) -> None:
            if stop and epoch == 1:
                raise Stop

        model = network(input_shape=(8, 8, 1))
        model.set_weights(start)
        end = st.callbacks.LambdaCallback(on_epoch_begin=crash)
        model.fit(X, Y, epochs=3, verbose=0, callbacks=[st.callbacks.BackupAndRestore(folder), end])
        return model.get_weights()

    whole = run(tmp_path / "a", stop=False)
    with pytest.raises(Stop):
        run(tmp_path / "b", stop=True)
    resumed = run(tmp_path / "b", stop=False)
    assert all(np.array_equal(a, b) for a, b in zip(whole, resumed, strict=True))


def test_a_run_is_not_resumed_in_another_precision(tmp_path: Path) -> None:
    model = network(input_shape=(8, 8, 1))
    model.fit(X, Y, epochs=1, verbose=0, checkpoint_dir=tmp_path, precision="float32")
    with pytest.raises(st.CheckpointError, match="precision"):
        model.fit(
            X, Y, epochs=2, verbose=0, checkpoint_dir=tmp_path, resume=True, precision="bfloat16"
        )


@pytest.mark.parametrize("precision", ["auto", "float32"])
def test_memory_does_not_grow_with_epochs(precision: str) -> None:
    """Objects that Python's collector knows, and tensors, after 3 and after 13 more epochs."""
    model = network(input_shape=(8, 8, 1))

    def count(epochs: int) -> tuple[int, int]:
        model.fit(X, Y, epochs=epochs, batch_size=16, verbose=0, precision=precision)
        gc.collect()
        objects = gc.get_objects()
        return len(objects), sum(type(o) is torch.Tensor for o in objects)

    count(2)
    objects, tensors = count(3)
    more_objects, more_tensors = count(13)
    assert more_tensors <= tensors
    assert more_objects <= objects + 300


def test_training_from_logits_equals_training_from_probabilities() -> None:
    """The last softmax left to the loss changes rounding only."""
    results = []
    for split in (True, False):
        model = network(input_shape=(8, 8, 1))
        if split is False:
            model.logits_split = lambda: None  # type: ignore[method-assign]
        else:
            start = model.get_weights()
        model.set_weights(start)
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
        model.fit(X, Y, epochs=2, batch_size=32, shuffle=False, verbose=0)
        results.append(model.get_weights())
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_a_regulariser_and_a_constraint_take_part() -> None:
    def run(**kwargs: object) -> st.Sequential:
        model = st.Sequential([layers.Flatten(input_shape=(8, 8, 1)), layers.Dense(2, **kwargs)])
        model.compile("sgd", "mse")
        model.fit(X / 255.0, np.ones((96, 2)), epochs=1, batch_size=96, shuffle=False, verbose=0)
        return model

    plain = run(kernel_initializer="ones")
    punished = run(kernel_initializer="ones", kernel_regularizer=st.regularizers.L2(0.1))
    gap = plain.get_weights()[0] - punished.get_weights()[0]
    np.testing.assert_allclose(gap, 0.01 * 2 * 0.1 * np.ones_like(gap), rtol=1e-3, atol=1e-5)
    assert plain.history.history["loss"][0] < punished.history.history["loss"][0]
    kept = run(kernel_initializer="ones", kernel_constraint=st.constraints.MaxNorm(1.0))
    norms = np.linalg.norm(kept.get_weights()[0], axis=0)
    np.testing.assert_allclose(norms, 1.0, rtol=1e-5)


def test_an_activity_regulariser_is_per_sample() -> None:
    layer = layers.Dense(2, activity_regularizer=st.regularizers.L2(1.0), use_bias=False)
    x = torch.ones(4, 3)
    out = layer(x)
    (penalty,) = layer.losses
    torch.testing.assert_close(penalty, out.square().sum() / 4)
    assert layer.losses == []


def test_a_frozen_layer_stays_as_it_is() -> None:
    model = network(input_shape=(8, 8, 1))
    model.layers[1].trainable = False
    before = model.layers[1].get_weights()
    model.fit(X, Y, epochs=1, verbose=0)
    after = model.layers[1].get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_a_frozen_normalisation_keeps_its_statistics() -> None:
    model = st.Sequential(
        [layers.BatchNormalization(input_shape=(8, 8, 1)), layers.Flatten(), layers.Dense(2)]
    )
    model.layers[0].trainable = False
    model.compile("sgd", "mse")
    before = model.layers[0].get_weights()
    model.fit(X / 255.0, np.ones((96, 2)), epochs=1, verbose=0)
    after = model.layers[0].get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_one_batch_at_a_time() -> None:
    model = network(input_shape=(8, 8, 1))
    loss, accuracy = model.train_on_batch(X[:16], Y[:16])
    assert 0 <= accuracy <= 1
    assert loss > 0
    result = model.test_on_batch(X[:16], Y[:16], return_dict=True)
    assert set(result) == {"loss", "accuracy"}
    np.testing.assert_allclose(model.predict_on_batch(X[:5]), model(X[:5]).detach(), rtol=1e-6)


def test_predict_takes_any_number_of_samples() -> None:
    model = network(input_shape=(8, 8, 1))
    whole = model.predict(X, verbose=0)
    assert whole.shape == (96, 2)
    np.testing.assert_allclose(model.predict(X[:1], verbose=0), whole[:1], rtol=1e-5)
    np.testing.assert_allclose(model.predict(X, batch_size=7, verbose=0), whole, rtol=1e-5)


def test_not_compiled() -> None:
    model = st.Sequential([layers.Dense(2, input_shape=(3,))])
    with pytest.raises(st.NotCompiledError, match=r"fit: .*compile"):
        model.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0)


def test_wrong_images_are_named_before_training_starts() -> None:
    model = network(input_shape=(8, 8, 1))
    before = model.get_weights()
    with pytest.raises(st.ShapeError) as caught:
        model.fit(np.zeros((8, 9, 9, 1), "uint8"), np.zeros(8, int), verbose=0)
    assert str(caught.value) == (
        "sequential (Sequential): the input has another shape than the model was built for. Got"
        " input shape=(None, 9, 9, 1). Expected (None, 8, 8, 1)."
    )
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
