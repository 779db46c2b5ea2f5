"""Training throughput of the guide's five networks: striate beside PyTorch by hand.

    python benchmarks/training_throughput.py --rounds 7 --steps 6 --threads 2

Each row is one way to train the same network from the same weights on the same batches:

- torch: as tutorials write it, `nn.Sequential` in NCHW, zero_grad, backward, step;
- torch tuned: channels last, pooling before relu, relu in place, the allocator's settings (they
  hold for the whole process, so `torch` has them, too: without them it is slower still);
- striate plan=False, float32: the layers one by one;
- striate plan=True, float32;
- striate precision="auto".

Before anything is timed, 20 float32 steps with torch's optimizer must give the same losses in all
float32 rows, to 5e-3 at most; the difference is printed. (Sums are taken in another order, which
the optimizer enlarges.) Then the rows take turns within each round, and ratios are taken within
rounds, because the speed of a shared machine drifts. A step is forward, loss, backward, update of
one batch; striate's goes through the same `Stepper` as `fit`, with its running mean of the loss.
"""

from __future__ import annotations

import argparse
import gc
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from networks import NETWORKS
from torch import nn

import striate as st
from striate import layers
from striate.ops.allocator import keep_large_blocks
from striate.training.loop import bind_optimizer
from striate.training.step import Stepper

Step = Callable[[torch.Tensor, torch.Tensor], float]
ROWS = ("torch", "torch tuned", "striate plain", "striate planned", "striate auto")


def torch_network(model: st.Sequential, tuned: bool) -> nn.Sequential:
    """The same network in torch, with the same weights."""
    found: list[nn.Module] = []
    given = list(model.layers)
    for i, layer in enumerate(given):
        pooled = i + 1 < len(given) and isinstance(given[i + 1], layers.MaxPooling2D)
        found += _torch_layer(model, layer, tuned, pooled)
    network = nn.Sequential(*found)
    return network.to(memory_format=torch.channels_last) if tuned else network


def _torch_layer(model: st.Sequential, layer: Any, tuned: bool, pooled: bool) -> list[nn.Module]:
    relu = nn.ReLU(inplace=tuned)
    if isinstance(layer, layers.Conv2D):
        conv = _convolution(layer)
        if tuned and pooled:
            return [*conv, nn.MaxPool2d(2), relu]
        return [*conv, relu]
    if isinstance(layer, layers.MaxPooling2D):
        return [] if tuned else [nn.MaxPool2d(2)]
    if isinstance(layer, layers.Flatten):
        return [nn.Flatten()]
    if isinstance(layer, layers.Dropout):
        return [nn.Dropout(layer.rate)]
    if isinstance(layer, layers.Dense):
        made = nn.Linear(*layer.kernel.shape)
        kernel = layer.kernel.detach()
        if layer is _first_dense(model):  # rows follow NHWC in striate, NCHW in torch
            flat = next(x for x in model.layers if isinstance(x, layers.Flatten))
            height, width, channels = flat.input_shape[1:]
            cube = kernel.reshape(height, width, channels, -1)
            kernel = cube.permute(2, 0, 1, 3).reshape(kernel.shape)
        made.weight.data.copy_(kernel.t())
        made.bias.data.copy_(layer.bias.detach())
        last = layer is model.layers[-1]
        return [made] if last else [made, relu]
    return [Scale(layer.scale)]


def _convolution(layer: Any) -> list[nn.Module]:
    strides, size = layer.strides, layer.kernel_size[0]
    even = layer.padding == "same" and strides[0] == 2
    pad = size // 2 if layer.padding == "same" and not even else 0
    channels = layer.kernel.shape[2:4]
    conv = nn.Conv2d(*channels, size, strides, pad)
    conv.weight.data.copy_(layer.kernel.detach().permute(3, 2, 0, 1))
    conv.bias.data.copy_(layer.bias.detach())
    if not even:
        return [conv]
    odd = layer.input_shape[1] % 2  # TensorFlow's zeros: (0, 1) at even sizes, (1, 1) at odd ones
    return [nn.ZeroPad2d((odd, 1, odd, 1)), conv]


def _first_dense(model: st.Sequential) -> Any:
    return next(x for x in model.layers if isinstance(x, layers.Dense))


class Scale(nn.Module):
    """x factor."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.factor


def by_hand(network: nn.Sequential, name: str) -> Step:
    """The loop of tutorials."""
    optimizer = torch_optimizer(network, name)
    criterion = nn.CrossEntropyLoss()
    network.train()

    def step(x: torch.Tensor, y: torch.Tensor) -> float:
        optimizer.zero_grad()
        loss = criterion(network(x.permute(0, 3, 1, 2)), y)
        loss.backward()
        optimizer.step()
        return float(loss.detach())

    return step


def torch_optimizer(network: nn.Module, name: str) -> torch.optim.Optimizer:
    """torch's own optimizer."""
    if name == "rmsprop":
        return torch.optim.RMSprop(network.parameters(), lr=1e-3, alpha=0.9, eps=1e-4)
    return torch.optim.Adam(network.parameters(), lr=1e-3, eps=1e-4)


def by_striate(
    model: st.Sequential, name: str, plan: bool, precision: str, ours: bool = True
) -> Step:
    """One batch as `fit` trains it, with striate's optimizer or torch's."""
    optimizer = st.optimizers.get(name) if ours else torch_optimizer(model, name)
    model.compile(optimizer, "sparse_categorical_crossentropy")
    compiled: Any = model._compiled
    bind_optimizer(model, compiled, "benchmark")
    stepper = Stepper(model, compiled, torch.device("cpu"), "benchmark")
    stepper.check_targets = False
    model.train()

    def step(x: torch.Tensor, y: torch.Tensor) -> float:
        with model.executing(plan, precision, "float32", "benchmark"):
            if stepper.objective is not None:
                stepper.objective.reset()
            stepper.train(x, y, None)
        return float(stepper.results()["loss"])

    return step


def rows_of(build: Callable[[], st.Sequential], optimizer: str, check: bool) -> dict[str, Step]:
    """Every way to train one network, from the same weights.

    For the check, without dropout, whose draws differ, and with torch's optimizer in all rows:
    Keras's RMSprop, striate's, adds epsilon inside the root.
    """
    torch.manual_seed(0)
    start = build()
    if check:
        for layer in start.layers:
            if isinstance(layer, layers.Dropout):
                layer.kind.replace(rate=0.0)
    weights = start.get_weights()

    def copied() -> st.Sequential:
        model = st.models.clone_model(start)
        model.set_weights(weights)
        return model

    return {
        "torch": by_hand(torch_network(start, tuned=False), optimizer),
        "torch tuned": by_hand(torch_network(start, tuned=True), optimizer),
        "striate plain": by_striate(copied(), optimizer, False, "float32", not check),
        "striate planned": by_striate(copied(), optimizer, True, "float32", not check),
        "striate auto": by_striate(copied(), optimizer, True, "auto"),
    }


def batches(size: int, count: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Random images with labels that depend on them."""
    generator = torch.Generator().manual_seed(1)
    made = []
    for _ in range(count):
        x = torch.rand(size, 28, 28, 1, generator=generator)
        made.append((x, (x[:, 14, 14, 0] * 10).long().clamp(0, 9)))
    return made


def check_equal(build: Callable[[], st.Sequential], optimizer: str, size: int) -> float:
    """Runs 20 steps of every float32 row; returns the largest difference of losses."""
    rows = rows_of(build, optimizer, check=True)
    data = batches(size, 20)
    losses = {name: [rows[name](x, y) for x, y in data] for name in ROWS[:4]}
    right = losses["torch"]
    worst = max(abs(a - b) for name in ROWS[1:4] for a, b in zip(losses[name], right, strict=True))
    if worst > 5e-3:
        sys.exit(f"{build.__name__}: the losses of 20 steps differ by {worst:.1e}")
    return worst


def timed(rows: dict[str, Step], size: int, rounds: int, steps: int) -> dict[str, list[float]]:
    """Images per second of every row in every round."""
    data = batches(size, steps)
    rates: dict[str, list[float]] = {name: [] for name in rows}
    for round_number in range(rounds + 1):
        order = list(rows) if round_number % 2 else list(reversed(rows))
        for name in order:
            gc.collect()
            begin = time.perf_counter()
            for x, y in data:
                rows[name](x, y)
            if round_number:  # the first round warms up
                rates[name].append(size * steps / (time.perf_counter() - begin))
    return rates


def table(rates: dict[str, list[float]]) -> list[str]:
    """Median, quartiles and the ratio to `torch` within rounds, a row each."""
    lines = []
    for name, values in rates.items():
        low, middle, high = statistics.quantiles(values, n=4)
        ratios = [b / a for a, b in zip(rates["torch"], values, strict=True)]
        lines.append(
            f"    {name:16} {middle:8.0f} img/s  ({low:.0f} to {high:.0f})   "
            f"{statistics.median(ratios):5.2f} x torch"
        )
    return lines


def machine() -> str:
    """Where this ran."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return (
        f"{model}, {torch.backends.cpu.get_cpu_capability()}, {torch.get_num_threads()} threads, "
        f"torch {torch.__version__}, striate {st.__version__}, "
        f"Python {platform.python_version()}"
    )


def main() -> None:
    """Reads the arguments; prints, and writes what it printed if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=6, help="steps per round")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--batch", type=int, nargs="*", default=[32, 64])
    parser.add_argument("--optimizer", nargs="*", default=["rmsprop", "adam"])
    parser.add_argument("--network", nargs="*", default=[b.__name__ for b, _ in NETWORKS])
    parser.add_argument("--out", type=Path, help="file to write the result to")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    lines = [machine(), f"allocator {keep_large_blocks()}", " ".join(sys.argv)]
    print(*lines, sep="\n")
    for build, parameters in NETWORKS:
        if build.__name__ not in arguments.network:
            continue
        for optimizer in arguments.optimizer:
            for size in arguments.batch:
                error = check_equal(build, optimizer, size)
                found = [
                    f"{build.__name__}, {parameters:,} parameters, batch {size}, {optimizer}; "
                    f"losses of 20 steps equal to {error:.0e}"
                ]
                rows = rows_of(build, optimizer, check=False)
                found += table(timed(rows, size, arguments.rounds, arguments.steps))
                print(*found, sep="\n", flush=True)
                lines += found
    if arguments.out is not None:
        arguments.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
