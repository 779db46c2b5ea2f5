"""The epochs of one `fit`: train, validate, tell the callbacks, save."""

from __future__ import annotations

import math
import warnings
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from striate.errors import message
from striate.training.callbacks.progbar_logger import ProgbarLogger
from striate.training.callbacks.terminate_on_nan import TerminateOnNaN
from striate.training.health import Train, TrainingHealth
from striate.training.logs import Answering
from striate.training.passes import batches_of, no_data, run_test, skip_taken
from striate.training.progress import say
from striate.training.random_state import capture, set_seed
from striate.training.saving import Position, Run, Saver
from striate.training.signals import StopRequest
from striate.training.step import Stepper


@dataclass(frozen=True)
class Plan:
    """What `fit` was asked to do; the names are those of its arguments."""

    source: Any
    epochs: int
    initial_epoch: int
    steps_per_epoch: int | None
    validation: Any
    validation_freq: int | Collection[int]
    validation_steps: int | None
    seed: int | None
    verbose: int

    @property
    def steps(self) -> int | None:
        """Steps per epoch as far as they are known beforehand."""
        known: int | None = self.steps_per_epoch or self.source.num_batches
        return known

    @property
    def remaining(self) -> int | None:
        """Steps of all epochs as far as they are known beforehand."""
        steps = self.steps
        return None if steps is None else steps * max(0, self.epochs - self.initial_epoch)

    @property
    def params(self) -> dict[str, Any]:
        """What callbacks are told."""
        return {"verbose": self.verbose, "epochs": self.epochs, "steps": self.steps}

    def validates(self, epoch: int) -> bool:
        """Whether an epoch (from 0) ends with a validation."""
        if self.validation is None:
            return False
        if isinstance(self.validation_freq, int):
            return (epoch + 1) % self.validation_freq == 0
        return epoch + 1 in self.validation_freq


class Fitting:
    """Runs a `Plan` on a `Run`.

    The position in `run.at` is true at every moment at which the run may be saved, so that
    a restored run takes the same steps from there.

    Args:
        run: the module, its optimizer and callbacks, and where it stands.
        plan: what to do.
        stepper: trains batches.
        checker: evaluates validation batches.
        saver: saves the run; None: it is not saved.
    """

    def __init__(
        self, run: Run, plan: Plan, stepper: Stepper, checker: Stepper, saver: Saver | None
    ) -> None:
        self.run = run
        self.plan = plan
        self.stepper = stepper
        self.checker = checker
        self.saver = saver
        self._stop = StopRequest()
        self._nan_guard: TerminateOnNaN | None = run.callbacks.find(TerminateOnNaN)
        self._health: TrainingHealth | None = run.callbacks.find(TrainingHealth)
        self._warned_nonfinite = False
        self._last_logs: dict[str, Any] = {}
        if self._nan_guard is not None:
            stepper.guard = self._nan_guard.accepts

    def execute(self, resume: bool) -> None:
        """Runs to the end, from the start or from the last checkpoint.

        Raises:
            Interrupted: Ctrl-C or SIGTERM; the run has been saved if it has a folder.
        """
        module = self.run.module
        try:
            with self._stop:
                if self._start(resume):
                    return
                while self.run.at.epoch < self.plan.epochs and not module.stop_training:
                    self._epoch(self.run.at.epoch)
                self._stop_if_asked(self._finish())
        finally:
            self._mode(False)
            bar = self.run.callbacks.find(ProgbarLogger)
            if bar is not None:
                bar.close()

    def _start(self, resume: bool) -> bool:
        """Begins afresh or takes a checkpoint back; True if that run is over already."""
        run, module = self.run, self.run.module
        module.stop_training = False
        found = self.saver.open(resume) if self.saver is not None else None
        if found is None:
            if self.plan.seed is not None:
                set_seed(self.plan.seed)
            run.callbacks.on_train_begin()
            self._save()
            return False
        run.check(found)
        at = Position(**found.state["position"])
        if at.phase == "end" and (found.state["stop"] or at.epoch >= self.plan.epochs):
            run.restore(found)
            self._tell(f"The run in {found.path.parent} is over: its weights and history are back.")
            return True
        run.callbacks.on_train_begin()
        if at.phase in ("train", "validate"):
            run.callbacks.on_epoch_begin(at.epoch)
        # Restored last: whatever those hooks did to weights, rates or random states is undone.
        self.stepper.pending = run.restore(found)
        if at.phase == "end":
            run.at = Position(at.epoch)
        skip_taken(self.plan.source, run.taken)
        skip_taken(self.plan.validation, run.validated)
        bar: ProgbarLogger | None = run.callbacks.find(ProgbarLogger)
        if bar is not None and run.at.batch:
            bar.continue_after(run.at.batch)
        self._tell(f"Continuing from {found.path}: {self._where()}.")
        return False

    def _epoch(self, epoch: int) -> None:
        run = self.run
        if run.at.phase == "begin":
            if self.stepper.objective is not None:
                self.stepper.objective.reset()
            run.callbacks.on_epoch_begin(epoch)
            run.at = Position(epoch, 0, "train")
        if run.at.phase == "train":
            self._train(epoch)
            run.at.phase = "validate"
            if self.saver is not None and self.saver.inside_epochs and self.saver.due():
                self._save()
            self._stop_if_asked()
        logs = {**run.at.logs, **self._validate(epoch)}
        logs = Answering((name, logs[name]) for name in sorted(logs))
        self._warn_if_nonfinite(epoch, logs)
        run.callbacks.on_epoch_end(epoch, logs)
        self._last_logs = logs
        run.at = Position(epoch + 1)
        saved = self.saver is not None and self.saver.at_epoch_end and self._save()
        self._stop_if_asked(saved)

    def _validate(self, epoch: int) -> dict[str, Any]:
        if not self.plan.validates(epoch):
            return {}
        checker, run = self.checker, self.run
        # A run saved in the middle validates again from the beginning, so it needs this state.
        run.random = capture() if self.saver is not None else None
        counted = 0

        def after_batch() -> None:
            nonlocal counted
            counted += 1
            self._stop_if_asked()

        steps = self.plan.validation_steps
        found = run_test(checker, self.plan.validation, steps, run.callbacks, after_batch)
        run.validated += counted
        run.random = None
        checker.check_targets = False
        return {f"val_{name}": value for name, value in found.items()}

    def _train(self, epoch: int) -> None:
        """The batches of an epoch, from where it stands. Every line of the loop runs each step."""
        run, stepper, stop = self.run, self.stepper, self._stop
        at, module, callbacks = run.at, run.module, run.callbacks
        begins = callbacks.wants("on_train_batch_begin")
        ends = callbacks.wants("on_train_batch_end")
        saver = self.saver if self.saver is not None and self.saver.inside_epochs else None
        first, limit = at.batch, self.plan.steps_per_epoch
        train: Train = stepper.train
        if self._health is not None:
            train = self._health.around(train, lambda: at.batch, run.device)
        self._mode(True)
        given = batches_of(
            self.plan.source, epoch, first, limit, run.device, lambda: not stepper.check_targets
        )
        with given as batches:
            for x, y, sample_weight in batches:
                if begins:
                    callbacks.batch_begin("train", at.batch)
                if not train(x, y, sample_weight):
                    break
                at.batch += 1
                if ends:
                    callbacks.batch_end("train", at.batch - 1, stepper.keys, stepper.results)
                if module.stop_training:
                    break
                if saver is not None and at.batch != run.steps and saver.due():
                    self._save()
                if stop.requested and at.batch != run.steps:
                    self._stop_if_asked()
        stepper.check_targets, stepper.pending = False, None
        if at.batch > first or stepper.refused is not None:
            at.logs = stepper.results()
        if stepper.refused is not None:
            at.logs["loss"] = stepper.refused
        elif at.batch == 0:
            raise no_data(stepper.where)
        self._count_steps(at.batch)

    def _mode(self, training: bool) -> None:
        for module in dict.fromkeys((self.run.module, self.stepper.module)):
            module.train(training)

    def _count_steps(self, done: int) -> None:
        asked = self.plan.steps_per_epoch
        self.run.taken += done
        if self.run.module.stop_training:
            return
        self.run.steps = done if self.run.steps is None else self.run.steps
        if asked is not None and done < asked:
            warnings.warn(
                message(
                    "fit",
                    "the data ran out before the end of the epoch",
                    got={"steps": done},
                    expected=f"steps_per_epoch={asked}",
                    fix="Pass more data, or leave out steps_per_epoch",
                ),
                UserWarning,
                stacklevel=2,
            )

    def _finish(self) -> bool:
        """Ends the run; whether that is saved."""
        run = self.run
        finalize = getattr(run.optimizer, "finalize_ema", None)
        if finalize is not None:
            finalize()
        run.callbacks.on_train_end(self._last_logs)
        run.at.phase = "end"
        saved = self._save()
        if self.saver is not None:
            self.saver.end()
        return saved

    def _save(self) -> bool:
        if self.saver is None:
            return False
        if self.run.at.phase == "train":
            self.run.at.logs = self.stepper.results()
        objective = self.stepper.objective
        return self.saver.save(self.run, objective.state_dict() if objective else None)

    def _stop_if_asked(self, saved: bool = False) -> None:
        if not self._stop.requested:
            return
        saved = saved or self._save()
        fault = f"{self._stop.cause} stopped training in {self._where()}"
        if self.saver is not None and saved:
            folder = str(self.saver.folder.path)
            fault += f"; the run is saved in {folder}"
            fix = f"Go on with fit(..., checkpoint_dir={folder!r}, resume=True)"
        elif self.saver is not None:
            fault += "; it could not be saved now"
            fix = f"What was saved before is in {self.saver.folder.path}"
        else:
            fault += "; nothing was saved, the module keeps its weights"
            fix = "Pass checkpoint_dir to fit to be able to go on exactly from there"
        text = message("fit", fault, fix=fix)
        self._tell(text)
        raise self._stop.error(text)

    def _where(self) -> str:
        at = self.run.at
        steps = f" of {self.run.steps}" if self.run.steps is not None else ""
        if at.phase == "end":
            return f"the end, after {at.epoch} epochs"
        if at.phase == "begin":
            return f"epoch {at.epoch + 1} of {self.plan.epochs}, before its first step"
        return f"epoch {at.epoch + 1} of {self.plan.epochs}, after {at.batch}{steps} steps"

    def _tell(self, text: str) -> None:
        if self.plan.verbose:
            say(text)

    def _warn_if_nonfinite(self, epoch: int, logs: dict[str, Any]) -> None:
        if self._nan_guard is not None or self._warned_nonfinite:
            return
        if math.isfinite(logs.get("loss", 0.0)):
            return
        self._warned_nonfinite = True
        warnings.warn(
            message(
                f"fit, epoch {epoch + 1}",
                "the loss is not finite",
                got={"loss": logs["loss"]},
                expected="a finite number; weights that are NaN do not recover",
                fix="Lower the learning rate or use clipnorm=1.0; callbacks=[TerminateOnNaN()] "
                "names the layer where it begins",
            ),
            UserWarning,
            stacklevel=2,
        )
