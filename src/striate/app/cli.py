"""The command line: parses, calls, prints. What a command does stands in its own file."""

from __future__ import annotations

import typer

from striate import __version__
from striate.app import options
from striate.app.reporting import Report, exit_on_sigterm, reported
from striate.app.settings import OPTIONS

app = typer.Typer(
    name="striate",
    help="Convolutional networks: train them, measure them, use them.",
    epilog="Each command has its own help: striate train --help",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def root(version: options.Version = False) -> None:
    """Convolutional networks: train them, measure them, use them."""
    if version:
        typer.echo(f"striate {__version__}")
        raise typer.Exit


@app.command()
@reported
def train(
    context: typer.Context,
    data: options.TrainData = None,
    model: options.Model = None,
    epochs: options.Epochs = None,
    batch_size: options.BatchSize = None,
    optimizer: options.Optimizer = None,
    learning_rate: options.LearningRate = None,
    validation_split: options.ValidationSplit = None,
    seed: options.Seed = None,
    device: options.TrainDevice = None,
    out: options.Out = None,
    save_every: options.SaveEvery = None,
    resume: options.Resume = False,
    overwrite: options.Overwrite = False,
    watch: options.Watch = False,
    verbose: options.Verbose = 1,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> Report:
    """Train a network on labelled images.

    The run folder receives the model, its history, its settings and checkpoints.

    A run that was stopped, even by a crash, goes on exactly with --resume.
    """
    if data is None and not resume:
        raise typer.BadParameter("Name a data set, for example: striate train digits")
    if resume and out is None:
        raise typer.BadParameter("--resume needs the folder of the run: --out FOLDER")
    if resume and overwrite:
        raise typer.BadParameter("Either --resume or --overwrite")

    from striate.app import training_run

    given = {name: context.params[name] for name in OPTIONS}
    return training_run.train(training_run.Request(given, out, resume, overwrite, verbose, watch))


@app.command()
@reported
def evaluate(
    run: options.Run,
    data: options.OtherData = None,
    part: options.Part = None,
    batch_size: options.EvaluationBatch = 256,
    device: options.Device = "auto",
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> Report:
    """Measure a model on labelled images: loss and accuracy."""
    if part not in (None, "test", "train"):
        raise typer.BadParameter(f"--part is test or train, not {part}")

    from striate.app import evaluation

    return evaluation.evaluate(run, data, part, batch_size, device)


@app.command()
@reported
def report(
    run: options.Run,
    data: options.OtherData = None,
    part: options.Part = None,
    out: options.ReportOut = None,
    examples: options.Examples = 3,
    mistakes: options.Mistakes = 12,
    batch_size: options.EvaluationBatch = 256,
    device: options.Device = "auto",
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> Report:
    """Write one HTML file: accuracy, curves, mistakes, what the network sees."""
    if part not in (None, "test", "train"):
        raise typer.BadParameter(f"--part is test or train, not {part}")

    from striate.app.report.page import report as write
    from striate.app.report.subject import Request

    return write(Request(run, data, part, out, examples, mistakes, batch_size, device))


@app.command()
@reported
def predict(
    run: options.Run,
    images: options.Images,
    top: options.Top = 3,
    invert: options.Invert = False,
    device: options.Device = "auto",
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> Report:
    """Tell the class of images, with probabilities."""
    from striate.app import prediction

    return prediction.predict(run, images, top, invert, device)


@app.command()
@reported
def summary(
    model: options.Subject,
    input_shape: options.InputShape = None,
    stem: options.Stem = None,
    expand_nested: options.ExpandNested = False,
    show_trainable: options.ShowTrainable = False,
    cost: options.ShowCost = False,
    memory: options.ShowMemory = False,
    receptive: options.ShowReceptive = False,
    advice: options.ShowAdvice = False,
    batch_size: options.MemoryBatch = 32,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> Report:
    """Show a model's layers, shapes and parameters; its cost, memory and sight when asked."""
    from striate.app import listing, named

    wanted = listing.Wanted(
        expand_nested, show_trainable, cost, memory, receptive, advice, batch_size
    )
    subject = named.Named(model, named.parsed_shape(input_shape), stem)
    return listing.summarize(subject, wanted)


@app.command()
@reported
def plot(
    model: options.Subject,
    out: options.PictureOut = None,
    input_shape: options.InputShape = None,
    stem: options.Stem = None,
    volumes: options.Volumes = False,
    shapes: options.Shapes = True,
    names: options.Names = True,
    activations: options.Activations = True,
    rankdir: options.Rankdir = "TB",
    expand_nested: options.ExpandNested = False,
    dpi: options.Dpi = 200,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> Report:
    """Draw a model's layers as a picture: PNG, SVG or PDF."""
    from striate.app import named, plotting

    return plotting.plot(
        named.Named(model, named.parsed_shape(input_shape), stem),
        out,
        shapes=shapes,
        names=names,
        activations=activations,
        rankdir=rankdir,
        expand_nested=expand_nested,
        dpi=dpi,
        volumes=volumes,
    )


@app.command()
@reported
def convert(
    source: options.Source,
    target: options.Target,
    weights: options.Weights = None,
    input_shape: options.InputShape = None,
    overwrite: options.Replace = False,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> Report:
    """Write a model in another form: .striate, .keras, .h5, or PyTorch source.

    The ending of TARGET says which; .weights.h5 and .safetensors hold weights alone.

    To .py, the weights and a test that compares the outputs are written beside the source.
    """
    from striate.app import converting

    return converting.convert(source, target, weights, input_shape, overwrite=overwrite)


@app.command()
@reported
def models(
    pattern: options.Pattern = None,
    sort: options.Sort = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> Report:
    """List the networks that can be named: parameters, cost, accuracy, paper."""
    from striate.app import listing

    return listing.list_models(pattern, sort)


@app.command()
@reported
def datasets(as_json: options.Json = False, debug: options.Debug = False) -> Report:
    """List the data sets that can be named."""
    from striate.app import listing

    return listing.list_datasets()


@app.command()
@reported
def doctor(as_json: options.Json = False, debug: options.Debug = False) -> Report:
    """Examine this machine: what it can do, and what would make it faster."""
    from striate.app import doctor as examination

    return examination.doctor()


def main() -> None:
    """The program `striate`."""
    exit_on_sigterm()
    app()
