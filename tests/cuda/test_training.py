"""Training on an NVIDIA card: nobody waits, recorded steps are the same steps, precisions hold."""

from __future__ import annotations

import gc
from typing import Any

import numpy as np
import pytest
import torch

import striate as st
from striate import data, layers, training
from striate.ops.tf32 import tf32_now
from striate.training.ahead import copied_ahead
from striate.training.replay import Replay
from striate.training.step import Stepper

pytestmark = [
    pytest.mark.torch,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no NVIDIA card"),
    pytest.mark.filterwarnings("ignore:Synchronization debug mode is a prototype"),
]
RNG = np.random.default_rng(0)
X = RNG.integers(0, 256, (264, 16, 16, 3)).astype("uint8")  # the last of 9 batches of 32 is short
Y = (X.mean((1, 2, 3)).argsort().argsort() * 4 // 264).astype("int64")


def network(dropout: float = 0.3) -> st.Sequential:
    st.set_seed(1)
    model = st.Sequential(
        [
            layers.Rescaling(1 / 255, input_shape=(16, 16, 3)),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(16, 3),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Flatten(),
            layers.Dropout(dropout),
            layers.Dense(4, activation="softmax"),
        ]
    )
    return model


def compiled(jit_compile: str | bool = False, **options: Any) -> st.Sequential:
    model = network(**options)
    model.compile(
        st.optimizers.Adam(st.schedules.CosineDecay(1e-2, 60)),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=jit_compile,
    )
    return model


def fit(model: st.Model, **options: Any) -> dict[str, list[float]]:
    settings = {"batch_size": 32, "epochs": 4, "seed": 3, "verbose": 0, "device": "cuda", **options}
    found: dict[str, list[float]] = model.fit(X, Y, **settings).history
    return found


@pytest.fixture(autouse=True)
def deterministic() -> Any:
    torch.backends.cudnn.deterministic = True
    yield
    torch.backends.cudnn.deterministic = False


@pytest.mark.parametrize("precision", ["float32", "auto", "bfloat16"])
def test_a_step_never_waits_for_the_card(precision: str) -> None:
    model = compiled().cuda()
    stepper = Stepper(model, model._compiled, torch.device("cuda"), "fit")
    training.loop.bind_optimizer(model, model._compiled, "fit")
    model.train()
    with model.executing(True, precision, "float32", "fit"):
        source = data.source(X, Y, shuffle=True)
        batches = copied_ahead(source.batches(0), torch.device("cuda"), lambda: True)
        x, y, weight = next(batches)
        stepper.train(x, y, weight)
        stepper.check_targets = False
        torch.cuda.synchronize()
        torch.cuda.set_sync_debug_mode("error")
        try:
            for x, y, weight in batches:
                assert x.dtype is torch.uint8
                assert x.is_cuda
                stepper.train(x, y, weight)
        finally:
            torch.cuda.set_sync_debug_mode("default")
    assert np.isfinite(stepper.results()["loss"])


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_recorded_steps_are_the_steps_themselves(
    precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    replays = []
    kept = Replay.__init__

    def remembered(self: Replay, *args: Any) -> None:
        kept(self, *args)
        replays.append(self)

    monkeypatch.setattr(Replay, "__init__", remembered)
    plain, recorded = compiled(False), compiled(True)
    eager = fit(plain, precision=precision)
    again = fit(recorded, precision=precision)
    assert len(replays) == 1
    assert replays[0].refused == ""
    assert replays[0].recorded is not None
    assert eager["loss"] == pytest.approx(again["loss"], rel=1e-5)
    assert eager["accuracy"] == again["accuracy"]
    for a, b in zip(plain.get_weights(), recorded.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5)


def test_auto_says_what_it_decided(capsys: pytest.CaptureFixture[str]) -> None:
    fit(compiled("auto"), epochs=30, verbose=2)
    out = capsys.readouterr().out
    assert "CUDA graph" in out


def test_a_layer_with_a_seed_is_not_recorded(capsys: pytest.CaptureFixture[str]) -> None:
    model = st.Sequential([layers.Flatten(input_shape=(16, 16, 3)), layers.Dropout(0.5, seed=1)])
    model.add(layers.Dense(4, activation="softmax"))
    model.compile("adam", "sparse_categorical_crossentropy", jit_compile=True)
    fit(model, verbose=2)
    assert (
        "Steps are not recorded as a CUDA graph: dropout (Dropout) numbers its random draws on"
        " the host, for its seed." in capsys.readouterr().out
    )


def test_a_callback_that_changes_the_rate_still_does() -> None:
    def halved(epoch: int, rate: float) -> float:
        return 0.01 / 2**epoch

    found = []
    for jit in (False, True):
        model = network()
        model.compile("sgd", "sparse_categorical_crossentropy", jit_compile=jit)
        schedule = st.callbacks.LearningRateScheduler(halved)
        found.append(fit(model, callbacks=[schedule], precision="float32")["loss"])
    assert found[0] == pytest.approx(found[1], rel=1e-5)


def test_a_run_goes_on_exactly_after_an_interruption(tmp_path: Any) -> None:
    whole = fit(compiled(True))
    fit(compiled(True), epochs=2, checkpoint_dir=tmp_path)
    rest = fit(compiled(True), checkpoint_dir=tmp_path, resume=True)
    assert rest["loss"] == pytest.approx(whole["loss"], rel=1e-5)


def test_tf32_is_set_for_the_run_and_put_back() -> None:
    seen = []

    class Look(st.callbacks.Callback):
        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
            seen.append(("train", tf32_now()))

        def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
            seen.append(("test", tf32_now()))

    before = (torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32)
    for precision, allowed in (("auto", True), ("tf32", True), ("float32", False)):
        seen.clear()
        settings = {"epochs": 1, "validation_data": (X, Y), "callbacks": [Look()]}
        fit(compiled(), precision=precision, **settings)
        assert set(seen) == {("train", allowed), ("test", False)}
    assert before == (torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32)


def test_float32_products_are_exact_in_inference() -> None:
    st.set_seed(0)
    model = st.Sequential([layers.Conv2D(64, 3, input_shape=(32, 32, 64))])
    x = RNG.normal(size=(8, 32, 32, 64)).astype("float32")
    exact = model.predict(x, device="cpu", verbose=0)
    found = model.predict(x, device="cuda", verbose=0)
    rounded = model.predict(x, device="cuda", precision="tf32", verbose=0)
    error, coarse = (np.abs(v - exact).max() / np.abs(exact).max() for v in (found, rounded))
    assert error < 2e-6
    if torch.cuda.get_device_capability() >= (8, 0):
        assert 1e-5 < coarse < 2e-3


def test_the_plan_states_tf32() -> None:
    if torch.cuda.get_device_capability() < (8, 0):
        pytest.skip("this card has no TF32")
    model = network()
    refused = [n.text for n in model.plan(training=True, device="cuda").refused]
    assert 'TF32 is off: products keep all 24 bits; precision="tf32" allows it' in refused
    plan = model.plan(training=True, device="cuda", precision="tf32")
    assert plan.precision == "float32 with TF32 products"


def test_float16_scales_the_loss_and_learns() -> None:
    model = compiled()
    losses = fit(model, epochs=12, precision="float16")["loss"]
    assert losses[-1] < losses[0]


def test_predictions_do_not_depend_on_the_device() -> None:
    model = network()
    a = model.predict(X, device="cpu", verbose=0)
    b = model.predict(X, device="cuda", verbose=0)
    np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 1e-5), ("bfloat16", 2e-2)])
def test_an_optimized_model_on_the_card_agrees(precision: str, tolerance: float) -> None:
    model = network()
    right = model.predict(X, device="cpu", verbose=0)
    fast = model.optimize(precision, device="cuda")
    found = fast.predict(X, verbose=0)
    assert np.abs(found - right).max() <= tolerance * np.abs(right).max()
    assert fast(X[:1]).is_cuda


def test_values_computed_again_give_the_same_run() -> None:
    kept = fit(compiled(False), precision="float32")
    again = fit(compiled("auto"), precision="float32", recompute=True)
    assert kept == again


def test_the_largest_batch_is_found_without_a_crash() -> None:
    gc.collect()  # models of the tests before
    model = compiled()
    before = torch.cuda.memory_allocated()
    size = model.largest_batch(device="cuda", precision="float32", trial=True)
    assert size > 32
    gc.collect()
    assert torch.cuda.memory_allocated() < before + 2**24
    fit(model, epochs=1)


def test_a_label_that_does_not_exist_is_an_error_in_a_recorded_step_too() -> None:
    model = compiled(True)
    wrong = Y.copy()
    wrong[-40] = 9
    with pytest.raises(st.errors.DataError):
        model.fit(X, wrong, batch_size=32, shuffle=False, verbose=0, device="cuda")
