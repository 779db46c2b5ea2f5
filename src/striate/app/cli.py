"""The command line: parses, calls, prints. What a command does stands in its own file."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from striate import __version__
from striate.app.networks import NETWORKS
from striate.app.reporting import Report, exit_on_sigterm, reported
from striate.app.settings import default

app = typer.Typer(
    name="striate",
    help="Convolutional networks: train them, measure them, use them.",
    epilog="Each command has its own help: striate train --help",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_FLAG = ""  # a flag takes no value, so its help shows none

Run = Annotated[
    str,
    typer.Argument(
        metavar="RUN", help="A run folder, or a [bold].striate[/bold] file.", show_default=False
    ),
]
Json = Annotated[
    bool, typer.Option("--json", metavar=_FLAG, help="Print one JSON document, for machines.")
]
Debug = Annotated[
    bool, typer.Option("--debug", metavar=_FLAG, help="Show the traceback of an error.")
]
Device = Annotated[
    str, typer.Option(metavar="NAME", help="auto, cpu, cuda, cuda:1, mps.", show_default=True)
]


def _setting(name: str, metavar: str, text: str, panel: str = "Training", **limits: Any) -> Any:
    """An option of `train`. Its value is None where it was not given: on resume that matters."""
    known = default(name)
    shown = "the optimizer's own" if known is None else known
    return typer.Option(
        metavar=metavar,
        help=f"{text} [dim]\\[{shown}][/dim]",
        show_default=False,
        rich_help_panel=panel,
        **limits,
    )


@app.callback(invoke_without_command=True)
def root(
    version: Annotated[
        bool, typer.Option("--version", metavar=_FLAG, help="Print the version.", is_eager=True)
    ] = False,
) -> None:
    """Convolutional networks: train them, measure them, use them."""
    if version:
        typer.echo(f"striate {__version__}")
        raise typer.Exit


@app.command()
@reported
def train(
    data: Annotated[
        str | None,
        typer.Argument(
            metavar="DATA",
            help="A data set's name (see [bold]striate datasets[/bold]) or an .npz file.",
            show_default=False,
        ),
    ] = None,
    model: Annotated[str | None, _setting("model", "NAME", f"{', '.join(NETWORKS)}.")] = None,
    epochs: Annotated[int | None, _setting("epochs", "N", "Passes over the data.", min=1)] = None,
    batch_size: Annotated[
        int | None, _setting("batch_size", "N", "Images per step.", min=1)
    ] = None,
    optimizer: Annotated[
        str | None, _setting("optimizer", "NAME", "sgd, rmsprop, adam, adamw, lion, ...")
    ] = None,
    learning_rate: Annotated[
        float | None, _setting("learning_rate", "X", "Size of a step.", min=0.0)
    ] = None,
    validation_split: Annotated[
        float | None,
        _setting("validation_split", "X", "Share kept for validation.", min=0.0, max=0.99),
    ] = None,
    seed: Annotated[
        int | None,
        _setting("seed", "N", "Decides all that is random.", min=0, max=2**32 - 1),
    ] = None,
    device: Annotated[
        str | None, _setting("device", "NAME", "auto, cpu, cuda, cuda:1, mps.")
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FOLDER",
            help="Where it goes. [dim]\\[runs/<data>][/dim]",
            show_default=False,
            rich_help_panel="Run folder",
        ),
    ] = None,
    save_every: Annotated[
        str | None,
        _setting("save_every", "WHEN", "epoch, 500 (steps), 30s, 10min, 2h.", "Run folder"),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            metavar=_FLAG,
            help="Go on with the run in --out.",
            rich_help_panel="Run folder",
        ),
    ] = False,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite",
            metavar=_FLAG,
            help="Replace the run in --out.",
            rich_help_panel="Run folder",
        ),
    ] = False,
    verbose: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=0,
            max=2,
            help="0 the result alone, 1 a progress line, 2 a line per epoch.",
        ),
    ] = 1,
    as_json: Json = False,
    debug: Debug = False,
) -> Report:
    """Train a network on labelled images.

    The run folder receives the model, its history, its settings and checkpoints.

    A run that was stopped, even by a crash, goes on exactly with --resume.
    """
    if data is None and not resume:
        raise typer.BadParameter("Name a data set, for example: striate train digits")
    if resume and (out is None or overwrite):
        missing = "--resume needs the folder of the run: --out FOLDER"
        raise typer.BadParameter(missing if out is None else "Either --resume or --overwrite")

    from striate.app.training_run import Request
    from striate.app.training_run import train as run

    options = {
        "data": data,
        "model": model,
        "epochs": epochs,
        "batch_size": batch_size,
        "optimizer": optimizer,
        "learning_rate": learning_rate,
        "validation_split": validation_split,
        "seed": seed,
        "device": device,
        "save_every": save_every,
    }
    return run(Request(options, out, resume, overwrite, verbose))


@app.command()
@reported
def evaluate(
    run: Run,
    data: Annotated[
        str | None,
        typer.Argument(
            metavar="DATA",
            help="A data set or .npz file. [dim]\\[the run's own][/dim]",
            show_default=False,
        ),
    ] = None,
    part: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="test or train. [dim]\\[test, if there is one][/dim]",
            show_default=False,
        ),
    ] = None,
    batch_size: Annotated[int, typer.Option(metavar="N", min=1, help="Images per step.")] = 256,
    device: Device = "auto",
    as_json: Json = False,
    debug: Debug = False,
) -> Report:
    """Measure a model on labelled images: loss and accuracy."""
    if part not in (None, "test", "train"):
        raise typer.BadParameter(f"--part is test or train, not {part}")

    from striate.app.evaluation import evaluate as measure

    return measure(run, data, part, batch_size, device)


@app.command()
@reported
def predict(
    run: Run,
    images: Annotated[
        list[str],
        typer.Argument(
            metavar="IMAGE", help="PNG or JPEG files, or folders of them.", show_default=False
        ),
    ],
    top: Annotated[int, typer.Option(metavar="N", min=1, help="Classes to tell per image.")] = 3,
    invert: Annotated[
        bool,
        typer.Option(
            "--invert", metavar=_FLAG, help="Exchange black and white in the images first."
        ),
    ] = False,
    device: Device = "auto",
    as_json: Json = False,
    debug: Debug = False,
) -> Report:
    """Tell the class of images, with probabilities."""
    from striate.app.prediction import predict as classify

    return classify(run, images, top, invert, device)


@app.command()
@reported
def summary(
    run: Run,
    expand_nested: Annotated[
        bool,
        typer.Option("--expand-nested", metavar=_FLAG, help="List the layers of models inside."),
    ] = False,
    show_trainable: Annotated[
        bool, typer.Option("--show-trainable", metavar=_FLAG, help="Say which layers are trained.")
    ] = False,
    as_json: Json = False,
    debug: Debug = False,
) -> Report:
    """Show a model's layers, shapes and parameters."""
    from striate.app.listing import summarize

    return summarize(run, expand_nested, show_trainable)


@app.command()
@reported
def datasets(as_json: Json = False, debug: Debug = False) -> Report:
    """List the data sets that can be named."""
    from striate.app.listing import list_datasets

    return list_datasets()


def main() -> None:
    """The program `striate`."""
    exit_on_sigterm()
    app()
