"""The range test finds rates that work, and leaves everything as it was."""

from __future__ import annotations

import copy
import math
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from striate.errors import ArgumentError, DataError, NonFiniteError
from striate.training import LearningRateRange, find_learning_rate
from striate.training.optimizers import SGD, Adam, schedules

pytestmark = pytest.mark.torch


class Batches:
    """Points of a plane: a loss whose curvature is known."""

    def __init__(self, num_batches: int = 8, scale: float = 1.0) -> None:
        self.num_batches = num_batches
        self.scale = scale
        self.taken: list[int] = []

    def batches(self, epoch: int, start: int = 0) -> Iterator[tuple[Any, Any, Any]]:
        generator = torch.Generator().manual_seed(epoch)
        for _ in range(start, self.num_batches):
            self.taken.append(epoch)
            x = torch.randn(256, 4, generator=generator) * self.scale
            yield x, x @ torch.tensor([[1.0], [-2.0], [3.0], [0.5]]) + 1.0, None


def squared(y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
    return (y_true - y_pred).square().mean()


def model() -> torch.nn.Sequential:
    torch.manual_seed(1)
    layers = (torch.nn.BatchNorm1d(4), torch.nn.Dropout(0.1), torch.nn.Linear(4, 1))
    return torch.nn.Sequential(*layers)


def test_the_suggestion_trains_and_the_last_rate_does_not() -> None:
    module = torch.nn.Linear(4, 1)
    found = find_learning_rate(module, squared, SGD(), Batches(), start=1e-4, stop=100.0)
    # Gradient descent on this loss diverges above about 2 / 2: its curvature is 2.
    assert 0.001 < found.steepest < 0.7
    assert 0.001 < found.tenth_of_lowest < 0.7
    assert found.stopped_early
    assert len(found.rates) == len(found.losses) == len(found.smoothed) < 100
    assert found.rates[0] == 1e-4
    ratios = np.diff(np.log(found.rates))
    np.testing.assert_allclose(ratios, math.log(1e6) / 99)
    optimizer = SGD(found.suggestion)
    optimizer.build(module.parameters())
    losses = []
    for epoch in range(5):
        for x, y, _ in Batches().batches(epoch):
            optimizer.zero_grad()
            loss = squared(y, module(x))
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    assert losses[-1] < 0.05 * losses[0]


def everything(module: torch.nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    return copy.deepcopy(
        {
            "weights": module.state_dict(),
            "grads": [p.grad for p in module.parameters()],
            "modes": [part.training for part in module.modules()],
            "optimizer": optimizer.state_dict(),
            "torch": torch.get_rng_state(),
            "numpy": np.random.get_state()[1].tolist(),
            "python": random.getstate(),
        }
    )


def equal(a: Any, b: Any) -> bool:
    if isinstance(a, torch.Tensor):
        return isinstance(b, torch.Tensor) and torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(equal(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(equal, a, b))
    return bool(a == b)


OPTIMIZERS = {
    "ours": lambda params: Adam(0.02),
    "schedule": lambda params: SGD(schedules.ExponentialDecay(0.1, 10, 0.5), momentum=0.9),
    "function": lambda params: SGD(lambda step: 0.1 / (step + 1)),
    "accumulating": lambda params: SGD(0.1, gradient_accumulation_steps=2, use_ema=True),
    "torch": lambda params: torch.optim.Adam(params, lr=0.02),
    "torch groups": lambda params: torch.optim.SGD(
        [{"params": params[:2], "lr": 0.1}, {"params": params[2:], "lr": 0.01}], momentum=0.9
    ),
}


@pytest.mark.parametrize("kind", list(OPTIMIZERS))
@pytest.mark.parametrize("broken", [False, True])
def test_everything_is_as_before(kind: str, broken: bool) -> None:
    module = model()
    module[1].eval()
    optimizer = OPTIMIZERS[kind](list(module.parameters()))
    if not isinstance(optimizer, torch.optim.Adam | torch.optim.SGD):
        optimizer.build(module.named_parameters())
    for x, y, _ in Batches(3).batches(99):
        optimizer.zero_grad()
        squared(y, module(x)).backward()
        optimizer.step()
    before = everything(module, optimizer)
    calls = 0

    def noisy(y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
        nonlocal calls
        calls += 1
        random.random()
        np.random.rand()
        if broken and calls == 15:
            raise KeyError
        return squared(y_true, y_pred)

    settings: dict[str, Any] = {"stop": 1e-3, "num_steps": 20, "divergence": 1e9}
    if broken:
        with pytest.raises(KeyError):
            find_learning_rate(module, noisy, optimizer, Batches(), **settings)
    else:
        find_learning_rate(module, noisy, optimizer, Batches(), **settings)
        assert calls == 20 * (2 if kind == "accumulating" else 1)
    after = everything(module, optimizer)
    for part, value in before.items():
        assert equal(value, after[part]), part
    squared(y, module(x)).backward()
    optimizer.step()


def test_an_optimizer_without_parameters_is_bound() -> None:
    module, optimizer = model(), Adam(0.02)
    find_learning_rate(module, squared, optimizer, Batches(), num_steps=10)
    assert optimizer.built
    assert optimizer.iterations == 0
    assert optimizer.learning_rate == 0.02


def test_the_source_starts_again_when_it_ends() -> None:
    source = Batches(4)
    find_learning_rate(model(), squared, SGD(), source, num_steps=10)
    assert source.taken[:10] == [0] * 4 + [1] * 4 + [2] * 2


def test_bytes_and_weights_and_penalties_are_understood() -> None:
    class Penalised(torch.nn.Linear):
        def training_losses(self) -> list[torch.Tensor]:
            return [torch.tensor(100.0)]

    class Images:
        def batches(self, epoch: int, start: int = 0) -> Iterator[tuple[Any, Any, Any]]:
            yield torch.full((8, 4), 2, dtype=torch.uint8), torch.ones(8, 1), torch.zeros(8)

    def weighted(y: torch.Tensor, predicted: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        return ((y - predicted).square().flatten() * weight).mean()

    found = find_learning_rate(Penalised(4, 1), weighted, SGD(), Images(), num_steps=10)
    assert found.losses == (100.0,) * 10


def test_a_model_of_several_inputs_has_its_own_loss() -> None:
    class Pairs:
        def batches(self, epoch: int, start: int = 0) -> Iterator[tuple[Any, Any, Any]]:
            yield {"a": torch.ones(2, 3)}, (torch.ones(2, 1),), None

    module = torch.nn.Linear(3, 1)
    found = find_learning_rate(
        module,
        squared,
        SGD(),
        Pairs(),
        num_steps=10,
        batch_loss=lambda m, x, y, weight: squared(y[0], m(x["a"])),
    )
    assert len(found.losses) == 10


def test_the_plot_shows_both_estimates() -> None:
    found = find_learning_rate(model(), squared, SGD(), Batches(), stop=10.0)
    figure = found.plot()
    assert isinstance(figure, Figure)
    (axes,) = figure.axes
    assert axes.get_xscale() == "log"
    texts = [text.get_text() for text in axes.get_legend().get_texts()]
    assert texts[2] == f"steepest descent: {found.steepest:.1e}"
    assert texts[3] == f"a tenth of the lowest: {found.tenth_of_lowest:.1e}"
    assert str(found).startswith(f"learning rate {found.suggestion:.1e} (steepest descent at ")


def test_estimates_of_a_curve_by_hand() -> None:
    rates = tuple(10.0 ** (i / 10 - 4) for i in range(41))
    record = LearningRateRange(rates, (1.0,) * 41, (1.0,) * 41, 0.03, 0.01, False)
    assert record.suggestion == 0.01


def call(**arguments: Any) -> LearningRateRange:
    source = arguments.pop("source", None) or Batches()
    return find_learning_rate(model(), squared, SGD(), source, **arguments)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            {"start": 0.0},
            "start is out of range. Got start=0.0. Expected a number in (0, inf).",
        ),
        (
            {"num_steps": 9},
            "num_steps is out of range. Got num_steps=9. Expected a whole number >= 10.",
        ),
        (
            {"divergence": 1.0},
            "divergence is out of range. Got divergence=1.0. Expected a number in (1, inf).",
        ),
        (
            {"start": 1.0, "stop": 0.5},
            "the range is empty. Got start=1.0, stop=0.5. Expected start < stop.",
        ),
    ],
)
def test_arguments_out_of_range_are_errors(arguments: dict[str, Any], expected: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        call(**arguments)
    assert str(caught.value) == f"find_learning_rate: {expected}"


def test_a_source_without_batches_is_an_error() -> None:
    with pytest.raises(DataError) as caught:
        call(source=Batches(0))
    assert str(caught.value) == "find_learning_rate: the source gave no batch. Got epoch=0."


def test_a_loss_that_is_not_finite_is_an_error() -> None:
    with pytest.raises(NonFiniteError) as caught:
        call(source=Batches(scale=math.inf))
    assert str(caught.value) == (
        "find_learning_rate: the loss is not finite almost from the start. "
        "Got steps=0, last rate=0.0. Expected at least 10 finite losses. "
        "Check the data for NaN, or use a lower start."
    )
