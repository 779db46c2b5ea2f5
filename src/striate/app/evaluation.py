"""`striate evaluate`: how good a trained model is on labelled images."""

from __future__ import annotations

import contextlib
import sys

from rich.console import Console

from striate.app.reporting import Report, waiting
from striate.app.run_folder import CONFIG, RunFolder
from striate.app.samples import Part, Samples, read_samples
from striate.app.saved import graph_of
from striate.app.settings import read_settings
from striate.errors import ArgumentError, ShapeError, message


def evaluate(run: str, data: str | None, part: str | None, batch_size: int, device: str) -> Report:
    """Loss and accuracy of a saved model.

    Args:
        run: a run folder or a `.striate` file.
        data: a data set or `.npz` file; None: the one that the run was trained on.
        part: "test" or "train"; None: the test part, or all there is.
        batch_size: images per step.
        device: as in `fit`.

    Raises:
        FormatError: no such model, or a damaged one.
        ArgumentError: no data are named, or they have no test part.
        ShapeError: the images have another shape than the model's input.
    """
    shape = graph_of(run).input_specs[0].shape[1:]
    samples = read_samples(data or own_data(run, "evaluate"))
    chosen, (x, y) = part_of(samples, part)
    check_shape(run, shape, samples)
    with waiting("loading PyTorch and the model"):
        from striate.models import load_model

        model = load_model(run)
    if not model.compiled:
        model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    with contextlib.redirect_stdout(sys.stderr):  # progress is not the result
        verbose = 1 if sys.stderr.isatty() else 0
        found = model.evaluate(x, y, batch_size, verbose, return_dict=True, device=device)
    results = {name: float(value) for name, value in found.items()}
    record = {"run": run, "data": samples.name, "part": chosen, "images": len(x)}

    def show(console: Console) -> None:
        console.print(f"{samples.name}, {chosen} part: {len(x):,} images", markup=False)
        for name in sorted(results, key=lambda name: name == "loss"):
            console.print(f"  {name:<12} [bold]{results[name]:.4f}[/bold]")

    return Report({**record, "results": results}, show)


def check_shape(run: str, wanted: tuple[int | None, ...], samples: Samples) -> None:
    """Raises ShapeError unless the images fit the model's input (H, W, C)."""
    found = samples.image_shape
    fits = len(wanted) == len(found) and all(
        w in (None, f) for w, f in zip(wanted, found, strict=True)
    )
    if not fits:
        raise ShapeError(
            message(
                run,
                f"the images of {samples.name} have another shape than the model's input",
                got={"images": found},
                expected=str(wanted),
            )
        )


def own_data(run: str, command: str) -> str:
    """The data that a run was trained on.

    Raises:
        ArgumentError: it is a model file, which does not say so.
    """
    folder = RunFolder(run)
    if not (folder.path / CONFIG).exists():
        raise ArgumentError(
            message(
                run,
                "this is a model without a run folder, so its data are not known",
                fix=f"Name them: striate {command} {run} digits",
            )
        )
    return read_settings(folder.config(), str(folder.path / CONFIG)).data


def part_of(samples: Samples, part: str | None) -> tuple[str, Part]:
    """(its name, the part that was asked for); of None the test part, or all there is.

    Raises:
        ArgumentError: there is no test part.
    """
    if part == "train" or (part is None and samples.test is None):
        return "train", samples.train
    if samples.test is None:
        raise ArgumentError(
            message(
                samples.name,
                "these data have no test part",
                expected="x_test and y_test in the file",
                fix="Use --part train",
            )
        )
    return "test", samples.test
