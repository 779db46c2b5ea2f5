"""What policies share: operations chosen for each image, each run on the images that chose it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from striate.layers.augmentation.base import Amounts, Augmentation
from striate.ops import patches, random


class Operation(Protocol):
    """What can be chosen: it draws amounts for a batch, and applies them."""

    def draw(self, x: Tensor, source: torch.Generator | None) -> Amounts | None:
        """Amounts for a batch of this shape."""

    def transform(self, x: Tensor, amounts: Amounts) -> Tensor:
        """Images changed."""

    def transform_masks(self, x: Tensor, amounts: Amounts) -> Tensor:
        """Masks moved."""


class Policy(Augmentation):
    """A layer that applies one of several operations to each image, once or several times.

    The images that chose an operation are its batch, so nothing is computed in vain. The number
    after that of the last operation stands for none.
    """

    _operations: tuple[Operation, ...] = ()

    def choices(self, most: int, shape: Sequence[int], source: torch.Generator | None) -> Tensor:
        """Numbers from 0 to `most`, on the CPU.

        The program must know the sizes of the batches, so these are drawn on the CPU, or fetched
        from the device of `source`.
        """
        device = torch.device("cpu") if source is None else source.device
        return random.whole(0, most, shape, device, source).cpu()

    def draw_turn(
        self, turn: str, choice: Tensor, x: Tensor, source: torch.Generator | None
    ) -> Amounts:
        """Amounts of one turn: for each operation, which images chose it, and how much."""
        found: Amounts = {}
        for number in sorted(set(choice.tolist())):
            which = (choice == number).nonzero()[:, 0]
            prefix = f"{turn}/{number}/"
            found[f"{prefix}which"] = which.to(x.device, non_blocking=True)
            if number < len(self._operations):
                amounts = self._operations[number].draw(x[: len(which)], source)
                found |= {f"{prefix}{name}": value for name, value in (amounts or {}).items()}
        return found

    def run_turn(self, turn: str, x: Tensor, amounts: Amounts, masks: bool = False) -> Tensor:
        """Images, or masks, after one turn."""
        batches, order = [], []
        for number in range(len(self._operations) + 1):
            prefix = f"{turn}/{number}/"
            own = {n.removeprefix(prefix): v for n, v in amounts.items() if n.startswith(prefix)}
            if not own:
                continue
            order.append(own.pop("which"))
            batch = patches.take(x, order[-1])
            if number < len(self._operations):
                operation = self._operations[number]
                apply = operation.transform_masks if masks else operation.transform
                batch = apply(batch, own)
            batches.append(batch)
        return patches.take(torch.cat(batches), torch.argsort(torch.cat(order)))
