"""What `fit` costs over a loop written by hand in torch, with the same operations in both.

    python benchmarks/fit_overhead.py --rounds 12 --steps 25

The network is the one of the first example (260,298 parameters, 28x28x1, batch 64), once in plain
torch with torch's loss, once as a striate model that ends in a softmax and is trained from its
logits; torch's Adam in both loops. So the difference is the loop: callbacks, history, mean loss and
accuracy on the device, signal handlers. Before anything is timed, both loops train from the same
weights on the same batches, and weights and means must be equal bit for bit. Then they take turns,
in an order that changes every round, and the ratio is taken within each round, because the speed
of a shared machine drifts; processor time, which other programs disturb less than the clock, is
printed beside it. The last table does the same with a network so small that the loop itself is
most of the time: its difference is the cost per step in microseconds.
"""

from __future__ import annotations

import argparse
import gc
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

import striate
from striate import layers, training
from striate.ops import device as device_module

BATCH = 64
CLASSES = 10


class Batches:
    """A batch source: random images and labels, the same in every epoch."""

    def __init__(self, shape: tuple[int, ...], steps: int) -> None:
        generator = torch.Generator().manual_seed(0)
        self.num_batches, self.batch_size = steps, BATCH
        self.num_samples = steps * BATCH
        self.x = torch.randn(self.num_samples, *shape, generator=generator)
        self.y = torch.randint(0, CLASSES, (self.num_samples,), generator=generator)

    def batches(self, epoch: int, start: int = 0) -> Iterator[tuple[torch.Tensor, ...]]:
        """Views of the data, batch after batch."""
        for step in range(start, self.num_batches):
            place = slice(step * BATCH, (step + 1) * BATCH)
            yield self.x[place], self.y[place], None  # type: ignore[misc]


class Accuracy(training.metrics.Metric):
    """The share of right answers, counted on the device; used by both loops."""

    def __init__(self) -> None:
        super().__init__(name="accuracy")
        self.right, self.seen = torch.zeros(()), 0

    def update_state(self, y: Any, predicted: Any, weight: object = None) -> None:
        """Counts one batch."""
        self.right.add_((predicted.argmax(-1) == y).sum())
        self.seen += len(y)

    def result(self) -> torch.Tensor:
        """The share so far."""
        return self.right / max(self.seen, 1)

    def reset_state(self) -> None:
        """Forgets everything."""
        self.right, self.seen = torch.zeros(()), 0


@dataclass(frozen=True)
class Case:
    """A network, how a loop by hand gets its logits, and the loss that `fit` is given."""

    title: str
    build: Callable[[], nn.Module]
    shape: tuple[int, ...]
    logits: str
    loss: Callable[[], object]
    steps: int = 1


class Channels(nn.Module):
    """(N, H, W, C) -> (N, C, H, W), a view."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.permute(0, 3, 1, 2)


def example_network() -> nn.Module:
    """Three convolutions of 64, 64 and 128, then 128 and 10 units: 260,298 parameters."""
    return nn.Sequential(
        Channels(),
        *(nn.Conv2d(1, 64, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(64, 64, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(64, 128, 3), nn.ReLU(), nn.Flatten()),
        *(nn.Linear(1152, 128), nn.ReLU(), nn.Linear(128, CLASSES)),
    )


def example_model() -> nn.Module:
    """The same as a striate model, which takes NHWC and ends in a softmax."""
    return striate.Sequential(
        [
            layers.Conv2D(64, 3, activation="relu", input_shape=(28, 28, 1)),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(128, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(CLASSES, activation="softmax"),
        ]
    )


def tiny_network() -> nn.Module:
    """So little arithmetic that a step is mostly the loop."""
    return nn.Sequential(nn.Flatten(), nn.Linear(4, CLASSES))


CASES = (
    Case("in plain torch", example_network, (28, 28, 1), "forward", nn.CrossEntropyLoss),
    Case(
        "as a striate model",
        example_model,
        (28, 28, 1),
        "forward_logits",
        lambda: "sparse_categorical_crossentropy",
    ),
    Case("of one small layer", tiny_network, (4,), "forward", nn.CrossEntropyLoss, steps=40),
)


class ByHand:
    """The loop that one writes in torch."""

    def __init__(self, module: nn.Module, case: Case) -> None:
        self.module = module
        self.forward = module if case.logits == "forward" else getattr(module, case.logits)
        self.optimizer = torch.optim.Adam(module.parameters(), lr=1e-3)
        self.criterion = nn.CrossEntropyLoss()
        self.accuracy = Accuracy()

    def epoch(self, source: Batches) -> dict[str, float]:
        """Trains one epoch; returns mean loss and accuracy."""
        total, seen = torch.zeros((), dtype=torch.float64), 0
        self.accuracy.reset_state()
        self.module.train()
        for x, y, _ in source.batches(0):
            outputs = self.forward(x)
            loss = self.criterion(outputs, y)
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            self.optimizer.step()
            with torch.no_grad():
                total.add_(loss.detach(), alpha=len(x))
                seen += len(x)
                self.accuracy.update_state(y, outputs.detach())
        return {"accuracy": float(self.accuracy.result()), "loss": float(total / seen)}


class ByFit:
    """The same through `fit`."""

    def __init__(self, module: nn.Module, case: Case) -> None:
        self.module = module
        optimizer = torch.optim.Adam(module.parameters(), lr=1e-3)
        self.compiled = training.compile(optimizer, case.loss(), metrics=[Accuracy()])

    def epoch(self, source: Batches) -> dict[str, float]:
        """Trains one epoch; returns mean loss and accuracy."""
        history = training.fit(self.module, self.compiled, source, verbose=0, device="cpu")
        return {name: values[-1] for name, values in history.history.items()}


def loops_of(case: Case) -> dict[str, ByHand | ByFit]:
    """Both loops, from the same initial weights."""
    torch.manual_seed(0)
    first = case.build()
    second = case.build()
    second.load_state_dict(first.state_dict())
    return {"by hand": ByHand(first, case), "fit": ByFit(second, case)}


def check_equal(case: Case, source: Batches) -> None:
    """Both loops must give the same weights and means, or their times mean nothing."""
    hand, fitted = loops_of(case).values()
    for _ in range(2):
        first, second = hand.epoch(source), fitted.epoch(source)
        if first != second:
            sys.exit(f"the loops differ: {first} by hand, {second} by fit")
    pairs = zip(hand.module.named_parameters(), fitted.module.parameters(), strict=True)
    for (name, a), b in pairs:
        if not torch.equal(a, b):
            sys.exit(f"the loops give different weights: {name}")


def compare(case: Case, steps: int, rounds: int) -> None:
    """Times both loops in turns and prints medians, spread and ratio."""
    source = Batches(case.shape, steps * case.steps)
    check_equal(case, source)
    loops = loops_of(case)
    clock: dict[str, list[float]] = {name: [] for name in loops}
    processor: dict[str, list[float]] = {name: [] for name in loops}
    for number in range(rounds + 1):
        for name in list(loops) if number % 2 else list(reversed(loops)):
            gc.collect()
            begin = time.perf_counter(), time.process_time()
            loops[name].epoch(source)
            end = time.perf_counter(), time.process_time()
            if number:  # the first round warms up
                clock[name].append((end[0] - begin[0]) / source.num_batches)
                processor[name].append((end[1] - begin[1]) / source.num_batches)
    count = sum(p.numel() for p in case.build().parameters())
    print(f"a network {case.title}, {count:,} parameters, input {case.shape}")
    for what, times in (("clock", clock), ("processor", processor)):
        report(what, times, rounds)


def report(what: str, times: dict[str, list[float]], rounds: int) -> None:
    """Prints one kind of time."""
    for name, values in times.items():
        low, middle, high = statistics.quantiles(values, n=4)
        print(
            f"  {what:9} {name:8} {middle * 1e3:8.3f} ms/step  (quartiles {low * 1e3:.3f} to "
            f"{high * 1e3:.3f}, best {min(values) * 1e3:.3f})"
        )
    pairs = list(zip(times["by hand"], times["fit"], strict=True))
    ratios = [fit / hand for hand, fit in pairs]
    extra = statistics.median(fit - hand for hand, fit in pairs)
    print(
        f"  {what:9} ratio    {statistics.median(ratios):8.4f}  (median of {rounds} rounds, "
        f"{min(ratios):.4f} to {max(ratios):.4f}), extra {extra * 1e6:.1f} us/step"
    )


def main() -> None:
    """Reads the arguments, prints the machine and the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=12, help="at least 2")
    parser.add_argument("--steps", type=int, default=25, help="steps per round")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print(
        f"{platform.processor() or platform.machine()}, {device_module.available_devices()}, "
        f"{torch.backends.cpu.get_cpu_capability()}, {torch.get_num_threads()} threads, "
        f"torch {torch.__version__}, Python {platform.python_version()}"
    )
    print(f"batch {BATCH}, {arguments.steps} steps a round; weights and means found equal first")
    for case in CASES:
        compare(case, arguments.steps, arguments.rounds)


if __name__ == "__main__":
    main()
