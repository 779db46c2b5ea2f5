"""`striate predict`: what a trained model sees in image files."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from striate.app.images import Array, find_images, looks_inverted, read_batches
from striate.app.preprocessing import Preprocessing, of_model
from striate.app.reporting import Report, note, standard_error, waiting
from striate.app.saved import graph_of
from striate.errors import DataError, message

if TYPE_CHECKING:
    from striate.models import Model

_BATCH = 256


@dataclass(frozen=True)
class Prediction:
    """The most probable classes of one image, or why it could not be read.

    Args:
        path: the image.
        classes: (number, name, probability), the most probable first.
        error: what is wrong with the image.
    """

    path: Path
    classes: tuple[tuple[int, str, float], ...] = ()
    error: str = ""

    def as_dict(self) -> dict[str, Any]:
        """JSON values."""
        if self.error:
            return {"image": str(self.path), "error": self.error}
        found = [{"class": c, "name": n, "probability": p} for c, n, p in self.classes]
        return {"image": str(self.path), "predictions": found}


def predict(run: str, places: list[str], top: int, invert: bool, device: str) -> Report:
    """The classes of images.

    Args:
        run: a run folder or a `.striate` file.
        places: image files, and folders of them.
        top: how many classes of each image to tell.
        invert: exchanges black and white in the images first.
        device: as in `fit`.

    Raises:
        FormatError: no such model, or a damaged one.
        DataError: no images, none of them readable, or a model that does not classify images.
    """
    form, recorded = of_model(run, graph_of(run))
    paths = find_images(places)
    if not recorded:
        note(
            f"the model does not say how its images were prepared; they are taken as "
            f"{form.describe()}"
        )
    with waiting("loading PyTorch and the model"):
        from striate.models import load_model

        model = load_model(run, compile=False)
    names = _class_names(run, model)
    found: list[Prediction] = []
    inverted: list[Path] = []
    with _progress(len(paths)) as advance:
        for batch in read_batches(paths, form, _BATCH, invert):
            found += _classified(model, batch, names, top, device)
            inverted += [p for p, v in batch if _is_inverted(v, form)]
            advance(len(batch))
    if inverted and form.background is not None:
        _hint(inverted, len(paths), form.background)
    return _report(run, found)


def _classified(
    model: Model,
    batch: list[tuple[Path, Array | DataError]],
    names: list[str],
    top: int,
    device: str,
) -> list[Prediction]:
    good = [values for _, values in batch if isinstance(values, np.ndarray)]
    rows: Iterator[Array] = iter(_probabilities(model, np.stack(good), device) if good else ())
    found = []
    for path, values in batch:
        if isinstance(values, DataError):
            found.append(Prediction(path, error=str(values)))
            continue
        row = next(rows)
        best = np.argsort(-row, kind="stable")[:top]
        classes = tuple((int(i), names[i], round(float(row[i]), 6)) for i in best)
        found.append(Prediction(path, classes))
    return found


def _probabilities(model: Model, x: Array, device: str) -> Array:
    """The model's outputs, through softmax or sigmoid if that is not its last step."""
    from striate.diagnosis.calibration import softmax
    from striate.diagnosis.scores import as_logits, scorer

    out: Array = np.asarray(model.predict(x, verbose=0, device=device), np.float64)
    activation = scorer(model)[1]
    if activation == "softmax":
        return out
    return softmax(as_logits(out, "linear" if activation == "linear" else None))


def _class_names(run: str, model: Model) -> list[str]:
    shape = model.output_shape
    if not isinstance(shape, tuple) or len(shape) != 2:
        raise DataError(
            message(
                run,
                "this model does not give classes",
                got={"output": shape},
                expected="one output (None, classes)",
                fix="Use st.load_model(...).predict(...) in Python for other outputs",
            )
        )
    count = max(int(shape[1]), 2)
    names = model.class_names
    return names if names is not None and len(names) == count else [str(i) for i in range(count)]


def _is_inverted(values: Array | DataError, form: Preprocessing) -> bool:
    return isinstance(values, np.ndarray) and looks_inverted(values, form)


def _hint(paths: list[Path], total: int, background: str) -> None:
    which = str(paths[0]) if total == 1 else f"{len(paths)} of {total} images"
    here, there = ("light", "dark") if background == "dark" else ("dark", "light")
    has = "has" if len(paths) == 1 else "have"
    note(
        f"{which} {has} a {here} background, the training images had a {there} one; "
        "--invert exchanges black and white"
    )


def _report(run: str, found: list[Prediction]) -> Report:
    failed = [p for p in found if p.error]
    record = {"run": run, "images": [p.as_dict() for p in found]}

    def show(console: Console) -> None:
        good = [p for p in found if not p.error]
        if good:
            console.print(_table(good))
        for prediction in failed:
            note(prediction.error, "error", "red")

    return Report(record, show, exit_code=1 if failed else 0)


def _table(found: list[Prediction]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Image", overflow="fold")
    table.add_column("Class")
    table.add_column("Probability", justify="right")
    others = len(found[0].classes) > 1
    if others:
        table.add_column("Next")
    for prediction in found:
        (_, name, probability), *rest = prediction.classes
        cells = [
            Text(str(prediction.path)),
            Text(name, "bold green"),
            Text(_percent(probability)),
        ]
        if others:
            cells.append(Text(", ".join(f"{n} {_percent(p)}" for _, n, p in rest), "dim"))
        table.add_row(*cells)
    return table


def _percent(probability: float) -> str:
    return f"{100 * probability:.1f} %"


@contextlib.contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    """A bar on standard error if there are many images and there is a terminal."""
    console = standard_error()
    if total <= _BATCH or not console.is_terminal:
        yield lambda count: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("images", total=total)
        yield lambda count: bar.advance(task, count)
