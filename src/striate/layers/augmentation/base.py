"""What augmentation layers share: amounts are drawn per image, then applied to the batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor

from striate import errors
from striate.layers.builtin import BuiltIn
from striate.layers.calls import Template, by_itself, specs_of
from striate.layers.random import Random
from striate.ops import random
from striate.ops.layout import to_external, to_internal

if TYPE_CHECKING:
    from collections.abc import Sequence

Amounts = dict[str, Tensor]
PARTS = ("images", "labels", "segmentation_masks")


class OnImages(BuiltIn):
    """A layer on batches of images, on one image (H, W, C), or on a dict of what belongs together.

    A dict has "images" and, if there are any, "labels" and "segmentation_masks"; masks move as
    their images do.
    """

    mixes_values: ClassVar[bool] = False  # of several images, so that masks must be shares
    bare_call_trains: bool = False  # Keras's meaning of a call by itself; see `striate.keras`

    def draw(self, x: Tensor, source: torch.Generator | None) -> Amounts | None:
        """What training does to these images, one amount per image; None: nothing."""
        return {}

    def at_rest(self, x: Tensor) -> Amounts | None:
        """What inference does to these images; None: nothing."""
        return None

    def transform(self, x: Tensor, amounts: Amounts) -> Tensor:
        """Images (N, C, H, W) changed by their amounts."""
        return x

    def transform_masks(self, x: Tensor, amounts: Amounts) -> Tensor:
        """Segmentation masks moved as their images are; layers that only colour leave them."""
        return x

    def transform_labels(self, labels: Tensor, amounts: Amounts) -> Tensor:
        """Labels mixed as their images are; other layers leave them."""
        return labels

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        x = inputs[0]
        amounts = self._amounts(x, None)
        return x if amounts is None else self.transform(x, amounts)

    def _amounts(self, x: Tensor, source: torch.Generator | None) -> Amounts | None:
        return self.draw(x, source) if self.training else self.at_rest(x)

    def forward(self, *args: Any, training: bool | None = None, **kwargs: Any) -> Any:
        """Runs the layer on images, on images and labels, or on a dict of what belongs together."""
        first = args[0] if args else None
        if training is None and self.bare_call_trains and by_itself():
            training = True
        if isinstance(first, Mapping):
            return self._on_parts(first, training, None)
        if len(args) == 2 and not isinstance(first, (list, tuple)):
            parts = self._on_parts({"images": first, "labels": args[1]}, training, None)
            return parts["images"], parts["labels"]
        if getattr(first, "ndim", None) == 3:
            return super().forward(first[None], training=training)[0]  # type: ignore[index]
        return super().forward(*args, training=training, **kwargs)

    def augment(
        self, images: Any, labels: Any = None, *, source: torch.Generator | None = None
    ) -> Any:
        """Images, or (images, labels), as in training, with random numbers from `source`.

        This is what a data pipeline calls: equal generators give equal batches.

        Args:
            images: (N, H, W, C).
            labels: what belongs to them, the batch first.
            source: where random numbers come from, on the device of the images; None: as in a
                model.
        """
        if labels is None:
            return self._on_parts({"images": images}, True, source)["images"]
        parts = self._on_parts({"images": images, "labels": labels}, True, source)
        return parts["images"], parts["labels"]

    def _on_parts(
        self, parts: Mapping[str, Any], training: bool | None, source: torch.Generator | None
    ) -> dict[str, Any]:
        self._check_parts(parts)
        if getattr(parts["images"], "ndim", None) == 3:
            batch = {name: torch.as_tensor(part)[None] for name, part in parts.items()}
            return {n: p[0] for n, p in self._on_parts(batch, training, source).items()}
        images = self.as_input(parts["images"])
        if self._built_for is None:
            self._build_once(specs_of([images]), Template.positional(1))
        self._check_fits([images], Template.positional(1))
        out = {**parts, "images": images}
        with self.mode(training):
            amounts = self._amounts(to_internal(images), source)
        if amounts is None:
            return out
        out["images"] = to_external(self.transform(to_internal(images), amounts))
        if "segmentation_masks" in parts:
            out["segmentation_masks"] = self._moved(parts["segmentation_masks"], amounts)
        if "labels" in parts:
            labels = torch.as_tensor(parts["labels"], device=images.device)
            out["labels"] = self.transform_labels(labels, amounts)
        return out

    def _moved(self, masks: Any, amounts: Amounts) -> Tensor:
        """Masks as floats through the same places, back in their own number type."""
        given = torch.as_tensor(masks)
        if self.mixes_values and not given.is_floating_point():
            raise errors.ArgumentError(
                errors.message(
                    self.where,
                    "masks of class numbers cannot be mixed",
                    got={"segmentation_masks": str(given.dtype).removeprefix("torch.")},
                    expected="a share per class, (N, H, W, classes), in floats",
                )
            )
        flat = given.dim() == 3  # (N, H, W)
        channels = given[..., None] if flat else given
        moved = to_external(self.transform_masks(to_internal(channels.float()), amounts))
        return (moved[..., 0] if flat else moved).to(given.dtype)

    def _check_parts(self, parts: Mapping[str, Any]) -> None:
        unknown = [name for name in parts if name not in PARTS]
        if unknown or "images" not in parts:
            raise errors.ArgumentError(
                errors.message(
                    self.where,
                    "cannot augment these parts together",
                    got={"parts": tuple(parts)},
                    expected="'images' and, if there are any, 'labels', 'segmentation_masks'",
                )
            )


class Augmentation(OnImages, Random):
    """An `OnImages` that draws its amounts at random in training and rests in inference."""

    def _amounts(self, x: Tensor, source: torch.Generator | None) -> Amounts | None:
        if not self.training:
            return self.at_rest(x)
        return self.draw(x, self.stream(x) if source is None else source)


class Adjustment(OnImages):
    """An `OnImages` without chance, the same in training and inference."""

    def at_rest(self, x: Tensor) -> Amounts | None:
        return {}


def drawn(
    span: Sequence[float], x: Tensor, source: torch.Generator | None, shape: Sequence[int] = ()
) -> Tensor:
    """An amount for each image of `x`, anywhere in `span`: (N, *shape)."""
    return random.between(span[0], span[1], (x.shape[0], *shape), x, source)


def happens(chances: Sequence[float], x: Tensor, source: torch.Generator | None) -> Tensor:
    """True for the images that are changed; each has a chance of its own in the range (N,)."""
    chance = drawn(chances, x, source)
    return random.uniform((x.shape[0],), x, source) < chance
