"""One optimizer step on the 260,298-parameter net: ours beside PyTorch's nearest equivalent.

    python benchmarks/optimizer_step.py [--threads 1] [--rounds 25] [--steps 40]

Each pair starts from the same weights and gradients. First it is checked that both move the
weights alike (with gradients so large that epsilon, which Keras and PyTorch put in different
places, does not matter), then both are timed in turn, round by round, so that a busy machine slows
both. Ratios below 1 mean that ours is faster; on a busy machine look at those of the minima.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import torch

from striate.training import optimizers

WARM_UPS = 5


class Pair(NamedTuple):
    """One of our optimizers, and PyTorch's whose rule is nearest.

    Args:
        label: what is compared.
        ours: makes our optimizer.
        theirs: makes PyTorch's from parameters.
        tolerance: largest difference of the weights after the check, as a share of the movement.
    """

    label: str
    ours: Callable[[], optimizers.Optimizer]
    theirs: Callable[[list[torch.nn.Parameter]], torch.optim.Optimizer]
    tolerance: float = 1e-4


def torch_optimizer(name: str, **arguments: Any) -> Callable[..., torch.optim.Optimizer]:
    """Makes an optimizer of PyTorch's from parameters."""
    return lambda params: getattr(torch.optim, name)(params, **arguments)


PAIRS = [
    Pair(
        "SGD / torch foreach",
        lambda: optimizers.SGD(1e-2),
        torch_optimizer("SGD", lr=1e-2, foreach=True),
    ),
    Pair(
        "SGD momentum / torch foreach",
        lambda: optimizers.SGD(1e-2, momentum=0.9),
        torch_optimizer("SGD", lr=1e-2, momentum=0.9, foreach=True),
    ),
    Pair(
        "SGD momentum / torch fused",
        lambda: optimizers.SGD(1e-2, momentum=0.9),
        torch_optimizer("SGD", lr=1e-2, momentum=0.9, fused=True),
    ),
    Pair(
        "RMSprop / torch foreach",
        lambda: optimizers.RMSprop(1e-3),
        torch_optimizer("RMSprop", lr=1e-3, alpha=0.9, eps=1e-9, foreach=True),
    ),
    Pair(
        "Adagrad / torch fused",
        lambda: optimizers.Adagrad(1e-3),
        torch_optimizer("Adagrad", lr=1e-3, initial_accumulator_value=0.1, eps=1e-9, fused=True),
    ),
    Pair(
        "Adam / torch fused",
        lambda: optimizers.Adam(1e-3),
        torch_optimizer("Adam", lr=1e-3, eps=1e-7, fused=True),
    ),
    Pair(
        "Adam / torch foreach",
        lambda: optimizers.Adam(1e-3),
        torch_optimizer("Adam", lr=1e-3, eps=1e-7, foreach=True),
    ),
    Pair(
        "AdamW / torch fused",
        lambda: optimizers.AdamW(1e-3),
        torch_optimizer("AdamW", lr=1e-3, eps=1e-7, weight_decay=0.004, fused=True),
    ),
    Pair(
        "Adamax / torch foreach",
        lambda: optimizers.Adamax(1e-3),
        torch_optimizer("Adamax", lr=1e-3, eps=1e-7, foreach=True),
    ),
    Pair(
        "Adadelta / torch foreach",
        lambda: optimizers.Adadelta(1.0),
        torch_optimizer("Adadelta", lr=1.0, rho=0.95, eps=1e-7, foreach=True),
    ),
]


def parameters() -> list[torch.nn.Parameter]:
    """The net's 10 tensors, in the order in memory that striate's layers give them.

    Gradients lie between 0.5 and 1.5 in size, so that no epsilon plays a part in the comparison.
    """
    generator = torch.Generator().manual_seed(0)
    found = []
    for height, width, inputs, outputs in ((3, 3, 1, 64), (3, 3, 64, 64), (3, 3, 64, 128)):
        kernel = torch.randn(outputs, height, width, inputs, generator=generator)
        found.append(kernel.permute(1, 2, 3, 0) * 0.05)
        found.append(torch.zeros(outputs))
    for inputs, outputs in ((1152, 128), (128, 10)):
        found.append(torch.randn(outputs, inputs, generator=generator).t() * 0.05)
        found.append(torch.zeros(outputs))
    params = [torch.nn.Parameter(tensor) for tensor in found]
    for p in params:
        sign = torch.randn(p.shape, generator=generator).sign()
        size = torch.rand(p.shape, generator=generator) + 0.5
        p.grad = torch.empty_like(p).copy_(sign * size)
    return params


def prepared(pair: Pair) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """Both step functions, once it is sure that both move the weights alike."""
    start, ours, theirs = parameters(), parameters(), parameters()
    optimizer, other = pair.ours(), pair.theirs(theirs)
    optimizer.build(ours)
    for _ in range(WARM_UPS):
        optimizer.step()
        other.step()
    movement = max((p - q).abs().max().item() for p, q in zip(ours, start, strict=True))
    gap = max((p - q).abs().max().item() for p, q in zip(ours, theirs, strict=True))
    if gap > pair.tolerance * movement:
        raise SystemExit(f"{pair.label}: weights moved {movement:.3g}, but differ by {gap:.3g}")
    return optimizer.step, other.step


def microseconds(step: Callable[[], Any], steps: int) -> float:
    """The mean time of a step."""
    start = time.perf_counter()
    for _ in range(steps):
        step()
    return (time.perf_counter() - start) / steps * 1e6


def text(times: list[float]) -> str:
    """Median, quartiles and minimum."""
    low, middle, high = statistics.quantiles(times, n=4)
    return f"{middle:8.0f} [{low:6.0f} {high:6.0f}] {min(times):6.0f}"


def main() -> None:
    """Prints the machine, then one line per pair."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--rounds", type=int, default=25)
    options.add_argument("--steps", type=int, default=40, help="steps per round")
    arguments = options.parse_args()
    torch.set_num_threads(arguments.threads)
    size = sum(p.numel() for p in parameters())
    print(f"{platform.machine()}, {torch.backends.cpu.get_cpu_capability()}", end=", ")
    print(f"threads {torch.get_num_threads()}, torch {torch.__version__}", end=", ")
    print(f"Python {platform.python_version()}")
    print(f"{size} parameters in {len(parameters())} tensors, float32", end="; ")
    print(f"{WARM_UPS} warm-ups, {arguments.rounds} rounds of {arguments.steps} steps each")
    print(f"us per step:{'':20s}ours: median [quartiles] min   torch: the same")
    for pair in PAIRS:
        ours, theirs = prepared(pair)
        times: tuple[list[float], list[float]] = ([], [])
        for _ in range(arguments.rounds):
            times[0].append(microseconds(ours, arguments.steps))
            times[1].append(microseconds(theirs, arguments.steps))
        ratio = statistics.median(times[0]) / statistics.median(times[1])
        best = min(times[0]) / min(times[1])
        print(f"{pair.label:30s}{text(times[0])}{text(times[1])}", end="")
        print(f"   ratio {ratio:.2f}, of the minima {best:.2f}", flush=True)


if __name__ == "__main__":
    main()
