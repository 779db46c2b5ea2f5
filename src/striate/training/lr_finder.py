"""The learning-rate range test: which rates a model can be trained with, before training it."""

from __future__ import annotations

import copy
import dataclasses
import itertools
import math
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch

from striate.errors import ArgumentError, DataError, NonFiniteError, message
from striate.training.optimizers import Optimizer
from striate.training.optimizers.checks import check_integer, check_number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WHERE = "find_learning_rate"
FEWEST_STEPS = 10


class BatchSource(Protocol):
    """What batches are taken from; see `striate.data`."""

    def batches(self, epoch: int, start: int = 0) -> Iterator[tuple[Any, Any, Any]]:
        """The (x, y, sample_weight) of an epoch."""


BatchLoss = Callable[[torch.nn.Module, Any, Any, Any], torch.Tensor]


@dataclasses.dataclass(frozen=True)
class LearningRateRange:
    """What `find_learning_rate` found; `plot()` shows it.

    Args:
        rates: the rates tried, ascending.
        losses: the loss of the batch before the step with each rate.
        smoothed: the losses averaged over their neighbours. Unlike a running mean, this does not
            move the curve towards higher rates.
        steepest: the rate at which the smoothed loss falls fastest, once it falls.
        tenth_of_lowest: a tenth of the rate with the lowest smoothed loss.
        stopped_early: whether the loss grew out of hand before the last rate.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    steepest: float
    tenth_of_lowest: float
    stopped_early: bool

    @property
    def suggestion(self) -> float:
        """The rate to train with: the lower, thus safer, one of the two estimates."""
        return min(self.steepest, self.tenth_of_lowest)

    def plot(self) -> Figure:
        """The losses over the rates, with both estimates; a matplotlib figure."""
        from striate.figures import COLOURS, MUTED, panels, quiet

        picture, (axes,) = panels(1, width_inches=7, height_inches=4)
        axes.plot(self.rates, self.losses, color=MUTED, alpha=0.5, label="loss of the batch")
        axes.plot(self.rates, self.smoothed, color=COLOURS[0], label="smoothed")
        for rate, color, text in (
            (self.steepest, COLOURS[1], "steepest descent"),
            (self.tenth_of_lowest, COLOURS[2], "a tenth of the lowest"),
        ):
            axes.axvline(rate, color=color, linestyle="--", label=f"{text}: {rate:.1e}")
        quiet(axes, x="learning rate", y="loss").set_xscale("log")
        low, high = min(self.smoothed), max(self.smoothed[0], min(self.smoothed))
        margin = 0.5 * (high - low) or 1.0
        axes.set_ylim(low - margin, high + margin)  # the explosion at the end would hide the rest
        axes.legend(frameon=False)
        return picture

    def __str__(self) -> str:
        return (
            f"learning rate {self.suggestion:.1e} (steepest descent at {self.steepest:.1e}, "
            f"a tenth of the lowest loss's rate is {self.tenth_of_lowest:.1e})"
        )


def find_learning_rate(
    module: torch.nn.Module,
    loss: Callable[..., torch.Tensor],
    optimizer: torch.optim.Optimizer,
    source: BatchSource,
    *,
    start: float = 1e-6,
    stop: float = 1.0,
    num_steps: int = 100,
    divergence: float = 4.0,
    batch_loss: BatchLoss | None = None,
) -> LearningRateRange:
    """Trains for a few steps at rates that grow from `start` to `stop`, and undoes it all.

    At low rates the loss stays, then it falls, and at rates too high it explodes. The rate where it
    falls fastest is a good constant rate; a one-cycle schedule may go a few times as high. The rate
    of step i is `start * (stop / start) ^ (i / (num_steps - 1))`. Afterwards weights, buffers,
    gradients, the optimizer (its schedule and rate, too), training mode and random states are what
    they were before; an optimizer without parameters is bound to the module's.

    Args:
        module: the model to train.
        loss: called as `loss(y_true, y_pred)`, with the sample weights as a third argument if there
            are any.
        optimizer: ours or PyTorch's.
        source: gives the batches; started again as often as needed.
        start: the lowest rate.
        stop: the highest rate; 10 for plain SGD.
        num_steps: the number of rates.
        divergence: stops once the smoothed loss is this many times its lowest value so far.
        batch_loss: called as `batch_loss(module, x, y, sample_weight)` in place of the forward pass
            and the loss, for models that need more than that.

    Raises:
        ArgumentError: an argument is out of range.
        DataError: the source has no batches.
        NonFiniteError: the loss is not finite before there is anything to learn from it.

    Example:
        >>> class Line:
        ...     def batches(self, epoch, start=0):
        ...         x = torch.linspace(-1, 1, 64).reshape(-1, 1)
        ...         yield x, 3 * x, None
        >>> def squared(y_true, y_pred):
        ...     return (y_true - y_pred).square().mean()
        >>> from striate.training.optimizers import SGD
        >>> module = torch.nn.Linear(1, 1)
        >>> found = find_learning_rate(module, squared, SGD(), Line(), start=1e-4, stop=100.0)
        >>> 0.01 < found.suggestion < 2
        True

    References:
        Smith (2015), https://arxiv.org/abs/1506.01186
    """
    start = check_number(WHERE, "start", start, "(0, inf)")
    stop = check_number(WHERE, "stop", stop, "(0, inf)")
    num_steps = check_integer(WHERE, "num_steps", num_steps, FEWEST_STEPS)
    divergence = check_number(WHERE, "divergence", divergence, "(1, inf)")
    if stop <= start:
        got = {"start": start, "stop": stop}
        raise ArgumentError(message(WHERE, "the range is empty", got=got, expected="start < stop"))
    if isinstance(optimizer, Optimizer):
        optimizer.build(module.named_parameters())
    rates = [start * (stop / start) ** (i / (num_steps - 1)) for i in range(num_steps)]

    def loss_of(x: Any, y: Any, weight: Any) -> torch.Tensor:
        if batch_loss is not None:
            return batch_loss(module, x, y, weight)
        return _forward_loss(module, loss, x, y, weight)

    with _restored(module, optimizer):
        module.train()
        losses, stopped = _losses(module, optimizer, source, rates, loss_of, divergence)
    return _evaluated(rates[: len(losses)], losses, stopped)


def _losses(
    module: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    source: BatchSource,
    rates: list[float],
    loss_of: Callable[..., torch.Tensor],
    divergence: float,
) -> tuple[list[float], bool]:
    """The losses at each rate, and whether the last ones are missing."""
    batches = _endless(source)
    set_rate = _rate_setter(optimizer)
    per_step = getattr(optimizer, "gradient_accumulation_steps", None) or 1
    losses: list[float] = []
    running, lowest = 0.0, math.inf
    for rate in rates:
        set_rate(rate)
        total = 0.0
        for x, y, weight in itertools.islice(batches, per_step):
            value = loss_of(x, y, weight)
            total += value.item() / per_step
            optimizer.zero_grad()
            scaled = optimizer.scale_loss(value) if isinstance(optimizer, Optimizer) else value
            scaled.backward()
            optimizer.step()
            getattr(module, "apply_constraints", lambda: None)()
        if not math.isfinite(total):
            return losses, True
        losses.append(total)
        running += 0.3 * (total - running)
        mean = running / (1 - 0.7 ** len(losses))
        lowest = min(lowest, mean)
        if len(losses) >= FEWEST_STEPS and abs(mean) > divergence * abs(lowest):
            return losses, True
    return losses, False


def _forward_loss(
    module: torch.nn.Module, loss: Callable[..., torch.Tensor], x: Any, y: Any, weight: Any
) -> torch.Tensor:
    device = next(module.parameters()).device
    x, y, weight = (_moved(part, device) for part in (x, y, weight))
    predicted = module(_floating(x))
    value = loss(y, predicted) if weight is None else loss(y, predicted, weight)
    penalties: list[torch.Tensor] = getattr(module, "training_losses", list)()
    return value + sum(penalties) if penalties else value


def _moved(part: Any, device: torch.device) -> Any:
    if isinstance(part, torch.Tensor):
        return part.to(device, non_blocking=True)
    if isinstance(part, dict):
        return {name: _moved(value, device) for name, value in part.items()}
    if isinstance(part, (tuple, list)):
        return type(part)(_moved(value, device) for value in part)
    return part


def _floating(part: Any) -> Any:
    """Images kept as bytes become numbers that a model can be fed with."""
    if isinstance(part, torch.Tensor):
        return part.float() if part.dtype == torch.uint8 else part
    if isinstance(part, dict):
        return {name: _floating(value) for name, value in part.items()}
    if isinstance(part, (tuple, list)):
        return type(part)(_floating(value) for value in part)
    return part


def _endless(source: BatchSource) -> Iterator[tuple[Any, Any, Any]]:
    for epoch in itertools.count():
        empty = True
        for batch in source.batches(epoch):
            empty = False
            yield batch
        if empty:
            raise DataError(message(WHERE, "the source gave no batch", got={"epoch": epoch}))


def _rate_setter(optimizer: torch.optim.Optimizer) -> Callable[[float], None]:
    if isinstance(optimizer, Optimizer):
        optimizer.schedule = None
        return lambda rate: setattr(optimizer, "learning_rate", rate)
    first = optimizer.param_groups[0]["lr"]
    shares = [float(group["lr"] / first) if first else 1.0 for group in optimizer.param_groups]

    def set_rate(rate: float) -> None:
        for group, share in zip(optimizer.param_groups, shares, strict=True):
            group["lr"] = rate * share

    return set_rate


def _evaluated(rates: list[float], losses: list[float], stopped: bool) -> LearningRateRange:
    if len(losses) < FEWEST_STEPS:
        rate = rates[-1] if rates else 0.0
        raise NonFiniteError(
            message(
                WHERE,
                "the loss is not finite almost from the start",
                got={"steps": len(losses), "last rate": rate},
                expected=f"at least {FEWEST_STEPS} finite losses",
                fix="Check the data for NaN, or use a lower start",
            )
        )
    smooth = _smoothed(np.asarray(losses))
    lowest = int(smooth.argmin())
    # Noise where the loss is still flat can be steeper than the descent: that begins where the
    # loss is for the last time within a tenth of its fall below where it started.
    level = np.median(smooth[: len(smooth) // 10 + 1])
    high = np.flatnonzero(smooth[: lowest + 1] >= smooth[lowest] + 0.9 * (level - smooth[lowest]))
    begin = int(high[-1]) if len(high) else 0
    slopes = np.gradient(smooth, np.log(rates))[begin : max(lowest, begin + 1)]
    return LearningRateRange(
        tuple(rates),
        tuple(losses),
        tuple(smooth.tolist()),
        steepest=rates[begin + int(slopes.argmin())],
        tenth_of_lowest=rates[lowest] / 10,
        stopped_early=stopped,
    )


def _smoothed(losses: np.ndarray[Any, np.dtype[Any]]) -> np.ndarray[Any, np.dtype[Any]]:
    """Means weighted by a Gaussian over the neighbours, 3 % of the steps wide."""
    place = np.arange(len(losses))
    width = max(1.0, 0.03 * len(losses))
    weights = np.exp(-0.5 * ((place[:, None] - place) / width) ** 2)
    means: np.ndarray[Any, np.dtype[Any]] = weights @ losses / weights.sum(axis=1)
    return means


@contextmanager
def _restored(module: torch.nn.Module, optimizer: torch.optim.Optimizer) -> Iterator[None]:
    """Whatever happens inside, model, optimizer and random states are as before afterwards."""
    tensors = [*module.parameters(), *module.buffers()]
    copies = [tensor.detach().clone() for tensor in tensors]
    grads = [p.grad for p in module.parameters()]
    modes = [(part, part.training) for part in module.modules()]
    state = copy.deepcopy(optimizer.state_dict())
    schedule = optimizer.schedule if isinstance(optimizer, Optimizer) else None
    with _random_states():
        try:
            yield
        finally:
            with torch.no_grad():
                for tensor, kept in zip(tensors, copies, strict=True):
                    tensor.copy_(kept)
            for p, grad in zip(module.parameters(), grads, strict=True):
                p.grad = grad
            for part, mode in modes:
                part.training = mode
            if isinstance(optimizer, Optimizer) and schedule is not None:
                optimizer.schedule = schedule
            optimizer.load_state_dict(state)


@contextmanager
def _random_states() -> Iterator[None]:
    python, numpy = random.getstate(), np.random.get_state()
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()
    with torch.random.fork_rng(list(devices)):
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)
