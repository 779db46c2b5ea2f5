"""Guided backpropagation: a gradient of which only what speaks for the class goes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

from striate.explain.attribution import Attribution
from striate.explain.gradients import pixel_map, predicted
from striate.explain.probe import Probe
from striate.explain.targets import Target

if TYPE_CHECKING:
    from striate.models import Model

RECTIFIERS = frozenset(
    {F.relu, F.relu_, F.relu6, torch.relu, torch.relu_, Tensor.relu, Tensor.relu_}
)


def guided_backpropagation(model: Model, image: Any, target: Target = None) -> Attribution:
    """Which parts of the image make the units fire that speak for a class, with sharp edges.

    The gradient of the score in the image, but each ReLU (and ReLU6) passes back only what is
    positive. It shows what the network sees rather than why it decides: `randomization_check`
    says how little it depends on the last layers.

    Shapes: image (H, W, C) or (N, H, W, C) -> values (N, H, W, C).

    Args:
        model: a built model; ReLUs count wherever they are, inside of layers and in your own.
        image: an image or a batch.
        target: as in `saliency`.

    Raises:
        ShapeError: the image has another shape than the model was built for.

    Example:
        >>> import numpy as np
        >>> import striate as st
        >>> from striate import explain
        >>> conv = layers.Conv2D(4, 3, activation="relu", input_shape=(8, 8, 1))
        >>> model = st.Sequential([conv, layers.Flatten(), layers.Dense(3)])
        >>> explain.guided_backpropagation(model, np.random.rand(8, 8, 1)).values.shape
        (1, 8, 8, 1)

    References: Springenberg et al. (2014), https://arxiv.org/abs/1412.6806
    """
    probe = Probe("guided_backpropagation", model, image)
    probe.needs_images()
    choice = predicted(probe, target)
    with _Guiding() as mode:
        found = probe.gradient(choice.score, probe.images)
    note = "" if mode.met else "the network has no ReLU: this is the plain gradient"
    return pixel_map("Guided backpropagation", probe, choice.labels, found, note)


class _Guiding(TorchFunctionMode):
    """While it is on, ReLUs pass back what is positive only."""

    def __init__(self) -> None:
        super().__init__()
        self.met = 0

    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        out = function(*args, **(kwargs or {}))
        if function in RECTIFIERS or _cut_at_zero(function, args):
            self.met += 1
            return _Positive.apply(out)  # type: ignore[no-untyped-call]
        return out


def _cut_at_zero(function: Any, args: Any) -> bool:
    """A ReLU with a largest value: clamp(x, 0, max)."""
    return function is torch.clamp and len(args) == 3 and args[1] == 0.0


class _Positive(torch.autograd.Function):
    """The identity, whose gradient loses what is below 0."""

    @staticmethod
    def forward(context: Any, x: Tensor) -> Tensor:
        return x.view_as(x)

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> Tensor:
        return gradients[0].clamp(min=0)
