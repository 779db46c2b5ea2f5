"""`striate train`: from a data set's name to a run folder with a trained model."""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from striate import __version__
from striate.app import networks
from striate.app.preprocessing import of_images
from striate.app.reporting import Report, waiting
from striate.app.run_folder import (
    CONFIG,
    ENVIRONMENT,
    HEALTH,
    LOG,
    RESULTS,
    Log,
    RunFolder,
    environment,
    free_name,
)
from striate.app.samples import Samples, check_place, read_samples, split_off
from striate.app.settings import TrainSettings, new_settings, read_settings, resumed_settings
from striate.errors import DataError, Interrupted, message

if TYPE_CHECKING:
    from striate.models import Model

RUNS = Path("runs")


@dataclass(frozen=True)
class Request:
    """What was asked of `striate train`.

    Args:
        options: settings by name; None where an option was not given.
        out: the run folder, None to choose one.
        resume: goes on with the run in `out`.
        overwrite: replaces the run in `out`.
        verbose: 0 silent, 1 a progress line, 2 a line per epoch.
        watch: measures what happens inside the layers; a run that was watched stays so.
    """

    options: Mapping[str, Any]
    out: str | None
    resume: bool = False
    overwrite: bool = False
    verbose: int = 1
    watch: bool = False


def train(request: Request) -> Report:
    """Trains, or goes on training, in a run folder.

    Raises:
        ArgumentError: the folder is not free, or options contradict each other.
        UnknownNameError: no such model, data set or optimizer.
        DataError: the data are no labelled images, or changed since the run was begun.
        StorageError: the folder cannot be written, or another process trains into it.
        Interrupted: Ctrl-C or SIGTERM; the message says how to go on.
    """
    folder, settings = _prepared(request)
    networks.check_name(settings.model)
    check_place(settings.data)
    samples = read_samples(settings.data)
    if request.resume:
        _check_same_data(folder, samples)
    with waiting("loading PyTorch"):
        training = Training(folder, settings, samples, request)
    with folder.held():
        if not request.resume:
            folder.check_free(request.overwrite)
        with training.logged():
            return training.run()


def _prepared(request: Request) -> tuple[RunFolder, TrainSettings]:
    """The folder and the settings, from the options or from the folder's own config.json."""
    if not request.resume or request.out is None:
        settings = new_settings(request.options)
        folder = RunFolder(request.out or free_name(RUNS, Path(settings.data).stem))
        folder.check_free(request.overwrite)
        return folder, settings
    folder = RunFolder(request.out)
    old = read_settings(folder.config(), str(folder.path / CONFIG))
    return folder, resumed_settings(old, request.options, str(folder))


def _check_same_data(folder: RunFolder, samples: Samples) -> None:
    if folder.config().get("data", {}).get("sha256") != samples.digest():
        raise DataError(
            message(
                str(folder),
                f"the data of {samples.name} are not those that this run was begun with",
                expected="the same training images and labels",
                fix="Begin another run with another --out",
            )
        )


class Training:
    """One run: what is learned from what, where it is written, what is said about it.

    Making one finds what is wrong with the settings; only `run` writes, once the folder is held.

    Args:
        folder: the run folder.
        settings: what to do.
        samples: the data.
        request: how it was asked for.
    """

    def __init__(
        self, folder: RunFolder, settings: TrainSettings, samples: Samples, request: Request
    ) -> None:
        self.folder, self.settings, self.samples = folder, settings, samples
        self.resume, self.verbose = request.resume, request.verbose
        self.watch = request.watch or (self.resume and (folder.path / HEALTH).exists())
        self.form = of_images(samples.train[0])
        from striate.ops.device import device as choose_device
        from striate.training.saving import parse_interval

        parse_interval(settings.interval())
        fraction, seed = settings.validation_split, settings.seed
        self.train, self.validation = split_off(samples.train, fraction, seed)
        self.device = str(choose_device(settings.device))
        self.model = self._compiled_model()
        self.log = Log(folder.path / LOG)

    def run(self) -> Report:
        """Trains, measures, saves."""
        model = self.model
        self._begin(model)
        history = self._fit(model)
        test = self._measure(model)
        self._finish(model, history, test)
        return self._report(history, test)

    def _compiled_model(self) -> Model:
        from striate import training

        settings = self.settings
        training.set_seed(settings.seed)
        classes = self.samples.class_names
        model = networks.build(
            settings.model, self.samples.image_shape, len(classes), self.form.range
        )
        optimizer: Any = training.optimizers.get(settings.optimizer)
        if settings.learning_rate is not None:
            optimizer.learning_rate = settings.learning_rate
        model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
        model.class_names = list(classes)
        model.metadata["preprocessing"] = self.form.as_dict()
        return model

    def _begin(self, model: Model) -> None:
        if not self.resume:
            self.folder.clear()
        self.folder.write_json(CONFIG, self._config())
        if self.watch and not (self.folder.path / HEALTH).exists():
            self.folder.write_json(HEALTH, {"epochs": []})
        self.folder.write_json(ENVIRONMENT, {**environment(), "device": self.device})
        (self.folder.path / RESULTS).unlink(missing_ok=True)
        self.log.write(f"{'resumed' if self.resume else 'begun'}: {self._config()['command']}")
        if self.verbose:
            for line in self._heading(model):
                sys.stdout.write(line + "\n")
            sys.stdout.flush()

    def _config(self) -> dict[str, Any]:
        settings, samples = self.settings, self.samples
        out = str(self.folder)
        return {
            "format": 1,
            "command": settings.command(out) + " --watch" * self.watch,
            "resume": resume_command(out),
            "options": settings.as_dict(),
            "seeds": dict.fromkeys(("weights", "order", "validation"), settings.seed),
            "data": {
                "name": samples.name,
                "image_shape": samples.image_shape,
                "class_names": samples.class_names,
                "num_train": len(self.train[0]),
                "num_validation": 0 if self.validation is None else len(self.validation[0]),
                "num_test": 0 if samples.test is None else len(samples.test[0]),
                "sha256": samples.digest(),
            },
            "preprocessing": self.form.as_dict(),
            "striate": __version__,
        }

    def _heading(self, model: Model) -> list[str]:
        import torch

        samples, settings = self.samples, self.settings
        height, width, channels = samples.image_shape
        kept = "" if self.validation is None else f", {len(self.validation[0]):,} for validation"
        threads = torch.get_num_threads()
        of_threads = f", {threads} thread{'s' * (threads > 1)}" if self.device == "cpu" else ""
        return [
            f"Data     {samples.name}: {len(self.train[0]):,} images of {height} x {width} x "
            f"{channels} to learn from{kept}; {len(samples.class_names)} classes",
            f"Model    {settings.model}: {model.count_params():,} parameters",
            f"Run      {self.folder} on {self.device}{of_threads}, seed {settings.seed}",
            "",
        ]

    def _fit(self, model: Model) -> Any:
        from striate.app.run_callbacks import RunProgress, RunRecorder
        from striate.training import TrainingHealth

        settings = self.settings
        x, y = self.train
        watch = TrainingHealth() if self.watch else None
        recorder = RunRecorder(self.folder, self.log, settings.epochs, bool(self.verbose), watch)
        watches = [] if watch is None else [watch]
        shown = [RunProgress(self.verbose)] if self.verbose else []
        try:
            return model.fit(
                x,
                y,
                batch_size=settings.batch_size,
                epochs=settings.epochs,
                validation_data=self.validation,
                callbacks=[*watches, *shown, recorder],
                verbose=0,
                device=settings.device,
                seed=settings.seed,
                checkpoint_dir=self.folder.checkpoints,
                save_every=settings.interval(),
                resume=self.resume,
            )
        except Interrupted as error:
            raise self._how_to_go_on(error) from error

    def _how_to_go_on(self, error: Interrupted) -> Interrupted:
        """The loop's message says how to go on in Python; here it is a command."""
        what = str(error).removeprefix("fit: ").partition(". Go on with ")[0]
        told = Interrupted(f"{what}. Go on with: {resume_command(str(self.folder))}")
        told.exit_code = error.exit_code
        self.log.write(f"stopped: {what}")
        return told

    def _measure(self, model: Model) -> dict[str, float] | None:
        if self.samples.test is None:
            return None
        x, y = self.samples.test
        found = model.evaluate(
            x, y, batch_size=256, verbose=0, return_dict=True, device=self.settings.device
        )
        return {name: float(value) for name, value in found.items()}

    def _finish(self, model: Model, history: Any, test: dict[str, float] | None) -> None:
        self.folder.write_history(history.to_json(), history.to_records())
        model.save(self.folder.model)
        # Last: its presence says that all the rest is there.
        self.folder.write_json(RESULTS, {"epochs": len(history.epoch), "test": test})
        shown = "" if test is None else f"; test accuracy {test['accuracy']:.4f}"
        self.log.write(f"finished after {len(history.epoch)} epochs{shown}")

    def _report(self, history: Any, test: dict[str, float] | None) -> Report:
        out, samples = str(self.folder), self.samples
        record = {
            "run": out,
            "model": str(self.folder.model),
            "epochs": len(history.epoch),
            "history": history.history,
            "test": test,
            "command": self.settings.command(out),
        }

        def show(console: Console) -> None:
            if self.verbose:
                console.print()
            if test is not None and samples.test is not None:
                console.print(
                    f"Test accuracy [bold]{test['accuracy']:.4f}[/bold], loss {test['loss']:.4f}, "
                    f"on {len(samples.test[0]):,} images that it has not learned from."
                )
            console.print(f"Saved in [bold]{out}[/bold]: the model, its history, its settings.")
            console.print(f"Next: striate report {out}", markup=False)
            console.print(f"      striate predict {out} image.png", markup=False)

        return Report(record, show)

    @contextlib.contextmanager
    def logged(self) -> Iterator[None]:
        """Writes warnings and the end by an error to the log as well."""
        shown: Any = warnings.showwarning

        def show(*args: Any, **kwargs: Any) -> None:
            self.log.write(f"warning: {args[0]}")
            shown(*args, **kwargs)

        warnings.showwarning = show
        try:
            yield
        except Exception as error:
            self.log.write(f"failed: {type(error).__name__}: {error}")
            raise
        finally:
            warnings.showwarning = shown


def resume_command(out: str) -> str:
    """The command that goes on with a run."""
    import shlex

    return shlex.join(["striate", "train", "--resume", "--out", out])
