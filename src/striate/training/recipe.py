"""Recipes: how to train well in few passes over the data, without choosing every number."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from striate.errors import ArgumentError, message, unknown_name
from striate.training.compiled import Compiled
from striate.training.optimizers import SGD, AdamW, Optimizer
from striate.training.optimizers.checks import check_number
from striate.training.optimizers.schedules.one_cycle import OneCycle

# The batch at which the rates below are meant.
BATCH_SIZE = 128
# Images with a smaller side are not made smaller still.
SMALL = 64
# Highest rates at that batch, with and without batch normalisation, and weight decay.
_RATES = {"adamw": (0.01, 0.003, 0.02), "sgd": (0.2, 0.02, 0.005)}


@dataclass(frozen=True)
class Recipe:
    """A way of training for `fit(recipe=...)`; the defaults are the recipe "fast".

    What a recipe does: the learning rate rises and falls once in the whole training (`OneCycle`),
    so that it is high for most of it and near zero at its end; it grows with the batch, in
    proportion for SGD, with the root for AdamW; the weights at the end are an average over the
    last steps; images are shifted, and photographs mirrored, each in every second epoch, so that
    two epochs show both sides of every image. The model's losses and metrics stay, its optimizer
    is not used.

    Choose the number of epochs first: the rate falls to zero at the end of just that many, and a
    second `fit` begins a second cycle.

    Args:
        optimizer: "adamw", or "sgd" with Nesterov momentum, which suits deep residual networks.
        learning_rate: the highest rate, at batch size 128; None: 0.01 and 0.2, without batch
            normalisation 0.003 and 0.02.
        weight_decay: per step and unit of learning rate; None: 0.02 and 0.005.
        warmup_share: share of the steps before the highest rate.
        label_smoothing: s in [0, 1): targets of crossentropies become y (1 - s) + s / classes, in
            the losses of the history, too. It helps where a network has time to learn its
            training images by heart.
        average_share: the weights at the end are an average over about this share of the last
            steps; 0: the weights themselves.
        flip: mirrors images left to right. "auto": those of three channels, photographs as a rule;
            say False where left and right matter, as in text.
        shift: moves images by up to so many pixels each way, borders mirrored. "auto": a 16th of
            the smaller side of images of one or three channels.
        sizes: progressive sizes: shares of the images' height and width, each for as many epochs
            as the others, the last one full. "auto": (0.5, 0.75, 1) for images of 64 pixels and
            more, where small copies teach most of what the large ones do in a quarter of the time;
            only networks that take any size do it, those with a global pooling before their head.
        stage_decay: rate of each stage of a backbone, as a share of that of the stage behind it:
            below 1, early layers, which know what is common to all images, change less. The head
            learns at the full rate.
        shift_rate: rate of the shifts (beta) of batch normalisations, as a multiple of that of the
            other weights; they decay at the rate of the others. Jordan (2024) has 64, with SGD.

    Raises:
        ArgumentError: an argument is out of range.
        UnknownNameError: an optimizer is not known.

    Example:
        >>> optimizer = Recipe().optimizer_for(steps=1000, batch_size=512)
        >>> [round(optimizer.schedule(step), 4) for step in (0, 249, 999)]
        [0.0008, 0.02, 0.0]

    References:
        Smith (2018), https://arxiv.org/abs/1803.09820; Goyal et al. (2017),
        https://arxiv.org/abs/1706.02677; Jordan (2024), https://arxiv.org/abs/2404.00498;
        progressive sizes: Howard (2018), https://www.fast.ai/posts/2018-08-10-fastai-diu-imagenet.html;
        stages' rates: Howard & Ruder (2018), https://arxiv.org/abs/1801.06146
    """

    optimizer: str = "adamw"
    learning_rate: float | None = None
    weight_decay: float | None = None
    warmup_share: float = 0.25
    label_smoothing: float = 0.0
    average_share: float = 0.05
    flip: bool | str = "auto"
    shift: int | str = "auto"
    sizes: Sequence[float] | str = "auto"
    stage_decay: float = 1.0
    shift_rate: float = 1.0

    def __post_init__(self) -> None:
        if self.optimizer not in _RATES:
            raise unknown_name("Recipe", "optimizer", self.optimizer, _RATES)
        for name in ("learning_rate", "weight_decay"):
            value = getattr(self, name)
            if value is not None:
                check_number("Recipe", name, value, "[0, inf)")
        check_number("Recipe", "warmup_share", self.warmup_share, "(0, 1)")
        check_number("Recipe", "label_smoothing", self.label_smoothing, "[0, 1)")
        check_number("Recipe", "average_share", self.average_share, "[0, 1)")
        check_number("Recipe", "stage_decay", self.stage_decay, "[0, 1]")
        check_number("Recipe", "shift_rate", self.shift_rate, "(0, inf)")
        self._check_sizes()
        if self.flip not in (True, False, "auto"):
            raise _bad("flip", self.flip, 'True, False or "auto"')
        whole = isinstance(self.shift, int) and not isinstance(self.shift, bool) and self.shift >= 0
        if self.shift != "auto" and not whole:
            raise _bad("shift", self.shift, 'a number of pixels, 0 or more, or "auto"')

    def _check_sizes(self) -> None:
        """Raises an error unless sizes are growing shares that end with 1."""
        if isinstance(self.sizes, str):
            right = self.sizes == "auto"
        else:
            shares = list(self.sizes)
            right = shares == sorted(shares) and all(0 < s <= 1 for s in shares)
            right = right and shares[-1:] == [1]
        if not right:
            expected = '"auto", or growing shares that end with 1: (0.5, 0.75, 1)'
            raise _bad("sizes", self.sizes, expected)

    def optimizer_for(self, steps: int, batch_size: int, normalized: bool = True) -> Optimizer:
        """The optimizer of a training of so many steps.

        Args:
            steps: of all epochs.
            batch_size: samples of a step.
            normalized: whether the network has batch normalisation, which bears higher rates.
        """
        high, low, usual_decay = _RATES[self.optimizer]
        usual_rate = high if normalized else low
        rate = usual_rate if self.learning_rate is None else self.learning_rate
        decay = usual_decay if self.weight_decay is None else self.weight_decay
        times = batch_size / BATCH_SIZE
        rate *= math.sqrt(times) if self.optimizer == "adamw" else times
        schedule = OneCycle(rate, max(2, steps), warmup_share=self.warmup_share)
        span = self.average_share * steps
        options: dict[str, Any] = {"weight_decay": decay}
        if span > 2:  # the mean age of what such an average holds is 1 / (1 - momentum)
            options |= {"use_ema": True, "ema_momentum": 1 - 2 / span}
        if self.optimizer == "adamw":
            return AdamW(schedule, **options)
        return SGD(schedule, momentum=0.9, nesterov=True, **options)

    def compiled_for(self, compiled: Compiled, optimizer: Optimizer) -> Compiled:
        """What to train with in place of `compiled`: the same losses, smoothed, and metrics."""
        made = compiled.with_optimizer(optimizer)
        made.loss = self._smoothed(compiled.loss)
        return made

    def _smoothed(self, loss: Any) -> Any:
        """Crossentropies that are not smoothed yet, smoothed; in lists and dicts of losses, too."""
        if isinstance(loss, Mapping):
            return {name: self._smoothed(one) for name, one in loss.items()}
        if isinstance(loss, (list, tuple)):
            return [self._smoothed(one) for one in loss]
        if not self.label_smoothing or getattr(loss, "label_smoothing", None) != 0.0:
            return loss
        made = copy.copy(loss)
        made.label_smoothing = self.label_smoothing
        return made

    def moves(self, image_shape: tuple[int | None, ...]) -> tuple[bool, int]:
        """Whether images of (H, W, C) are mirrored, and by how many pixels they are moved."""
        height, width, channels = image_shape
        sides = [n for n in (height, width) if n is not None and channels in (1, 3)]
        shift = min(sides, default=0) // 16 if self.shift == "auto" else int(self.shift)
        return channels == 3 if self.flip == "auto" else bool(self.flip), shift

    def epoch_sizes(self, side: tuple[int, int], epochs: int) -> list[tuple[int, int]]:
        """The size of images in each epoch.

        Args:
            side: their height and width.
            epochs: of the training.

        Example:
            >>> Recipe().epoch_sizes((224, 224), 4)
            [(112, 112), (112, 112), (168, 168), (224, 224)]
        """
        auto = (0.5, 0.75, 1.0) if min(side) >= SMALL else (1.0,)
        shares = auto if isinstance(self.sizes, str) else tuple(self.sizes)
        shares = shares[-max(1, epochs) :]
        turns = (shares[epoch * len(shares) // epochs] for epoch in range(epochs))
        return [(max(1, round(side[0] * s)), max(1, round(side[1] * s))) for s in turns]


RECIPES = {"fast": Recipe()}


def recipe_of(given: str | Recipe) -> Recipe:
    """The recipe that a name stands for.

    Raises:
        UnknownNameError: no recipe has this name.
    """
    if isinstance(given, Recipe):
        return given
    if given not in RECIPES:
        raise unknown_name("fit", "recipe", given, RECIPES)
    return replace(RECIPES[given])


def _bad(name: str, value: object, expected: str) -> ArgumentError:
    return ArgumentError(
        message("Recipe", f"`{name}` is not valid", got={name: value}, expected=expected)
    )
