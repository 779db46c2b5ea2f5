"""A run that is interrupted anywhere and resumed is, bit for bit, one that was not."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from striate import data, training
from striate.errors import CheckpointError, Interrupted
from striate.training import optimizers
from striate.training.callbacks import (
    Callback,
    EarlyStopping,
    LearningRateScheduler,
    ReduceLROnPlateau,
)
from tests.training.small_runs import SmallCNN, digits

pytestmark = pytest.mark.torch

EPOCHS, STEPS = 3, 4


class Crash(Exception):
    """Stands for a killed process: nothing after it runs."""


class CrashAt(Callback):
    """Crashes at a hook, counted over the run."""

    def __init__(self, hook: str, number: int) -> None:
        def hit(*args: Any, **kwargs: Any) -> None:
            self.left -= 1
            if self.left == 0:
                raise Crash

        self.left = number
        vars(self)[hook] = hit


def make_optimizer(name: str, module: torch.nn.Module) -> Any:
    makers: dict[str, Callable[[], Any]] = {
        "torch sgd": lambda: torch.optim.SGD(module.parameters(), lr=0.1, momentum=0.9),
        "torch adamw": lambda: torch.optim.AdamW(module.parameters(), lr=0.01),
        "adam": lambda: optimizers.Adam(0.01, use_ema=True, ema_momentum=0.9),
        "accumulating": lambda: optimizers.SGD(
            optimizers.schedules.ExponentialDecay(0.1, 5, 0.7),
            momentum=0.9,
            gradient_accumulation_steps=3,
        ),
    }
    return makers[name]()


Result = tuple[dict[str, torch.Tensor], dict[str, list[Any]]]


def run(
    folder: Path | None = None,
    crash: Callback | None = None,
    optimizer: str = "adam",
    save_every: Any = 1,
    source: Any = None,
    validation: Any = None,
    **options: Any,
) -> Result:
    """One process: everything is made anew, with initial weights that depend on nothing else."""
    torch.manual_seed(4 if folder is None or not folder.exists() else 99)
    module = SmallCNN()
    losses = "sparse_categorical_crossentropy"
    compiled = training.compile(make_optimizer(optimizer, module), losses, metrics=["accuracy"])
    callbacks: list[Callback] = [
        EarlyStopping("loss", patience=9, restore_best_weights=True),
        ReduceLROnPlateau("loss", factor=0.5, patience=1, min_delta=9.0),
    ]
    if optimizer == "accumulating":  # it has a schedule of its own, which rates would replace
        callbacks.pop()
    else:
        callbacks.append(LearningRateScheduler(lambda epoch, rate: rate * 0.9))
    if crash is not None:
        callbacks.append(crash)
    saved = {} if folder is None else {"checkpoint_dir": folder, "resume": True}
    history = training.fit(
        module,
        compiled,
        source or digits(32, shuffle=True, known=options.pop("known", True)),
        epochs=options.pop("epochs", EPOCHS),
        validation=validation or digits(24),
        validation_freq=2,
        callbacks=callbacks,
        verbose=0,
        device="cpu",
        seed=6,
        save_every=save_every if folder is not None else "epoch",
        **saved,
        **options,
    )
    return module.state_dict(), history.history


def check_equal(found: Result, expected: Result) -> None:
    assert found[1] == expected[1]
    for name, value in expected[0].items():
        assert torch.equal(found[0][name], value), name


POINTS = [
    *(("on_train_batch_end", number) for number in range(1, EPOCHS * STEPS + 1)),
    *(("on_epoch_begin", number) for number in range(1, EPOCHS + 1)),
    *(("on_epoch_end", number) for number in range(1, EPOCHS + 1)),
    ("on_test_begin", 1),
    ("on_test_batch_end", 2),
    ("on_test_end", 1),
    ("on_train_end", 1),
]


@pytest.fixture(scope="module")
def expected() -> Result:
    return run()


@pytest.mark.parametrize(("hook", "number"), POINTS)
@pytest.mark.parametrize("save_every", [1, "epoch"])
def test_a_crash_at_any_hook(
    hook: str, number: int, save_every: Any, tmp_path: Path, expected: Result
) -> None:
    folder = tmp_path / "run"
    with pytest.raises(Crash):
        run(folder, CrashAt(hook, number), save_every=save_every)
    check_equal(run(folder, save_every=save_every), expected)


@pytest.mark.parametrize("optimizer", ["torch sgd", "torch adamw", "accumulating"])
@pytest.mark.parametrize("number", [2, 5, 11])
def test_every_kind_of_optimizer(optimizer: str, number: int, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with pytest.raises(Crash):
        run(folder, CrashAt("on_train_batch_end", number), optimizer=optimizer)
    check_equal(run(folder, optimizer=optimizer), run(optimizer=optimizer))


@pytest.mark.parametrize("number", [3, 4, 5])
def test_a_source_of_unknown_length(number: int, tmp_path: Path, expected: Result) -> None:
    folder = tmp_path / "run"
    with pytest.raises(Crash):
        run(folder, CrashAt("on_train_batch_end", number), known=False)
    # The configuration knows no number of samples, so these two are compared with each other.
    check_equal(run(folder, known=False), expected)


def endless(seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """A generator cannot be rewound: a resumed run takes and drops what was used."""
    random = np.random.default_rng(seed)
    while True:
        y = random.integers(0, 3, 8)
        yield (random.normal(size=(8, 8, 8, 1)) + y.reshape(-1, 1, 1, 1)), y


@pytest.mark.parametrize(
    ("hook", "number"), [("on_train_batch_end", 6), ("on_test_batch_end", 2), ("on_epoch_end", 3)]
)
def test_generators_continue_where_they_were(hook: str, number: int, tmp_path: Path) -> None:
    def sources() -> dict[str, Any]:
        return {
            "source": data.source(endless(1), steps=STEPS),
            "validation": data.source(endless(2), steps=2),
            "epochs": 5,
        }

    folder = tmp_path / "run"
    with pytest.raises(Crash):
        run(folder, CrashAt(hook, number), **sources())
    check_equal(run(folder, **sources()), run(**sources()))


def test_many_crashes_in_one_run(tmp_path: Path, expected: Result) -> None:
    folder = tmp_path / "run"
    for number in (1, 2, 1, 3, 2):
        with pytest.raises(Crash):
            run(folder, CrashAt("on_train_batch_end", number))
    check_equal(run(folder), expected)


def test_a_finished_run_stays_as_it_is(tmp_path: Path, expected: Result) -> None:
    folder = tmp_path / "run"
    run(folder)
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    check_equal(run(folder, CrashAt("on_train_begin", 1)), expected)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == files


def test_more_epochs_go_on_from_the_end(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    run(folder, epochs=2, optimizer="torch sgd")
    _, history = run(folder, epochs=4, optimizer="torch sgd")
    assert len(history["loss"]) == 4


def test_a_folder_belongs_to_one_run(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    run(folder)
    with pytest.raises(CheckpointError) as caught:
        training.fit(
            SmallCNN(),
            training.compile("sgd", "mse"),
            digits(8),
            verbose=0,
            device="cpu",
            checkpoint_dir=folder,
        )
    assert str(caught.value) == (
        f"fit (checkpoint_dir={str(folder)!r}): this folder holds the checkpoints of an earlier "
        "run. Use resume=True to continue it, or another folder for a new run."
    )


def test_another_configuration_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    run(folder)
    with pytest.raises(CheckpointError, match="\n  batch_size: 8 in the checkpoint, 4 now"):
        run(folder, source=digits(32, batch_size=4, shuffle=True))


class SignalAt(Callback):
    """Sends this process a signal at a hook."""

    def __init__(self, hook: str, number: int, which: signal.Signals) -> None:
        def hit(*args: Any, **kwargs: Any) -> None:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), which)

        self.left = number
        vars(self)[hook] = hit


@pytest.mark.parametrize(
    ("hook", "number", "where"),
    [
        ("on_train_batch_end", 2, "epoch 1 of 3, after 2 of 4 steps"),
        ("on_train_batch_end", 4, "epoch 1 of 3, after 4 of 4 steps"),
        ("on_test_batch_end", 2, "epoch 2 of 3, after 4 of 4 steps"),
        ("on_epoch_end", 1, "epoch 2 of 3, before its first step"),
        ("on_train_end", 1, "the end, after 3 epochs"),
    ],
)
@pytest.mark.parametrize("which", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_and_says_how_to_go_on(
    hook: str, number: int, where: str, which: signal.Signals, tmp_path: Path, expected: Result
) -> None:
    folder = tmp_path / "run"
    before = signal.getsignal(which)
    with pytest.raises(Interrupted) as caught:
        run(folder, SignalAt(hook, number, which), save_every=False)
    cause = "Ctrl-C" if which == signal.SIGINT else "SIGTERM"
    assert str(caught.value) == (
        f"fit: {cause} stopped training in {where}; the run is saved in {folder}. Go on with "
        f"fit(..., checkpoint_dir={str(folder)!r}, resume=True)."
    )
    assert caught.value.exit_code == 128 + which
    assert signal.getsignal(which) is before
    check_equal(run(folder, save_every=False), expected)


def test_a_signal_without_a_folder() -> None:
    with pytest.raises(Interrupted) as caught:
        run(None, SignalAt("on_train_batch_end", 3, signal.SIGINT))
    assert str(caught.value) == (
        "fit: Ctrl-C stopped training in epoch 1 of 3, after 3 of 4 steps; nothing was saved, the "
        "module keeps its weights. Pass checkpoint_dir to fit to be able to go on exactly from "
        "there."
    )


def test_the_loop_tells_what_it_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings: dict[str, Any] = {"device": "cpu", "checkpoint_dir": tmp_path, "resume": True}

    def fit(epochs: int, *callbacks: Callback) -> None:
        module = SmallCNN()
        compiled = training.compile("sgd", "sparse_categorical_crossentropy")
        training.fit(
            module,
            compiled,
            digits(16),
            epochs=epochs,
            verbose=2,
            callbacks=list(callbacks),
            **settings,
        )

    with pytest.raises(Interrupted):
        fit(2, SignalAt("on_train_batch_end", 1, signal.SIGTERM))
    assert capsys.readouterr().out.startswith("fit: SIGTERM stopped training in epoch 1 of 2,")
    fit(2)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == (
        f"Continuing from {tmp_path}/checkpoint-000001.zip: epoch 1 of 2, after 1 of 2 steps."
    )
    assert lines[1].startswith("Epoch 1/2 - 2/2 - ")
    fit(2)
    assert capsys.readouterr().out == (
        f"The run in {tmp_path} is over: its weights and history are back.\n"
    )
