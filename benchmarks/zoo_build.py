"""What building a network of the zoo costs, and when its weights are paid for.

python -m benchmarks.zoo_build [--threads 1] [resnet50 vgg16 ...]

Each network is built in a process of its own, the library being loaded: time and memory of building
it, time and memory of making all its weights, and the wall time of the whole process.
The median of three processes.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

USUAL = ("resnet50", "vgg16", "densenet121", "mobilenet_v2", "efficientnet_b7", "convnext_tiny")
PROGRAM = """
import json, resource, sys, time
import torch
from striate import zoo

torch.set_num_threads(int(sys.argv[2]))
zoo.lenet5_modern()  # what is loaded at first use

def used_mb():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6

start, before = time.perf_counter(), used_mb()
model = zoo.architecture(sys.argv[1])()
built, held = time.perf_counter(), used_mb()
count = len(list(model.parameters()))
made, after = time.perf_counter(), used_mb()
print(json.dumps([built - start, held - before, made - built, after - held]))
"""


def measured(name: str, threads: int) -> list[float]:
    """Build s, build MB, weights s, weights MB, process s: medians of three processes."""
    found = []
    for _ in range(3):
        begun = time.perf_counter()
        command = [sys.executable, "-c", PROGRAM, name, str(threads)]
        root = Path(__file__).parent.parent
        done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=root / "src")
        found.append([*json.loads(done.stdout), time.perf_counter() - begun])
    return [statistics.median(column) for column in zip(*found, strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", default=USUAL)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    print(f"{'network':20}{'build ms':>10}{'MB':>8}{'weights ms':>12}{'MB':>8}{'process s':>11}")
    for name in given.networks:
        build, held, make, taken, process = measured(name, given.threads)
        times = f"{1e3 * build:10.0f}{held:8.1f}{1e3 * make:12.0f}{taken:8.0f}{process:11.2f}"
        print(f"{name:20}{times}", flush=True)


if __name__ == "__main__":
    main()
