"""Time to accuracy: how long, and how many images, until a network is right so often.

    python -m benchmarks.accuracy mnist
    python -m benchmarks.accuracy cifar10 --device cuda --run recipe
    python -m benchmarks.accuracy precision            float32, "auto", bfloat16; 5 seeds each
    python -m benchmarks.accuracy zoo                  the small networks of `striate.zoo`

Each run is a process of its own; its clock runs from the start of `fit` and stands still while it
evaluates on the test images after each epoch. Compilation counts, imports do not. Nothing is
chosen by looking at the test images: the numbers of epochs are fixed beforehand. "precision"
trains the networks of the guide, and a ResNet-20 on the images of CIFAR-10, in each precision
("auto" is float32 where our own kernels are sooner with it) and shows means and spread of their
accuracy.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import images, machine, report, results
from benchmarks.conductor import Process, WorkerError
from benchmarks.contenders import Contender
from benchmarks.measure import Plan, limits
from benchmarks.networks.workloads import workload
from benchmarks.work import training_macs

TARGETS = {
    "mnist": (0.990, 0.993, 0.995),
    "cifar10": (0.80, 0.90, 0.94),
    "precision": (),  # how right they end, not how soon
    "zoo": (0.50, 0.70, 0.80, 0.98),
}
GUIDE = "the guide's script"


@dataclass(frozen=True)
class Run:
    """One way to train.

    Args:
        title: names it in the table.
        network: a workload.
        epochs: passes over the images.
        batch: images of a step.
        optimizer: without a recipe, by name, as the library makes it.
        recipe: arguments of striate's `Recipe`; None: no recipe.
        worker, peer: who trains.
        whiten: sets the first convolution to whiten patches, and freezes it; the others begin by
            passing channels on as they are.
        images: those of "mnist" or "cifar10".
        precision: of striate's fit.
    """

    title: str
    network: str
    epochs: int
    batch: int = 64
    optimizer: str = "rmsprop"
    recipe: dict[str, Any] | None = None
    worker: str = "striate_worker"
    peer: str = ""
    whiten: bool = False
    precision: str = "auto"
    images: str = "mnist"
    variables: dict[str, str] = field(default_factory=dict)


def _keras(title: str, network: str, epochs: int, optimizer: str) -> Run:
    variables = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "2"}
    peer = "keras-tensorflow"
    run = Run(f"Keras on tensorflow, {title}", network, epochs, worker="keras_worker", peer=peer)
    return replace(run, variables=variables, optimizer=optimizer)


def _whitened(title: str, epochs: int, batch: int, recipe: dict[str, Any]) -> Run:
    name = f"striate, {title}, whitened, {epochs} epochs"
    return Run(name, "quick_images", epochs, batch, recipe=recipe, whiten=True)


RECIPE: dict[str, Any] = {}
# The rates of Jordan (2024), https://arxiv.org/abs/2404.00498, as they are with momentum 0.9.
STEEP: dict[str, Any] = {"optimizer": "sgd", "label_smoothing": 0.2, "shift_rate": 64}
STEEP |= {"learning_rate": 0.125, "weight_decay": 0.0133}
RUNS: dict[str, list[Run]] = {
    "mnist": [
        Run("striate, recipe, small network, 1 epoch", "quick_digits", 1, 128, recipe=RECIPE),
        Run("striate, recipe, small network, 2 epochs", "quick_digits", 2, 128, recipe=RECIPE),
        Run("striate, recipe, small network, 4 epochs", "quick_digits", 4, 128, recipe=RECIPE),
        Run("striate, recipe, the guide's network, 2 epochs", "digits", 2, 128, recipe=RECIPE),
        Run(f"striate, {GUIDE}", "digits", 5),
        _keras(GUIDE, "digits", 5, "rmsprop"),
    ],
    "cifar10": [
        _whitened("recipe with SGD", 3, 512, STEEP),
        _whitened("recipe with SGD", 8, 1024, STEEP),
        _whitened("recipe", 3, 512, {"label_smoothing": 0.2}),
        Run("striate, recipe, ResNet-18", "resnet18_bytes", 15, 256, recipe={"optimizer": "sgd"}),
        Run("striate, default fit", "quick_images", 6, optimizer="adam"),
        _keras("default fit", "quick_images", 6, "adam"),
    ],
    "zoo": [
        Run("LeNet-5, modern form", "lenet5_modern", 2, 128, recipe=RECIPE),
        Run("small", "zoo_small", 2, 128, recipe=RECIPE),
        Run("tiny VGG", "tiny_vgg", 20, 128, recipe=RECIPE),
        Run("SqueezeNet 1.1", "squeezenet1_1", 8, 128, recipe={"learning_rate": 0.001}),
        Run("ResNet-20", "zoo_resnet20", 6, 128, recipe=RECIPE),
    ],
}
RUNS["cifar10"] = [replace(run, images="cifar10") for run in RUNS["cifar10"]]
RUNS["zoo"][2:] = [replace(run, images="cifar10") for run in RUNS["zoo"][2:]]


def main() -> None:
    """Reads the arguments; trains, prints and writes."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.accuracy",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("what", choices=(*RUNS, "precision"))
    add("--run", nargs="+", default=[], metavar="WORD", help="runs whose title has a word")
    add("--seeds", type=int, default=0, help="default: 1, of precision 5")
    add("--epochs", type=int, default=0, help="instead of those of the runs")
    add("--images", type=int, default=0, help="train on so many images only")
    add("--threads", type=int, default=len(os.sched_getaffinity(0)))
    add("--device", default="cpu", choices=("cpu", "cuda"))
    add("--out", type=Path, help="file to write; .txt and .json are added to its name")
    given = parser.parse_args()
    where = machine.machine(given.threads, given.device)
    where["command"] = " ".join(["python -m benchmarks.accuracy", *sys.argv[1:]])
    print(report.heading(where), flush=True)
    path = given.out or results.path(
        f"accuracy_{given.what}", machine.chip(given.device), given.threads
    )
    found = results.Store(path, f"accuracy_{given.what}", where)
    found.limits(limits(Plan("limits", 2, 0.5, given.threads, given.device)))
    with tempfile.TemporaryDirectory() as folder:
        for run in chosen(given):
            save(run.images, Path(folder), given.images)
            case = trained(run, Path(folder), given)
            found.add(case)
            print(report.accuracy_text(case, found.record["limits"]), flush=True)
    print(f"written: {path}.json, {path}.txt", file=sys.stderr)


def chosen(given: argparse.Namespace) -> list[Run]:
    """The runs asked for."""
    runs = list(precision_runs()) if given.what == "precision" else RUNS[given.what]
    words = [word.lower() for word in given.run]
    picked = [r for r in runs if not words or any(word in r.title.lower() for word in words)]
    if given.device == "cuda":
        picked = [r for r in picked if not r.peer]
    return [replace(r, epochs=given.epochs or r.epochs) for r in picked]


def precision_runs() -> list[Run]:
    """The networks of the guide for an epoch, and one of residual blocks, in each precision."""
    nets = ("three_of_32", "three_of_32_strided", "digits", "two_of_16", "deep")
    runs = [Run(name, name, 1, optimizer=workload(name).optimizer) for name in nets]
    runs.append(Run("ResNet-20", "zoo_resnet20", 3, 128, optimizer="adamw", images="cifar10"))
    kinds = ("float32", "auto", "bfloat16")
    return [replace(r, title=f"{r.title}, {k}", precision=k) for r in runs for k in kinds]


def save(name: str, folder: Path, count: int) -> None:
    """Writes the images where workers read them, in place of those of the run before."""
    (x, y), (x_test, y_test) = images.load(name)
    count = count or len(x)
    some = np.random.default_rng(0).permutation(len(x))[:count] if count < len(x) else slice(None)
    np.savez(folder / "images.npz", x=x[some], y=y[some], x_test=x_test, y_test=y_test)


def trained(run: Run, folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    """What a run reached, for each seed."""
    graph = workload(run.network).build().graph
    record: dict[str, Any] = {
        "what": f"accuracy_{given.what}",
        "case": run.title,
        "batch": run.batch,
        "epochs": run.epochs,
        "network": run.network,
        "parameters": graph.num_parameters,
        "macs": training_macs(graph),
        "precision": run.precision,
        "targets": list(TARGETS[given.what]),
        "seeds": [],
        "jpeg_copies": images.copies(run.images) is not None,
        "failed": "",
    }
    (folder / "graph.json").write_text(graph.to_json(), encoding="utf-8")
    seeds = given.seeds or (5 if given.what == "precision" else 1)
    contender = Contender(run.title, run.worker, run.peer, variables=run.variables)
    for seed in range(seeds):
        process = Process(contender, given.threads, given.device)
        try:
            process.start()
            request = {k: v for k, v in vars(run).items() if k not in ("variables", "images")}
            answer = process.ask(do="learn", folder=str(folder), seed=seed, **request)
            record["versions"] = process.versions
            record["seeds"].append(answer)
        except WorkerError as error:
            record["failed"] = str(error)
            break
        finally:
            process.close()
    return record


if __name__ == "__main__":
    main()
