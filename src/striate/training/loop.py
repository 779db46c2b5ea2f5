"""`fit`, `evaluate` and `predict` for any `torch.nn.Module`."""

from __future__ import annotations

import math
import numbers
import os
from collections.abc import Collection
from typing import Any

import numpy as np
import torch

from striate.errors import ArgumentError, message
from striate.ops.device import device as choose_device
from striate.ops.modules import move
from striate.training.callbacks.callback_list import CallbackList
from striate.training.callbacks.progbar_logger import ProgbarLogger
from striate.training.compiled import Compiled, require_compiled
from striate.training.fingerprint import fingerprint
from striate.training.fitting import Fitting, Plan
from striate.training.health import TrainingHealth, watching
from striate.training.history import History
from striate.training.own_step import stepper_of
from striate.training.passes import run_predict, run_test
from striate.training.replay import Replay
from striate.training.saving import Position, Run, Saver, make_saver


def fit(
    module: torch.nn.Module,
    compiled: Compiled | None,
    source: Any,
    *,
    epochs: int = 1,
    initial_epoch: int = 0,
    steps_per_epoch: float | None = None,
    validation: Any = None,
    validation_freq: int | Collection[int] = 1,
    validation_steps: float | None = None,
    callbacks: Any = None,
    verbose: str | int = "auto",
    device: str | torch.device = "auto",
    seed: int | None = None,
    checkpoint_dir: str | os.PathLike[str] | None = None,
    save_every: str | int | bool = "epoch",
    keep: int = 2,
    resume: bool = False,
    watch: bool | int | TrainingHealth = False,
    runs: torch.nn.Module | None = None,
) -> History:
    """Trains a module; Keras's `fit` on a batch source.

    Args:
        module: any `torch.nn.Module`; it is moved to the device and left in evaluation mode.
        compiled: see `Compiled`.
        source: gives `batches(epoch, start)` of (x, y, sample_weight); its order must be a
            function of the epoch for a run to be continued exactly.
        epochs: the number of the last epoch.
        initial_epoch: the epoch to begin with, from 0.
        steps_per_epoch: ends an epoch after so many batches; a fraction is rounded up.
        validation: a batch source that is evaluated after epochs.
        validation_freq: validates every so many epochs, or after those listed (from 1).
        validation_steps: at most so many batches of it.
        callbacks: callbacks, or lists of them.
        verbose: 0 silent, 1 or "auto" a progress line, 2 a line per epoch.
        device: "auto" takes CUDA, then MPS, then the CPU.
        seed: seeds Python, NumPy and torch before the first step; None leaves them as they are.
        checkpoint_dir: a folder in which the run is saved, for this run alone.
        save_every: "epoch", a number of steps, or a time such as "10min"; also at the start, at
            the end, and when Ctrl-C or SIGTERM stops the run.
        keep: how many of the last checkpoints stay.
        resume: continues from the last checkpoint of `checkpoint_dir`, if there is one. The
            weights at the end are, bit for bit, those of a run that was not interrupted (same
            machine, same threads). A run that is over stays as it is.
        watch: True measures gradients, updates and units of each layer in every 50th step, a
            number in every so many; `history.health` holds what was found. See `TrainingHealth`.
        runs: what batches go through in place of the module: a part of it, where the data are
            what the rest has made of them. Callbacks, optimizer and checkpoints are the module's.

    Raises:
        NotCompiledError: `compiled` is None.
        ArgumentError: an argument is out of its range.
        DataError: no data, or targets that do not suit the loss.
        CheckpointError: the checkpoint is of another configuration, or none can be read.
        Interrupted: Ctrl-C or SIGTERM.
    """
    compiled = require_compiled(compiled, "fit")
    plan = Plan(
        source=source,
        epochs=whole("epochs", epochs, 0) or 0,
        initial_epoch=whole("initial_epoch", initial_epoch, 0) or 0,
        steps_per_epoch=whole("steps_per_epoch", steps_per_epoch, 1),
        validation=validation,
        validation_freq=_frequency(validation_freq),
        validation_steps=whole("validation_steps", validation_steps, 1),
        seed=seed,
        verbose=_verbosity(verbose),
    )
    hooks = CallbackList(callbacks, module, compiled, **plan.params)
    if watch is not False:
        hooks.append(watching(watch))
    saver, resume = make_saver(hooks, checkpoint_dir, save_every, keep, resume)
    return _run(module, runs or module, compiled, plan, hooks, choose_device(device), saver, resume)


def _run(
    module: torch.nn.Module,
    runs: torch.nn.Module,
    compiled: Compiled,
    plan: Plan,
    hooks: CallbackList,
    device: torch.device,
    saver: Saver | None,
    resume: bool,
) -> History:
    move(module, device)
    own = getattr(runs, "own_steps", ())  # which give their optimizers what they train
    if "train_step" not in own:
        bind_optimizer(module, compiled, "fit")
    history = _with_defaults(hooks, plan.verbose)
    run = Run(
        module=module,
        optimizer=compiled.optimizer,
        callbacks=hooks,
        device=device,
        at=Position(plan.initial_epoch),
        steps=plan.steps,
        configuration=fingerprint(module, compiled.optimizer, plan.source, plan.steps, plan.seed),
    )
    stepper = stepper_of(runs, compiled, device, "fit")
    run.scaling = stepper.scaling
    if device.type == "cuda" and compiled.jit_compile is not False:
        always = compiled.jit_compile is True
        if not own:
            stepper.replay = Replay(stepper, always, plan.remaining, plan.verbose)
    checker = stepper_of(runs, compiled, device, "fit, validation")
    try:
        Fitting(run, plan, stepper, checker, saver).execute(resume)
    finally:
        stepper.replay = None  # which holds memory of the card, and the stepper
    watched: TrainingHealth | None = hooks.find(TrainingHealth)
    history.health = None if watched is None else watched.report
    return history


def evaluate(
    module: torch.nn.Module,
    compiled: Compiled | None,
    source: Any,
    *,
    steps: int | None = None,
    callbacks: Any = None,
    verbose: str | int = "auto",
    device: str | torch.device = "auto",
    return_dict: bool = False,
) -> float | list[Any] | dict[str, Any]:
    """Loss and metrics over a batch source, in evaluation mode.

    Args:
        module: any `torch.nn.Module`.
        compiled: see `Compiled`.
        source: a batch source.
        steps: at most so many batches.
        callbacks: their test hooks are called.
        verbose: 0 silent, 1 or "auto" a progress line, 2 one line at the end.
        device: as in `fit`.
        return_dict: a dict by name instead of a list in the order of `compiled.metrics_names`.

    Returns:
        The loss alone if it is all there is; else a list, or the dict.

    Raises:
        NotCompiledError: `compiled` is None.
        DataError: no data, or targets that do not suit the loss.
    """
    compiled = require_compiled(compiled, "evaluate")
    place = choose_device(device)
    move(module, place)
    shown = _verbosity(verbose)
    total = steps or source.num_batches
    hooks = CallbackList(callbacks, module, compiled, verbose=shown, epochs=1, steps=total)
    _with_bar(hooks, shown)
    stepper = stepper_of(module, compiled, place, "evaluate")
    logs = run_test(stepper, source, steps, hooks)
    return logs if return_dict else listed(compiled, logs)


def predict(
    module: torch.nn.Module,
    source: Any,
    *,
    steps: int | None = None,
    callbacks: Any = None,
    verbose: str | int = "auto",
    device: str | torch.device = "auto",
) -> Any:
    """The module's outputs for a batch source, in evaluation mode, as NumPy arrays.

    Args:
        module: any `torch.nn.Module`.
        source: a batch source; its targets are not used.
        steps: at most so many batches.
        callbacks: their predict hooks are called.
        verbose: as in `evaluate`.
        device: as in `fit`.

    Returns:
        An array; with several outputs a tuple or dict of arrays, as the module returns them.

    Raises:
        DataError: no data.
    """
    place = choose_device(device)
    move(module, place)
    shown = _verbosity(verbose)
    total = steps or source.num_batches
    hooks = CallbackList(callbacks, module, None, verbose=shown, epochs=1, steps=total)
    _with_bar(hooks, shown)
    return run_predict(module, source, steps, hooks, place)


def listed(compiled: Compiled, logs: dict[str, Any]) -> float | list[Any]:
    """Results in the order of `metrics_names`; a loss alone is returned bare, as in Keras."""
    known = [name for name in compiled.metrics_names if name in logs]
    values = [logs[name] for name in (*known, *(n for n in logs if n not in known))]
    return float(values[0]) if len(values) == 1 else values


def _verbosity(verbose: str | int) -> int:
    if verbose == "auto":
        return 1
    if verbose not in (0, 1, 2):
        raise ArgumentError(
            message(
                "fit", "unknown verbosity", got={"verbose": verbose}, expected='"auto", 0, 1, 2'
            )
        )
    return int(verbose)


def _with_defaults(hooks: CallbackList, verbose: int) -> History:
    """Adds what is always there, last, so that it sees what other callbacks put into logs."""
    history: History | None = hooks.find(History)
    if history is None:
        history = History()
        hooks.append(history)
    _with_bar(hooks, verbose)
    return history


def _with_bar(hooks: CallbackList, verbose: int) -> None:
    if verbose and hooks.find(ProgbarLogger) is None:
        hooks.append(ProgbarLogger())


def bind_optimizer(module: torch.nn.Module, compiled: Compiled, where: str) -> None:
    """Gives a striate optimizer the module's weights; checks that a plain one has them."""
    optimizer = compiled.optimizer
    if hasattr(optimizer, "build"):
        optimizer.build(module.named_parameters())
        return
    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    trainable = {id(p) for p in module.parameters() if p.requires_grad}
    if trainable and not held & trainable:
        raise ArgumentError(
            message(
                f"{where} ({type(optimizer).__name__})",
                "the optimizer holds no weight of this module",
                expected="an optimizer that was made with module.parameters()",
                fix='Use torch.optim.SGD(module.parameters(), lr=0.01), or a name such as "sgd"',
            )
        )


def whole(name: str, value: float | None, least: int) -> int | None:
    """The number as an int; a fraction of a batch still is one, so it is rounded up."""
    if value is None:
        return None
    number = isinstance(value, (numbers.Real, np.number)) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or math.ceil(value) < least:
        raise ArgumentError(
            message(
                "fit",
                f"{name} is out of its range",
                got={name: value},
                expected=f"a number of {least} or more",
            )
        )
    return math.ceil(value)


def _frequency(frequency: Any) -> int | Collection[int]:
    listed = isinstance(frequency, Collection) and not isinstance(frequency, str)
    if not listed and (type(frequency) is not int or frequency < 1):
        raise ArgumentError(
            message(
                "fit",
                "validation_freq is not understood",
                got={"validation_freq": frequency},
                expected="a number of epochs, or a list of epochs counted from 1",
            )
        )
    found: int | Collection[int] = frequency
    return found
