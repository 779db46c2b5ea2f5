"""Augmentations that choose among others, for each image anew."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from striate.graph import kinds
from striate.layers.arguments import check_data_format
from striate.layers.augmentation.base import Amounts, OnImages
from striate.layers.augmentation.choosing import Policy
from striate.layers.augmentation.colours import (
    Factor,
    RandomBrightness,
    RandomColorDegeneration,
    RandomContrast,
    Range,
)
from striate.layers.augmentation.filtering import RandomSharpness
from striate.layers.augmentation.tones import (
    AutoContrast,
    Equalization,
    RandomPosterization,
    Solarization,
)
from striate.layers.augmentation.warping import RandomRotation, RandomShear, RandomTranslation
from striate.layers.builtin import register
from striate.ops import random


def _operations(kind: kinds.RandAugment | kinds.AugMix) -> tuple[OnImages, ...]:
    """Keras's eleven operations; the last four change colours more than the others."""
    factor: Any = kind.factor
    values: Any = kind.value_range
    between: Any = {"interpolation": kind.interpolation}
    return (
        RandomShear(factor, factor, **between),
        RandomTranslation(factor, factor, **between),
        RandomRotation(factor, **between),
        RandomPosterization(max(1, int(8 * factor[1])), values),
        Solarization(factor, factor, values),
        AutoContrast(values),
        Equalization(values),
        RandomBrightness(factor, values),
        RandomColorDegeneration(factor, values),
        RandomContrast(factor, values),
        RandomSharpness(factor, values),
    )


@register()
class RandAugment(Policy):
    """Applies `num_ops` random operations to each image, one after the other.

    The operations are shear, translation, rotation, posterisation, solarisation, auto contrast,
    equalisation, brightness, colour degeneration, contrast and sharpness, each with the range
    `factor`, as in Keras; the same one may come twice. Keras 3.15 chooses once for the whole batch
    and computes all eleven; here each image has its own choice, as in the paper.

    Shapes: (N, H, W, 3 or 1), unchanged; whole numbers become float32. Inference: the identity.

    Args:
        value_range: lowest and highest value of the images: (0, 255) or (0, 1).
        num_ops: how many operations, 1 or more; the paper finds 2 or 3 best.
        factor: their strength, in [0, 1]: a range (lower, upper), or f for (0, f).
        interpolation: between pixels, "bilinear" or "nearest".
        seed: for a stream of its own; by default from the seed of the run.
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: num_ops below 1, a factor outside [0, 1], no range.
        ShapeError: another number of channels than 1 or 3.

    Example:
        >>> from striate import Input, layers
        >>> layers.RandAugment((0, 1), num_ops=2, factor=0.3)(Input((32, 32, 3))).shape
        (None, 32, 32, 3)

    References: Cubuk et al. (2019), https://arxiv.org/abs/1909.13719
    """

    kind: kinds.RandAugment

    def __init__(
        self,
        value_range: Range = (0, 255),
        num_ops: int = 2,
        factor: Factor = 0.5,
        interpolation: str = "bilinear",
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        check_data_format(type(self).__name__, data_format)
        arguments = {
            "value_range": value_range,
            "num_ops": num_ops,
            "factor": factor,
            "interpolation": interpolation,
            "seed": seed,
        }
        super().__init__(kinds.RandAugment, arguments, **kwargs)
        self._operations = _operations(self.kind)

    def draw(self, x: Tensor, source: torch.Generator | None) -> Amounts:
        shape = (self.kind.num_ops, x.shape[0])
        choices = self.choices(len(self._operations) - 1, shape, source)
        found: Amounts = {}
        for turn, choice in enumerate(choices):
            found |= self.draw_turn(f"{turn}", choice, x, source)
        return found

    def transform(self, x: Tensor, amounts: Amounts) -> Tensor:
        for turn in range(self.kind.num_ops):
            x = self.run_turn(f"{turn}", x, amounts)
        return x

    def transform_masks(self, x: Tensor, amounts: Amounts) -> Tensor:
        for turn in range(self.kind.num_ops):
            x = self.run_turn(f"{turn}", x, amounts, masks=True)
        return x


@register()
class AugMix(Policy):
    """Mixes each image with several chains of operations on it; keeps pictures natural.

    s x + (1 - s) (w_1 chain_1(x) + ... + w_k chain_k(x)), with s from Beta(alpha, alpha), w from
    Dirichlet(alpha, ..., alpha), and 0 to `chain_depth` operations in each chain, all drawn for
    each image. Keras 3.15 draws them once for the batch, the operations with Python's `random`.

    Shapes: (N, H, W, 3 or 1), unchanged; whole numbers become float32. Inference: the identity.

    Args:
        value_range: lowest and highest value of the images; results are clipped to it.
        num_chains: k, 1 or more.
        chain_depth: the most operations in a chain, 1 or more.
        factor: their strength, in [0, 1]: a range (lower, upper), or f for (0, f).
        alpha: of both distributions, above 0.
        all_ops: False leaves out brightness, colour degeneration, contrast and sharpness, as the
            paper does where a test of robustness has them.
        interpolation: between pixels, "bilinear" or "nearest".
        seed: for a stream of its own; by default from the seed of the run.
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: num_chains or chain_depth below 1, a factor outside [0, 1], alpha not
            above 0, no range.
        ShapeError: another number of channels than 1 or 3.

    Example:
        >>> from striate import Input, layers
        >>> layers.AugMix((0, 1))(Input((32, 32, 3))).shape
        (None, 32, 32, 3)

    References: Hendrycks et al. (2019), https://arxiv.org/abs/1912.02781
    """

    kind: kinds.AugMix

    def __init__(
        self,
        value_range: Range = (0, 255),
        num_chains: int = 3,
        chain_depth: int = 3,
        factor: Factor = 0.3,
        alpha: float = 1.0,
        all_ops: bool = True,
        interpolation: str = "bilinear",
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        check_data_format(type(self).__name__, data_format)
        arguments = {
            "value_range": value_range,
            "num_chains": num_chains,
            "chain_depth": chain_depth,
            "factor": factor,
            "alpha": alpha,
            "all_ops": all_ops,
            "interpolation": interpolation,
            "seed": seed,
        }
        super().__init__(kinds.AugMix, arguments, **kwargs)
        operations = _operations(self.kind)
        self._operations = operations if self.kind.all_ops else operations[:7]

    def draw(self, x: Tensor, source: torch.Generator | None) -> Amounts:
        count, kind = x.shape[0], self.kind
        alpha = torch.full((count,), kind.alpha, device=x.device)
        found: Amounts = {
            "share": random.shares(alpha, 2, source)[:, 0],
            "weights": random.shares(alpha, kind.num_chains, source),
        }
        chains, depth, none = kind.num_chains, kind.chain_depth, len(self._operations)
        depths = self.choices(depth, (chains, 1, count), source)
        choices = self.choices(none - 1, (chains, depth, count), source)
        choices = choices.where(torch.arange(depth)[:, None] < depths, none)
        for chain in range(chains):
            for turn in range(depth):
                found |= self.draw_turn(f"{chain}-{turn}", choices[chain, turn], x, source)
        return found

    def transform(self, x: Tensor, amounts: Amounts) -> Tensor:
        mixed = torch.zeros_like(x)
        for chain in range(self.kind.num_chains):
            changed = x
            for turn in range(self.kind.chain_depth):
                changed = self.run_turn(f"{chain}-{turn}", changed, amounts)
            weight = amounts["weights"][:, chain].to(x.dtype).view(-1, 1, 1, 1)
            mixed = mixed + weight * changed
        share = amounts["share"].to(x.dtype).view(-1, 1, 1, 1)
        return torch.lerp(mixed, x, share).clamp(*self.kind.value_range)
