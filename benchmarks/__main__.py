"""striate beside every peer, in one run: `python -m benchmarks WHAT [options]`.

    python -m benchmarks training                         steps of every workload
    python -m benchmarks inference --batch 1 256
    python -m benchmarks epoch --workload digits          `fit` as a user calls it
    python -m benchmarks start --workload digits          from process start to the first step
    python -m benchmarks scaling                          cost against batch, depth, image size
    python -m benchmarks training --device cuda --who striate torch

Each contender is a process in its own environment (`make bench-peers`); those that are absent are
said to be absent. Equality is checked first, then they take turns. Results are written to
`benchmarks/results/` after each case; cases of an earlier run in the same file are kept.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from benchmarks import machine, report, results
from benchmarks.conductor import Case
from benchmarks.contenders import chosen
from benchmarks.measure import Plan, limits, measured
from benchmarks.networks import residual
from benchmarks.networks.workloads import WORKLOADS, workload
from benchmarks.work import training_macs

WHAT = ("training", "inference", "epoch", "start", "scaling", "limits")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("what", choices=WHAT)
    add("--workload", nargs="+", default=[], metavar="NAME", help=", ".join(WORKLOADS))
    add("--batch", nargs="+", type=int, default=[], help="default: those of each workload")
    add("--who", nargs="+", default=[], metavar="WORD", help="contenders whose name has a word")
    add("--rounds", type=int, default=7)
    add("--turn", type=float, default=1.0, help="seconds of a turn")
    add("--threads", type=int, default=len(os.sched_getaffinity(0)))
    add("--device", default="cpu", choices=("cpu", "cuda"))
    add("--images", type=int, default=0, help="of an epoch; default: what takes a few seconds")
    add("--no-check", action="store_true", help="do not check equality first")
    add("--out", type=Path, help="file to write; .txt and .json are added to its name")
    return parser.parse_args()


def cases(given: argparse.Namespace) -> list[Case]:
    """What is measured."""
    if given.what == "scaling":
        return list(scaling(given.device))
    made = []
    for name in given.workload or list(WORKLOADS):
        load = workload(name)
        usual = (load.device_batch,) if given.device == "cuda" else load.batches
        usual = (1, 256) if given.what == "inference" else usual
        usual = usual[:1] if given.what in ("epoch", "start") else usual
        for batch in given.batch or usual:
            images = 0
            if given.what == "epoch":
                images = given.images or epoch_images(load.build(), batch)
            made.append(Case(name, load.build, batch, load.optimizer, images))
    return made


def epoch_images(model: Any, batch: int) -> int:
    """Whole batches, 12,800 images at most, of about 3e11 multiply-adds."""
    count = min(12_800, int(3e11) // training_macs(model.graph))
    return max(2, count // batch) * batch


def scaling(device: str) -> list[Case]:
    """ResNets of growing batch, depth and image size; arithmetic per image is known of each."""
    usual = 512 if device == "cuda" else 32
    batches = (32, 128, 512, 2048) if device == "cuda" else (1, 4, 16, 64, 256)

    def case(depth: int, size: int, batch: int) -> Case:
        return Case(f"resnet{depth}, {size} px", lambda: residual.small(depth, size), batch)

    return [
        *[case(20, 32, batch) for batch in batches],
        *[case(depth, 32, usual) for depth in (8, 14, 32, 56)],
        *[case(20, size, usual) for size in (16, 64, 128)],
    ]


def main() -> None:
    """Measures, prints and writes."""
    given = arguments()
    what = "training" if given.what in ("scaling", "limits") else given.what
    plan = Plan(
        what, given.rounds, given.turn, given.threads, given.device, check=not given.no_check
    )
    who = given.who or (["striate", "tutorials", "by hand"] if given.what == "scaling" else [])
    contenders = chosen(who, given.device, plan.trains)
    where = machine.machine(given.threads, given.device)
    print(report.heading(where), flush=True)
    path = given.out or results.path(given.what, machine.chip(given.device), given.threads)
    store = results.Store(path, given.what, where)
    if what != "start":
        store.limits(limits(plan))
        print(report.limits_text(store.record["limits"]), flush=True)
    for case in [] if given.what == "limits" else cases(given):
        store.add(measured(case, contenders, plan))
        print(report.case_text(store.record["cases"][-1], store.record["limits"]), flush=True)
    print(f"written: {path}.json, {path}.txt", file=sys.stderr)


if __name__ == "__main__":
    main()
