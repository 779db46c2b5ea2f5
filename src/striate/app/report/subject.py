"""What a report is about: a model, what it says about labelled images, and the run it came from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from striate.app.evaluation import check_shape, own_data, part_of
from striate.app.preprocessing import Preprocessing, of_images
from striate.app.reporting import waiting
from striate.app.run_folder import CONFIG, ENVIRONMENT, HEALTH, HISTORY, RunFolder
from striate.app.samples import Samples, read_samples, split_off
from striate.app.saved import graph_of
from striate.app.settings import read_settings
from striate.errors import DataError

if TYPE_CHECKING:
    from striate.diagnosis import ClassifierEvaluation, TemperatureScaling
    from striate.models import Model
    from striate.training import HealthReport, History

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Request:
    """What was asked of `striate report`.

    Args:
        run: a run folder or a `.striate` file.
        data: a data set or `.npz` file; None: the run's own.
        part: "test" or "train"; None: test, if there is one.
        out: the file to write; None chooses.
        examples: images whose feature maps are shown.
        mistakes: how many of the worst are shown.
        batch_size: images per step.
        device: as in `fit`.
    """

    run: str
    data: str | None = None
    part: str | None = None
    out: str | None = None
    examples: int = 3
    mistakes: int = 12
    batch_size: int = 256
    device: str = "auto"


@dataclass(frozen=True)
class Subject:
    """All that the sections need, read and measured once.

    Args:
        request: what was asked.
        model: the model.
        samples: the data.
        part: "test" or "train".
        evaluation: what the model says about that part.
        scaling: a temperature from the validation images; None without them.
        folder: the run folder; None for a file alone.
    """

    request: Request
    model: Model
    samples: Samples
    part: str
    evaluation: ClassifierEvaluation
    scaling: TemperatureScaling | None
    folder: RunFolder | None

    @property
    def title(self) -> str:
        """What the report is called."""
        return f"{self.model.name} on {self.samples.name}"

    @cached_property
    def form(self) -> Preprocessing:
        """The range of the images, for showing them."""
        return of_images(self.samples.train[0])

    @property
    def images(self) -> Array:
        """The images that were measured."""
        found: Array = self.evaluation.images
        return found

    @cached_property
    def history(self) -> History | None:
        """What was measured in every epoch."""
        text = self._text(HISTORY)
        from striate.training import History

        return None if text is None else History.from_json(text)

    @cached_property
    def health(self) -> HealthReport | None:
        """What `striate train --watch` measured."""
        text = self._text(HEALTH)
        from striate.training import HealthReport

        return None if text is None else HealthReport.from_dict(json.loads(text))

    @cached_property
    def config(self) -> dict[str, Any] | None:
        """How the run was begun."""
        return None if self.folder is None else self.folder.read_json(CONFIG)

    @cached_property
    def environment(self) -> dict[str, Any]:
        """Where the run was trained; of a file alone, where the report is made."""
        if self.folder is not None and (self.folder.path / ENVIRONMENT).exists():
            return self.folder.read_json(ENVIRONMENT)
        from striate.app.run_folder import environment

        return environment()

    def _text(self, name: str) -> str | None:
        path = None if self.folder is None else self.folder.path / name
        return path.read_text(encoding="utf-8") if path is not None and path.exists() else None


def read_subject(request: Request) -> Subject:
    """Reads the model and the data, and runs the model over them.

    Raises:
        FormatError: no such model, or a damaged one.
        ArgumentError: no data are named, or they have no test part.
        ShapeError: the images have another shape than the model's input.
        DataError: the model does not give one class per image.
    """
    run = request.run
    shape = graph_of(run).input_specs[0].shape[1:]
    samples = read_samples(request.data or own_data(run, "report"))
    part, (x, y) = part_of(samples, request.part)
    check_shape(run, shape, samples)
    folder = RunFolder(run) if (Path(run) / CONFIG).exists() else None
    with waiting("loading PyTorch and the model"):
        from striate.diagnosis import evaluate_classifier
        from striate.models import load_model

        model = load_model(run, compile=False)
    names = None if _has_names(model) else samples.class_names
    options: dict[str, Any] = {"batch_size": request.batch_size, "device": request.device}
    with waiting("measuring"):
        found = evaluate_classifier(model, x, y, class_names=names, **options)
        kept = _validation(folder, samples, request)
        scaling = None
        if kept is not None:
            scaling = _scaling(evaluate_classifier(model, *kept, class_names=names, **options))
    return Subject(request, model, samples, part, found, scaling, folder)


def _has_names(model: Model) -> bool:
    """Whether the model names its classes; else those of the data, where they are as many."""
    return model.class_names is not None


def _validation(
    folder: RunFolder | None, samples: Samples, request: Request
) -> tuple[Array, Array] | None:
    """The images that a run kept for validation, if it was trained on these data."""
    if folder is None or request.data is not None:
        return None
    settings = read_settings(folder.config(), str(folder.path / CONFIG))
    return split_off(samples.train, settings.validation_split, settings.seed)[1]


def _scaling(evaluation: ClassifierEvaluation) -> TemperatureScaling | None:
    try:
        return evaluation.temperature_scaling()
    except DataError:  # the model makes no mistake there, or too many: none is best
        return None
