"""`fit`, `evaluate` and `predict` on plain torch modules."""

from __future__ import annotations

import gc
import math
import os
import sys
import tracemalloc
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from striate import data, training
from striate.errors import ArgumentError, DataError, NotCompiledError
from striate.training.callbacks import Callback, History
from tests.training.small_runs import (
    Batches,
    Line,
    SmallCNN,
    compiled_line,
    digits,
    fit_line,
    line_data,
)

pytestmark = pytest.mark.torch


def by_hand(module: nn.Module, source: Batches, epochs: int, rate: float) -> list[float]:
    """The loop that one writes in torch; returns the mean loss of each epoch."""
    optimizer = torch.optim.SGD(module.parameters(), lr=rate)
    means = []
    for epoch in range(epochs):
        module.train()
        total, seen = 0.0, 0
        for x, y, _ in source.batches(epoch):
            loss = nn.functional.mse_loss(module(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total, seen = total + loss.item() * len(x), seen + len(x)
        means.append(total / seen)
    return means


def test_fit_does_what_the_loop_written_by_hand_does() -> None:
    source = line_data(20, batch_size=8, shuffle=True)
    expected = Line()
    means = by_hand(expected, source, 3, 0.1)
    module, history = fit_line(source, epochs=3)
    assert torch.equal(module.scale.weight, expected.scale.weight)
    assert history.history["loss"] == means
    assert history.epoch == [0, 1, 2]
    assert history.params == {"verbose": 0, "epochs": 3, "steps": 3}
    assert history.model is module


def test_a_network_with_dropout_and_moving_averages_learns() -> None:
    torch.manual_seed(1)
    module, source = SmallCNN(), digits(96, shuffle=True)
    compiled = training.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = training.fit(
        module, compiled, source, epochs=12, validation=digits(48), verbose=0, device="cpu", seed=0
    )
    assert list(history.history) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert history.history["val_accuracy"][-1] > 0.75 > history.history["val_accuracy"][0]
    assert not module.training
    found = training.evaluate(module, compiled, digits(48), verbose=0, device="cpu")
    last = [history.history["val_loss"][-1], history.history["val_accuracy"][-1]]
    assert found == last
    assert compiled.metrics_names == ["loss", "accuracy"]
    named = training.evaluate(
        module, compiled, digits(48), verbose=0, device="cpu", return_dict=True
    )
    assert named == {"accuracy": last[1], "loss": last[0]}
    assert training.predict(module, digits(20), verbose=0, device="cpu").shape == (20, 3)


def test_the_sources_of_data_are_what_it_reads() -> None:
    x = np.random.default_rng(0).integers(0, 255, (50, 8, 8, 1), np.uint8)
    y = (x.mean((1, 2, 3)) > 127).astype(np.int64)

    class Images(SmallCNN):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            assert x.dtype is torch.uint8, "images reach the device as they are"
            return super().forward(x.float() / 255)

    module = Images(classes=2)
    compiled = training.compile("sgd", "sparse_categorical_crossentropy")
    source = data.source(x, y, batch_size=16, seed=3)
    training.fit(module, compiled, source, verbose=0, device="cpu")
    predicted = training.predict(module, data.source(x, shuffle=False), verbose=0, device="cpu")
    module.eval()
    with torch.no_grad():
        direct = module(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(predicted, direct, atol=1e-6)


def test_a_seed_repeats_dropout() -> None:
    def weights(seed: int) -> torch.Tensor:
        torch.manual_seed(0)
        module = SmallCNN()
        compiled = training.compile("sgd", "sparse_categorical_crossentropy")
        training.fit(module, compiled, digits(), verbose=0, device="cpu", seed=seed)
        return module.head.weight.detach()

    assert torch.equal(weights(1), weights(1))
    assert not torch.equal(weights(1), weights(2))


class Recorder(Callback):
    """Writes down every hook with its number."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def on_train_begin(self, logs: Any = None) -> None:
        self.calls.append("train")

    def on_train_end(self, logs: Any = None) -> None:
        self.calls.append(("end", sorted(logs)))

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.calls.append(("epoch", epoch))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.calls.append(("epoch end", epoch, sorted(logs)))

    def on_batch_begin(self, batch: int, logs: Any = None) -> None:
        self.calls.append(("batch", batch))

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.calls.append(("batch end", batch))

    def on_test_begin(self, logs: Any = None) -> None:
        self.calls.append("test")

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        self.calls.append(("test batch end", batch))

    def on_test_end(self, logs: Any = None) -> None:
        self.calls.append(("test end", sorted(logs)))


def test_hooks_come_in_keras_order() -> None:
    recorder = Recorder()
    fit_line(line_data(16), epochs=3, initial_epoch=2, validation=line_data(8), callbacks=recorder)
    both = ["loss", "val_loss"]
    assert recorder.calls == [
        "train",
        ("epoch", 2),
        *(("batch", 0), ("batch end", 0), ("batch", 1), ("batch end", 1)),
        *("test", ("test batch end", 0), ("test end", ["loss"])),
        ("epoch end", 2, both),
        ("end", both),
    ]


def test_validation_runs_when_it_is_asked_for() -> None:
    validation = line_data(8)
    _, history = fit_line(epochs=5, validation=validation, validation_freq=2)
    assert len(history.history["val_loss"]) == 2
    assert len(validation.asked) == 2
    _, history = fit_line(epochs=5, validation=validation, validation_freq=[1, 5])
    assert [r["epoch"] for r in history.to_records() if "val_loss" in r] == [0, 4]


def test_epochs_can_be_cut_short() -> None:
    module, history = fit_line(
        line_data(40), epochs=1, steps_per_epoch=1.5, validation=line_data(40), validation_steps=1
    )
    assert history.params == {"verbose": 0, "epochs": 1, "steps": 2}
    only = Batches(line_data(40).x[:16], line_data(40).y[:16])
    expected, reference = fit_line(only, epochs=1)
    assert torch.equal(module.scale.weight, expected.scale.weight)
    assert history.history["loss"] == reference.history["loss"]


def test_data_that_run_out_are_reported() -> None:
    with pytest.warns(UserWarning, match="ran out") as caught:
        fit_line(line_data(16), epochs=1, steps_per_epoch=5)
    assert str(caught[0].message) == (
        "fit: the data ran out before the end of the epoch. Got steps=2. Expected "
        "steps_per_epoch=5. Pass more data, or leave out steps_per_epoch."
    )


def test_a_source_of_unknown_length() -> None:
    _, history = fit_line(line_data(24, known=False), epochs=2)
    _, expected = fit_line(line_data(24), epochs=2)
    assert history.history == expected.history


def test_no_data_is_an_error() -> None:
    empty = Batches(torch.zeros(0, 1), torch.zeros(0, 1))
    fix = "Pass data that is not empty; a generator must not be used up already."
    for where, run in (
        ("fit", lambda: fit_line(empty)),
        ("fit, validation", lambda: fit_line(validation=empty)),
        ("predict", lambda: training.predict(Line(), empty, verbose=0, device="cpu")),
    ):
        with pytest.raises(DataError) as caught:
            run()
        text = f"{where}: there are no batches. Expected at least one sample. {fix}"
        assert str(caught.value) == text


def test_a_callback_can_stop_training() -> None:
    class Stop(Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self.model.stop_training = batch == 1

    _, history = fit_line(line_data(40), epochs=5, callbacks=[Stop()], validation=line_data(8))
    assert history.epoch == [0]
    assert len(history.history["val_loss"]) == 1


def test_every_method_wants_compile_first() -> None:
    module, x = Line(), np.zeros((2, 1), np.float32)
    calls = {
        "fit": lambda: training.fit(module, None, line_data()),
        "evaluate": lambda: training.evaluate(module, None, line_data()),
        "train_on_batch": lambda: training.train_on_batch(module, None, x, x),
        "test_on_batch": lambda: training.test_on_batch(module, None, x, x),
    }
    for name, call in calls.items():
        with pytest.raises(NotCompiledError) as caught:
            call()
        assert str(caught.value) == (
            f"{name}: the model has not been compiled. Expected compile() before {name}(). Call "
            'model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", '
            'metrics=["accuracy"]).'
        )


@pytest.mark.parametrize(
    ("name", "value", "least"),
    [("epochs", -1, 0), ("epochs", "3", 0), ("initial_epoch", -1, 0), ("steps_per_epoch", 0, 1)],
)
def test_numbers_out_of_range(name: str, value: Any, least: int) -> None:
    with pytest.raises(ArgumentError) as caught:
        fit_line(**{name: value})
    assert str(caught.value) == (
        f"fit: {name} is out of its range. Got {name}={value!r}. Expected a number of {least} "
        "or more."
    )


def test_other_arguments_that_are_not_understood() -> None:
    with pytest.raises(ArgumentError) as caught:
        fit_line(validation_freq=0)
    assert str(caught.value) == (
        "fit: validation_freq is not understood. Got validation_freq=0. Expected a number of "
        "epochs, or a list of epochs counted from 1."
    )
    with pytest.raises(ArgumentError) as caught:
        fit_line(verbose=3)
    assert str(caught.value) == ('fit: unknown verbosity. Got verbose=3. Expected "auto", 0, 1, 2.')


def test_a_torch_optimizer_of_another_module() -> None:
    with pytest.raises(ArgumentError) as caught:
        training.fit(Line(), compiled_line(Line()), line_data(), verbose=0, device="cpu")
    assert str(caught.value) == (
        "fit (SGD): the optimizer holds no weight of this module. Expected an optimizer that was "
        "made with module.parameters(). Use torch.optim.SGD(module.parameters(), lr=0.01), or a "
        'name such as "sgd".'
    )


def test_a_loss_that_is_not_finite_gives_one_warning() -> None:
    source = line_data(16)
    source.x[3] = math.nan
    with pytest.warns(UserWarning, match="not finite") as caught:
        fit_line(source, epochs=3)
    assert [str(w.message) for w in caught] == [
        "fit, epoch 1: the loss is not finite. Got loss=nan. Expected a finite number; weights "
        "that are NaN do not recover. Lower the learning rate or use clipnorm=1.0; "
        "callbacks=[TerminateOnNaN()] names the layer where it begins."
    ]


def test_several_outputs_are_predicted_in_their_form() -> None:
    class Two(nn.Module):
        def __init__(self, form: type) -> None:
            super().__init__()
            self.form = form

        def forward(self, x: torch.Tensor) -> Any:
            return {"a": x, "b": 2 * x} if self.form is dict else (x, 2 * x)

    source = line_data(20)
    a, b = training.predict(Two(tuple), source, verbose=0, device="cpu")
    np.testing.assert_array_equal(a, source.x.numpy())
    np.testing.assert_array_equal(b, 2 * source.x.numpy())
    found = training.predict(Two(dict), line_data(20, known=False), verbose=0, device="cpu")
    np.testing.assert_array_equal(found["b"], b)
    first = training.predict(Two(tuple), source, steps=1, verbose=0, device="cpu")[0]
    assert first.shape == (8, 1)


def test_the_users_history_is_used() -> None:
    own = History()
    assert fit_line(callbacks=[own])[1] is own


def resident_bytes() -> int:
    if not sys.platform.startswith("linux"):
        return 0
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_memory_does_not_grow_with_epochs() -> None:
    module = SmallCNN()
    compiled = training.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    settings: dict[str, Any] = {"verbose": 0, "device": "cpu", "callbacks": [Callback()]}

    def grown(epochs: int) -> tuple[int, int]:
        """Bytes that Python objects, and the process, hold more than before the epochs."""
        gc.collect()
        traced, resident = tracemalloc.get_traced_memory()[0], resident_bytes()
        history = training.fit(
            module, compiled, digits(32), epochs=epochs, validation=digits(16), **settings
        )
        assert len(history.epoch) == epochs
        del history
        gc.collect()
        return tracemalloc.get_traced_memory()[0] - traced, resident_bytes() - resident

    tracemalloc.start()
    try:
        grown(50)
        few, _ = grown(10)
        many, resident = grown(210)
    finally:
        tracemalloc.stop()
    assert many - few < 20_000, f"{few} bytes after 10 epochs, {many} after 210"
    assert resident < 8_000_000, f"the process grew by {resident} bytes in 210 epochs"
