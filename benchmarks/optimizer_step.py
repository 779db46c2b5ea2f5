"""One optimizer step on a network's parameters: ours beside PyTorch's nearest equivalent.

    python -m benchmarks.optimizer_step [--net digits] [--only Adam] [--threads 1] [--rounds 25]
        [--steps 40]

A net is a row of `networks/workloads.py` (`deep`: 1.4 million parameters, `resnet18`: 11 million),
or one of the zoo with few weights, `lenet5_modern`.

All start from the same weights and gradients: ours, ours on torch's kernels (as where our own
cannot run), and torch's. First it is checked that all move the weights alike (with gradients so
large that epsilon, which Keras and PyTorch put in different places, does not matter), then they
are timed in turn, round by round, so that a busy machine slows all. Ratios below 1 mean that ours
is faster.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import torch

from benchmarks.networks.workloads import workload
from striate.kernels import library
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


def parameters(net: str) -> list[torch.nn.Parameter]:
    """A net's weights with gradients, in the order in memory that striate's layers give them.

    Gradients lie between 0.5 and 1.5 in size, so that no epsilon plays a part in the comparison.
    """
    generator = torch.Generator().manual_seed(0)
    params = list(workload(net).build().parameters())
    for p in params:
        sign = torch.randn(p.shape, generator=generator).sign()
        size = torch.rand(p.shape, generator=generator) + 0.5
        p.grad = torch.empty_like(p).copy_(sign * size)
    return params


def copies(params: list[torch.nn.Parameter]) -> list[torch.nn.Parameter]:
    """The same weights with the same gradients."""
    made = []
    for p in params:
        made.append(torch.nn.Parameter(p.detach().clone()))
        made[-1].grad = p.grad
    return made


def prepared(pair: Pair, start: list[torch.nn.Parameter]) -> list[Callable[[], Any]]:
    """The steps of ours, ours without its own kernel, and torch's, if all move weights alike."""
    moved = [copies(start) for _ in range(3)]
    ours, plain, other = pair.ours(), pair.ours(), pair.theirs(moved[2])
    plain.form = "fused"
    for optimizer, params in zip((ours, plain), moved, strict=False):
        optimizer.build(params)
    steps = [ours.step, plain.step, other.step]
    for _ in range(WARM_UPS):
        for step in steps:
            step()
    movement = max((p - q).abs().max().item() for p, q in zip(moved[0], start, strict=True))
    for params in moved[1:]:
        gap = max((p - q).abs().max().item() for p, q in zip(moved[0], params, strict=True))
        if gap > pair.tolerance * movement:
            raise SystemExit(f"{pair.label}: weights moved {movement:.3g}, but differ by {gap:.3g}")
    return steps


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
    options.add_argument("--net", default="digits")
    options.add_argument("--only", default="", help="pairs whose name begins so")
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--rounds", type=int, default=25)
    options.add_argument("--steps", type=int, default=40, help="steps per round")
    arguments = options.parse_args()
    torch.set_num_threads(arguments.threads)
    start = parameters(arguments.net)
    print(f"{platform.machine()}, {torch.backends.cpu.get_cpu_capability()}", end=", ")
    print(f"threads {torch.get_num_threads()}, torch {torch.__version__}", end=", ")
    print(f"Python {platform.python_version()}")
    size = sum(p.numel() for p in start)
    print(f"{arguments.net}: {size} parameters in {len(start)} tensors, float32", end="; ")
    print(f"{WARM_UPS} warm-ups, {arguments.rounds} rounds of {arguments.steps} steps each")
    reason = library.missing()
    print(f"our own kernel: {f'not used, {reason}' if reason else 'used'}")
    print(f"us per step: median [quartiles] min{'ours':>24s}{'ours on torch':>33s}{'torch':>33s}")
    for pair in PAIRS:
        if not pair.label.startswith(arguments.only):
            continue
        steps = prepared(pair, start)
        times: list[list[float]] = [[], [], []]
        for _ in range(arguments.rounds):
            for kept, step in zip(times, steps, strict=True):
                kept.append(microseconds(step, arguments.steps))
        own, plain, other = (statistics.median(t) for t in times)
        print(f"{pair.label:30s}{' '.join(map(text, times))}", end="")
        print(f"   ratio {own / plain:.2f}, to torch {own / other:.2f}", flush=True)


if __name__ == "__main__":
    main()
