"""Writes `docs/guides/benchmarks.md` from the files in `benchmarks/results/`; a test compares.

python -m benchmarks.page
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.networks.workloads import WORKLOADS
from benchmarks.results import FOLDER

PAGE = Path(__file__).resolve().parent.parent / "docs" / "guides" / "benchmarks.md"
KINDS = ("training", "inference", "epoch", "scaling", "start", "accuracy_mnist")
KINDS += ("accuracy_cifar10", "accuracy_precision", "accuracy_zoo")

INTRO = """# Measurements

This page is written by `python -m benchmarks.page` from the files in `benchmarks/results/`, which
hold every row, round and version. `make bench-peers` installs the peers and `make bench` measures
anew; `python -m benchmarks --help` tells the parts.

How it is measured: every contender is a process in an environment of its own. Before anything is
timed, all that compute in float32 must agree: 20 training steps from the same weights on the same
batches, or the outputs in inference. Then they take turns, round by round, and only one of them
has the processor at a time. Tables show medians; ratios are taken within rounds. A library's
column holds its best row: PyTorch by hand is channels last, pooling before relu, operations in
place, fused optimizers, allocator settings, in float32 and bfloat16; Keras is with and without XLA
and `mixed_bfloat16`. Its default settings have a column of their own.

Rates are also shares of the machine's own peak: the fastest product of two large matrices in the
same precision, measured in the same run. The multiply-adds are those of the definition of
convolution and dense layers, three times for training (forward, weights, inputs). The last column
is the most memory that a process held, striate's and that of the best peer.
"""

Columns = dict[str, Callable[[str], bool]]

TRAINING: Columns = {
    "striate float32": lambda n: n == "striate, float32",
    "striate auto": lambda n: n.startswith("striate, auto"),
    "PyTorch, tutorials": lambda n: n == report.REFERENCE,
    "PyTorch, by hand": lambda n: n.startswith("PyTorch by hand"),
    "torch.compile": lambda n: n.startswith("torch.compile"),
    "Keras on TensorFlow, default": lambda n: n == "Keras on tensorflow, default",
    "Keras on TensorFlow, best": lambda n: n.startswith("Keras on tensorflow"),
    "Keras on JAX": lambda n: n.startswith("Keras on jax"),
    "Keras on torch": lambda n: n.startswith("Keras on torch"),
}
INFERENCE: Columns = {
    "striate `optimize()`": lambda n: n.startswith("striate, optimize()"),
    **TRAINING,
    "ONNX Runtime": lambda n: n == "ONNX Runtime",
    "OpenVINO float32": lambda n: n == "OpenVINO, float32",
    "OpenVINO bfloat16": lambda n: n == "OpenVINO, bfloat16",
}
HEADINGS = {
    "training": "Training steps, images a second",
    "inference": "Inference, from array to array",
    "epoch": "An epoch of `fit`, images a second",
    "scaling": "Cost against batch, depth and image size, G multiply-adds a second",
    "start": "From the start of a process to the end of its first step, in seconds",
    "accuracy_mnist": "Time to accuracy: MNIST",
    "accuracy_cifar10": "Time to accuracy: CIFAR-10",
    "accuracy_precision": "Accuracy in float32, with `precision='auto'`, in bfloat16",
    "accuracy_zoo": "`striate.zoo`: MNIST (LeNet-5, small) and CIFAR-10 (the others)",
}


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]


def best(case: dict[str, Any], wanted: Callable[[str], bool]) -> float | None:
    """Median seconds per image of the fastest row that is wanted."""
    times = case["seconds_per_image"]
    found = [report.quartiles(v)[1] for name, v in times.items() if wanted(name)]
    return min(found) if found else None


def shown(case: dict[str, Any], seconds: float | None, scaling: bool = False) -> str:
    """A median as the table has it."""
    if seconds is None:
        return "–"
    if scaling:
        return f"{case['macs'] / seconds / 1e9:,.0f}"
    if case["what"] == "start":
        return f"{seconds:.1f}"
    if case["what"] == "inference" and case["batch"] == 1:
        return f"{seconds * 1e3:.3f} ms"
    return f"{1 / seconds:,.0f}"


def timed(record: dict[str, Any]) -> list[str]:
    """The table of training, inference, epochs, starts."""
    columns = INFERENCE if record["what"] == "inference" else TRAINING
    used = {
        title: wanted
        for title, wanted in columns.items()
        if any(best(case, wanted) is not None for case in record["cases"])
    }
    rows = []
    for case in sorted(record["cases"], key=place):
        found = {title: best(case, wanted) for title, wanted in used.items()}
        scaling = record["what"] == "scaling"
        cells = [shown(case, seconds, scaling) for seconds in found.values()]
        rows.append([case["case"], str(case["batch"]), *cells, *summary(case)])
    heads = ["network", "batch", *used, "to tutorials", "to best peer", "of peak", "MiB"]
    return table(heads, rows)


def place(case: dict[str, Any]) -> tuple[int, int]:
    """Where a case stands in a table: workloads in their order, then what is none as it came."""
    names = list(WORKLOADS)
    known = case["case"] in names
    return (names.index(case["case"]), case["batch"]) if known else (len(names), 0)


def summary(case: dict[str, Any]) -> list[str]:
    """striate's best row: times PyTorch of tutorials, times the best of all others, of peak; MiB.

    Memory is the most that a process held, of that row and of the best of all others.
    """
    own = [n for n in case["seconds_per_image"] if n.startswith("striate")]
    others = [n for n in case["seconds_per_image"] if not n.startswith("striate")]
    if not own:
        return ["–"] * 4
    times = case["seconds_per_image"]
    fastest = min(own, key=lambda n: report.quartiles(times[n])[1])
    to_tutorials = report.ratio(case, fastest, report.REFERENCE)
    peer = min(others, key=lambda n: report.quartiles(times[n])[1]) if others else ""
    to_best = report.ratio(case, fastest, peer)
    part = report.share(case, fastest, case["limits"])
    memory = {name: held["peak_bytes"] / 2**20 for name, held in case["memory"].items()}
    return [
        f"{to_tutorials:.2f}" if to_tutorials else "–",
        f"{to_best:.2f} ({peer})" if to_best else "–",
        f"{part:.0%}" if part else "–",
        ", ".join(f"{held:,.0f}" for held in map(memory.get, (fastest, peer)) if held) or "–",
    ]


def accurate(record: dict[str, Any]) -> list[str]:
    """The table of runs to accuracy."""
    targets = record["cases"][0]["targets"]
    rows = []
    for case in record["cases"]:
        if case["failed"]:
            rows.append([case["case"], *[case["failed"]], *[""] * (len(targets) + 1)])
            continue
        cells = []
        for target in targets:
            cells.append(report.reached_text(case, target))
        ends = [seed["epochs"][-1] for seed in case["seeds"]]
        end = report.spread_text([e["accuracy"] for e in ends])
        seconds = report.quartiles([e["seconds"] for e in ends])[1]
        images = case["seeds"][0]["images"] * case["epochs"]
        after = f"{seconds:.1f} s" if targets else f"{images:,} images"
        rows.append([case["case"], f"{case['epochs']}", *cells, end, after])
    heads = ["run", "epochs", *[f"{t:.1%}" for t in targets], "at the end", "after"]
    return table(heads, rows)


def section(record: dict[str, Any]) -> list[str]:
    """One file of results."""
    accuracy = record["what"].startswith("accuracy")
    where = [line for line in report.heading(record["machine"]).splitlines()[:-1] if line]
    versions = sorted({f"{k} {v}" for k, v in versions_of(record)})
    lines = [*where, ", ".join(versions)]
    if record["limits"]:
        lines.append(report.limits_text(record["limits"]))
    body = accurate(record) if accuracy else timed(record)
    if any(case.get("jpeg_copies") for case in record["cases"]):
        lines.append("CIFAR-10: JPEG copies of its images")
    absent = sorted({n for case in record["cases"] for n in failures(case)})
    notes = [f"Not measured: {', '.join(absent)}.", ""] if absent else []
    return [*body, "", *notes, *[f"{line}  " for line in lines], ""]


def failures(case: dict[str, Any]) -> list[str]:
    """Rows that are missing, and why."""
    if not isinstance(case["failed"], dict):
        return []
    return [f"{name} ({why})" for name, why in case["failed"].items()]


def versions_of(record: dict[str, Any]) -> list[tuple[str, str]]:
    """Versions of everything that took part."""
    found = []
    for case in record["cases"]:
        versions = case.get("versions", {})
        each = versions.values() if record["what"] in KINDS[:5] else [versions]
        found += [pair for some in each for pair in some.items()]
    return found


def page(folder: Path = FOLDER) -> str:
    """The page for the results in a folder."""
    records = [json.loads(p.read_text(encoding="utf-8")) for p in sorted(folder.glob("*.json"))]
    lines = [INTRO]
    for kind in KINDS:
        known = [r for r in records if r.get("what") == kind and r["cases"]]
        if known:
            lines += [f"## {HEADINGS[kind]}", ""]
        for record in known:
            lines += section(record)
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"written: {PAGE}")
