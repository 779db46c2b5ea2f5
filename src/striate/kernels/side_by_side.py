"""SideBySide: convolutions of one map whose results lie side by side in another, by our kernels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from torch import Tensor

from striate.kernels.block import Block
from striate.kernels.conv import ConvKernel, new_map
from striate.kernels.shapes import ConvShape
from striate.kernels.winograd_filter import WinogradFilterGradient

Weights = tuple[Tensor, Tensor | None]  # (O, C, H, W) with channels-last strides, (O,)
Gradients = tuple[Tensor, Tensor] | None  # of weights and bias; None: not asked for


def obstacle(shape: ConvShape) -> str:
    """ "" if a block's kernels write a part of a wider map and read its gradient there."""
    block = Block(shape)
    if shape.pool != 1 or shape.activation not in ("linear", "relu"):
        return "only convolutions with ReLU or without activation are put side by side at once"
    if block.product is not None:
        return ""
    ours = isinstance(block.data, ConvKernel) and isinstance(block.filters, WinogradFilterGradient)
    return "" if ours else "not all its parts are convolutions that only our own kernels compute"


class SideBySide:
    """Blocks that read one map; each writes its part of the result's channels.

    Args:
        shapes: theirs, in the order of the result's channels; alike but for filters, kernels,
            zeros around and activations.
    """

    def __init__(self, shapes: Sequence[ConvShape]) -> None:
        *self.begins, self.filters = accumulate((s.filters for s in shapes), initial=0)
        self.shapes = tuple(replace(s, y_row=self.filters) for s in shapes)
        self.blocks = [Block(s) for s in self.shapes]
        # those that must write the input's gradient before others add to it
        self._order = sorted(range(len(shapes)), key=lambda i: self.blocks[i].product is not None)

    @property
    def names(self) -> tuple[str, ...]:
        """The kernels by name, for people."""
        return tuple(dict.fromkeys(name for b in self.blocks for name in b.names))

    def suits(self, images: int) -> bool:
        """Whether there are enough pixels for all of them."""
        return all(b.suits(images) for b in self.blocks)

    def forward(self, x: Tensor, weights: Sequence[Weights]) -> Tensor:
        """The results side by side.

        Args:
            x: (N, C, H, W) of float32 with channels-last strides.
            weights: of each.
        """
        y = new_map(len(x), self.filters, self.shapes[0].result)
        for i, (kernel, bias) in enumerate(weights):
            self.blocks[i].write(x, kernel, bias, self._part(y, i))
        return y

    def backward(
        self,
        x: Tensor,
        weights: Sequence[Weights],
        y: Tensor,
        g: Tensor,
        data: bool,
        weigh: Sequence[bool],
    ) -> tuple[Tensor | None, list[Gradients]]:
        """The gradient of the input, and of each part's weights and bias.

        Args:
            x: the input.
            weights: of each.
            y: the result.
            g: its gradient, without gaps.
            data: whether the input's gradient is asked for.
            weigh: of each, whether the gradients of its weights are.
        """
        dx = new_map(len(x), x.shape[1], self.shapes[0].size) if data else None
        found: list[Gradients] = [None] * len(self.blocks)
        adds = False
        for i in self._order:
            mask = self._part(y, i) if self.shapes[i].activation == "relu" else None
            kernel, its = weights[i][0], self._part(g, i)
            found[i] = self.blocks[i].add_gradients(x, kernel, mask, its, dx, adds, weigh[i])
            adds = True
        return dx, found

    def _part(self, joined: Tensor, i: int) -> Tensor:
        return joined[:, self.begins[i] :]  # kernels see where it begins
