"""What a model costs over the bare torch modules at batch 1, in milliseconds per call.

    python benchmarks/predict_overhead.py --rounds 200 --threads 1

Calls take turns: the torch modules under no_grad, `model(x)`, `model.predict_on_batch(x)` and
`model.predict(x, verbose=0)`. Medians of calls, and of differences to the call before in the
same round. The network is so small that the calls are most of the time.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

import striate as st
from striate import layers


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    convs = [layers.Conv2D(8, 3, padding="same", activation="relu") for _ in range(8)]
    ends = [layers.Flatten(), layers.Dense(10)]
    model = st.Sequential([layers.Input((8, 8, 8)), *convs, *ends])
    parts = [p for _ in convs for p in (nn.Conv2d(8, 8, 3, padding=1), nn.ReLU())]
    bare = nn.Sequential(*parts, nn.Flatten(), nn.Linear(512, 10)).eval()
    x = np.random.default_rng(0).random((1, 8, 8, 8), dtype=np.float32)
    tensor = torch.from_numpy(x)
    calls: dict[str, Callable[[], Any]] = {
        "torch modules": lambda: bare(tensor.permute(0, 3, 1, 2)).numpy(),
        "model(x)": lambda: model(tensor).numpy(),
        "predict_on_batch": lambda: model.predict_on_batch(x),
        "predict": lambda: model.predict(x, verbose=0),
    }
    times: dict[str, list[float]] = {name: [] for name in calls}
    for round_number in range(arguments.rounds + 10):
        for name, call in calls.items():
            begin = time.perf_counter()
            with torch.no_grad():
                call()
            if round_number >= 10:
                times[name].append((time.perf_counter() - begin) * 1e3)
    first = times["torch modules"]
    for name, values in times.items():
        more = statistics.median(b - a for a, b in zip(first, values, strict=True))
        print(f"{name:18} {statistics.median(values):7.3f} ms  ({more:+.3f} over torch modules)")


if __name__ == "__main__":
    main()
