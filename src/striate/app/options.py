"""The options of the command line: their names, limits and help texts."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from striate.app.networks import NETWORKS
from striate.app.settings import default

_RUN_FOLDER = "Run folder"


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


def _flag(*names: str, text: str, panel: str | None = None, **options: Any) -> Any:
    """An option without a value, so that its help shows none."""
    return typer.Option(*names, metavar="", help=text, rich_help_panel=panel, **options)


# Of the program itself.
Version = Annotated[bool, _flag("--version", text="Print the version.", is_eager=True)]

# Of several commands.
Run = Annotated[
    str,
    typer.Argument(
        metavar="RUN", help="A run folder, or a [bold].striate[/bold] file.", show_default=False
    ),
]
Subject = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="A run folder, a [bold].striate[/bold] file, or a network (see "
        "[bold]striate models[/bold]).",
        show_default=False,
    ),
]
InputShape = Annotated[
    str | None,
    typer.Option(
        metavar="HxWxC", help="Of a network. [dim]\\[its paper's][/dim]", show_default=False
    ),
]
Stem = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Of a network: small, for images of 28 to 64 px. [dim]\\[its paper's][/dim]",
        show_default=False,
    ),
]
Json = Annotated[bool, _flag("--json", text="Print one JSON document, for machines.")]
Debug = Annotated[bool, _flag("--debug", text="Show the traceback of an error.")]
Device = Annotated[str, typer.Option(metavar="NAME", help="auto, cpu, cuda, cuda:1, mps.")]

# Of `train`.
TrainData = Annotated[
    str | None,
    typer.Argument(
        metavar="DATA",
        help="A data set's name (see [bold]striate datasets[/bold]) or an .npz file.",
        show_default=False,
    ),
]
Model = Annotated[
    str | None,
    _setting("model", "NAME", f"{', '.join(NETWORKS)}, or one of [bold]striate models[/bold]."),
]
Epochs = Annotated[int | None, _setting("epochs", "N", "Passes over the data.", min=1)]
BatchSize = Annotated[int | None, _setting("batch_size", "N", "Images per step.", min=1)]
Optimizer = Annotated[
    str | None, _setting("optimizer", "NAME", "sgd, rmsprop, adam, adamw, lion, ...")
]
LearningRate = Annotated[float | None, _setting("learning_rate", "X", "Size of a step.", min=0.0)]
ValidationSplit = Annotated[
    float | None,
    _setting("validation_split", "X", "Share kept for validation.", min=0.0, max=0.99),
]
Seed = Annotated[
    int | None, _setting("seed", "N", "Decides all that is random.", min=0, max=2**32 - 1)
]
TrainDevice = Annotated[str | None, _setting("device", "NAME", "auto, cpu, cuda, cuda:1, mps.")]
SaveEvery = Annotated[
    str | None,
    _setting("save_every", "WHEN", "epoch, 500 (steps), 30s, 10min, 2h.", _RUN_FOLDER),
]
Out = Annotated[
    str | None,
    typer.Option(
        "--out",
        "-o",
        metavar="FOLDER",
        help="Where it goes. [dim]\\[runs/<data>][/dim]",
        show_default=False,
        rich_help_panel=_RUN_FOLDER,
    ),
]
Resume = Annotated[bool, _flag("--resume", text="Go on with the run in --out.", panel=_RUN_FOLDER)]
Overwrite = Annotated[
    bool, _flag("--overwrite", text="Replace the run in --out.", panel=_RUN_FOLDER)
]
Watch = Annotated[
    bool, _flag("--watch", text="Measure gradients and dead units; see report.", panel="Training")
]
Verbose = Annotated[
    int,
    typer.Option(
        metavar="N",
        min=0,
        max=2,
        help="0 the result alone, 1 a progress line, 2 a line per epoch.",
    ),
]

# Of `models`.
Pattern = Annotated[
    str | None,
    typer.Argument(metavar="PATTERN", help="Part of a name, or with *.", show_default=False),
]
Sort = Annotated[
    str | None,
    typer.Option(metavar="FIELD", help="parameters, macs, top1, year, ...", show_default=False),
]

# Of `evaluate`.
OtherData = Annotated[
    str | None,
    typer.Argument(
        metavar="DATA",
        help="A data set or .npz file. [dim]\\[the run's own][/dim]",
        show_default=False,
    ),
]
Part = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="test or train. [dim]\\[test, if there is one][/dim]",
        show_default=False,
    ),
]
EvaluationBatch = Annotated[int, typer.Option(metavar="N", min=1, help="Images per step.")]

# Of `report`.
ReportOut = Annotated[
    str | None,
    typer.Option(
        "--out",
        "-o",
        metavar="FILE",
        help="Where it goes. [dim]\\[RUN/report.html][/dim]",
        show_default=False,
    ),
]
Examples = Annotated[
    int, typer.Option(metavar="N", min=0, help="Images whose feature maps are shown.")
]
Mistakes = Annotated[int, typer.Option(metavar="N", min=1, help="Mistakes that are shown.")]

# Of `predict`.
Images = Annotated[
    list[str],
    typer.Argument(
        metavar="IMAGE", help="PNG or JPEG files, or folders of them.", show_default=False
    ),
]
Top = Annotated[int, typer.Option(metavar="N", min=1, help="Classes to tell per image.")]
Invert = Annotated[bool, _flag("--invert", text="Exchange black and white in the images first.")]

# Of `summary`.
ExpandNested = Annotated[bool, _flag("--expand-nested", text="List the layers of models inside.")]
ShowTrainable = Annotated[bool, _flag("--show-trainable", text="Say which layers are trained.")]

ShowCost = Annotated[bool, _flag("--cost", text="Windows and multiplications of each layer.")]
ShowMemory = Annotated[bool, _flag("--memory", text="What training keeps, and the peaks.")]
ShowReceptive = Annotated[bool, _flag("--receptive", text="How many pixels a unit sees.")]
ShowAdvice = Annotated[bool, _flag("--advice", text="Point out what may be a mistake.")]
MemoryBatch = Annotated[int, typer.Option(min=1, help="Samples per step, for --memory.")]

# Of `plot`.
PictureOut = Annotated[
    str | None,
    typer.Option(
        "--out",
        "-o",
        metavar="FILE",
        help="A name that ends with .png, .svg or .pdf. [dim]\\[model.png in RUN][/dim]",
        show_default=False,
    ),
]
Volumes = Annotated[bool, _flag("--volumes", text="Draw what flows through it, as boxes.")]
Shapes = Annotated[bool, typer.Option(help="Show the shapes of inputs and outputs.")]
Names = Annotated[bool, typer.Option(help="Show the layers' names.")]
Activations = Annotated[bool, typer.Option(help="Show activations inside layers.")]
Rankdir = Annotated[str, typer.Option(metavar="NAME", help="TB down, LR to the right, BT, RL.")]
Dpi = Annotated[float, typer.Option(metavar="N", min=10, help="Pixels per inch of a PNG.")]

# Of `convert`.
Source = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="A run folder, a [bold].striate[/bold] file, or a Keras file of any version.",
        show_default=False,
    ),
]
Target = Annotated[
    str,
    typer.Argument(
        metavar="TARGET",
        help="Ends in .striate, .keras, .h5, .weights.h5, .safetensors or .py.",
        show_default=False,
    ),
]
Weights = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="The weights of a Keras JSON file.", show_default=False),
]
Replace = Annotated[bool, _flag("--overwrite", text="Replace files that are there.")]
