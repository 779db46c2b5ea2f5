"""Randomisation check: does an explanation depend on what the network has learned?"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from striate.explain.attribution import Attribution
from striate.explain.gradients import predicted
from striate.explain.probe import Probe
from striate.explain.targets import Target
from striate.models import clone_model
from striate.models.stepping import Stepper

if TYPE_CHECKING:
    from striate.figures import Picture
    from striate.models import Model

Array = np.ndarray[Any, np.dtype[Any]]
ALIKE = 0.5  # a rank correlation above this, with all weights drawn anew, is suspicious


@dataclass(frozen=True)
class RandomizationCheck:
    """How an explanation changes while layer after layer loses what it learned.

    Args:
        method: the method's name.
        layers: the layers in the order in which their weights were drawn anew, the last first.
        similarities: after each, the rank correlation with the explanation of the trained model.
        original: the explanation of the trained model.
        maps: the maps after each layer, each (N, H, W).
    """

    method: str
    layers: tuple[str, ...]
    similarities: tuple[float, ...]
    original: Attribution = field(repr=False)
    maps: tuple[Array, ...] = field(repr=False)

    @property
    def passed(self) -> bool:
        """Whether the map of a network that knows nothing is another one."""
        return abs(self.similarities[-1]) < ALIKE

    def plot(self, image: int = 0) -> Picture:
        """The map of the trained model, and what becomes of it."""
        import matplotlib

        from striate.explain.drawing import HEAT, LABEL, scaled
        from striate.figures import Picture

        heats = [self.original.heat, *self.maps]
        titles = ["trained", *(f"{n}\n{s:.2f}" for n, s in self._pairs())]
        columns = min(6, len(heats))
        rows = -(-len(heats) // columns)
        picture = Picture(figsize=(1.7 * columns, 2.2 * rows + LABEL), layout="constrained")
        picture.suptitle(
            f"{self.method}: rank correlation after drawing weights anew, from the last layer",
            fontsize=9,
        )
        grid = picture.subplots(rows, columns, squeeze=False).ravel()
        for axes in grid:
            axes.set_axis_off()
        for axes, heat, title in zip(grid, heats, titles, strict=False):
            axes.imshow(matplotlib.colormaps[HEAT](scaled(heat)[image]))
            axes.set_title(title, fontsize=8)
        return picture

    def save(self, path: str | os.PathLike[str], dpi: float = 120) -> None:
        """Writes `plot` to a PNG, SVG or PDF file, by the ending of its name."""
        self.plot().save(path, dpi)

    def _repr_png_(self) -> bytes:
        return self.plot().content("png")

    def _pairs(self) -> list[tuple[str, float]]:
        return list(zip(self.layers, self.similarities, strict=True))

    def __str__(self) -> str:
        word = "depends on the weights" if self.passed else "hardly depends on the weights"
        lines = [f"{self.method} {word}:"]
        return "\n".join([*lines, *(f"  {name}: {s:.3f}" for name, s in self._pairs())])


def randomization_check(
    method: Callable[..., Attribution],
    model: Model,
    image: Any,
    target: Target = None,
    *,
    seed: int = 0,
    **arguments: Any,
) -> RandomizationCheck:
    """Draws the weights of a copy of a model anew, layer after layer from the last to the first.

    An explanation of what the model has learned must then become another one. Where it stays the
    same (a rank correlation near 1), the method shows the image rather than the model. Compared
    are the magnitudes, by Spearman's rank correlation, the mean over the images.

    Args:
        method: one of this module, or a function like them: (model, image, target) -> Attribution.
        model: a trained model; it is not changed.
        image: an image or a batch.
        target: as in `grad_cam`; None is the class that the trained model predicts, all along.
        seed: of the new weights.
        arguments: others that the method takes.

    Raises:
        ShapeError: the image has another shape than the model was built for.

    Example:
        >>> import numpy as np
        >>> import striate as st
        >>> from striate import explain
        >>> conv = layers.Conv2D(4, 3, activation="relu", input_shape=(8, 8, 1))
        >>> model = st.Sequential([conv, layers.Flatten(), layers.Dense(3)])
        >>> check = explain.randomization_check(explain.saliency, model, np.random.rand(8, 8, 1))
        >>> check.layers
        ('dense', 'conv2d')

    References: Adebayo et al. (2018), https://arxiv.org/abs/1810.03292
    """
    probe = Probe("randomization_check", model, image)
    target = predicted(probe, target).target
    original = method(model, image, target, **arguments)
    changing = copy.deepcopy(model)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        random = clone_model(model)
    before, after = Stepper(changing).layers, Stepper(random).layers
    names = [n.layer for n in probe.graph if n.first_call and n.num_parameters]
    maps, similarities = [], []
    for name in reversed(names):
        before[name].set_weights(after[name].get_weights())
        found = method(changing, image, target, **arguments).heat
        maps.append(found)
        pairs = zip(original.heat, found, strict=True)
        similarities.append(float(np.mean([rank_correlation(a, b) for a, b in pairs])))
    return RandomizationCheck(
        original.method, tuple(reversed(names)), tuple(similarities), original, tuple(maps)
    )


def rank_correlation(a: Array, b: Array) -> float:
    """Spearman's rank correlation of magnitudes; equal values share the mean of their ranks.

    Example:
        >>> import numpy as np
        >>> rank_correlation(np.array([1.0, 2.0, 9.0]), np.array([3.0, 5.0, 4.0]))
        0.5
    """
    ranks = [_ranks(np.abs(x).ravel()) for x in (a, b)]
    first, second = (r - r.mean() for r in ranks)
    below = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return float((first * second).sum()) / below if below else 0.0


def _ranks(values: Array) -> Array:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    found: Array = (last - (counts - 1) / 2)[inverse]
    return found
