"""Small modules and batch sources that the tests of training share; nothing of layers or data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from striate import training


class Batches:
    """A batch source over tensors; the order is a function of (seed, epoch).

    Args:
        x: inputs, a tensor or a tuple or dict of tensors.
        y: targets, likewise.
        known: whether the source tells how many batches it has.
    """

    def __init__(
        self,
        x: Any,
        y: Any = None,
        weight: torch.Tensor | None = None,
        batch_size: int = 8,
        shuffle: bool = False,
        seed: int = 0,
        known: bool = True,
    ) -> None:
        self.x, self.y, self.weight = x, y, weight
        self.seed, self.shuffle = seed, shuffle
        count = len(_first(x))
        self._count, self._size = count, batch_size
        self.batch_size = batch_size
        self.num_samples = count if known else None
        self.num_batches = -(-count // batch_size) if known else None
        self.asked: list[tuple[int, int]] = []

    def batches(self, epoch: int, start: int = 0) -> Iterator[tuple[Any, Any, Any]]:
        self.asked.append((epoch, start))
        order = torch.arange(self._count)
        if self.shuffle:
            generator = torch.Generator().manual_seed(1000 * self.seed + epoch)
            order = torch.randperm(self._count, generator=generator)
        for first in range(start * self._size, self._count, self._size):
            place = order[first : first + self._size]
            yield _take(self.x, place), _take(self.y, place), _take(self.weight, place)


def digits(count: int = 64, size: int = 8, classes: int = 3, **options: Any) -> Batches:
    """Images of noise whose brightness tells the class: something that can be learnt."""
    generator = torch.Generator().manual_seed(7)
    y = torch.randint(0, classes, (count,), generator=generator)
    x = torch.randn(count, size, size, 1, generator=generator) + y.float().reshape(-1, 1, 1, 1)
    return Batches(x, y, **options)


class SmallCNN(nn.Module):
    """A plain torch network with dropout and batch normalisation; NHWC in, probabilities out."""

    def __init__(self, classes: int = 3, channels: int = 4, dropout: float = 0.25) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, channels, 3)
        self.norm = nn.BatchNorm2d(channels)
        self.drop = nn.Dropout(dropout)
        self.head = nn.Linear(channels * 36, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.norm(self.conv(x.permute(0, 3, 1, 2))))
        return torch.softmax(self.head(self.drop(x).flatten(1)), -1)


class Line(nn.Module):
    """y = w x, one weight that begins at 0."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Linear(1, 1, bias=False)
        nn.init.zeros_(self.scale.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.scale(x)


def line_data(count: int = 16, **options: Any) -> Batches:
    """y = 2 x at evenly spaced points."""
    x = torch.linspace(-1, 1, count).reshape(-1, 1)
    return Batches(x, 2 * x, **options)


def compiled_line(module: nn.Module, rate: float = 0.1, **options: Any) -> training.Compiled:
    """Mean squared error and plain SGD."""
    optimizer = torch.optim.SGD(module.parameters(), lr=rate)
    return training.compile(optimizer, "mse", **options)


def fit_line(source: Batches | None = None, **options: Any) -> tuple[Line, training.History]:
    """Fits a `Line` silently on the CPU."""
    module = Line()
    compiled = compiled_line(module)
    settings = {"epochs": 2, "verbose": 0, "device": "cpu", **options}
    return module, training.fit(module, compiled, source or line_data(), **settings)


def _first(value: Any) -> torch.Tensor:
    while not isinstance(value, torch.Tensor):
        value = next(iter(value.values() if isinstance(value, dict) else value))
    return value


def _take(value: Any, place: torch.Tensor) -> Any:
    if value is None:
        return None
    if isinstance(value, dict):
        return {name: item[place] for name, item in value.items()}
    if isinstance(value, tuple):
        return tuple(item[place] for item in value)
    return value[place]
