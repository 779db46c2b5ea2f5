"""Block: a convolution with its pooling and activation, forward and backward, and what runs them.

Weights are (O, C, H, W) and maps (N, C, H, W), both with channels-last strides.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from striate.kernels import (
    filter_gradient,
    one_by_one,
    pooled_backward,
    strided_gradient,
    winograd_filter,
)
from striate.kernels.conv import ConvKernel, choose, does, new_map
from striate.kernels.filter_gradient import FilterGradient
from striate.kernels.one_by_one import OneByOne
from striate.kernels.pooled_backward import PooledBackward
from striate.kernels.shapes import ConvShape
from striate.kernels.strided_gradient import StridedGradient
from striate.kernels.winograd_filter import WinogradFilterGradient

SMALL_MAPS = 20_000  # floats
HALF_OBSTACLE = "of our kernels, Winograd's alone read and write bfloat16"

Gradients = tuple[Tensor | None, Tensor | None, Tensor | None]  # of input, weights and bias


class Block:
    """The kernels that a shape gets.

    Args:
        shape: the block's sizes.
    """

    def __init__(self, shape: ConvShape) -> None:
        self.shape = shape
        self.kernel = choose(shape)
        self.pooled = _pooled_backward(shape)
        self.product = OneByOne(shape) if one_by_one.suitable(shape) else None
        alone = self.pooled is None and self.product is None
        self.data = _data_kernel(shape) if alone else None
        self.filters = _filter_gradient(shape) if alone else None

    @property
    def names(self) -> tuple[str, ...]:
        """The kernels by name, for people; of torch's own nothing is said."""
        if self.product is not None:
            return ("one by one",)
        found = [self.kernel.name.removesuffix("_conv")]
        if self.pooled is not None:
            found.append("pooled backward")
        if isinstance(self.data, ConvKernel) or isinstance(self.filters, WinogradFilterGradient):
            found.append("winograd backward")
        if isinstance(self.data, StridedGradient):
            found.append("strided backward")
        if isinstance(self.filters, FilterGradient):
            found.append("direct weights' gradient")
        return tuple(found)

    def suits(self, images: int) -> bool:
        """Whether there are enough pixels to be worth transformed weights that no cache holds.

        One image of 512 channels, 7x7: 44 ms by Winograd, 8 ms by torch; 32 of 4x4: 8 and 13 ms.
        """
        shape = self.shape
        if self.product is not None:
            return True
        held = 144 * shape.channels * shape.filters <= 24 << 20
        return held or images * shape.convolved[0] * shape.convolved[1] >= 512

    def forward(
        self, x: Tensor, weights: Tensor, bias: Tensor | None, backward: bool
    ) -> tuple[Tensor, Tensor | None]:
        """The result, and which of four values won where a backward pass after pooling may follow.

        Args:
            x: the input.
            weights: of the convolution.
            bias: (O,).
            backward: whether a backward pass may follow.
        """
        shape, code = self.shape, None
        if self.product is not None:
            y = new_map(len(x), shape.filters, shape.result)
            self.product.forward(x, weights, bias, y)
            return y, None
        if backward and shape.pool == 2:
            code = new_map(len(x), shape.filters, shape.result, torch.uint8)
        return self.kernel(x, self.kernel.pack(weights), bias, code=code), code

    def backward(
        self,
        x: Tensor,
        weights: Tensor,
        y: Tensor | None,
        code: Tensor | None,
        g: Tensor,
        wanted: tuple[bool, bool, bool],
    ) -> Gradients:
        """The gradients of input, weights and bias; None for those that are not wanted.

        Args:
            x: the input.
            weights: of the convolution.
            y: the result, where `needs_result`.
            code: what `forward` gave.
            g: gradient of the result.
            wanted: which gradients of the three.
        """
        data, weighs = wanted[0], wanted[1] or wanted[2]
        if self.product is not None:
            dx = new_map(len(x), self.shape.channels, self.shape.size) if data else None
            found = self.product.backward(x, weights, y, g, dx, False, weighs)
            dw, db = found or (None, None)
        elif code is not None and self.pooled is not None:
            g = self._through_activation(g, y)
            dx = self.pooled.data(weights, code, g) if data else None
            dw, db = self.pooled.filters(x, code, g) if weighs else (None, None)
        else:
            mask = y if self._masks(data, weighs and self.filters is None) else None
            g = g if mask is not None else self._through_activation(g, y)
            g = g if code is None else spread(g, code, self.shape.convolved)
            dx, dw, db = self._gradients(x, weights, g, mask, data, weighs)
        return dx, dw if wanted[1] else None, db if wanted[2] else None

    def _gradients(
        self,
        x: Tensor,
        weights: Tensor,
        g: Tensor,
        mask: Tensor | None,
        data: bool,
        weighs: bool,
    ) -> Gradients:
        """From the gradient of the convolution; what no kernel of ours does is torch's to do."""
        dx = dw = db = None
        kernel = self.data if data else None
        if isinstance(kernel, StridedGradient):
            dx = kernel(g, kernel.pack(weights), mask)
        elif kernel is not None:
            dx = kernel(g, kernel.pack(weights, turned=True), mask=mask)
        if weighs and self.filters is not None:
            dw, db = self.filters(x, g, mask)
        left = (data and dx is None, weighs and dw is None)
        if any(left):
            found = _plain_backward(self.shape, x, weights, g, left)
            dx = found[0] if left[0] else dx
            dw, db = found[1:] if left[1] else (dw, db)
        return dx, dw, db

    def write(self, x: Tensor, weights: Tensor, bias: Tensor | None, y: Tensor) -> None:
        """Writes the result to its place in a map, whose rows the shape knows.

        Args:
            x: the input.
            weights: of the convolution.
            bias: (O,).
            y: its place.
        """
        if self.product is not None:
            self.product.forward(x, weights, bias, y)
        else:
            self.kernel(x, self.kernel.pack(weights), bias, y=y)

    def add_gradients(
        self,
        x: Tensor,
        weights: Tensor,
        mask: Tensor | None,
        g: Tensor,
        dx: Tensor | None,
        adds: bool,
        weighs: bool,
    ) -> tuple[Tensor, Tensor] | None:
        """Writes the input's gradient, or adds it to one; gives those of weights and bias.

        For blocks whose backward pass is by the kernels of products or Winograd's alone
        (`side_by_side.obstacle`).

        Args:
            x: the input.
            weights: of the convolution.
            mask: the place of the result, if a ReLU made it.
            g: the place of its gradient.
            dx: the gradient of the input; None: not asked for.
            adds: whether it is added to what is there.
            weighs: whether weights and bias are asked for.
        """
        if self.product is not None:
            return self.product.backward(x, weights, mask, g, dx, adds, weighs)
        if dx is not None and isinstance(self.data, ConvKernel):
            packed = self.data.pack(weights, turned=True)
            self.data(g, packed, mask=mask, add=dx if adds else None, y=dx)
        return self.filters(x, g, mask) if weighs and self.filters is not None else None

    def _masks(self, data: bool, plain: bool) -> bool:
        """Whether all kernels that are wanted leave out what ReLU made 0 while they read."""
        ours = not (data and self.data is None) and not plain
        return ours and self.shape.pool == 1 and self.shape.activation == "relu"

    @property
    def needs_result(self) -> bool:
        """Whether the backward pass looks at the result; the code says it of ReLU after pooling."""
        relu = self.shape.activation == "relu"
        return self.shape.activation != "linear" and not (relu and self.shape.pool == 2)

    def _through_activation(self, g: Tensor, y: Tensor | None) -> Tensor:
        """The gradient before the activation, by its result: that has the sign of its input."""
        if y is None:
            return g
        if self.shape.activation == "leaky_relu":
            number = self.shape.number
            return torch.ops.aten.leaky_relu_backward(g, y, number, True)  # type: ignore[no-any-return]
        if self.shape.activation == "capped_relu":
            number = self.shape.number
            return torch.ops.aten.hardtanh_backward(g, y, 0.0, number)  # type: ignore[no-any-return]
        return torch.ops.aten.threshold_backward(g, y, 0)  # type: ignore[no-any-return]


def obstacle(shape: ConvShape) -> str:
    """ "" if our kernels are the faster ones for a shape, else why torch's run."""
    if shape.half:
        fits = does("winograd_conv", shape) and does("winograd_conv", shape.gradient())
        fits = fits and _data_kernel(shape) is not None and _filter_gradient(shape) is not None
        return "" if fits else HALF_OBSTACLE
    name = choose(shape).name
    if name == "plain_conv":
        return "none of our fast kernels does these sizes"
    if name == "winograd_conv" or _pooled_backward(shape) is not None:
        return ""
    if shape.activation == "relu" and one_by_one.suitable(shape):
        return ""
    first = shape.channels <= 8 and shape.activation != "linear"
    if first or (shape.strides != (1, 1) and _has_small_maps(shape)):
        return ""
    return "torch's kernels are as fast for these sizes"


def dense_fits(shape: ConvShape) -> bool:
    """Whether our kernels are as fast as torch's for a dense product, as a block of one pixel."""
    return shape.activation in ("linear", "relu") and one_by_one.suitable(shape)


def _has_small_maps(shape: ConvShape) -> bool:
    """Whether input and result of an image stay in a cache beside weights.

    Then forward and backward take 0.5 to 0.8 of the time of torch's, which copies maps to pad them
    and to reorder them; large maps take as long as memory does, whoever computes.
    """
    (height, width), (rows, columns) = shape.size, shape.result
    return height * width * shape.channels + rows * columns * shape.filters <= SMALL_MAPS


def spread(g: Tensor, code: Tensor, size: tuple[int, int]) -> Tensor:
    """The gradient before pooling: each value goes back to the one of four that had won.

    Args:
        g: (N, C, h, w), gradient of the pooled map.
        code: as g, which of the four; 4: none.
        size: height and width of the map before pooling.
    """
    rows, columns = (2 * n for n in g.shape[2:])
    whole = new_map(len(g), g.shape[1], size, g.dtype).zero_()
    for i in range(4):
        whole[:, :, i // 2 : rows : 2, i % 2 : columns : 2] = torch.where(code == i, g, 0.0)
    return whole


def _pooled_backward(shape: ConvShape) -> PooledBackward | None:
    """The backward kernel from codes; derivatives of activations but ReLU are in its gradient."""
    if shape.activation != "relu":
        shape = replace(shape, activation="linear", number=0.0)
    return PooledBackward(shape) if pooled_backward.suitable(shape) else None


def _filter_gradient(shape: ConvShape) -> WinogradFilterGradient | FilterGradient | None:
    """The fastest kernel of the gradients of weights and bias; None: torch's."""
    shape = _alone(shape)
    if winograd_filter.suitable(shape):
        return WinogradFilterGradient(shape)
    return FilterGradient(shape) if filter_gradient.suitable(shape) else None


def _data_kernel(shape: ConvShape) -> ConvKernel | StridedGradient | None:
    """The kernel of the input's gradient; None: torch's.

    Winograd's computes whole tiles of 4x4: where more than half of them lies outside the map, torch
    is sooner.
    """
    alone = _alone(shape)
    if strided_gradient.suitable(alone):
        return StridedGradient(alone)
    found = choose(shape.gradient())
    height, width = shape.size
    tiles = -(-height // 4) * -(-width // 4) * 16
    return found if found.name == "winograd_conv" and tiles < 2 * height * width else None


def _alone(shape: ConvShape) -> ConvShape:
    """The convolution without what follows it."""
    return replace(shape, activation="linear", number=0.0, pool=1)


def _plain_backward(
    shape: ConvShape, x: Tensor, weights: Tensor, g: Tensor, wanted: tuple[bool, bool]
) -> Gradients:
    """By torch's kernels, which pad both sides alike: for others the zeros are added first."""
    (top, bottom), (left, right) = shape.padding
    even = top == bottom and left == right
    zeros = [top, left] if even else [0, 0]
    if not even:
        x = torch.nn.functional.pad(x, (left, right, top, bottom))
    places = (shape.strides, zeros, shape.dilation)
    dx, dw, db = torch.ops.aten.convolution_backward(
        g, x, weights, [shape.filters], *places, False, [0, 0], 1, (*wanted, wanted[1])
    )
    if dx is not None and not even:
        dx = dx[:, :, top : top + shape.size[0], left : left + shape.size[1]]
    return dx, dw, db
