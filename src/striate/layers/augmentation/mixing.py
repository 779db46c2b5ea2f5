"""Augmentations that mix the images of a batch, and their labels with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from striate import errors
from striate.graph import kinds
from striate.layers.arguments import check_data_format
from striate.layers.augmentation.base import Amounts, Augmentation, drawn
from striate.layers.builtin import register
from striate.ops import patches, random


class Mixing(Augmentation):
    """What takes a share of each image, and of its label, from another of the batch."""

    def transform_labels(self, labels: Tensor, amounts: Amounts) -> Tensor:
        self._check_labels(labels, amounts["order"].shape[0])
        rows = labels if labels.is_floating_point() else labels.float()
        return patches.mix(rows, amounts["order"], amounts["share"])

    def _check_labels(self, labels: Tensor, count: int) -> None:
        fault = ""
        numbers = not labels.is_floating_point() and (labels.dim() < 2 or labels.shape[1] == 1)
        if labels.dim() == 0 or labels.shape[0] != count:
            fault = "there is not one label for each image"
        elif numbers:
            fault = "class numbers cannot be mixed"
        if fault:
            fix = "Use torch.nn.functional.one_hot(labels.flatten(), num_classes).float()"
            raise errors.ArgumentError(
                errors.message(
                    self.where,
                    fault,
                    got={"labels": tuple(labels.shape), "images": count},
                    expected="a row per image: (N, classes), one-hot, or numbers to predict",
                    fix=fix if numbers and labels.dim() else "",
                )
            )


@register()
class MixUp(Mixing):
    """Mixes each image and its label with another of the batch: s x + (1 - s) x'.

    s is drawn for each image from Beta(alpha, alpha); x' is the image at its place in a random
    order of the batch. Call it on images and labels, on a dict of "images" and "labels" as in
    Keras, or put it in front of the training data with `data.augmented`. In a model it can mix
    images only, since labels do not pass through one.

    Shapes: images unchanged; labels (N, classes), one-hot, become shares of classes; whole
        numbers become float32. Inference: the identity.

    Args:
        alpha: above 0; small ones mix little, 1 draws s evenly from [0, 1].
        data_format: "channels_last", striate's only order.
        seed: for a stream of its own; by default from the seed of the run.

    Raises:
        ArgumentError: alpha is not above 0; labels that are class numbers, or too few.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> mix = layers.MixUp(0.2, seed=1)
        >>> images, labels = mix(np.ones((4, 8, 8, 3)), np.eye(4), training=True)
        >>> labels.sum(dim=1).tolist()
        [1.0, 1.0, 1.0, 1.0]

    References: Zhang et al. (2017), https://arxiv.org/abs/1710.09412
    """

    kind: kinds.MixUp
    mixes_values = True

    def __init__(
        self,
        alpha: float = 0.2,
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        check_data_format(type(self).__name__, data_format)
        super().__init__(kinds.MixUp, {"alpha": alpha, "seed": seed}, **kwargs)

    def draw(self, x: Tensor, source: torch.Generator | None) -> Amounts:
        alpha = torch.full((x.shape[0],), self.kind.alpha, device=x.device)
        return {
            "order": random.shuffled(x.shape[0], x, source),
            "share": random.shares(alpha, 2, source)[:, 0],
        }

    def transform(self, x: Tensor, amounts: Amounts) -> Tensor:
        return patches.mix(x, amounts["order"], amounts["share"])

    transform_masks = transform


@register()
class CutMix(Mixing):
    """Pastes a box of another image of the batch into each image, and mixes their labels.

    With s from Beta(a, a), a drawn from `factor`, the sides of the box are sqrt(1 - s) of height
    and width. Labels are mixed by the share of pixels that were replaced in fact. Use it as
    `MixUp`.

    Shapes: images unchanged; labels (N, classes), one-hot, become shares of classes; whole
        numbers become float32. Inference: the identity.

    Args:
        factor: a in [0, 1]: a range (lower, upper), or a for (0, a); the paper has (1, 1).
        seed: for a stream of its own; by default from the seed of the run.
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a factor outside [0, 1]; labels that are class numbers, or too few.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> cut = layers.CutMix((1, 1), seed=1)
        >>> images, labels = cut(np.ones((4, 8, 8, 3)), np.eye(4), training=True)
        >>> labels.sum(dim=1).tolist()
        [1.0, 1.0, 1.0, 1.0]

    References: Yun et al. (2019), https://arxiv.org/abs/1905.04899
    """

    kind: kinds.CutMix

    def __init__(
        self,
        factor: float | Sequence[float] = 1.0,
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        check_data_format(type(self).__name__, data_format)
        super().__init__(kinds.CutMix, {"factor": factor, "seed": seed}, **kwargs)

    def draw(self, x: Tensor, source: torch.Generator | None) -> Amounts:
        alpha = drawn(self.factor, x, source) + 1e-6
        side = (1.0 - random.shares(alpha, 2, source)[:, 0]).sqrt()
        down, across = drawn((0.0, 1.0), x, source, (2,)).unbind(1)
        mask = patches.inside(x, patches.boxes(x, side, side, down, across))
        return {
            "order": random.shuffled(x.shape[0], x, source),
            "mask": mask,
            "share": 1.0 - mask.float().mean(dim=(1, 2, 3)),
        }

    def transform(self, x: Tensor, amounts: Amounts) -> Tensor:
        return patches.paste(x, amounts["order"], amounts["mask"])

    transform_masks = transform
